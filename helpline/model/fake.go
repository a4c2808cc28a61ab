package model

import (
	"context"
	"slices"
	"sync"
	"time"

	"adviceline/helpline"
)

// Fake is a model behind helpline's interfaces of the live state, for unit tests of other rooms: it
// gives what Redis would give, at the instants that Now says. Safe for concurrent use. Nothing is
// published; a test that wants notices reads the events.
type Fake struct {
	mu  sync.Mutex
	m   *Model
	now func() time.Time
}

// NewFake makes an empty line under a clock.
func NewFake(r helpline.Rule, t helpline.Timing, now func() time.Time) *Fake {
	return &Fake{m: New(r, t), now: now}
}

// With runs f on the model itself, for what is behind no interface: Closed, Serve, Hold.
func (f *Fake) With(do func(m *Model, now int64)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	do(f.m, f.now().UnixMilli())
}

// step runs one verb and keeps its events from the next.
func step[T any](f *Fake, do func(m *Model, now int64) (T, []helpline.Event, error)) (T, []helpline.Event, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	v, events, err := do(f.m, f.now().UnixMilli())
	return v, slices.Clone(events), err
}

// only is step for verbs that answer with their events alone.
func only(f *Fake, do func(m *Model, now int64) ([]helpline.Event, error)) ([]helpline.Event, error) {
	_, events, err := step(f, func(m *Model, now int64) (struct{}, []helpline.Event, error) {
		e, err := do(m, now)
		return struct{}{}, e, err
	})
	return events, err
}

// Enqueue implements helpline.IntakeQueue.
func (f *Fake) Enqueue(_ context.Context, e helpline.Entry) (helpline.Entered, []helpline.Event, error) {
	return step(f, func(m *Model, now int64) (helpline.Entered, []helpline.Event, error) { return m.Enqueue(now, e) })
}

// Resume implements helpline.IntakeQueue.
func (f *Fake) Resume(_ context.Context, r helpline.Return) (helpline.Entered, []helpline.Event, error) {
	return step(f, func(m *Model, now int64) (helpline.Entered, []helpline.Event, error) { return m.Resume(now, r) })
}

// Leave implements helpline.IntakeQueue.
func (f *Fake) Leave(_ context.Context, contact string, version int64, kind string) ([]helpline.Event, error) {
	return only(f, func(m *Model, now int64) ([]helpline.Event, error) { return m.Leave(now, contact, version, kind) })
}

// View implements helpline.IntakeQueue.
func (f *Fake) View(_ context.Context, contact string, version int64) (helpline.View, error) {
	v, _, err := step(f, func(m *Model, now int64) (helpline.View, []helpline.Event, error) {
		return m.View(now, contact, version)
	})
	return v, err
}

// Positions implements helpline.IntakeQueue.
func (f *Fake) Positions(_ context.Context, contacts []string) (places map[string]helpline.Position, err error) {
	f.With(func(m *Model, now int64) { places = m.Positions(now, contacts) })
	return places, nil
}

// ContactUp implements helpline.PresenceQueue.
func (f *Fake) ContactUp(_ context.Context, contact string, version int64, socket string) (helpline.View, []helpline.Event, error) {
	return step(f, func(m *Model, now int64) (helpline.View, []helpline.Event, error) {
		return m.ContactUp(now, contact, version, socket)
	})
}

// ContactDown implements helpline.PresenceQueue.
func (f *Fake) ContactDown(_ context.Context, contact, socket string, got int64) ([]helpline.Event, error) {
	return only(f, func(m *Model, now int64) ([]helpline.Event, error) { return m.ContactDown(now, contact, socket, got) })
}

// ConsoleUp implements helpline.PresenceQueue.
func (f *Fake) ConsoleUp(_ context.Context, a helpline.Adviser) (helpline.Desk, []helpline.Event, error) {
	return step(f, func(m *Model, now int64) (helpline.Desk, []helpline.Event, error) {
		return m.ConsoleUp(now, a)
	})
}

// ConsoleDown implements helpline.PresenceQueue.
func (f *Fake) ConsoleDown(_ context.Context, c helpline.Console) ([]helpline.Event, error) {
	return only(f, func(m *Model, now int64) ([]helpline.Event, error) { return m.ConsoleDown(now, c) })
}

// Duty implements helpline.PresenceQueue.
func (f *Fake) Duty(_ context.Context, c helpline.Console, w helpline.DutyWish) (helpline.Duty, []helpline.Event, error) {
	return step(f, func(m *Model, now int64) (helpline.Duty, []helpline.Event, error) { return m.Duty(now, c, w) })
}

// Accept implements helpline.OfferQueue.
func (f *Fake) Accept(_ context.Context, c helpline.Console, offer string) (helpline.Leg, []helpline.Event, error) {
	return step(f, func(m *Model, now int64) (helpline.Leg, []helpline.Event, error) { return m.Accept(now, c, offer) })
}

// Decline implements helpline.OfferQueue.
func (f *Fake) Decline(_ context.Context, c helpline.Console, offer, reason string) ([]helpline.Event, error) {
	return only(f, func(m *Model, now int64) ([]helpline.Event, error) { return m.Decline(now, c, offer, reason) })
}

