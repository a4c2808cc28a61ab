package agents

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"adviceline/helpline"
)

// shelf keeps referrals, directory, register and audit in memory: what becomes of them is proved on a real
// database.
type shelf struct {
	mu    sync.Mutex
	rows  map[string]helpline.Referral
	lines []helpline.Disclosure
	deeds []string
	away  bool
}

func (s *shelf) do(f func() error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.away {
		return errors.New("store is down")
	}
	return f()
}

func (s *shelf) AddReferral(_ context.Context, r helpline.Referral) error {
	return s.do(func() error {
		if _, there := s.rows[r.ID]; !there {
			r.NextAt = time.Now()
			s.rows[r.ID] = r
		}
		return nil
	})
}

func (s *shelf) Referral(_ context.Context, id string) (r helpline.Referral, err error) {
	err = s.do(func() error {
		var ok bool
		if r, ok = s.rows[id]; !ok {
			return helpline.ErrNotFound
		}
		return nil
	})
	return r, err
}

func (s *shelf) ReferralByWord(_ context.Context, word string) (id string, err error) {
	err = s.do(func() error {
		for _, r := range s.rows {
			if r.Word == word && r.Ended.IsZero() {
				id = r.ID
				return nil
			}
		}
		return helpline.ErrNotFound
	})
	return id, err
}

func (s *shelf) Referrals(context.Context) (all []helpline.Referral, err error) {
	err = s.do(func() error {
		for _, r := range s.rows {
			all = append(all, r)
		}
		return nil
	})
	return all, err
}

func (s *shelf) ChangeReferral(_ context.Context, id string, f func(*helpline.Referral, time.Time) error) (r helpline.Referral, err error) {
	err = s.do(func() error {
		var ok bool
		if r, ok = s.rows[id]; !ok {
			return helpline.ErrNotFound
		}
		r.Hops = slices.Clone(r.Hops)
		if err := f(&r, time.Now()); err != nil {
			return err
		}
		s.rows[id] = r
		return nil
	})
	return r, err
}

func (s *shelf) Receiver(_ context.Context, id string) (helpline.Receiver, error) {
	if id != "south" && id != "north" {
		return helpline.Receiver{}, helpline.ErrUnknownReceiver
	}
	return helpline.Receiver{ID: id, Kind: "shelter", Phone: "+358 9 555 0001", Status: "active"}, nil
}

func (s *shelf) Receivers(context.Context) ([]helpline.Receiver, error) { return nil, nil }
func (s *shelf) PartnerOf(context.Context, string) (string, error)      { return "", helpline.ErrNotFound }
func (s *shelf) Ping(context.Context) error                             { return nil }

func (s *shelf) Audit(_ context.Context, d helpline.Deed) error {
	return s.do(func() error { s.deeds = append(s.deeds, d.Deed); return nil })
}

func (s *shelf) AddDisclosure(_ context.Context, d helpline.Disclosure) error {
	return s.do(func() error { s.lines = append(s.lines, d); return nil })
}

func (s *shelf) Disclosures(context.Context, time.Time, int) ([]helpline.Disclosure, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.lines), nil
}
func (s *shelf) SeeDisclosure(context.Context, string, string) error { return nil }
func (s *shelf) UnseenDisclosures(context.Context) (n int, err error) {
	err = s.do(func() error { n = len(s.lines); return nil })
	return n, err
}
func (s *shelf) set(f func()) { s.mu.Lock(); defer s.mu.Unlock(); f() }
func (s *shelf) screen(text string) (redacted string, types []string) {
	if strings.Contains(text, "Matti") {
		return strings.ReplaceAll(text, "Matti", "[name]"), []string{"name"}
	}
	return text, nil
}

