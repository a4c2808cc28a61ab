package helpline

import (
	"context"
	"fmt"
	"time"
)

// Colleague is an adviser who is ready now, as others may see them. Free says that a slot is free: what
// was true a moment ago, so a transfer may still answer ErrNotFree.
type Colleague struct {
	ID        string
	Alias     string
	Languages []string
	Free      bool
}

// Alarm is danger that nobody has taken: it waits, or it fell silent and is open until a person closes it.
type Alarm struct {
	Contact  string
	State    string // waiting, open; told unasked also taken, closed
	Language string
	Waited   time.Duration
}

// ColleagueQueue tells who is ready.
type ColleagueQueue interface {
	Colleagues(ctx context.Context) ([]Colleague, error)
}

// Colleagues lists the advisers who are ready, by alias; at most 200.
func (l *Line) Colleagues(ctx context.Context) ([]Colleague, error) {
	all, err := l.Queue.Colleagues(ctx)
	if err != nil {
		return nil, fmt.Errorf("list colleagues: %w", err)
	}
	return all, nil
}
