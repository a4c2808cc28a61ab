package storage

import (
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"

	"github.com/google/uuid"

	"adviceline/helpline"
)

// What the ledger tells afterwards is what happened, in the order in which it did, whatever the order in
// which it was committed; a reason that cannot be kept costs no event.
func TestDecisionsAreToldInOrder(t *testing.T) {
	t.Parallel()
	s := open(t, database(t))
	l := writing(t, s, LedgerOptions{})
	contact, who := uuid.NewString(), adviser("anna")
	if err := s.AddPerson(t.Context(), who, argon); err != nil {
		t.Fatal(err)
	}
	offered, second := step(contact, 2, helpline.OfferMade), step(contact, 3, helpline.OfferMade)
	offered.Adviser, offered.Why = who.ID, `{"rule":"arrival","passed":[{"adviser":"`+uuid.NewString()+`","code":"full"}]}`
	second.Adviser, second.Why = uuid.NewString(), `{"rule":"\ud800"}`
	for _, e := range []helpline.Event{second, step(contact, 1, helpline.Enqueued), offered, step(uuid.NewString(), 4, helpline.Enqueued)} {
		if err := submit(t, l, e); err != nil {
			t.Fatal(err)
		}
	}
	got, err := s.Decisions(t.Context(), "main", contact)
	if err != nil || len(got) != 3 {
		t.Fatalf("%+v, %v", got, err)
	}
	for i, want := range []helpline.Decision{
		{At: step("", 1, "").At, Kind: helpline.Enqueued}, {At: offered.At, Kind: helpline.OfferMade, Adviser: who.ID, Alias: "Aino"},
		{At: second.At, Kind: helpline.OfferMade, Adviser: second.Adviser},
	} {
		why := got[i].Why
		got[i].Why = ""
		if got[i] != want || (i == 1) != (why != "") {
			t.Errorf("%d: %+v %q, want %+v", i, got[i], why, want)
		}
		if i == 1 && !alike(t, why, offered.Why) {
			t.Errorf("why is %s", why)
		}
	}
	for _, unknown := range []string{uuid.NewString(), "", "x", "../x"} {
		if _, err := s.Decisions(t.Context(), "main", unknown); !errors.Is(err, helpline.ErrNotFound) {
			t.Errorf("%q: %v", unknown, err)
		}
	}
	if _, err := s.Decisions(t.Context(), "other", contact); !errors.Is(err, helpline.ErrNotFound) {
		t.Errorf("another line's: %v", err)
	}
}

func alike(t *testing.T, a, b string) bool {
	t.Helper()
	var x, y any
	if err := errors.Join(json.Unmarshal([]byte(a), &x), json.Unmarshal([]byte(b), &y)); err != nil {
		t.Fatal(err)
	}
	return reflect.DeepEqual(x, y)
}

func TestReasonsThatPostgresWouldRefuse(t *testing.T) {
	t.Parallel()
	for why, kept := range map[string]bool{
		`{"rule":"slot"}`: true, "": false, "{": false, `{"a":"\u0000"}`: false, `{"a":"\ud800"}`: false, "{\"a\":\"\xff\"}": false,
		`"` + strings.Repeat("a", maxWhy) + `"`: false,
	} {
		if got := reason(why); (got == why) != (kept || why == "") || kept != (got != "") {
			t.Errorf("%.40q became %.40q", why, got)
		}
	}
}
