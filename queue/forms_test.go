package queue

import (
	"errors"
	"testing"
	"time"

	"adviceline/helpline"
)

// A supervisor, who has no console, sees every form that is owed, and finishes one once it is everybody's: never a
// leg that runs, never one that is its adviser's still. Finished once, it may be corrected and is owed no more.
func TestSupervisorFinishesAnOwedForm(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	a := b.adviser("fi")
	runs, owed := b.enter("fi", helpline.Ordinary), b.enter("fi", helpline.Ordinary)
	b.accept(a, runs)
	b.accept(a, owed)
	if err := b.Draft(t.Context(), a, owed, 1, "d"); err != nil {
		t.Fatal(err)
	}
	if _, err := b.End(t.Context(), a, owed, "done"); err != nil {
		t.Fatal(err)
	}
	b.at(helpline.DefaultTiming().Wrap)
	b.sweep()
	board := helpline.Console{Adviser: "00000000-0000-4000-8000-00000000b0a2", Epoch: -1}
	forms := func() helpline.OwedForm {
		t.Helper()
		list, err := b.Forms(t.Context())
		if err != nil || len(list) != 1 || list[0].Contact != owed || list[0].Draft != "d" || list[0].Alias == "" || list[0].Until.Sub(list[0].Ended) != 72*time.Hour {
			t.Fatalf("%+v %v", list, err)
		}
		return list[0]
	}
	record := func(contact string) error {
		_, err := b.Record(t.Context(), board, contact, helpline.Staged{Generation: "g"})
		return err
	}
	if f := forms(); f.Free {
		t.Error("it is everybody's at once")
	}
	for _, contact := range []string{owed, runs} {
		if err := record(contact); !errors.Is(err, helpline.ErrNotFound) {
			t.Errorf("finished %v", err)
		}
	}
	b.wantState(runs, helpline.Active)
	b.at(12 * time.Hour)
	if f := forms(); !f.Free {
		t.Error("it is not everybody's after 12 h")
	}
	if got, err := b.Board(t.Context(), nil); err != nil || got.Owed != 1 {
		t.Errorf("%+v %v", got, err)
	}
	events, err := b.Record(t.Context(), board, owed, helpline.Staged{Generation: "g"})
	b.wants(events, err, "recorded "+owed+" "+board.Adviser)
	events, err = b.Record(t.Context(), board, owed, helpline.Staged{Generation: "g"})
	b.wants(events, err, "corrected "+owed+" "+board.Adviser)
	if list, err := b.Forms(t.Context()); err != nil || len(list) != 0 {
		t.Errorf("still owed: %+v %v", list, err)
	}
}

// A window that closes untried is counted where the supervisor looks.
func TestMissedWindowsAreCountedOnTheBoard(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.schedule(b.book(b.hours(1, 2)))
	b.at(2 * time.Hour)
	b.sweep()
	if got, err := b.Board(t.Context(), nil); err != nil || got.Missed != 1 || got.Review != 1 {
		t.Errorf("%+v %v", got, err)
	}
	b.at(8 * 24 * time.Hour)
	if got, err := b.Board(t.Context(), nil); err != nil || got.Missed != 0 {
		t.Errorf("after a week %+v %v", got, err)
	}
}

// A supervisor who finishes a form sees how it stands to its matter and may note a card, once the form is
// everybody's: as colleagues may, at once when its adviser went off duty.
func TestMatterOfAnOwedFormIsEverybodysWithTheForm(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	a, colleague := b.adviser("fi"), b.adviser("sv")
	owed := b.enter("fi", helpline.Ordinary)
	b.accept(a, owed)
	if _, err := b.WantMatter(t.Context(), owed, 1, "sealed"); err != nil {
		t.Fatal(err)
	}
	board := helpline.Console{Adviser: "00000000-0000-4000-8000-00000000b0a2", Epoch: -1}
	refused := func(when string, who ...helpline.Console) {
		t.Helper()
		for _, c := range who {
			if m, err := b.Matter(t.Context(), c, owed); !errors.Is(err, helpline.ErrNotFound) {
				t.Errorf("%s: %+v %v", when, m, err)
			}
		}
	}
	refused("of a leg that runs", board, colleague)
	if _, err := b.End(t.Context(), a, owed, "done"); err != nil {
		t.Fatal(err)
	}
	b.at(helpline.DefaultTiming().Wrap)
	b.sweep()
	refused("of a form that is its adviser's still", board, colleague)
	b.duty(a, "off")
	for _, c := range []helpline.Console{colleague, board} {
		if m, err := b.Matter(t.Context(), c, owed); err != nil || m.Number != "sealed" || !m.Wanted || m.Carded {
			t.Errorf("%+v %v", m, err)
		}
	}
	if m, err := b.SetMatter(t.Context(), board, owed, "sealed", "carded"); err != nil || !m.Carded {
		t.Errorf("%+v %v", m, err)
	}
	if _, err := b.Record(t.Context(), board, owed, helpline.Staged{Generation: "g"}); err != nil {
		t.Fatal(err)
	}
	refused("of a form that stands", board, colleague)
}
