package helpline

import (
	"context"
	"fmt"
	"time"
)

// Overview is what a shift hands to the next. Counts are of seven days and of nobody.
type Overview struct {
	Legs      []Undone // everybody's open legs, by adviser and arrival, and danger that is open
	Calls     []Undone // callbacks of the next 24 h, and those that a person has to look at
	Owed      []Undone // forms that are due; At is when they are given up
	Waiting   int
	Counts    Counts
	Confirmed *Confirmed // who took over last; nil: nobody yet
}

// Undone is one thing that is open. At is its arrival, its due or its end of time; Alias is whose it is.
type Undone struct {
	Contact  string
	Channel  string
	Language string
	Lane     Lane
	State    State
	At       time.Time
	Alias    string
	Reason   string
	Attempts int
}

// Counts of seven days: heavy contacts, debriefs, forms that nobody wrote in time.
type Counts struct {
	Heavy       int `json:"heavy"`
	Debrief     int `json:"debrief"`
	NotRecorded int `json:"not_recorded"`
}

// Confirmed is who took a shift over, and when.
type Confirmed struct {
	At    time.Time
	Alias string
}

// ShiftQueue is what taking over a shift needs of the live state.
type ShiftQueue interface {
	Overview(ctx context.Context, c Console, confirm bool) (Overview, []Event, error)
	Heavy(ctx context.Context, c Console) error
}

// Overview shows what is open; confirmed, it is noted once durable who has seen it.
func (l *Line) Overview(ctx context.Context, c Console, confirm bool) (Overview, error) {
	if l.Shifts == nil {
		return Overview{}, ErrNotFound
	}
	o, events, err := l.Shifts.Overview(ctx, c, confirm)
	if err != nil {
		return Overview{}, fmt.Errorf("look over shift: %w", err)
	}
	return o, l.durable(ctx, events)
}

// Heavy counts a heavy contact: that there was one today, not whose and not which.
func (l *Line) Heavy(ctx context.Context, c Console) error {
	if l.Shifts == nil {
		return ErrNotFound
	}
	if err := l.Shifts.Heavy(ctx, c); err != nil {
		return fmt.Errorf("count heavy contact: %w", err)
	}
	return nil
}
