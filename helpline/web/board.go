package web

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strconv"
	"time"

	"adviceline/helpline"
	"adviceline/helpline/codes"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"
)

// Board is what the supervisors' page reads and does.
type Board interface {
	Board(ctx context.Context, accounts []string) (helpline.Board, error)
	SetOpening(ctx context.Context, i helpline.Opening) error
	Relane(ctx context.Context, contact string, lane helpline.Lane) error
	SetDuty(ctx context.Context, adviser, state, reason string) error
}

// UnansweredReferrals counts those whose receiver has neither accepted nor declined, and of them those without a
// receipt for two days.
type UnansweredReferrals func(ctx context.Context) (all, late int, err error)

// BoardHours counts what the ledger knows, between two instants by the hour; target is that of the service level.
type BoardHours func(ctx context.Context, from, until time.Time, target time.Duration) ([]helpline.BoardHour, error)

const (
	boardEvery  = 2 * time.Second
	boardLife   = 10 * time.Minute // of one stream; the page opens the next
	boardsAtOne = 20               // streams of a node
	boardDay    = 24 * time.Hour
)

// boardBody is the line now, and its last 24 hours.
type boardBody struct {
	At         string         `json:"at"`
	Opening    openingBody    `json:"opening"`
	Unmanned   bool           `json:"unmanned"`
	Backlog    int64          `json:"backlog"`
	Degraded   []string       `json:"degraded"`
	Waiting    int            `json:"waiting"`
	Oldest     int64          `json:"oldest_seconds"`
	Classes    []classBody    `json:"classes"`
	Contacts   []waitingBody  `json:"contacts"`
	Talks      []talkBody     `json:"talks"`
	Advisers   []onDutyBody   `json:"advisers"`
	Danger     []dangerBody   `json:"danger"`
	Callbacks  callbackCounts `json:"callbacks"`
	Owed       int            `json:"owed"`
	Referrals  referralCounts `json:"referrals"`
	Day        hourBody       `json:"day"`
	Hours      []hourBody     `json:"hours"`
	TargetSecs int64          `json:"target_seconds"`
	AlarmSecs  int64          `json:"alarm_seconds"`
	Unseen     int            `json:"unseen_disclosures,omitempty"`
}

type openingBody struct {
	Closed  bool              `json:"closed"`
	Notice  map[string]string `json:"notice,omitempty"`
	Reopens string            `json:"reopens_at,omitempty"`
	Event   bool              `json:"event"`
}

type classBody struct {
	Group   string        `json:"group"`
	Lane    helpline.Lane `json:"lane"`
	Call    bool          `json:"call"`
	Waiting int           `json:"waiting"`
	Oldest  int64         `json:"oldest_seconds"`
	Served  int           `json:"advisers"`
}

type waitingBody struct {
	Contact  string        `json:"contact"`
	Channel  string        `json:"channel"`
	Language string        `json:"language"`
	Lane     helpline.Lane `json:"lane"`
	Waited   int64         `json:"waited_seconds"`
}

// talkBody is a chat that an adviser has. Listener is the alias of the supervisor who listens in.
type talkBody struct {
	Contact  string        `json:"contact"`
	Language string        `json:"language"`
	Lane     helpline.Lane `json:"lane"`
	Alias    string        `json:"alias"`
	Lasted   int64         `json:"lasted_seconds"`
	Listener string        `json:"listener,omitempty"`
}

type onDutyBody struct {
	ID        string   `json:"id"`
	Name      string   `json:"name"`
	Languages []string `json:"languages"`
	State     string   `json:"state"`
	Reason    string   `json:"reason,omitempty"`
	Audible   bool     `json:"audible"`
	Used      int      `json:"used"`
	Capacity  int      `json:"capacity"`
}

type dangerBody struct {
	Contact  string `json:"contact"`
	State    string `json:"state"`
	Language string `json:"language"`
	Waited   int64  `json:"waited_seconds"`
}

type callbackCounts struct {
	Scheduled int `json:"scheduled"`
	Review    int `json:"review"`
	Missed    int `json:"missed"` // windows of seven days that closed untried
}

// referralCounts counts those whose receiver has not answered; of them, those without a receipt for two days.
type referralCounts struct {
	Unanswered int `json:"unanswered"`
	Late       int `json:"late"`
}

// hourBody counts chats; the shares are null where there was nothing to share.
type hourBody struct {
	At           string   `json:"at,omitempty"`
	Arrived      int      `json:"arrived"`
	Answered     int      `json:"answered"`
	Abandoned    int      `json:"abandoned"`
	Missed       int      `json:"missed"`
	Declined     int      `json:"declined"`
	ServiceLevel *float64 `json:"service_level"`
	Abandonment  *float64 `json:"abandonment"`
	MeanWait     *int64   `json:"mean_wait_seconds"`
}

