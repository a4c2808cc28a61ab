package helpline

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// Board is the line as a supervisor sees it now: counts, codes and people of the house, nothing of a contact
// but how it waits.
type Board struct {
	At       time.Time
	Opening  Opening
	Unmanned bool // a shift runs and nobody is ready and audible
	Spool    int64
	Classes  []BoardClass
	Waiting  []BoardContact // of each class the 50 who wait longest
	Advisers []BoardAdviser // those who were signed in once since Redis began
	Talks    []BoardTalk    // chats that an adviser has
	Danger   []Alarm
	Calls    int // callbacks that are scheduled
	Review   int // callbacks that a person has to look at
	Missed   int // windows of seven days that closed untried
	Owed     int // forms that are owed
}

// BoardClass is how many wait in a class, and since when the first of them.
type BoardClass struct {
	Group   string // a language, or interpreter
	Lane    Lane
	Call    bool
	Waiting int
	Oldest  time.Duration
	Served  int // advisers on duty for it
}

// BoardContact is one who waits.
type BoardContact struct {
	Contact, Channel, Language string
	Lane                       Lane
	Waited                     time.Duration
}

// BoardTalk is a chat that an adviser has, for so long. Listener is the alias of the supervisor who listens in.
type BoardTalk struct {
	Contact, Language, Alias, Listener string
	Lane                               Lane
	Lasted                             time.Duration
}

// BoardAdviser is how one adviser stands.
type BoardAdviser struct {
	ID string
	Duty
}

// Opening says whether new chats are taken, and what the contact's page tells of it. Callbacks are always taken.
type Opening struct {
	Closed  bool
	Notice  map[string]string // by page language; empty: none
	Reopens time.Time         // closed until then; zero: until somebody opens
	Event   bool              // many come at once: the page offers a callback first
}

// MaxNotice is the length of an opening's message, in characters.
const MaxNotice = 300

// MaxClosed is how long intake may be closed ahead; who closes it for longer does so again.
const MaxClosed = 7 * 24 * time.Hour

// ErrNotOnline says that an adviser has no console open.
const ErrNotOnline Code = "not_online"

// BoardQueue is what the board needs of the live state. SetOpening and Relane are idempotent by their values.
type BoardQueue interface {
	Board(ctx context.Context, accounts []string) (Board, error)
	SetOpening(ctx context.Context, i Opening) error
	Relane(ctx context.Context, contact string, lane Lane) ([]Event, error)
	Supervise(ctx context.Context, adviser, state, reason string) ([]Event, error)
}

// Supervision is what a supervisor sees and does. Screen masks what looks like an identifier in a notice.
type Supervision struct {
	Line   *Line
	Queue  BoardQueue
	Now    func() time.Time
	Screen func(string) string
	Forms  FormQueue
}

// Board reads the line for these accounts. Errors: ErrQueueUnavailable.
func (s *Supervision) Board(ctx context.Context, accounts []string) (Board, error) {
	b, err := s.Queue.Board(ctx, accounts)
	if err != nil {
		return Board{}, fmt.Errorf("read board: %w", err)
	}
	return b, nil
}

// SetOpening opens or closes the line for new chats. A notice has at most MaxNotice characters in each language and
// is screened. Errors: ErrInvalid, ErrQueueUnavailable.
func (s *Supervision) SetOpening(ctx context.Context, i Opening) error {
	now := s.Now()
	if i.Closed && !i.Reopens.IsZero() && (!i.Reopens.After(now) || i.Reopens.After(now.Add(MaxClosed))) {
		return ErrInvalid
	}
	notice := map[string]string{}
	for lang, text := range i.Notice {
		if text = strings.TrimSpace(text); utf8.RuneCountInString(text) > MaxNotice {
			return ErrInvalid
		}
		if text != "" {
			notice[lang] = s.Screen(text)
		}
	}
	i.Notice = notice
	if err := s.Queue.SetOpening(ctx, i); err != nil {
		return fmt.Errorf("set opening: %w", err)
	}
	return nil
}

// Relane makes one who waits more or less urgent; the arrival stays. Errors: ErrInvalid, ErrNotFound.
func (s *Supervision) Relane(ctx context.Context, contact string, lane Lane) error {
	if !slices.Contains(Lanes(), lane) || lane == Continuation {
		return ErrInvalid
	}
	events, err := s.Queue.Relane(ctx, contact, lane)
	s.Line.Note(events)
	if err != nil {
		return fmt.Errorf("change lane: %w", err)
	}
	return nil
}

// SetDuty pauses an adviser, with a code of the list of reasons, or sends them off duty; ready is theirs alone,
// since only they can say that they hear. Errors: ErrInvalid, ErrNotOnline.
func (s *Supervision) SetDuty(ctx context.Context, adviser, state, reason string) error {
	if state != "paused" && state != "off" || state == "off" && reason != "" {
		return ErrInvalid
	}
	events, err := s.Queue.Supervise(ctx, adviser, state, reason)
	s.Line.Note(events)
	if err != nil {
		return fmt.Errorf("change an adviser's duty: %w", err)
	}
	return nil
}

// BoardHour is what the ledger counted of chats that came in one hour. Waited is the sum of the waits of the answered.
type BoardHour struct {
	At                                   time.Time
	Arrived, Answered, Abandoned, Within int
	Missed, Declined                     int // offers
	Waited                               time.Duration
}

// BoardTarget is the wait within which a chat counts for the service level (the target of a chat, until a supervisor sets another).
const BoardTarget = time.Minute

// BoardAlarm is the wait at which the board warns, until a supervisor sets another.
const BoardAlarm = 5 * time.Minute

// BoardSum adds hours up.
func BoardSum(hours []BoardHour) BoardHour {
	var t BoardHour
	for _, h := range hours {
		t.Arrived += h.Arrived
		t.Answered += h.Answered
		t.Abandoned += h.Abandoned
		t.Within += h.Within
		t.Missed += h.Missed
		t.Declined += h.Declined
		t.Waited += h.Waited
	}
	return t
}

// ServiceLevel is answered within the target / (answered + abandoned), in 0 to 1 (routing.md, KPIs); false where
// there was neither.
func (h BoardHour) ServiceLevel() (float64, bool) { return share(h.Within, h.Answered+h.Abandoned) }

// Abandonment is abandoned / (answered + abandoned).
func (h BoardHour) Abandonment() (float64, bool) { return share(h.Abandoned, h.Answered+h.Abandoned) }

// MeanWait is the mean wait of the answered.
func (h BoardHour) MeanWait() (time.Duration, bool) {
	if h.Answered == 0 {
		return 0, false
	}
	return h.Waited / time.Duration(h.Answered), true
}

func share(part, whole int) (float64, bool) {
	if whole == 0 {
		return 0, false
	}
	return float64(part) / float64(whole), true
}
