package e2e

import (
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"
)

// colleague waits until a console knows that somebody is ready, and gives their id.
func (c *consoleClient) colleague(t *testing.T, alias string) (id string) {
	t.Helper()
	eventually(t, patience, c.name+" sees "+alias, func() bool {
		c.mu.Lock()
		defer c.mu.Unlock()
		for _, f := range c.list {
			if f.Alias == alias && f.Free {
				id = f.Adviser
			}
		}
		return id != ""
	})
	return id
}

// hasTold waits for a frame about a contact that came unasked, and gives its reason.
func (c *consoleClient) hasTold(t *testing.T, kind, contact string) (reason string) {
	t.Helper()
	eventually(t, patience, c.name+" is told "+kind, func() bool {
		c.mu.Lock()
		defer c.mu.Unlock()
		i := slices.IndexFunc(c.news, func(f frame) bool { return f.Type == kind && f.Contact == contact })
		if i < 0 {
			return false
		}
		reason = c.news[i].Reason
		c.news = slices.Delete(c.news, i, i+1)
		return true
	})
	return reason
}

// transfer asks until the target may be asked again after a decline.
func (c *consoleClient) transfer(t *testing.T, contact, target string) {
	t.Helper()
	eventually(t, patience, "transfer begins", func() bool {
		a := c.ask(t, map[string]any{"type": "transfer", "contact": contact, "to": map[string]any{"adviser": target}})
		if a.Type != "transferring" && a.Code != "not_free" {
			t.Fatalf("transfer is answered by %s %s", a.Type, a.Code)
		}
		return a.Type == "transferring"
	})
}

// TestTransfer: the owner keeps the leg, and both sides go on, until the target accepts; a decline leaves
// it. Then the new owner hands everything over, and the first takes it back with all that was said. A
// supervisor sees afterwards how it went.
func TestTransfer(t *testing.T) {
	t.Parallel()
	h := open(t, settings{"OFFER_SECONDS": "300", "COOLDOWN_DECLINE_SECONDS": "1"})
	anna, bert := attend(t, h, "Anna", "fi", 2), attend(t, h, "Bert", "sv", 2)
	person := call(t, h, "fi")
	anna.accept(t, anna.offer(t, person.Contact))
	person.say("one")
	eventually(t, patience, "Anna reads", func() bool { return anna.hears(person.Contact) == 1 })

	target := anna.colleague(t, "Bert")
	anna.transfer(t, person.Contact, target)
	offer := bert.offer(t, person.Contact)
	anna.say(person.Contact, "still with you")
	person.say("two")
	eventually(t, patience, "both go on", func() bool { return person.hears() == 1 && anna.hears(person.Contact) == 2 })
	bert.must(t, "declined", map[string]any{"type": "decline", "offer": offer.Offer, "reason": "language"})
	bert.mu.Lock()
	bert.drop(offer.Offer)
	bert.mu.Unlock()
	if reason := anna.hasTold(t, "transfer_failed", person.Contact); reason != "declined" {
		t.Errorf("failed for %q", reason)
	}
	anna.say(person.Contact, "I stay")
	eventually(t, patience, "the owner goes on", func() bool { return person.hears() == 2 })

	anna.transfer(t, person.Contact, target)
	opened := bert.accept(t, bert.offer(t, person.Contact))
	if len(opened.History) != 4 {
		t.Errorf("the new owner sees %d messages", len(opened.History))
	}
	anna.hasTold(t, "transferred", person.Contact)
	if reason := anna.hasTold(t, "lost", person.Contact); reason != "transferred" {
		t.Errorf("lost for %q", reason)
	}
	eventually(t, patience, "the person is told", func() bool {
		person.mu.Lock()
		defer person.mu.Unlock()
		return slices.Equal(person.told, []string{"joined Anna", "transferred Bert"})
	})
	refused := anna.ask(t, map[string]any{"type": "say", "contact": person.Contact, "cid": uuid.NewString(), "text": "x"})
	if refused.Code != "not_found" {
		t.Errorf("the old owner says: %+v", refused)
	}
	person.say("three")
	bert.say(person.Contact, "hej")
	eventually(t, patience, "the new owner talks", func() bool { return person.hears() == 3 && bert.hears(person.Contact) == 3 })

	if d := bert.must(t, "duty", map[string]any{"type": "handover"}); d.State != "off" {
		t.Errorf("after the handover: %s", d.State)
	}
	if reason := bert.hasTold(t, "lost", person.Contact); reason != "handover" {
		t.Errorf("lost for %q", reason)
	}
	back := anna.offer(t, person.Contact)
	if back.Lane != "continuation" {
		t.Errorf("it comes back as %s", back.Lane)
	}
	if opened := anna.accept(t, back); len(opened.History) != 6 {
		t.Errorf("the history has %d messages", len(opened.History))
	}
	anna.record(t, person.Contact)
	h.decided(t, person.Contact)
}