func seconds(d time.Duration) int64 { return int64(d / time.Second) }

func hourOf(h helpline.BoardHour) hourBody {
	b := hourBody{Arrived: h.Arrived, Answered: h.Answered, Abandoned: h.Abandoned, Missed: h.Missed, Declined: h.Declined}
	if !h.At.IsZero() {
		b.At = instant(h.At)
	}
	if v, ok := h.ServiceLevel(); ok {
		b.ServiceLevel = &v
	}
	if v, ok := h.Abandonment(); ok {
		b.Abandonment = &v
	}
	if v, ok := h.MeanWait(); ok {
		s := seconds(v)
		b.MeanWait = &s
	}
	return b
}

// readBoard puts the two stores together. Accounts and hours that Postgres does not give are left out, which
// degraded tells; without the queue there is no board.
func (s *Server) readBoard(ctx context.Context) (boardBody, error) {
	if s.board == nil || s.accounts == nil {
		return boardBody{}, helpline.ErrBusy
	}
	b := boardBody{Degraded: []string{}}
	target, alarm := s.targets(ctx)
	b.TargetSecs, b.AlarmSecs = seconds(target), seconds(alarm)
	people, err := s.accounts.People(ctx)
	if err != nil {
		b.Degraded = append(b.Degraded, "postgres")
		s.log.LogAttrs(ctx, slog.LevelWarn, "accounts cannot be read", slog.String("error", outline(err)))
	}
	ids := make([]string, len(people))
	for i, p := range people {
		ids[i] = p.ID
	}
	now, err := s.board.Board(ctx, ids)
	if err != nil {
		return b, err
	}
	b.live(now, people)
	hours, err := s.hours(ctx, now.At.Add(-boardDay).Truncate(time.Hour), now.At, target)
	if err != nil && len(b.Degraded) == 0 {
		b.Degraded = append(b.Degraded, "postgres")
	}
	b.Unseen = s.unseen(ctx)
	if len(b.Degraded) == 0 {
		b.Referrals = s.referred(ctx)
	}
	b.Hours, b.Day = []hourBody{}, hourOf(helpline.BoardSum(hours))
	for _, h := range hours {
		b.Hours = append(b.Hours, hourOf(h))
	}
	return b, nil
}

// referred counts the unanswered referrals; none while they cannot be counted, which degraded tells.
func (s *Server) referred(ctx context.Context) (n referralCounts) {
	if s.unanswered == nil {
		return n
	}
	all, late, err := s.unanswered(ctx)
	if err != nil {
		return n
	}
	return referralCounts{Unanswered: all, Late: late}
}

// targets gives those of the sheet, the defaults where it has none or cannot be read.
func (s *Server) targets(ctx context.Context) (chat, alarm time.Duration) {
	chat, alarm = helpline.BoardTarget, helpline.BoardAlarm
	if s.sheets == nil {
		return chat, alarm
	}
	rows, err := s.sheets.Sheet(ctx, "targets")
	if err != nil {
		return chat, alarm // degraded says that Postgres is away
	}
	for _, r := range rows {
		n, _ := strconv.Atoi(r[1]) // checked when it was kept
		switch r[0] {
		case helpline.TargetChat:
			chat = time.Duration(n) * time.Second
		case helpline.TargetAlarm:
			alarm = time.Duration(n) * time.Second
		}
	}
	return chat, alarm
}

func (b *boardBody) live(now helpline.Board, people []Account) {
	b.At, b.Unmanned, b.Backlog = instant(now.At), now.Unmanned, now.Spool
	b.Opening = openingBody{Closed: now.Opening.Closed, Notice: now.Opening.Notice, Event: now.Opening.Event}
	if !now.Opening.Reopens.IsZero() {
		b.Opening.Reopens = instant(now.Opening.Reopens)
	}
	b.Callbacks = callbackCounts{Scheduled: now.Calls, Review: now.Review, Missed: now.Missed}
	b.Owed = now.Owed
	b.Classes, b.Contacts, b.Advisers, b.Danger = []classBody{}, []waitingBody{}, []onDutyBody{}, []dangerBody{}
	b.Talks = make([]talkBody, 0, len(now.Talks))
	for _, c := range now.Talks {
		b.Talks = append(b.Talks, talkBody{c.Contact, c.Language, c.Lane, c.Alias, seconds(c.Lasted), c.Listener})
	}
	for _, c := range now.Classes {
		b.Waiting += c.Waiting
		b.Oldest = max(b.Oldest, seconds(c.Oldest))
		b.Classes = append(b.Classes, classBody{c.Group, c.Lane, c.Call, c.Waiting, seconds(c.Oldest), c.Served})
	}
	for _, c := range now.Waiting {
		b.Contacts = append(b.Contacts, waitingBody{c.Contact, c.Channel, c.Language, c.Lane, seconds(c.Waited)})
	}
	for _, d := range now.Danger {
		b.Danger = append(b.Danger, dangerBody{d.Contact, d.State, d.Language, seconds(d.Waited)})
	}
	for _, a := range now.Advisers {
		i := slices.IndexFunc(people, func(p Account) bool { return p.ID == a.ID })
		if i < 0 || people[i].Disabled {
			continue
		}
		b.Advisers = append(b.Advisers, onDutyBody{
			a.ID, people[i].Name, append([]string{}, people[i].Languages...), a.State, a.Reason, a.Audible, a.Used, a.Capacity,
		})
	}
}

