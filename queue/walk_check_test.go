package queue

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/redis/go-redis/v9"

	"adviceline/helpline"
)

// past is what the invariants that speak of more than one moment remember.
type past struct {
	epochs   map[string]int64  // of the last offer
	final    map[string]string // the event that closed a contact
	outcomes map[string]int
	accepted map[string]bool
	entered  map[string]bool
	last     int64 // instant of the last event
}

func newPast() past {
	return past{map[string]int64{}, map[string]string{}, map[string]int{}, map[string]bool{}, map[string]bool{}, 0}
}

func (s still) check(w *walk, before still) {
	w.Helper()
	s.history(w)
	placed := 0
	for _, v := range w.contacts {
		c := s.Contacts[v.id]
		placed += s.onePlace(w, v, c) // I1, I3
		s.flows(w, v, c)              // I4, I10
		if len(c) == 0 {
			continue
		}
		booked := ""
		if c["windows"] != "" {
			booked = s.booked(w, v, c)
		}
		if v.arrival == 0 {
			v.arrival = number(c["arrival"]) // in real time the script says
		}
		if number(c["arrival"]) != v.arrival {
			w.Fatalf("I8: the wait clock of %s started again", v.id)
		}
		if number(c["epoch"]) < number(before.Contacts[v.id]["epoch"]) {
			w.Fatalf("I5: the epoch of %s fell", v.id)
		}
		s.neverForgotten(w, v, c, booked) // I9
	}
	for class, waiting := range s.Classes {
		placed -= len(waiting)
		if s.Counts[class] != fmt.Sprint(len(waiting)) {
			w.Fatalf("I1: class %s counts %s, holds %d", class, s.Counts[class], len(waiting))
		}
	}
	if placed != 0 || len(s.Counts) != len(s.Classes) {
		w.Fatalf("I1: somebody stands in a class who does not wait: %v", s.Classes)
	}
	for _, a := range w.advisers {
		h := s.Advisers[a.ID]
		s.load(w, a, h) // I2
		if w.model != nil || w.calls {
			s.atRest(w, a, h) // I6
		}
		s.consoleLease(w, a, h) // I9
	}
	if w.model != nil {
		s.inOrder(w, before) // I7
		s.beside(w)
	}
}

// history looks at the events of the step: I4, I5, I12.
func (s still) history(w *walk) {
	w.Helper()
	for _, e := range w.events {
		switch e.Kind {
		case helpline.Enqueued:
			w.past.entered[e.Contact] = true
		case helpline.OfferMade:
			if e.Epoch <= w.past.epochs[e.Contact] {
				w.Fatalf("I5: %s is offered in epoch %d again", e.Contact, e.Epoch)
			}
			w.past.epochs[e.Contact] = e.Epoch
		case helpline.OfferAccepted:
			w.past.accepted[e.Contact] = true
			if e.Owner != e.Adviser {
				w.Fatalf("I4: %s accepted %s, and %s has it", e.Adviser, e.Contact, e.Owner)
			}
		case helpline.OutcomeRecorded, helpline.OutcomeMissing:
			if w.past.outcomes[e.Contact]++; w.past.outcomes[e.Contact] > 1 || !w.past.accepted[e.Contact] {
				w.Fatalf("I4: outcome %d of %s", w.past.outcomes[e.Contact], e.Contact)
			}
			w.past.final[e.Contact] = e.Kind
		case helpline.Left:
			if e.State != helpline.Away && e.Ended.Unix() > 0 {
				w.past.final[e.Contact] = string(e.State)
			}
		case helpline.Resumed:
			delete(w.past.final, e.Contact)
		}
		grain := int64(0)
		if w.model == nil {
			grain = 20 // so much the scripts do not note
		}
		if e.At.UnixMilli() < w.past.last-grain {
			w.Fatalf("an event of %d after one of %d", e.At.UnixMilli(), w.past.last)
		}
		w.past.last = e.At.UnixMilli()
		text, _ := json.Marshal(e)
		w.private("event", string(text))
	}
}

// private: no text and no identity in what is not sealed (I12).
func (w *walk) private(where, text string) {
	w.Helper()
	for _, secret := range []string{"TOLD", "TEXT", "DRAFT", "ALIAS", "PRINT", "NUMBER", "KEY"} {
		if strings.Contains(text, secret) {
			w.Fatalf("I12: %s in %s %s", secret, where, text)
		}
	}
}

