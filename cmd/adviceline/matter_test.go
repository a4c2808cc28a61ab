package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"adviceline/helpline"
	"adviceline/helpline/seal"
)

const (
	cardCodes = `{"role":"authority","organisation":"police","topic":"is_it_trafficking","outcome":["advice_given"]}`
	cardNote  = "sentinelnote: asked for a second opinion"
)

// chat lets a contact come and an adviser take it.
func (h *callHouse) chat(c helpline.Console) helpline.Admission {
	h.Helper()
	a, err := h.Admit(h.Context(), helpline.Intake{
		RequestID: uuid.NewString(), Channel: "chat", PageLanguage: "fi", Language: "fi", Asks: "work", Body: []byte("{}"),
	})
	if err != nil {
		h.Fatal(err)
	}
	if _, err := h.Accept(h.Context(), c, h.field(a.Contact, "offer")); err != nil {
		h.Fatal(err)
	}
	return a
}

func (h *callHouse) off(c helpline.Console) {
	h.Helper()
	if _, err := h.Duty(h.Context(), c, helpline.DutyWish{State: "off", Confirmed: true}); err != nil {
		h.Fatal(err)
	}
}

func (h *callHouse) write(c helpline.Console, contact, note string) string {
	h.Helper()
	number, _, err := h.Card(h.Context(), c, contact, uuid.NewString(), helpline.CardSheet{Codes: []byte(cardCodes), Note: helpline.NewText(note)})
	if err != nil {
		h.Fatal(err)
	}
	return number
}

func (h *callHouse) record(c helpline.Console, contact string) {
	h.Helper()
	if err := h.Record(h.Context(), c, contact, []byte(`{"outcome":["advice_given"]}`)); err != nil {
		h.Fatal(err)
	}
}

func (h *callHouse) look(c helpline.Console, number, contact string) (helpline.CardSheet, error) {
	return h.Matter(h.Context(), c, number, contact, uuid.NewString())
}

// T15: the number that somebody took is told to another adviser the next day.
func TestMatterGoesOnTheNextDay(t *testing.T) {
	t.Parallel()
	h := newCallHouse(t)
	aino := h.adviser()
	first := h.chat(aino)
	number, err := h.TakeMatter(t.Context(), first.Token)
	if err != nil || len(number) != 8 {
		t.Fatalf("%q %v", number, err)
	}
	if again, err := h.TakeMatter(t.Context(), first.Token); err != nil || again != number {
		t.Errorf("again: %q %v", again, err)
	}
	if number == first.ReturnNumber {
		t.Error("who is told the matter number could come back as the contact")
	}
	if got := h.write(aino, first.Contact, cardNote); got != number {
		t.Error("the card has another number than its person was given")
	}
	h.record(aino, first.Contact)
	all := h.stored() + h.log.String()
	for _, private := range []string{number, "sentinelnote", "is_it_trafficking", first.ReturnNumber} {
		if strings.Contains(all, private) {
			t.Errorf("%q stands in clear", private)
		}
	}
	h.pass(24 * time.Hour)
	h.off(aino)
	veli := h.adviser()
	second := h.chat(veli)
	card, err := h.look(veli, number, second.Contact)
	if err != nil || card.Note.Reveal() != cardNote || string(card.Codes) != cardCodes {
		t.Fatalf("card %s %v", card.Codes, err)
	}
	if m := h.MatterOf(t.Context(), veli, second.Contact); !m.Continued {
		t.Error("the contact is not linked")
	}
	if got, err := h.TakeMatter(t.Context(), second.Token); err != nil || got != number {
		t.Errorf("a continued matter has another number: %v", err)
	}
	if got := h.write(veli, second.Contact, "second day"); got != number {
		t.Error("the card of a continued matter has another number")
	}
	h.record(veli, second.Contact)
	h.pass(13 * 24 * time.Hour) // 14 days after the first, 13 after the last use
	if card, err = h.look(h.adviser(), number, ""); err != nil || card.Note.Reveal() != "second day" {
		t.Errorf("after 13 days without use: %v", err)
	}
}

// A wrong number, one that is over and one that another line's key made are one answer after one kind of work.
func TestWrongAndExpiredNumbersLookAlike(t *testing.T) {
	t.Parallel()
	h := newCallHouse(t)
	a := h.adviser()
	contact := h.chat(a).Contact
	number := h.write(a, contact, cardNote)
	h.record(a, contact)
	store := &countedCards{MatterStore: h.Matters.Store}
	h.Matters.Store = store
	h.pass(16 * 24 * time.Hour)
	a = h.adviser()
	_, over := h.look(a, number, "")
	afterOver := store.calls
	store.calls = nil
	_, wrong := h.look(a, "00000000", "")
	if !errors.Is(over, helpline.ErrNotFound) || !errors.Is(wrong, helpline.ErrNotFound) || over.Error() != wrong.Error() {
		t.Errorf("over: %v, wrong: %v", over, wrong)
	}
	if strings.Join(afterOver, " ") != strings.Join(store.calls, " ") || len(store.calls) != 1 {
		t.Errorf("over: %v, wrong: %v", afterOver, store.calls)
	}
}

