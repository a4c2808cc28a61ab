package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	"adviceline/helpline"
	"adviceline/helpline/seal"
	"adviceline/helpline/web"
	"adviceline/storage"
)

// stores names every store of the house, as metrics label them.
func stores() []string {
	var names []string
	for _, k := range helpline.Kept() {
		names = append(names, k.Name)
	}
	return names
}

// heldTime is how long Redis is waited for.
const heldTime = 5 * time.Second

// prover tells what the house can prove of its own stores. keys may be nil: then there are none to tell of.
type prover struct {
	store *storage.Store
	keys  *seal.Keys
	live  interface {
		Held(ctx context.Context) ([]helpline.LiveCount, error)
	}
}

// Proof implements web.Prover.
func (p prover) Proof(ctx context.Context) (helpline.Proof, error) {
	out, err := p.store.Proof(ctx)
	if err != nil {
		return out, err
	}
	bound, cancel := context.WithTimeout(ctx, heldTime)
	defer cancel()
	if out.Live, err = p.live.Held(bound); err != nil {
		out.Live = nil // it is said so; what Postgres holds is told all the same
	}
	if p.keys == nil {
		return out, nil
	}
	days, err := p.keys.Days()
	for _, class := range slices.Sorted(maps.Keys(days)) {
		for _, day := range slices.Sorted(maps.Keys(days[class])) {
			out.Keys = append(out.Keys, helpline.DayKeys{Class: class, Day: day, N: days[class][day]})
		}
	}
	return out, err
}

// privacy prints what the house keeps, for how long and why, and what is there now: the words of the page about
// privacy and the figures of its proof.
func privacy(ctx context.Context, t terminal, args []string) error {
	if len(args) == 0 || args[0] != "report" {
		return bad("say adviceline privacy report")
	}
	f := flags(t, "privacy report", "adviceline privacy report: every store, what it holds, for how long, why, and what is in it now")
	asJSON := f.Bool("json", false, "print JSON")
	if err := parse(f, args[1:]); err != nil {
		return err
	}
	if f.NArg() > 0 {
		return bad("privacy report takes no words")
	}
	cfg, err := settings(t)
	if err != nil {
		return err
	}
	pages, err := web.NewPages(nil)
	if err != nil {
		return err
	}
	return withHouse(ctx, t, func(h house) error {
		keys, err := foundKeys(cfg.RootKeyFile, cfg.KeyDir)
		if err != nil {
			return err
		}
		p, err := prover{h.store, keys, h.queue}.Proof(ctx)
		if err != nil {
			return err
		}
		b := pages.Privacy("en", p)
		if *asJSON {
			out := json.NewEncoder(t.out)
			out.SetIndent("", " ")
			return out.Encode(b)
		}
		_, err = fmt.Fprint(t.out, proofText(b))
		return err
	})
}

// foundKeys opens the folder of keys where both it and the root key are: on the machine of a node. It makes neither.
func foundKeys(root, dir string) (*seal.Keys, error) {
	for _, path := range []string{root, dir} {
		if _, err := os.Stat(path); errors.Is(err, os.ErrNotExist) {
			return nil, nil
		}
	}
	key, err := seal.LoadRoot(root, false)
	if err != nil {
		return nil, err
	}
	return seal.Open(seal.Options{Root: key, Dir: dir})
}

// proofText writes a proof for people.
func proofText(b web.PrivacyBody) string {
	var out strings.Builder
	or := func(text string) string {
		if text == "" {
			return "-"
		}
		return text
	}
	for _, s := range b.Stores {
		fmt.Fprintf(&out, "%s\n  holds   %s\n  lives   %s\n  why     %s\n", s.Name, s.What, s.Long, s.Why)
		if s.Rows != nil {
			fmt.Fprintf(&out, "  now     %d rows, oldest %s, purged %s\n", *s.Rows, or(s.Oldest), or(s.Purged))
		}
	}
	fmt.Fprintf(&out, "Flush: last look %s, last moved %s\n", or(b.Flushed), or(b.Moved))
	for _, k := range b.Keys {
		fmt.Fprintf(&out, "Keys: %s, die %s: %d\n", k.Class, or(k.Day), k.Count)
	}
	for _, l := range b.Live {
		fmt.Fprintf(&out, "Redis: %s %d, oldest %s\n", l.Kind, l.Count, or(l.Oldest))
	}
	if len(b.Live) == 0 {
		fmt.Fprintln(&out, "Redis does not answer")
	}
	return out.String()
}