// decided holds what a supervisor is told against what happened to the contact of TestTransfer.
func (h *house) decided(t *testing.T, contact string) {
	t.Helper()
	_, cookies := h.signIn("chief", h.account("chief", "--role", "supervisor"))
	var rules []string
	for range 2 { // nobody, then the supervisor
		req, err := http.NewRequest(http.MethodGet, h.origin()+"/api/v1/contacts/"+contact+"/decisions", nil)
		if err != nil {
			t.Fatal(err)
		}
		if rules != nil {
			req.AddCookie(cookies[0])
		}
		res, err := client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		text, _ := io.ReadAll(res.Body)
		_ = res.Body.Close()
		if rules == nil {
			if res.StatusCode != http.StatusUnauthorized {
				t.Errorf("nobody is answered %d", res.StatusCode)
			}
			rules = []string{}
			continue
		}
		var body struct {
			Decisions []struct {
				Kind, Alias string
				Why         struct{ Rule string }
			}
		}
		if err := json.Unmarshal(text, &body); err != nil || res.StatusCode != http.StatusOK {
			t.Fatalf("%d %v: %s", res.StatusCode, err, text)
		}
		for _, d := range body.Decisions {
			if d.Kind == "offered" {
				rules = append(rules, d.Alias+" "+d.Why.Rule)
			}
		}
	}
	if want := []string{"Anna arrival", "Bert transfer", "Bert transfer", "Anna arrival"}; !slices.Equal(rules, want) {
		t.Errorf("decided %v, want %v", rules, want)
	}
}

// TestDangerStaysUntilAPersonClosesIt: danger that falls silent is on every console until somebody closes
// it with a code; danger that waits can be taken whatever the adviser does.
func TestDangerStaysUntilAPersonClosesIt(t *testing.T) {
	t.Parallel()
	h := open(t, settings{"OFFER_SECONDS": "300", "AWAY_DANGER_SECONDS": "1"})
	anna, bert := attend(t, h, "Anna", "fi", 1), attend(t, h, "Bert", "sv", 1)
	for _, c := range []*consoleClient{anna, bert} {
		c.must(t, "duty", map[string]any{"type": "duty", "state": "paused", "reason": "break", "confirm": true})
	}
	danger := func() *contactClient {
		in := intake("fi")
		in["urgency"] = "emergency"
		c := &contactClient{admission: h.admitted(t, in)}
		c.connect(t, h)
		eventually(t, patience, "contact is welcomed", c.connected)
		return c
	}
	everywhere := func(contact, state string) {
		t.Helper()
		eventually(t, patience, "every console shows "+state, func() bool {
			for _, c := range []*consoleClient{anna, bert} {
				c.mu.Lock()
				is := c.danger[contact].State
				c.mu.Unlock()
				if is != state {
					return false
				}
			}
			return true
		})
	}
	silent := danger()
	everywhere(silent.Contact, "waiting")
	silent.close()
	everywhere(silent.Contact, "open")
	if a := bert.ask(t, map[string]any{"type": "take", "contact": silent.Contact}); a.Code != "not_found" {
		t.Errorf("open danger is taken: %+v", a)
	}
	bert.must(t, "danger", map[string]any{"type": "danger", "contact": silent.Contact, "code": "called_112"})
	everywhere(silent.Contact, "closed")

	waits := danger()
	everywhere(waits.Contact, "waiting")
	opened := bert.must(t, "opened", map[string]any{"type": "take", "contact": waits.Contact})
	if opened.Lane != "danger" || opened.Contact != waits.Contact {
		t.Errorf("%+v", opened)
	}
	everywhere(waits.Contact, "taken")
	eventually(t, patience, "somebody has joined", func() bool { return waits.is("active") })
	next := danger()
	if a := bert.ask(t, map[string]any{"type": "take", "contact": next.Contact}); a.Code != "not_free" {
		t.Errorf("taken over capacity: %+v", a)
	}
	during(t, time.Second, "it waits on", func() bool { return next.is("waiting") })
}

// aside is what a console is told beside its own legs. Its owner's lock guards it.
type aside struct {
	list   []frame          // colleagues
	danger map[string]frame // what nobody has taken, by contact
	news   []frame          // transferred, transfer_failed, lost, recorded
}

func (b *aside) note(f frame) {
	switch f.Type {
	case "danger":
		b.danger[f.Contact] = f
	case "list", "welcome":
		b.list = f.List
		for _, d := range f.Danger {
			b.danger[d.Contact] = d
		}
	case "transferred", "transfer_failed", "lost", "recorded":
		b.news = append(b.news, f)
	}
}
