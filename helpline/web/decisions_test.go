package web

import (
	"context"
	"errors"
	"testing"
	"time"

	"adviceline/helpline"
)

const decidedID = "3f0c8f3e-58a5-4bd0-8f43-3f6a1e4a7c11"

func TestDecisionsAreForSupervisors(t *testing.T) {
	t.Parallel()
	away := false
	h := newHouse(t, func(o *Options) {
		o.Decided = func(_ context.Context, contact string) ([]helpline.Decision, error) {
			if away {
				return nil, errors.New(sentinel)
			}
			if contact != decidedID {
				return nil, helpline.ErrNotFound
			}
			return []helpline.Decision{
				{At: time.UnixMilli(1e12), Kind: helpline.Enqueued},
				{
					At: time.UnixMilli(1e12 + 1), Kind: helpline.OfferMade, Adviser: decidedID, Alias: "Aino", Reason: "transfer",
					Why: `{"rule":"arrival","heads":[{"class":"fi|ordinary","wait_ms":5}],"passed":[{"adviser":"b","code":"full"}],"rest":2}`,
				},
			}, nil
		}
	})
	path := "/api/v1/contacts/" + decidedID + "/decisions"
	ask := func(who, path string) reply {
		headers := map[string]string{}
		if who != "" {
			h.do(t, call{"POST", "/api/v1/session", `{"name":"` + who + `","password":"right"}`, nil})
			headers["Cookie"] = "adviceline=session-of-" + who
		}
		return h.do(t, call{"GET", path, "", headers})
	}
	if r := ask("", path); r.status != 401 || r.field(t, "code") != "signed_out" {
		t.Errorf("nobody: %d %s", r.status, r.body)
	}
	for _, who := range []string{"adviser", "admin"} {
		if r := ask(who, path); r.status != 403 || r.field(t, "code") != "forbidden" {
			t.Errorf("%s: %d %s", who, r.status, r.body)
		}
	}
	for _, unknown := range []string{reqA, "x", "%2e%2e"} {
		if r := ask("supervisor", "/api/v1/contacts/"+unknown+"/decisions"); r.status != 404 || r.field(t, "code") != "not_found" {
			t.Errorf("%s: %d %s", unknown, r.status, r.body)
		}
	}
	want := `{"decisions":[{"at":"2001-09-09T01:46:40.000Z","kind":"enqueued"},` +
		`{"at":"2001-09-09T01:46:40.001Z","kind":"offered","adviser":"` + decidedID + `","alias":"Aino","reason":"transfer",` +
		`"why":{"rule":"arrival","heads":[{"class":"fi|ordinary","wait_ms":5}],"passed":[{"adviser":"b","code":"full"}],"rest":2}}]}` + "\n"
	if r := ask("supervisor", path); r.status != 200 || r.body != want {
		t.Errorf("%d %s", r.status, r.body)
	}
	away = true
	if r := ask("supervisor", path); r.status != 503 || r.field(t, "code") != "busy" {
		t.Errorf("while the ledger is away: %d %s", r.status, r.body)
	}
}
