package storage

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"adviceline/helpline"
)

var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

// step is one event of a contact: number n, of a leg that an adviser takes and ends.
func step(contact string, n int64, kind string) helpline.Event {
	e := helpline.Event{
		Incarnation: 1, Number: n, SpoolID: fmt.Sprintf("1-%d", n), Kind: kind, At: noon.Add(time.Duration(n) * time.Second),
		Contact: contact, Channel: "chat", Language: "ro", Lane: helpline.Ordinary, Arrival: noon,
		State: helpline.Waiting, Epoch: 1, Version: 1,
	}
	switch kind {
	case helpline.OfferAccepted:
		e.State, e.Accepted = helpline.Active, e.At
		e.Adviser = uuid.NewSHA1(uuid.Nil, []byte(contact)).String()
		e.Owner = e.Adviser
	case helpline.ConversationEnd:
		e.State, e.Ended, e.Reason = helpline.Wrapping, e.At, "done"
	case helpline.OutcomeRecorded, "corrected":
		e.State, e.Ended, e.Recorded, e.Reason = helpline.Completed, e.At, e.At, "done"
		e.Staged = &helpline.Staged{Generation: "g1", Key: []byte(contact), Wrapped: "w", Sealed: fmt.Sprint("sealed ", n)}
	}
	return e
}

// history gives all events of some contacts, their numbers mixed as they are in a line.
func history(contacts int) (events []helpline.Event) {
	var n int64
	kinds := []string{helpline.Enqueued, helpline.OfferMade, helpline.OfferAccepted, helpline.ConversationEnd,
		helpline.OutcomeRecorded, "corrected", "corrected"}
	for _, k := range kinds {
		for c := range contacts {
			n++
			e := step(uuid.NewSHA1(uuid.Nil, []byte{byte(c)}).String(), n, k)
			if c%3 == 2 && k != helpline.Enqueued { // the queue lost its life in between
				e.Incarnation, e.Number = 2, n-int64(contacts)
			}
			events = append(events, e)
		}
	}
	return events
}

// dump gives every row of the ledger as text.
func dump(t *testing.T, s *Store) (lines []string) {
	t.Helper()
	for _, table := range []string{"event", "contact", "staged"} {
		r, err := s.pool.Query(t.Context(), "SELECT '"+table+" ' || x::text FROM "+table+" AS x ORDER BY 1")
		if err != nil {
			t.Fatal(err)
		}
		found, err := pgx.CollectRows(r, pgx.RowTo[string])
		if err != nil {
			t.Fatal(err)
		}
		lines = append(lines, found...)
	}
	return lines
}

func submit(t *testing.T, l *Ledger, events ...helpline.Event) error {
	t.Helper()
	select {
	case err := <-l.Submit(events):
		return err
	case <-time.After(20 * time.Second):
		t.Fatal("no answer from the ledger")
		return nil
	}
}

func TestAnyOrderAndRepetitionGivesTheSameRows(t *testing.T) {
	t.Parallel()
	events := history(7)
	s := open(t, database(t))
	l := writing(t, s, LedgerOptions{})
	for _, e := range events {
		if err := submit(t, l, e); err != nil {
			t.Fatal(err)
		}
	}
	want := dump(t, s)
	if n := strings.Count(strings.Join(want, "\n"), "sealed"); n != 7 {
		t.Fatalf("%d staged rows for 7 contacts", n)
	}
	for seed := range uint64(12) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			r := rand.New(rand.NewPCG(seed, 7))
			url := database(t)
			nodes := []*Ledger{writing(t, open(t, url), LedgerOptions{MaxBatch: 5}), writing(t, open(t, url), LedgerOptions{})}
			many := slices.Concat(events, events[:20], events[10:])
			r.Shuffle(len(many), func(i, j int) { many[i], many[j] = many[j], many[i] })
			var answers []<-chan error
			for len(many) > 0 {
				n := min(len(many), 1+r.IntN(6))
				answers = append(answers, nodes[r.IntN(2)].Submit(many[:n]))
				many = many[n:]
			}
			for _, a := range answers {
				if err := <-a; err != nil {
					t.Fatal(err)
				}
			}
			if got := dump(t, open(t, url)); !reflect.DeepEqual(got, want) {
				t.Errorf("rows differ:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
			}
		})
	}
}