// showBoard gives the board once.
func (s *Server) showBoard(c echo.Context) error {
	b, err := s.readBoard(c.Request().Context())
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, b)
}

// streamBoard sends the board every two seconds as server-sent events. It ends by itself, since a session may have
// ended meanwhile; the browser opens it again.
func (s *Server) streamBoard(c echo.Context) error {
	select {
	case s.boards <- struct{}{}:
		defer func() { <-s.boards }()
	default:
		return helpline.ErrBusy
	}
	ctx, cancel := context.WithTimeout(c.Request().Context(), boardLife)
	defer cancel()
	out := http.NewResponseController(c.Response())
	c.Response().Header().Set("Content-Type", "text/event-stream")
	c.Response().WriteHeader(http.StatusOK)
	tick := time.NewTicker(boardEvery)
	defer tick.Stop()
	for {
		text := []byte(`{}`)
		if b, err := s.readBoard(ctx); err == nil {
			if text, err = json.Marshal(b); err != nil {
				return nil
			}
		}
		_ = out.SetWriteDeadline(time.Now().Add(5 * time.Second))
		if _, err := fmt.Fprintf(c.Response(), "data: %s\n\n", text); err != nil || out.Flush() != nil {
			return nil
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return nil
		case <-s.contacts.Stopped():
			return nil
		}
	}
}

// boardAction is what a supervisor does on the board; each action has fields of its own.
type boardAction struct {
	RequestID string            `json:"request_id"`
	Action    string            `json:"action"`
	Closed    bool              `json:"closed"`
	Notice    map[string]string `json:"notice"`
	Reopens   string            `json:"reopens_at"`
	Event     bool              `json:"event"`
	Contact   string            `json:"contact"`
	Lane      helpline.Lane     `json:"lane"`
	Adviser   string            `json:"adviser"`
	State     string            `json:"state"`
	Reason    string            `json:"reason"`
}

// actOnBoard does one action. Each sets a value, so the same one again changes nothing.
func (s *Server) actOnBoard(c echo.Context) error {
	var b boardAction
	if _, err := decode(c, &b); err != nil {
		return err
	}
	if s.board == nil {
		return helpline.ErrBusy
	}
	if id, err := uuid.Parse(b.RequestID); err != nil || id.String() != b.RequestID || id.Version() != 4 {
		return invalid("request_id")
	}
	if err := s.act(c.Request().Context(), b); err != nil {
		return err
	}
	return c.NoContent(http.StatusNoContent)
}

func (s *Server) act(ctx context.Context, b boardAction) error {
	switch b.Action {
	case "opening":
		o := helpline.Opening{Closed: b.Closed, Notice: b.Notice, Event: b.Event}
		for lang := range b.Notice {
			if !slices.Contains(s.pages.lexicon.pages, lang) {
				return invalid("notice")
			}
		}
		if b.Reopens != "" {
			at, err := time.Parse("2006-01-02T15:04:05.000Z", b.Reopens)
			if err != nil {
				return invalid("reopens_at")
			}
			o.Reopens = at
		}
		return s.board.SetOpening(ctx, o)
	case "relane":
		if !canonical(b.Contact) {
			return helpline.ErrNotFound
		}
		return s.board.Relane(ctx, b.Contact, b.Lane)
	case "duty":
		if !canonical(b.Adviser) {
			return helpline.ErrNotFound
		}
		if b.State == "paused" && !codes.PauseReason.Has(b.Reason) {
			return invalid("reason")
		}
		return s.board.SetDuty(ctx, b.Adviser, b.State, b.Reason)
	}
	return invalid("action")
}

// Board renders the supervisors' page in lang.
func (p *Pages) Board(lang string, data ConsoleData) []byte {
	return p.must("board.html", lang, ContactData{}, data)
}