// countedCards notes what is asked of Postgres.
type countedCards struct {
	helpline.MatterStore
	calls []string
}

func (c *countedCards) Try(ctx context.Context, d helpline.Deed, marks []string, most int) (helpline.KeptCard, error) {
	c.calls = append(c.calls, "try")
	return c.MatterStore.Try(ctx, d, marks, most)
}

func (c *countedCards) Card(ctx context.Context, marks []string) (helpline.KeptCard, error) {
	c.calls = append(c.calls, "card")
	return c.MatterStore.Card(ctx, marks)
}

func (c *countedCards) KeepCard(ctx context.Context, k helpline.KeptCard, marks []string) error {
	c.calls = append(c.calls, "keep")
	return c.MatterStore.KeepCard(ctx, k, marks)
}

func TestFiveTriesAnHour(t *testing.T) {
	t.Parallel()
	h := newCallHouse(t)
	a := h.adviser()
	contact := h.chat(a).Contact
	other := h.adviser()
	id := uuid.NewString()
	for range 3 { // the same try
		if _, err := h.Matter(t.Context(), a, "11111111", "", id); !errors.Is(err, helpline.ErrNotFound) {
			t.Fatal(err)
		}
	}
	for range 4 {
		if _, err := h.look(a, "22222222", ""); !errors.Is(err, helpline.ErrNotFound) {
			t.Fatal(err)
		}
	}
	number := h.write(a, contact, "")
	if _, err := h.look(a, number, ""); !errors.Is(err, helpline.ErrTriesUsed) {
		t.Errorf("a sixth try: %v", err)
	}
	if _, err := h.look(other, number, ""); err != nil {
		t.Errorf("another adviser: %v", err)
	}
	if _, err := h.look(other, number, contact); !errors.Is(err, helpline.ErrNotFound) {
		t.Errorf("linked to a leg of a colleague: %v", err)
	}
}

// Whoever takes everything but the key folder reads no card; whoever takes all of it reads none once its
// day is over and its key was unlinked.
func TestThiefReadsNoCard(t *testing.T) {
	t.Parallel()
	h := newCallHouse(t)
	a := h.adviser()
	contact := h.chat(a).Contact
	number := h.write(a, contact, cardNote)
	marks, err := h.keys.Marks("card", []byte(number))
	if err != nil {
		t.Fatal(err)
	}
	stolen, err := h.Matters.Store.Card(t.Context(), marks) // as in a dump
	if err != nil {
		t.Fatal(err)
	}
	thief := func(dir string, now time.Time) error {
		keys, err := seal.Open(seal.Options{Root: []byte(strings.Repeat("\x01", 32)), Dir: dir, Now: func() time.Time { return now }})
		if err != nil {
			t.Fatal(err)
		}
		_, err = keys.Open(stolen.Wrapped, number, "card", 0, stolen.Sealed)
		return err
	}
	if err := thief(h.dir, h.now()); err != nil {
		t.Fatalf("the house itself cannot read it: %v", err)
	}
	if err := thief(t.TempDir(), h.now()); err == nil {
		t.Error("read without the key folder")
	}
	h.ms.Add((15 * 24 * time.Hour).Milliseconds())
	if _, err := h.keys.Purge(h.now(), h.now()); err != nil {
		t.Fatal(err)
	}
	left, _ := filepath.Glob(filepath.Join(h.dir, "card-*"))
	if err := thief(h.dir, h.now().Add(-15*24*time.Hour)); err == nil || len(left) > 0 {
		t.Errorf("read with a clock set back; keys left: %v", left)
	}
	if _, err := os.Stat(h.dir); err != nil {
		t.Fatal(err)
	}
}

// The number that somebody took and whose adviser wrote no card: the form's own codes become one
// (agents.matterOf); here, that the leg says so.
func TestTakenNumberWaitsForItsCard(t *testing.T) {
	t.Parallel()
	h := newCallHouse(t)
	a := h.adviser()
	first := h.chat(a)
	if err := h.Leave(t.Context(), first.Token, "done"); err != nil {
		t.Fatal(err)
	}
	number, err := h.TakeMatter(t.Context(), first.Token) // the page offers it at the end
	if err != nil {
		t.Fatal(err)
	}
	if m := h.MatterOf(t.Context(), a, first.Contact); !m.Wanted || m.Carded {
		t.Errorf("%+v", m)
	}
	if got := h.write(a, first.Contact, ""); got != number {
		t.Error("another number")
	}
	h.record(a, first.Contact)
	if again, err := h.TakeMatter(t.Context(), first.Token); err != nil || again != number {
		t.Errorf("after the form: %q %v", again, err)
	}
	second := h.chat(a)
	h.record(a, second.Contact)
	if _, err := h.TakeMatter(t.Context(), second.Token); !errors.Is(err, helpline.ErrNotFound) {
		t.Errorf("a number was given that opens nothing: %v", err)
	}
}
