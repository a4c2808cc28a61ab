package helpline

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"time"
)

// desk is what a pager works with: a roster that can go away, ways that can fail.
type pagerDesk struct {
	mu      sync.Mutex
	down    bool
	given   [][]Watch
	sent    []PageCall
	results chan string
}

func (d *pagerDesk) Roster(_ context.Context, w []Watch) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.given = append(d.given, w)
	return nil
}

func (d *pagerDesk) Acknowledge(context.Context, string, string) (bool, []Event, error) {
	return false, nil, ErrNotFound
}

func (d *pagerDesk) watches(context.Context, time.Time, time.Time) ([]Watch, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.down {
		return nil, errors.New("postgres is away")
	}
	return []Watch{{Person: "a1", Mail: "aino@example.invalid"}}, nil
}

// way fails so many times and then keeps what it is given.
func (d *pagerDesk) way(name string, failures int, with error) PageWay {
	return PageWay{name, func(_ context.Context, c PageCall) error {
		d.mu.Lock()
		defer d.mu.Unlock()
		if failures != 0 {
			failures--
			return with
		}
		d.sent = append(d.sent, c)
		return nil
	}}
}

func (d *pagerDesk) pager(ways ...PageWay) *Pager {
	return NewPager(PagerOptions{
		Queue: d, Watches: d.watches, Ways: ways, Now: time.Now, Log: slog.New(slog.DiscardHandler),
		Link:   func(page, adviser string) string { return "https://h.example/p/" + page + adviser },
		Result: func(way, result string) { d.results <- way + " " + result },
		Pauses: []time.Duration{time.Millisecond, time.Millisecond},
	})
}

func step(number int64, adviser string) Event {
	return Event{Kind: Paged, Number: number, Reason: "unserved", Adviser: adviser, Page: &PageStep{ID: "p1", Step: 1, Waited: time.Minute}}
}

func TestAPageIsTriedAgainAndGoesOutWhilePostgresIsAway(t *testing.T) {
	t.Parallel()
	d := &pagerDesk{results: make(chan string, 10)}
	failed := errors.New("refused")
	p := d.pager(d.way("webhook", 2, failed), d.way("mail", -1, failed), d.way("pigeon", -1, fmt.Errorf("fly: %w", ErrNotFound)))
	if err := p.Refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
	d.mu.Lock()
	d.down = true
	d.mu.Unlock()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		p.Run(ctx)
	}()
	p.Take([]Event{{Kind: Enqueued}, step(7, "a1"), step(8, "")})
	got := map[string]int{}
	for range 4 {
		select {
		case r := <-d.results:
			got[r]++
		case <-time.After(20 * time.Second):
			t.Fatalf("results %v", got)
		}
	}
	for _, want := range []string{"webhook sent", "mail failed", "pigeon no_address", "none nobody"} {
		if got[want] != 1 {
			t.Errorf("results %v, want %s", got, want)
		}
	}
	cancel()
	<-done
	want := PageCall{ID: "p1.7", Step: 1, Cause: "unserved", Waited: time.Minute, Link: "https://h.example/p/p1a1", Mail: "aino@example.invalid"}
	if len(d.sent) != 1 || d.sent[0] != want {
		t.Errorf("sent %+v", d.sent)
	}
	if len(d.given) < 2 || len(d.given[len(d.given)-1]) != 1 {
		t.Errorf("the roster was given %v", d.given)
	}
}

func TestStepsOverTheBacklogDoNotBlock(t *testing.T) {
	t.Parallel()
	d := &pagerDesk{results: make(chan string, pageBacklog+10)}
	p := d.pager()
	for i := range pageBacklog + 1 {
		p.Take([]Event{step(int64(i), "a1")})
	}
	if r := <-d.results; r != "none failed" {
		t.Errorf("result %s", r)
	}
}

func TestLinksOfPages(t *testing.T) {
	t.Parallel()
	tokens := NewTokens(func(purpose string) []byte { return []byte(purpose) })
	token := tokens.SignPage("p1", "a1")
	if page, adviser, err := tokens.OpenPage(token); err != nil || page != "p1" || adviser != "a1" {
		t.Errorf("%s %s %v", page, adviser, err)
	}
	other := NewTokens(func(purpose string) []byte { return []byte("x" + purpose) })
	for _, bad := range []string{"", "x", other.SignPage("p1", "a1"), token[1:], tokens.Sign(Claim{Contact: "p1", Version: 1})} {
		if _, _, err := tokens.OpenPage(bad); !errors.Is(err, ErrNotFound) {
			t.Errorf("%q: %v", bad, err)
		}
	}
}