// Transfer implements helpline.TransferQueue.
func (f *Fake) Transfer(_ context.Context, c helpline.Console, contact, target string) ([]helpline.Event, error) {
	return only(f, func(m *Model, now int64) ([]helpline.Event, error) { return m.Transfer(now, c, contact, target) })
}

// Requeue implements helpline.TransferQueue.
func (f *Fake) Requeue(_ context.Context, c helpline.Console, contact, language string) ([]helpline.Event, error) {
	return only(f, func(m *Model, now int64) ([]helpline.Event, error) { return m.Requeue(now, c, contact, language) })
}

// Handover implements helpline.TransferQueue.
func (f *Fake) Handover(_ context.Context, c helpline.Console) ([]helpline.Event, error) {
	return only(f, func(m *Model, now int64) ([]helpline.Event, error) { return m.Handover(now, c) })
}

// Park implements helpline.TransferQueue.
func (f *Fake) Park(_ context.Context, c helpline.Console, contact string) ([]helpline.Event, error) {
	return only(f, func(m *Model, now int64) ([]helpline.Event, error) { return m.Park(now, c, contact) })
}

// Take implements helpline.TransferQueue.
func (f *Fake) Take(_ context.Context, c helpline.Console, contact string) (helpline.Leg, []helpline.Event, error) {
	return step(f, func(m *Model, now int64) (helpline.Leg, []helpline.Event, error) { return m.Take(now, c, contact) })
}

// CloseDanger implements helpline.DangerQueue.
func (f *Fake) CloseDanger(_ context.Context, c helpline.Console, contact, code string) ([]helpline.Event, error) {
	return only(f, func(m *Model, now int64) ([]helpline.Event, error) { return m.CloseDanger(now, c, contact, code) })
}

// Relane implements part of helpline.BoardQueue.
func (f *Fake) Relane(_ context.Context, contact string, lane helpline.Lane) ([]helpline.Event, error) {
	return only(f, func(m *Model, now int64) ([]helpline.Event, error) { return m.Relane(now, contact, lane) })
}

// Say implements helpline.ConversationQueue.
func (f *Fake) Say(_ context.Context, s helpline.Saying) (helpline.Said, error) {
	said, _, err := step(f, func(m *Model, now int64) (helpline.Said, []helpline.Event, error) {
		said, err := m.Say(now, s)
		return said, nil, err
	})
	return said, err
}

// History implements helpline.ConversationQueue.
func (f *Fake) History(_ context.Context, contact string, after int64) (said []helpline.SealedMessage, err error) {
	f.With(func(m *Model, _ int64) { said = slices.Clone(m.History(contact, after)) })
	return said, nil
}

// Typing implements helpline.ConversationQueue.
func (f *Fake) Typing(_ context.Context, c helpline.Console, contact string) (err error) {
	f.With(func(m *Model, now int64) { err = m.Typing(now, c, contact) })
	return err
}

// End implements helpline.ConversationQueue.
func (f *Fake) End(_ context.Context, c helpline.Console, contact, reason string) ([]helpline.Event, error) {
	return only(f, func(m *Model, now int64) ([]helpline.Event, error) { return m.End(now, c, contact, reason) })
}

// Release implements helpline.ConversationQueue.
func (f *Fake) Release(_ context.Context, c helpline.Console, contact string) (n int64, err error) {
	f.With(func(m *Model, now int64) { n, err = m.Release(now, c, contact) })
	return n, err
}

// Forward implements helpline.ConversationQueue.
func (f *Fake) Forward(_ context.Context, p helpline.Posted) (err error) {
	f.With(func(m *Model, now int64) { err = m.Forward(now, p) })
	return err
}

// Draft implements helpline.OutcomeQueue.
func (f *Fake) Draft(_ context.Context, c helpline.Console, contact string, version int64, draft string) (err error) {
	f.With(func(m *Model, now int64) { err = m.Draft(now, c, contact, version, draft) })
	return err
}

// Record implements helpline.OutcomeQueue.
func (f *Fake) Record(_ context.Context, c helpline.Console, contact string, s helpline.Staged) ([]helpline.Event, error) {
	return only(f, func(m *Model, now int64) ([]helpline.Event, error) { return m.Record(now, c, contact, s) })
}

// Owed implements helpline.OutcomeQueue.
func (f *Fake) Owed(_ context.Context, c helpline.Console) (legs []helpline.Leg, err error) {
	f.With(func(m *Model, now int64) { legs = m.Owed(now, c) })
	return legs, nil
}

// Colleagues implements helpline.ColleagueQueue.
func (f *Fake) Colleagues(context.Context) (list []helpline.Colleague, err error) {
	f.With(func(m *Model, now int64) { list = m.Colleagues(now) })
	return list, nil
}

// Status implements helpline.Queue.
func (f *Fake) Status(context.Context) (s helpline.Status, err error) {
	f.With(func(m *Model, now int64) { s = m.Status(now) })
	return s, nil
}

// Expire handles what is due, at most 64 timers, and says how many it were.
func (f *Fake) Expire(context.Context) (int64, []helpline.Event, error) {
	return step(f, func(m *Model, now int64) (int64, []helpline.Event, error) {
		n, events := m.Sweep(now)
		return int64(n), events, nil
	})
}

// Missing implements helpline.ConversationQueue: nothing here goes back.
func (f *Fake) Missing(context.Context, string, int64) ([]helpline.Event, error) { return nil, nil }