// shelved gives a bench whose hub keeps referrals, and its adviser's page.
func shelved(t *testing.T) (*bench, *shelf, *page) {
	t.Helper()
	s := &shelf{rows: map[string]helpline.Referral{}}
	b := newBench(t, func(o *Options) {
		tokens := helpline.NewTokens(func(purpose string) []byte { return []byte(purpose + strings.Repeat("k", 32))[:32] })
		o.Referrals = &helpline.Referrals{
			Store: s, Directory: s, Audit: s, Seal: sealer{}, Tokens: tokens, Screen: s.screen, Log: slog.New(slog.DiscardHandler),
		}
		o.Register = &helpline.Disclosures{Store: s, Audit: s, Tokens: tokens, Screen: s.screen}
	})
	p, _ := b.console()
	return b, s, p
}

func about(action, id string, more object) object {
	f := object{"type": "referral", "action": action}
	if id != "" {
		f["referral"] = id
	}
	for k, v := range more {
		f[k] = v
	}
	return f
}

var begin = object{"language": "fi", "age": "adult", "tell": "self", "receivers": []string{"south", "north"}}

func yes(receiver string) object {
	return object{"item": "share_service", "receiver": receiver, "state": "given", "by": "person"}
}

var careful = object{"way": "text", "hours": "evening", "say": "nothing", "voice": "no", "watched": "yes"}

func TestReferralAtTheConsole(t *testing.T) {
	t.Parallel()
	_, s, p := shelved(t)
	ref := uuid.NewString()
	for range 2 {
		open := about("open", "", begin)
		open["ref"] = ref
		p.shows(p.ask(open, "referral"), object{"id": ref, "state": "draft", "next": "ask_consent", "bytes": 512})
	}
	step := func(action string, more object) object {
		t.Helper()
		return p.ask(about(action, ref, more), "referral")
	}
	refuse := func(action string, more object, code string) { t.Helper(); p.refused(about(action, ref, more), code) }
	refuse("send", nil, "forbidden_move")
	got := step("consent", object{"answers": []object{yes("south"), yes("north")}})
	p.shows(got, object{"state": "ready", "next": "write"})
	refuse("send", nil, "safe_contact_wanted")
	p.shows(step("write", object{"safe": careful}), object{"safe": careful})
	refuse("send", nil, "letter_wanted")
	p.shows(step("write", object{"letter": "Matti waits."}), object{"found": []any{"name"}, "next": "send"})
	step("claim", nil)
	if got := step("send", nil); got["state"] != "sent" || got["mine_until"] == "" {
		t.Errorf("%v", got)
	}
	chase := about("act", ref, object{"code": "chased_link", "ref": uuid.NewString()})
	for range 2 { // the memory of another node does not have it
		p.ask(chase, "referral")
	}
	p.shows(step("note", object{"note": "Matti rings twice."}), object{"found": []any{"name"}, "noted": true})
	p.shows(step("look", nil), object{"note": "[name] rings twice."})
	p.shows(step("look", object{"letter": true}), object{"letter": "Matti waits."})
	if got := step("code", nil); len(got["code"].(string)) != 6 || got["phone"] != "+358 9 555 0001" {
		t.Errorf("%v", got)
	}
	declined := step("receipt", object{"state": "declined", "reason": "r_capacity", "via": "phone"})
	p.shows(declined, object{"state": "sent", "at": 1.0})
	p.shows(step("withdraw", object{"reason": "p_time"}), object{"state": "withdrawn", "ended": true})
	refuse("receipt", object{"state": "accepted", "via": "phone"}, "forbidden_move")
	s.set(func() {
		if r := s.rows[ref]; r.Letter.Sealed != "" || !slices.Contains(s.deeds, "letter_read") || len(r.Actions) != 1 {
			t.Errorf("%+v %v", r, s.deeds)
		}
	})
}

