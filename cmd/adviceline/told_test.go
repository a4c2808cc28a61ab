package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/redis/go-redis/v9"

	"adviceline/helpline"
	"adviceline/helpline/seal"
	"adviceline/ops/servicetest"
	"adviceline/queue"
)

// nowhere is a ledger that takes everything at once.
type nowhere struct{}

func (nowhere) Submit([]helpline.Event) <-chan error {
	done := make(chan error, 1)
	done <- nil
	return done
}

func newLine(t *testing.T) (*helpline.Line, *redis.Client) {
	t.Helper()
	keys, err := seal.Open(seal.Options{Root: bytes.Repeat([]byte{1}, 32), Dir: t.TempDir(), Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	url := servicetest.Redis(t)
	q, err := queue.Open(queue.Options{
		URL: url, Line: servicetest.Prefix(t), Node: "n", Salt: rand.Text(), Pool: 4, Timing: helpline.DefaultTiming(),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = q.Close() })
	if err := q.SetLife(t.Context(), "x", 1); err != nil {
		t.Fatal(err)
	}
	q.Use(func() int64 { return 1 })
	o, err := redis.ParseURL(url)
	if err != nil {
		t.Fatal(err)
	}
	raw := redis.NewClient(o)
	t.Cleanup(func() { _ = raw.Close() })
	return &helpline.Line{
		Queue: q, Ledger: nowhere{}, Seal: keys, Tokens: helpline.NewTokens(keys.Derive), Timing: helpline.DefaultTiming(),
		Now: time.Now, Log: slog.New(slog.DiscardHandler), Observe: func(helpline.Event) {},
	}, raw
}

// What a contact told of itself reaches the adviser who is asked, and stands nowhere in clear.
func TestWhatWasToldIsSealed(t *testing.T) {
	t.Parallel()
	line, raw := newLine(t)
	told := helpline.Intake{
		RequestID: uuid.NewString(), Channel: "chat", PageLanguage: "sv", Language: "ti", SecondLanguage: "ar",
		Asks: "worried", Role: "coworker", Organisation: "greenhouse-x", Child: true, Body: []byte("{}"),
	}
	a, err := line.Admit(t.Context(), told)
	if err != nil {
		t.Fatal(err)
	}
	hash := strings.Join(everything(t, raw, a.Contact), " ")
	for _, word := range []string{"worried", "coworker", "greenhouse-x", " sv ", " ar "} {
		if strings.Contains(hash, word) {
			t.Errorf("%q stands in clear: %s", word, hash)
		}
	}
	w, err := line.ConsoleUp(t.Context(), helpline.Adviser{ID: uuid.NewString(), Languages: []string{"ti"}, Capacity: 1}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := line.Duty(t.Context(), w.Console, helpline.DutyWish{State: "ready", Audible: true}); err != nil {
		t.Fatal(err)
	}
	again, err := line.ConsoleUp(t.Context(), helpline.Adviser{ID: w.Console.Adviser, Languages: []string{"ti"}, Capacity: 1}, nil)
	if err != nil || len(again.Offers) != 1 {
		t.Fatalf("%+v %v", again, err)
	}
	offer := again.Offers[0]
	if offer.Asks != "worried" || offer.Role != "coworker" || !offer.Child || offer.Key != "" {
		t.Errorf("offer: %+v", offer)
	}
	leg, err := line.Accept(t.Context(), again.Console, offer.Offer)
	if err != nil || leg.Organisation != told.Organisation || leg.SecondLanguage != "ar" || leg.Asks != "worried" {
		t.Errorf("leg: %+v %v", leg.Facts, err)
	}
	if err := line.Record(t.Context(), again.Console, a.Contact, []byte(`{"outcome":["advice_given"]}`)); err != nil {
		t.Fatal(err)
	}
	left := " " + strings.Join(everything(t, raw, a.Contact), " ") + " "
	for _, gone := range []string{" intake ", " key ", " ti "} {
		if strings.Contains(left, gone) {
			t.Errorf("%q outlived the outcome: %s", gone, left)
		}
	}
}

// everything gives the fields and values of a contact's hash.
func everything(t *testing.T, raw *redis.Client, contact string) []string {
	t.Helper()
	keys, err := raw.Keys(context.Background(), "*:c:"+contact).Result()
	if err != nil || len(keys) != 1 {
		t.Fatalf("keys %v: %v", keys, err)
	}
	var all []string
	for field, value := range raw.HGetAll(context.Background(), keys[0]).Val() {
		all = append(all, field, value)
	}
	return all
}
