package e2e

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"testing"
	"time"

	"github.com/google/uuid"
)

// TestNumbersAreReadableNowhere asks for calls, dials one and writes a card; asks once more for a number from another
// device; stops that by its token, and the first by the number that its person tells on the telephone. After each it
// looks for numbers, names, code words and notes in every table, in every file of the data (Redis' append-only file
// among them), in the logs and in the metrics.
func TestNumbersAreReadableNowhere(t *testing.T) {
	t.Parallel()
	h := open(t, nil)
	aino := attend(t, h, "aino", "fi", 2)
	secrets := map[string]string{}
	request := func(what, number string, begins time.Duration) admission {
		secrets["whom to ask for "+what], secrets["the code word "+what] = "Sentinel "+random(6), "word "+random(6)
		now := time.Now().UTC()
		return h.admitted(t, map[string]any{
			"request_id": uuid.NewString(), "channel": "callback", "page_language": "fi", "talk_language": "fi", "asks": "work",
			"callback": map[string]any{
				"number": number, "ask_for": secrets["whom to ask for "+what], "code_word": secrets["the code word "+what],
				"windows": []map[string]string{{"from": stamp(now.Add(begins)), "to": stamp(now.Add(begins + 3*time.Hour))}},
			},
		})
	}
	call := func(what string, begins time.Duration) (a admission, national string) {
		national = fmt.Sprintf("40%07d", rand.N(10_000_000)) // #nosec G404 -- any number
		secrets["the number "+what] = national
		return request(what, "+358"+national, begins), national
	}
	waits, number := call("that waits", 24*time.Hour)
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
	nowhere := func(after string) {
		t.Helper()
		if search(t, h, conn, secrets); t.Failed() {
			t.Fatalf("after %s", after)
		}
	}
	kept := func(n int64, after string) {
		t.Helper()
		eventually(t, patience, "the rows after "+after, func() bool { return count(t, conn, "SELECT count(*) FROM callback") == n })
		nowhere(after)
	}
	kept(1, "a call and a card")
	again := request("asked for again", "0"+number[:2]+" "+number[2:], 26*time.Hour)
	kept(2, "a second request")
	if status, body := h.post("/api/v1/contact/leave", map[string]any{"token": again.Token, "kind": "cancel"}); status != http.StatusNoContent {
		t.Fatalf("stop by token: %d %s", status, body)
	}
	kept(1, "a stop by token")
	aino.must(t, "stopped", map[string]any{"type": "stop", "number": waits.Number})
	kept(0, "a stop on the telephone")
}