// The same frame that comes to another node, which does not remember it, changes nothing.
func TestReferralStepTwiceAtTwoNodes(t *testing.T) {
	t.Parallel()
	b, s, p := shelved(t)
	id := p.ask(about("open", "", begin), "referral")["id"].(string)
	p.ask(about("consent", id, object{"answers": []object{yes("south"), yes("north")}}), "referral")
	p.ask(about("write", id, object{"letter": "x", "safe": object{"none": true}}), "referral")
	send := about("send", id, object{"ref": uuid.NewString()})
	p.ask(send, "referral")
	b.hub.mu.Lock()
	clear(b.hub.memories)
	b.hub.mu.Unlock()
	q, _ := b.console()
	q.shows(q.ask(send, "referral"), object{"state": "sent"})
	s.set(func() {
		if r := s.rows[id]; len(r.Hops) != 2 || r.State() != helpline.ReferralSent {
			t.Errorf("%+v", r)
		}
	})
}

func TestReferralsAreListedAndTold(t *testing.T) {
	t.Parallel()
	b, s, p := shelved(t)
	r := p.ask(about("open", "", begin), "referral")
	id, word := r["id"].(string), r["word"].(string)
	line := first(p.ask(object{"type": "referrals"}, "referrals"), "list")
	p.shows(line, object{"id": id, "word": word, "state": "draft", "receiver": "south", "kind": "shelter", "next": "ask_consent", "claimed": nil})
	p.shows(first(p.ask(object{"type": "referrals", "word": strings.ToUpper(word)}, "referrals"), "list"), object{"id": id})
	p.refused(object{"type": "referrals", "word": "no-word-10"}, "not_found")
	p.refused(object{"type": "referrals", "number": "12345678"}, "not_found")
	p.refused(object{"type": "referrals", "number": "1234"}, "invalid_value")
	s.set(func() {
		x := s.rows[id]
		x.Claim, x.Claimed = "somebody", time.Now().Add(time.Minute)
		s.rows[id] = x
	})
	p.refused(about("claim", id, nil), "claimed")
	p.shows(first(p.ask(object{"type": "referrals"}, "referrals"), "list"), object{"claimed": true})
	b.hub.Deliver(helpline.Notice{To: "a:*", Kind: helpline.NoticeReferral, Contact: id, Alias: word, State: "accepted"})
	p.shows(p.want("referral"), object{"id": id, "word": word, "state": "accepted", "ref": nil, "hops": nil})
	s.set(func() { s.away = true })
	p.refused(object{"type": "referrals"}, "busy")
	p.refused(about("claim", id, nil), "busy")
}

func TestBadReferralFrames(t *testing.T) {
	t.Parallel()
	_, _, p := shelved(t)
	id := p.ask(about("open", "", begin), "referral")["id"].(string)
	without := func(f object, key string, value any) object {
		x := about("open", "", f)
		x[key] = value
		return x
	}
	for _, bad := range []object{
		without(begin, "age", "old"), without(begin, "tell", "mother"), without(begin, "language", "xx"), without(begin, "receivers", []string{}),
		about("consent", id, object{"answers": []object{}}), about("consent", id, object{"answers": []object{{"item": "all", "state": "given", "by": "person"}}}),
		about("write", id, nil), about("write", id, object{"safe": object{"none": true, "way": "call"}}), about("write", id, object{"safe": object{"way": "call"}}),
		about("write", id, object{"letter": strings.Repeat("x", 8001)}), about("act", id, object{"code": "shouted"}),
		about("act", id, object{"code": "chased_phone", "next": "sleep"}), about("note", id, object{"note": strings.Repeat("x", 1001)}),
		about("receipt", id, object{"state": "declined", "via": "phone"}), about("receipt", id, object{"state": "accepted", "via": "phone", "reason": "r_age"}),
		about("receipt", id, object{"state": "accepted", "via": "link"}), about("receipt", id, object{"state": "lapsed", "via": "phone"}),
		about("withdraw", id, object{"reason": "bored"}), about("claim", "x", nil), about("code", "x", nil),
	} {
		p.refused(bad, "invalid_value")
	}
	for _, bad := range []object{
		about("sing", id, nil), about("claim", id, object{"letter": true}), about("send", id, object{"note": "x"}), {"type": "referral", "action": 7},
		about("write", id, object{"safe": object{"name": "Matti"}}),
	} {
		p.refused(bad, "malformed")
	}
	p.refused(without(begin, "receivers", []string{"west"}), "unknown_receiver")
	p.refused(without(begin, "contact", uuid.NewString()), "not_found")
	p.refused(about("claim", uuid.NewString(), nil), "not_found")
	p.refused(about("code", id, nil), "forbidden_move")
}