// overhears listens to what the scripts tell the nodes. The end of a walk looks at it, and at every key:
// what is sealed, its wrapped key and the adviser's alias stand in fields of their own, and nowhere else.
func (w *walk) overhears() (end func()) {
	w.Helper()
	var channels []string
	for _, q := range w.nodes {
		channels = append(channels, w.key(":node:"+q.opt.Node))
	}
	sub := w.ear.Subscribe(w.Context(), append(channels, w.key(":end"))...)
	if _, err := sub.Receive(w.Context()); err != nil {
		w.Fatal(err)
	}
	heard := sub.Channel(redis.WithChannelSize(1 << 16))
	return func() {
		w.Helper()
		w.rdb.Publish(w.Context(), w.key(":end"), "")
		n := 0
		for m := range heard {
			if m.Channel == w.key(":end") {
				break
			}
			var notice map[string]any
			if err := json.Unmarshal([]byte(m.Payload), &notice); err != nil {
				w.Fatal(err)
			}
			for _, sealed := range []string{"told", "sealed", "key", "alias"} {
				delete(notice, sealed)
			}
			rest, _ := json.Marshal(notice)
			w.private("notice", string(rest))
			n++
		}
		for _, key := range w.rdb.Keys(w.Context(), w.tag+"*").Val() {
			w.private("key", strings.Replace(key, ":number:NUMBER", "", 1)) // a digest in real life
		}
		if err := sub.Close(); err != nil || n == 0 {
			w.Fatal("nothing was told: ", err)
		}
	}
}

// flows: who entered is open, or closed by one event (I10).
func (s still) flows(w *walk, v *visitor, c map[string]string) {
	w.Helper()
	open := slices.Contains([]string{"waiting", "offered", "active", "transferring", "parked", "away", "danger_open", "wrapping", "owed", "scheduled", "review"}, c["state"])
	if closed := w.past.final[v.id] != ""; w.past.entered[v.id] && open == closed {
		w.Fatalf("I10: %s is %q and was closed by %q", v.id, c["state"], w.past.final[v.id])
	}
	if c["state"] == "completed" && w.past.outcomes[v.id] != 1 {
		w.Fatalf("I4: %s is completed with %d outcomes", v.id, w.past.outcomes[v.id])
	}
}

// I1: a leg is in exactly one place, the one of its state; I3: at most one live offer. Says whether it is
// a place in a class.
func (s still) onePlace(w *walk, v *visitor, c map[string]string) int {
	w.Helper()
	var places []string
	n := 0
	for class, waiting := range s.Classes {
		if at, in := waiting[v.id]; in {
			n++
			places = append(places, "queue")
			if class != classOf(c) || score(at) != number(c["arrival"]) {
				w.Fatalf("I8: %s stands in %s at %s, came at %d", v.id, class, at, v.arrival)
			}
		}
	}
	for _, a := range w.advisers {
		for _, key := range []string{":legs:", ":offers:", ":parked:"} {
			if slices.Contains(s.Sets[key+a.ID], v.id) {
				places = append(places, key+a.ID)
			}
		}
	}
	leg, offer := ":legs:"+c["owner"], ":offers:"+c["offered"]
	want := map[string][]string{
		"waiting": {"queue"}, "offered": {offer}, "active": {leg}, "wrapping": {leg}, "transferring": {leg, offer},
		"parked": {":parked:" + c["owner"]},
	}[c["state"]]
	slices.Sort(places)
	slices.Sort(want)
	if !slices.Equal(places, want) {
		w.Fatalf("I1: %s is %s in %q, want %q", v.id, c["state"], places, want)
	}
	if (c["reserved"] != "") != (s.Reserved[v.id] != "") || c["reserved"] != "" && c["state"] != "waiting" && c["state"] != "scheduled" {
		w.Fatalf("I1: %s is %s, reserved %q, and %q", v.id, c["state"], c["reserved"], s.Reserved[v.id])
	}
	early := slices.Contains([]string{"waiting", "offered", "away", "danger_open", "scheduled", "review"}, c["state"])
	if early && c["owner"] != "" {
		w.Fatalf("I4: %s is %s and owned by %s", v.id, c["state"], c["owner"])
	}
	_, alarmed := s.Danger[v.id]
	if c["lane"] == "danger" && !alarmed && (c["state"] == "waiting" || c["state"] == "danger_open") {
		w.Fatalf("danger %s is %s and on no console", v.id, c["state"])
	}
	if alarmed && (c["lane"] != "danger" || !early) {
		w.Fatalf("%s is %s in %s and on every console", v.id, c["state"], c["lane"])
	}
	return n
}

