package helpline

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"
)

// ToCallback turns a waiting chat into a callback with the same place: its original arrival. What was
// written so far is destroyed. The same request gives the same answer. Errors: those of a request, and
// ErrNotFound for a dead token or a chat that somebody has taken.
func (l *Line) ToCallback(ctx context.Context, token string, in Intake) (Admission, error) {
	claim, err := l.Tokens.Claim(token)
	if err != nil {
		return Admission{}, err
	}
	if l.Calls == nil {
		return Admission{}, ErrCallbackUnavailable
	}
	if _, err := l.Queue.View(ctx, claim.Contact, claim.Version); err != nil {
		return Admission{}, fmt.Errorf("view contact: %w", err)
	}
	chat, err := l.Calls.Look.Chat(ctx, claim.Contact)
	if err != nil {
		return Admission{}, fmt.Errorf("read chat: %w", err)
	}
	switch chat.State {
	case Waiting, Offered, Away, Scheduled:
	default:
		return Admission{}, ErrNotFound
	}
	l.openTold(&chat.Facts, chat.Key, chat.Told)
	c := Callback{
		Contact: claim.Contact, Language: chat.Language, Lane: chat.Lane, Arrival: chat.Arrival,
		Print: l.Tokens.Print(in.Body), Version: claim.Version, Converted: true, Pending: true,
	}
	c, err = l.store(ctx, c, chat.Facts, in.Callback)
	if err != nil {
		return Admission{}, err
	}
	entered, events, err := l.Calls.Queue.Convert(ctx, l.booking(c))
	if errors.Is(err, ErrNotFound) { // taken or left meanwhile
		if err := l.Calls.Store.Drop(ctx, c.Contact); err != nil {
			l.Log.WarnContext(ctx, "number of a chat not dropped yet", "error", err)
		}
		return Admission{}, ErrNotFound
	}
	if err != nil {
		return Admission{}, fmt.Errorf("convert chat: %w", err)
	}
	if err := l.durable(ctx, events); err != nil {
		return Admission{}, err
	}
	return l.admission(entered), nil
}

// ToChat lets the person of a callback come by chat now: nobody dials any more, the number is erased, the chat
// takes over the place. The same answer at every repetition. ErrNotFound for a dead token, and for a call
// that somebody has.
func (l *Line) ToChat(ctx context.Context, token string) (Admission, error) {
	claim, err := l.Tokens.Claim(token)
	if err != nil {
		return Admission{}, err
	}
	if l.Calls == nil {
		return Admission{}, ErrNotFound
	}
	chat, err := l.Calls.Look.Chat(ctx, claim.Contact)
	if err != nil {
		return Admission{}, fmt.Errorf("read callback: %w", err)
	}
	l.openTold(&chat.Facts, chat.Key, chat.Told)
	key, told, err := l.sealTold(chat.Facts)
	if err != nil {
		return Admission{}, ErrKeysGone
	}
	entered, events, err := l.Calls.Queue.ToChat(ctx, claim.Contact, claim.Version, key, told)
	if err != nil {
		return Admission{}, fmt.Errorf("open chat: %w", err)
	}
	if err := l.durable(ctx, events); err != nil {
		return Admission{}, err
	}
	return l.admission(entered), nil
}

// rebookEvery is how often a node looks for callbacks that the queue lacks.
const rebookEvery = 5 * time.Second

// RunRebook brings into the queue what Postgres has and the queue has not, until ctx ends: requests that
// came while Redis was away, everything after Redis was lost, and those that stood behind one that is
// closed now.
func (l *Line) RunRebook(ctx context.Context) {
	for ctx.Err() == nil {
		bound, cancel := context.WithTimeout(ctx, 30*time.Second)
		if err := l.Rebook(bound); err != nil {
			l.Log.DebugContext(ctx, "callbacks not looked over", "error", err)
		}
		cancel()
		timer := time.NewTimer(rebookEvery/2 + rand.N(rebookEvery)) // #nosec G404 -- jitter
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
		}
	}
}

// rebookPage is how many callbacks one question holds.
const rebookPage = 500

// Rebook is one such round.
func (l *Line) Rebook(ctx context.Context) error {
	for after := ""; ; {
		page, err := l.Calls.Store.OpenCallbacks(ctx, after, rebookPage)
		if err != nil || len(page) == 0 {
			return err
		}
		gone, err := l.Calls.Look.Gone(ctx, page)
		if err != nil {
			return fmt.Errorf("compare callbacks: %w", err)
		}
		for _, c := range gone {
			_, events, err := l.Calls.Queue.Schedule(ctx, l.booking(c))
			l.Note(events)
			if err != nil {
				return fmt.Errorf("schedule callback: %w", err)
			}
		}
		after = page[len(page)-1].Contact
	}
}