func TestManySubmitsShareOneCommit(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{helpline.Enqueued, helpline.OfferAccepted, helpline.OutcomeRecorded} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			shareCommits(t, kind, 64, 20, 0.12)
			shareCommits(t, kind, 512, 8, 0.03)
		})
	}
}

// shareCommits lets submitters wait for each of their events and counts the commits.
func shareCommits(t *testing.T, kind string, submitters, each int, most float64) {
	t.Helper()
	l := writing(t, open(t, database(t)), LedgerOptions{})
	var wg sync.WaitGroup
	for i := range submitters {
		wg.Go(func() {
			for j := range each {
				e := step(uuid.NewString(), int64(i*each+j+1), kind)
				if err := <-l.Submit([]helpline.Event{e}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	share := float64(l.Commits()) / float64(submitters*each)
	t.Logf("%d submitters, %d events, %d commits: %.4f", submitters, submitters*each, l.Commits(), share)
	if share > most {
		t.Errorf("%.3f commits per event with %d submitters, want at most %.2f", share, submitters, most)
	}
}

func TestLegOfOneContactIsOneCommit(t *testing.T) {
	t.Parallel()
	s := open(t, database(t))
	l := writing(t, s, LedgerOptions{})
	c := uuid.NewString()
	events := []helpline.Event{
		step(c, 1, helpline.Enqueued), step(c, 2, helpline.OfferAccepted), step(c, 3, helpline.ConversationEnd),
		step(c, 4, helpline.OutcomeRecorded), step(c, 5, "corrected"),
	}
	if err := submit(t, l, events...); err != nil {
		t.Fatal(err)
	}
	if l.Commits() != 1 || len(dump(t, s)) != 7 {
		t.Errorf("%d commits, rows:\n%s", l.Commits(), strings.Join(dump(t, s), "\n"))
	}
}

func TestOldIncarnationIsFencedOff(t *testing.T) {
	t.Parallel()
	s := open(t, database(t))
	told := make(chan []string, 10)
	refused := make(chan []string, 10)
	l := NewLedger(s, "main", LedgerOptions{
		Committed: func(ids []string) { told <- ids },
		Refused:   func(ids []string, _ helpline.Code) { refused <- ids },
	})
	if err := s.SetIncarnation(t.Context(), "main", 2, "run"); err != nil {
		t.Fatal(err)
	}
	past, present := step(uuid.NewString(), 1, helpline.Enqueued), step(uuid.NewString(), 2, helpline.Enqueued)
	present.Incarnation = 2
	mixed := step(uuid.NewString(), 3, helpline.Enqueued)
	mixed.Incarnation = 2
	a, b := l.Submit([]helpline.Event{past, mixed}), l.Submit([]helpline.Event{present})
	run(t, l)
	if err := <-a; !errors.Is(err, helpline.ErrOldIncarnation) {
		t.Errorf("old event: %v", err)
	}
	if err := <-b; err != nil {
		t.Errorf("the other submission of the batch: %v", err)
	}
	if got := <-told; !slices.Equal(got, []string{"1-2", "1-3"}) {
		t.Errorf("committed %v", got)
	}
	if got := <-refused; !slices.Equal(got, []string{"1-1"}) {
		t.Errorf("refused %v", got)
	}
	if n := l.Commits(); n != 1 {
		t.Errorf("%d commits", n)
	}
}

func TestPoisonDoesNotHoldUpTheOthers(t *testing.T) {
	t.Parallel()
	url := database(t)
	// What the ledger cannot foresee: a rule of the database that one event breaks.
	execute(t, url, "ALTER TABLE event ADD CHECK (reason <> 'poison')")
	s := open(t, url)
	refused := make(chan string, 10)
	l := NewLedger(s, "main", LedgerOptions{Refused: func(ids []string, _ helpline.Code) {
		for _, id := range ids {
			refused <- id
		}
	}})
	var good []<-chan error
	for n := range int64(40) {
		good = append(good, l.Submit([]helpline.Event{step(uuid.NewString(), n+1, helpline.Enqueued)}))
	}
	malformed, poison := step("not a uuid", 100, helpline.Enqueued), step(uuid.NewString(), 101, helpline.Enqueued)
	poison.Reason = "poison"
	beside := step(uuid.NewString(), 102, helpline.Enqueued)
	nul := step(uuid.NewString(), 103, helpline.Enqueued)
	nul.Reason = "a\x00b"
	bad := []<-chan error{
		l.Submit([]helpline.Event{malformed, beside}), l.Submit([]helpline.Event{poison}), l.Submit([]helpline.Event{nul}),
	}
	run(t, l)
	for i, a := range bad {
		if err := <-a; !errors.Is(err, ErrMalformed) {
			t.Errorf("bad %d: %v", i, err)
		}
	}
	for i, a := range good {
		if err := <-a; err != nil {
			t.Errorf("good %d: %v", i, err)
		}
	}
	ids := []string{<-refused, <-refused, <-refused}
	slices.Sort(ids)
	if !slices.Equal(ids, []string{"1-100", "1-101", "1-103"}) {
		t.Errorf("refused %v", ids)
	}
	if got := len(dump(t, s)); got != 2*41 {
		t.Errorf("%d rows, want 82", got)
	}
}

func TestLanguageIsCoarseOnceEnded(t *testing.T) {
	t.Parallel()
	s := open(t, database(t))
	l := writing(t, s, LedgerOptions{})
	for i, want := range []struct{ language, kind, kept string }{
		{"ro", helpline.Enqueued, "ro"}, {"ro", helpline.ConversationEnd, "other"}, {"sv", helpline.ConversationEnd, "sv"},
	} {
		e := step(uuid.NewString(), int64(i+1), want.kind)
		e.Language = want.language
		if err := submit(t, l, e); err != nil {
			t.Fatal(err)
		}
		var got string
		if err := s.pool.QueryRow(t.Context(), "SELECT language FROM contact WHERE contact = $1", e.Contact).Scan(&got); err != nil || got != want.kept {
			t.Errorf("%s, %s: %q, %v", want.language, want.kind, got, err)
		}
	}
}

func TestFullQueueAnswersAtOnce(t *testing.T) {
	t.Parallel()
	l := NewLedger(nil, "main", LedgerOptions{Queue: 2})
	a, b := step(uuid.NewString(), 1, helpline.Enqueued), step(uuid.NewString(), 2, helpline.Enqueued)
	l.Submit([]helpline.Event{a})
	if err := <-l.Submit([]helpline.Event{a, b}); !errors.Is(err, ErrLedgerFull) {
		t.Errorf("full: %v", err)
	}
	if err := <-l.Submit(nil); err != nil {
		t.Errorf("nothing: %v", err)
	}
}

func TestStopCommitsWhatIsQueued(t *testing.T) {
	t.Parallel()
	s := open(t, database(t))
	l := NewLedger(s, "main", LedgerOptions{MaxBatch: 2})
	var answers []<-chan error
	for n := range int64(9) {
		answers = append(answers, l.Submit([]helpline.Event{step(uuid.NewString(), n+1, helpline.Enqueued)}))
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	l.Run(ctx)
	for _, a := range answers {
		if err := <-a; err != nil {
			t.Error(err)
		}
	}
	if err := <-l.Submit([]helpline.Event{step(uuid.NewString(), 10, helpline.Enqueued)}); !errors.Is(err, ErrLedgerStopped) {
		t.Errorf("after the end: %v", err)
	}
}