// I2: used is what offers and legs hold, never over capacity.
func (s still) load(w *walk, a *walker, h map[string]string) {
	w.Helper()
	used := int64(0)
	for _, id := range s.Sets[":offers:"+a.ID] {
		used += number(cmp.Or(s.Contacts[id]["offerweight"], "1"))
	}
	for _, id := range s.Sets[":legs:"+a.ID] {
		used += number(cmp.Or(s.Contacts[id]["weight"], "1"))
	}
	if number(h["used"]) != used || used > int64(a.Capacity) {
		w.Fatalf("I2: %s uses %s of %d, holds %d", a.ID, h["used"], a.Capacity, used)
	}
}

// An adviser is in the order of choice of their groups exactly while they serve; I6: nobody waits for
// one who is free, but for exclusions that count, the eight passed over, and reservations.
func (s still) atRest(w *walk, a *walker, h map[string]string) {
	w.Helper()
	serving := h["up"] == "1" && h["duty"] == "ready" && h["audible"] == "1"
	used := number(h["used"])
	free := serving && used < int64(a.Capacity) && number(h["cool"]) <= w.now
	kept := ""
	for call, who := range s.Reserved {
		if who == a.ID {
			kept = call
			if !serving {
				w.Fatalf("%s is reserved for %s and does not serve", a.ID, call)
			}
		}
	}
	for _, g := range walkGroups {
		at, in := s.Serve[g][a.ID]
		member := slices.Contains(strings.Split(h["groups"], ","), g)
		if in != (serving && member) || in && (score(at) < 1<<51) != free {
			w.Fatalf("order of choice of %s has %s: %v at %s; serves: %v, free: %v", g, a.ID, in, at, serving, free)
		}
		if !free || !member {
			continue
		}
		for _, lane := range walkLanes {
			if kept == "" || lane != helpline.Ordinary {
				s.nobodyFor(w, a, s.waiting(g+"|"+string(lane)))
			}
			if used == 0 && kept == "" {
				s.nobodyFor(w, a, s.waiting(g+"|"+string(lane)+"|call"))
			}
		}
	}
	if free && used == 0 && kept != "" && s.Contacts[kept]["state"] == "waiting" && !s.standing(s.Contacts[kept], w.now)[a.ID] {
		w.Fatalf("I6: %s is reserved for %s, and empty: %v", a.ID, kept, s.Contacts[kept])
	}
}

func (s still) nobodyFor(w *walk, a *walker, ids []string) {
	w.Helper()
	passed := 0
	for _, id := range ids {
		if !s.standing(s.Contacts[id], w.now)[a.ID] {
			w.Fatalf("I6: %s is free and %s waits", a.ID, id)
		}
		if passed++; passed > 8 {
			return
		}
	}
}

// I7: who is offered for the first time came before everybody of the class who waits on, but for those
// that exclude the adviser.
func (s still) inOrder(w *walk, before still) {
	w.Helper()
	for _, e := range w.events {
		c := s.Contacts[e.Contact]
		if e.Kind != helpline.OfferMade || e.Epoch != 1 || len(c) == 0 || c["channel"] == "callback" {
			continue
		}
		for _, id := range s.waiting(classOf(c)) {
			d := s.Contacts[id]
			_, waited := before.Classes[classOf(c)][id]
			waited = waited && !slices.ContainsFunc(w.events, func(e helpline.Event) bool { return e.Contact == id })
			older := number(d["arrival"]) < e.Arrival.UnixMilli() || number(d["arrival"]) == e.Arrival.UnixMilli() && id < e.Contact
			if waited && older && !strings.Contains(d["excluded"], e.Adviser+" ") {
				w.Fatalf("I7: %s was offered to %s before %s", e.Contact, e.Adviser, id)
			}
		}
	}
}