// The number of a matter finds its referrals, the word alone stands on the card.
func TestMatterNumberFindsItsReferrals(t *testing.T) {
	t.Parallel()
	b, d, id := carding(t)
	s := &shelf{rows: map[string]helpline.Referral{}}
	b.hub.Referrals = &helpline.Referrals{Store: s, Directory: s, Audit: s, Seal: sealer{}, Tokens: b.hub.Line.Tokens, Screen: s.screen, Log: b.hub.Log}
	p, _ := b.console()
	open := about("open", "", begin)
	open["contact"] = id
	first := p.ask(open, "referral")
	number, _ := first["matter"].(string)
	p.ask(object{"type": "card", "contact": id, "codes": object{}, "note": "calls again"}, "carded")
	open = about("open", "", begin)
	open["contact"] = id
	if second := p.ask(open, "referral"); second["matter"] != number || len(number) != 8 {
		t.Errorf("%v, then %v", first, second)
	}
	p.shows(p.ask(object{"type": "matter", "number": number, "contact": id}, "card"), object{"note": "calls again"})
	list := p.ask(object{"type": "referrals", "number": number}, "referrals")["list"].([]any)
	if len(list) != 2 {
		t.Errorf("%v", list)
	}
	for _, x := range list {
		p.ask(about("withdraw", x.(object)["id"].(string), object{"reason": "p_time"}), "referral")
	}
	p.refused(object{"type": "referrals", "number": number}, "not_found")
	for range 2 {
		p.refused(object{"type": "referrals", "number": "00000000"}, "not_found")
	}
	p.refused(object{"type": "referrals", "number": number}, "tries_used")
	if len(d.cards) != 1 {
		t.Errorf("%d cards", len(d.cards))
	}
}

func TestDisclosureAtTheConsole(t *testing.T) {
	t.Parallel()
	_, s, p := shelved(t)
	f := object{"type": "disclosure", "ref": uuid.NewString(), "ground": "cwa25_notice", "receiver": "child_welfare", "receipt": "LS-1"}
	p.shows(p.ask(f, "disclosed"), object{"id": f["ref"]})
	p.ask(object{"type": "disclosure", "ground": "emergency", "receiver": "emergency", "at": instant(time.Now().Add(-time.Hour))}, "disclosed")
	s.set(func() {
		if len(s.lines) != 2 || s.lines[0].Adviser != "p1" || s.lines[0].Receipt != "LS-1" || s.lines[1].At.IsZero() {
			t.Errorf("%+v", s.lines)
		}
	})
	for _, bad := range []object{{"ground": "anger"}, {"receiver": "mother"}, {"receipt": strings.Repeat("9", 41)}} {
		x := object{"type": "disclosure", "ground": "emergency", "receiver": "emergency"}
		for k, v := range bad {
			x[k] = v
		}
		p.refused(x, "invalid_value")
	}
	s.set(func() { s.away = true })
	p.refused(object{"type": "disclosure", "ground": "emergency", "receiver": "emergency"}, "busy")
}

// A line that keeps none says so.
func TestNoReferralsKept(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	p, _ := b.console()
	for _, f := range []object{
		about("open", "", begin), about("claim", uuid.NewString(), nil), about("code", uuid.NewString(), nil), {"type": "referrals"},
		{"type": "disclosure", "ground": "emergency", "receiver": "emergency"},
	} {
		p.refused(f, "not_available")
	}
}
