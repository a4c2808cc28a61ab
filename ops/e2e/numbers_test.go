package e2e

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"testing"
	"time"

	"github.com/google/uuid"
)

// TestNumbersAreReadableNowhere asks for calls, dials one and writes a card, and then looks for numbers, names,
// code words and notes in every table, in every file of the data (Redis' append-only file among them), in the
// logs and in the metrics.
func TestNumbersAreReadableNowhere(t *testing.T) {
	t.Parallel()
	h := open(t, nil)
	aino := attend(t, h, "aino", "fi", 2)
	secrets := map[string]string{}
	call := func(what string, begins time.Duration) {
		national := fmt.Sprintf("40%07d", rand.N(10_000_000)) // #nosec G404 -- any number
		secrets["the number "+what], secrets["whom to ask for "+what] = national, "Sentinel "+random(6)
		secrets["the code word "+what] = "word " + random(6)
		now := time.Now().UTC()
		status, body := h.post("/api/v1/contacts", map[string]any{
			"request_id": uuid.NewString(), "channel": "callback", "page_language": "fi", "talk_language": "fi", "asks": "work",
			"callback": map[string]any{
				"number": "+358" + national, "ask_for": secrets["whom to ask for "+what], "code_word": secrets["the code word "+what],
				"windows": []map[string]string{{"from": stamp(now.Add(begins)), "to": stamp(now.Add(begins + 3*time.Hour))}},
			},
		})
		if status != http.StatusCreated {
			t.Fatalf("%d %s", status, body)
		}
	}
	call("that waits", 24*time.Hour)
	call("that is dialled", -time.Minute)
	var offer frame
	eventually(t, patience, "the call is offered", func() bool {
		aino.mu.Lock()
		defer aino.mu.Unlock()
		if len(aino.offers) > 0 {
			offer = aino.offers[0]
		}
		return offer.Offer != ""
	})
	aino.must(t, "opened", map[string]any{"type": "accept", "offer": offer.Offer})
	leg := map[string]any{"contact": offer.Contact}
	say := func(kind string, want string, more map[string]any) frame {
		f := map[string]any{"type": kind}
		for _, m := range []map[string]any{leg, more} {
			for k, v := range m {
				f[k] = v
			}
		}
		return aino.must(t, want, f)
	}
	if n := say("reveal", "number", nil); n.Number == "" {
		t.Fatal("no number")
	}
	secrets["the note of the card"] = "note " + random(8)
	carded := say("card", "carded", map[string]any{"codes": map[string]any{"topic": "legal"}, "note": secrets["the note of the card"]})
	secrets["the matter number"] = carded.Number
	say("attempt", "attempted", map[string]any{"result": "reached"})
	say("outcome", "recorded", map[string]any{"outcome": map[string]any{"outcome": []string{"advice_given"}}})
	card := aino.must(t, "card", map[string]any{"type": "matter", "number": carded.Number})
	if card.Note != secrets["the note of the card"] {
		t.Error("the card is not what was written")
	}
	conn := h.postgres("adviceline")
	search(t, h, conn, secrets)
}