// I9 of consoles: up with a lease, or down with no offer and an end to the wait of its legs.
func (s still) consoleLease(w *walk, a *walker, h map[string]string) {
	w.Helper()
	if h["up"] == "1" {
		if !s.leased("a", a.ID, h["node"], h["conn"]) {
			w.Fatalf("I9: %s is up without a lease", a.ID)
		}
		return
	}
	live := slices.ContainsFunc(s.Sets[":legs:"+a.ID], func(c string) bool {
		return s.Contacts[c]["state"] == "active" || s.Contacts[c]["state"] == "transferring"
	})
	if live && !s.timed("lost", a.ID) || len(s.Sets[":offers:"+a.ID]) > 0 {
		w.Fatalf("I9: %s is down with offers, or with legs that nobody takes back", a.ID)
	}
}

// I9 of contacts: every state has a timer or a lease that ends it, and while it is open its number finds it.
func (s still) neverForgotten(w *walk, v *visitor, c map[string]string, booked string) {
	w.Helper()
	needs := map[string]string{
		"waiting": "life", "offered": "life offer", "away": "life away", "active": "life", "transferring": "life offer",
		"parked": "life", "wrapping": "wrap", "owed": "due", "danger_open": "danger life",
	}
	if booked != "" && (needs[c["state"]] == "" && number(c["ended"]) == 0 || strings.HasPrefix(needs[c["state"]], "life")) {
		needs[c["state"]] = booked
	}
	for _, kind := range strings.Fields(cmp.Or(needs[c["state"]], "gone")) {
		if !s.timed(kind, v.id) {
			w.Fatalf("I9: %s is %s without its timer %s: %v", v.id, c["state"], kind, c)
		}
	}
	leased := s.leased("c", v.id, c["node"], c["socket"])
	if (c["state"] == "waiting" || c["state"] == "offered") && booked == "" && !leased && !s.timed("away", v.id) {
		w.Fatalf("I9: %s is %s with neither page nor timer", v.id, c["state"])
	}
	if c["up"] == "1" && number(c["ended"]) == 0 && !leased {
		w.Fatalf("I9: the page of %s is open without a lease", v.id)
	}
	if w.model != nil && c["state"] == "waiting" && len(s.standing(c, w.now)) > 0 && !s.timed("seek", v.id) {
		w.Fatalf("I9: %s would never seek again", v.id)
	}
	open := []string{"waiting", "offered", "away", "active", "transferring", "parked", "abandoned", "danger_open"}
	if slices.Contains(open, c["state"]) && s.Numbers[fmt.Sprint(v.id, "/", v.version)] != v.id {
		w.Fatalf("I9: %s is %s and its number finds %v", v.id, c["state"], s.Numbers)
	}
}

// beside: the model has every contact and adviser where the queue has them.
func (s still) beside(w *walk) {
	w.Helper()
	for _, v := range w.contacts {
		c := s.Contacts[v.id]
		m, known := w.model.m.Standing(v.id)
		got := fmt.Sprint(c["state"], " ", c["lane"], " owner ", c["owner"], " asked ", c["offered"], " kept ", c["reserved"],
			" epoch ", number(c["epoch"]), " version ", number(c["version"]))
		want := fmt.Sprint(m.State, " ", m.Lane, " owner ", m.Owner, " asked ", m.Asked, " kept ", m.Kept, " epoch ", m.Epoch, " version ", m.Version)
		if known != (len(c) > 0) || known && got != want {
			w.Fatalf("%s is\n%s, in the model\n%s", v.id, got, want)
		}
	}
	for _, a := range w.advisers {
		h := s.Advisers[a.ID]
		d, known := w.model.m.Standby(a.ID)
		state := h["duty"]
		if state == "ready" && h["audible"] != "1" {
			state = "paused"
		}
		if h["up"] != "1" {
			state = "lost"
		}
		until := number(h["cool"])
		if until <= w.now {
			until = 0
		}
		got, want := fmt.Sprint(state, h["reason"], number(h["used"]), until), fmt.Sprint(d.State, d.Reason, d.Used, d.Until)
		if known && got != want {
			w.Fatalf("%s is %s, in the model %s", a.ID, got, want)
		}
	}
}
