package queue

import (
	"errors"
	"testing"
	"time"

	"github.com/google/uuid"

	"adviceline/helpline"
)

// issue gives a ticket and its number, as the node reads it that redeems it.
func (b *bench) issue() (number int64) {
	b.Helper()
	hash := uuid.NewString()
	if err := b.PutTicket(b.Context(), hash, "session", time.Minute); err != nil {
		b.Fatal(err)
	}
	session, number, err := b.TakeTicket(b.Context(), hash)
	if err != nil || session != "session" {
		b.Fatalf("session %q, %v", session, err)
	}
	if _, _, err := b.TakeTicket(b.Context(), hash); !errors.Is(err, helpline.ErrSignedOut) {
		b.Fatalf("taken twice: %v", err)
	}
	return number
}

// TestConsolesAreOrderedByTickets: of two hellos of one adviser the one with the later ticket has the place, whichever
// comes to Redis first.
func TestConsolesAreOrderedByTickets(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	who := helpline.Adviser{ID: uuid.NewString(), Alias: "A", Languages: []string{"fi"}, Capacity: 2}
	up := func(number int64) (helpline.Console, error) {
		t.Helper()
		a := who
		a.Ticket, a.Socket = number, uuid.NewString()
		desk, _, err := b.ConsoleUp(t.Context(), a)
		return desk.Console, err
	}
	comes := func(number int64) helpline.Console {
		t.Helper()
		c, err := up(number)
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	older, later := b.issue(), b.issue()
	if older <= 0 || later <= older {
		t.Fatalf("tickets %d, then %d", older, later)
	}
	newer := comes(later)
	if _, err := up(older); !errors.Is(err, helpline.ErrConsoleReplaced) {
		t.Fatalf("a hello that was overtaken: %v", err)
	}
	b.duty(newer, "ready") // its own still
	unnumbered := comes(0) // from a node of an earlier version: whoever comes has the place
	if _, err := up(older); !errors.Is(err, helpline.ErrConsoleReplaced) {
		t.Fatalf("a hello that was overtaken twice: %v", err)
	}
	if _, err := b.ConsoleDown(t.Context(), unnumbered); err != nil {
		t.Fatal(err)
	}
	comes(older) // nobody is there whom it would drive away
	comes(b.issue())
}

// TestTicketsRiseOverALostRedis: numbers go on with the clock; and where the lost Redis had a clock ahead, with what a
// console brought along.
func TestTicketsRiseOverALostRedis(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	who := helpline.Adviser{ID: uuid.NewString(), Alias: "A", Languages: []string{"fi"}, Capacity: 2}
	old := b.issue()
	lose := func() {
		t.Helper()
		if err := b.rdb.Del(t.Context(), b.rdb.Keys(t.Context(), b.tag+"*").Val()...).Err(); err != nil {
			t.Fatal(err)
		}
		b.rebuilt()
		b.at(time.Millisecond)
	}
	lose()
	if next := b.issue(); next <= old {
		t.Errorf("ticket %d after %d", next, old)
	}
	b.now -= time.Hour.Milliseconds()
	lose()
	who.Ticket = old // redeemed before, on its way still
	if _, _, err := b.ConsoleUp(t.Context(), who); err != nil {
		t.Fatal(err)
	}
	who.Ticket = b.issue()
	if _, _, err := b.ConsoleUp(t.Context(), who); err != nil || who.Ticket <= old {
		t.Errorf("ticket %d after %d is refused: %v", who.Ticket, old, err)
	}
}

// TestTicketsOfTwoVersions: each version takes what the other gives. An earlier one keeps a ticket under the name that it
// has still, and nothing else.
func TestTicketsOfTwoVersions(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	if err := b.rdb.Set(t.Context(), b.key(":ticket:earlier"), "session", time.Minute).Err(); err != nil {
		t.Fatal(err)
	}
	if session, number, err := b.TakeTicket(t.Context(), "earlier"); err != nil || session != "session" || number != 0 {
		t.Errorf("session %q, number %d, %v", session, number, err)
	}
	if err := b.PutTicket(t.Context(), "later", "session", time.Minute); err != nil {
		t.Fatal(err)
	}
	if session, err := b.rdb.GetDel(t.Context(), b.key(":ticket:later")).Result(); err != nil || session != "session" {
		t.Errorf("session %q, %v", session, err)
	}
	for _, key := range []string{":ticket:later", ":ticket:later:n"} {
		if life := b.rdb.PTTL(t.Context(), b.key(key)).Val(); life > time.Minute {
			t.Errorf("%s lives %s", key, life)
		}
	}
	if life := b.rdb.PTTL(t.Context(), b.key(":ticket:later:n")).Val(); life <= 0 {
		t.Errorf("the number of a ticket lives for ever: %s", life)
	}
	if _, _, err := b.run(t.Context(), "console_up", uuid.NewString(), "A", "fi", 2, "socket", ""); err != nil {
		t.Errorf("a node of an earlier version brings no console up: %v", err)
	}
}
