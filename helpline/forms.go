package helpline

import (
	"context"
	"fmt"
	"time"
)

// OwedForm is a form that somebody owes, as a supervisor sees it: no text, no name, the draft if there is one.
type OwedForm struct {
	Opened
	Ended time.Time
	Until time.Time // then it is given up: not_recorded
	Alias string    // whose it is
	Free  bool      // any adviser or supervisor may finish it by now
}

// FormQueue lists the forms that are owed. Who finishes one from the board has no console: its epoch is atBoard.
type FormQueue interface {
	Forms(ctx context.Context) ([]OwedForm, error)
}

// atBoard is the epoch of no console: those of consoles that never came up are 0.
const atBoard = -1

// MissedWindow is a window of a callback that closed untried, and how the callback stands now.
type MissedWindow struct {
	Contact  string
	Language string
	Lane     Lane
	At       time.Time // when it closed
	State    State
}

// OwedForms lists the forms that are owed, with their drafts. Errors: ErrQueueUnavailable.
func (s *Supervision) OwedForms(ctx context.Context) ([]OwedForm, error) {
	list, err := s.Forms.Forms(ctx)
	if err != nil {
		return nil, fmt.Errorf("list owed forms: %w", err)
	}
	for i := range list {
		list[i].Answers = s.Line.answers(list[i].Leg)
	}
	return list, nil
}

// Matter tells how an owed form stands to its matter; nothing where the line keeps no cards or the form is its
// adviser's still.
func (s *Supervision) Matter(ctx context.Context, supervisor, contact string) MatterLeg {
	return s.Line.MatterOf(ctx, Console{Adviser: supervisor, Epoch: atBoard}, contact)
}

// Card writes the card of an owed form whose person took the number: nobody else will. id is of the request.
// Errors: as of Line.Card.
func (s *Supervision) Card(ctx context.Context, supervisor, contact, id string, card CardSheet) error {
	_, _, err := s.Line.Card(ctx, Console{Adviser: supervisor, Epoch: atBoard}, contact, id, card)
	return err
}

// Finish records an owed form for a supervisor, from 12 h after the end on, or at once when its adviser is off
// duty; again it corrects. answers is a validated form as JSON. It answers once durable. Errors: ErrNotFound,
// ErrKeysGone.
func (s *Supervision) Finish(ctx context.Context, supervisor, contact string, answers []byte) error {
	return s.Line.Record(ctx, Console{Adviser: supervisor, Epoch: atBoard}, contact, answers)
}
