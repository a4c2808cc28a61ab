package e2e

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// badCalls asks to be called at times and numbers that cannot be, and imports rosters that are none: a code each,
// and with the real Postgres and Redis nothing is kept of any of them.
func badCalls(t *testing.T, h *house, conn *pgx.Conn, secret string) {
	now := time.Now().UTC()
	window := func(from, to float64) map[string]string {
		at := func(hours float64) string { return stamp(now.Add(time.Duration(hours * float64(time.Hour)))) }
		return map[string]string{"from": at(from), "to": at(to)}
	}
	type windows = []map[string]string
	many := func(n int) (list windows) {
		for i := range n {
			list = append(list, window(1+float64(2*i), 2+float64(2*i)))
		}
		return list
	}
	sound := windows{window(1, 3)}
	number := "0401234567"
	for name, c := range map[string]struct {
		number  string
		windows windows
		status  int
		code    string
	}{
		"past":                 {number, windows{window(-3, -1)}, 422, "windows_refused"},
		"past among good ones": {number, windows{window(-3, -1), window(1, 3)}, 422, "windows_refused"},
		"hardly left":          {number, windows{window(-3, 0.5)}, 422, "windows_refused"},
		"overlapping":          {number, windows{window(1, 3), window(2, 4)}, 422, "windows_refused"},
		"the same twice":       {number, windows{window(1, 3), window(1, 3)}, 422, "windows_refused"},
		"backwards":            {number, windows{window(3, 1)}, 422, "windows_refused"},
		"fifteen":              {number, many(15), 422, "windows_refused"},
		"a thousand":           {number, many(1000), 413, "too_large"},
		"none":                 {number, windows{}, 422, "windows_refused"},
		"too far":              {number, windows{window(1, 24*14+1)}, 422, "windows_refused"},
		"112":                  {"112", sound, 422, "number_refused"},
		"premium":              {"0600 12345", sound, 422, "number_refused"},
		"satellite":            {"+8816 1234 5678", sound, 422, "number_refused"},
		"the own line":         {"+358 295 463177", sound, 422, "number_refused"},
		"another country":      {"+1 212 555 0123", sound, 422, "number_refused"},
		"too short":            {"+358 40 1", sound, 422, "number_refused"},
		"words":                {secret, sound, 422, "number_refused"},
		"two numbers":          {number + " " + number, sound, 422, "number_refused"},
	} {
		t.Run(name, func(t *testing.T) {
			status, body := h.post("/api/v1/contacts", map[string]any{
				"request_id": uuid.NewString(), "channel": "callback", "page_language": "fi", "talk_language": "fi", "asks": "work",
				"callback": map[string]any{"number": c.number, "ask_for": secret, "windows": c.windows},
			})
			if coded(body) != c.code || status != c.status || bytes.Contains(body, []byte(secret)) {
				t.Errorf("answered %d %s", status, body)
			}
		})
	}
	badRosters(t, h, secret)
	for table, n := range map[string]int64{"callback": 0, "shift": 0, "roster_change": 0} {
		if got := count(t, conn, "SELECT count(*) FROM "+table); got != n {
			t.Errorf("%d rows in %s", got, table)
		}
	}
}

func badRosters(t *testing.T, h *house, secret string) {
	status, cookies := h.signIn("vuokko", h.supervisor("vuokko", "fi"))
	if status != http.StatusNoContent {
		t.Fatalf("sign-in answers %d", status)
	}
	day := time.Now().UTC().Add(24 * time.Hour)
	event := "BEGIN:VEVENT\r\nUID:1\r\nDTSTAMP:20260101T000000Z\r\nDTSTART:" + day.Format("20060102T150405Z") + "\r\nDTEND:" +
		day.Add(8*time.Hour).Format("20060102T150405Z") + "\r\nSUMMARY:aino\r\nEND:VEVENT\r\n"
	whole := func(lines string) string {
		return "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//t//\r\n" + lines + "END:VCALENDAR\r\n"
	}
	for name, c := range map[string]struct{ calendar, code string }{
		"a broken line after a good event": {whole(event + secret + "\r\n"), "broken_calendar"},
		"an event without an end line":     {whole(strings.Replace(event, "END:VEVENT\r\n", "", 1)), "broken_calendar"},
		"words":                            {secret, "broken_calendar"},
		"an instant that is none":          {whole(strings.Replace(event, "DTSTART:", "DTSTART:9", 1)), "broken_calendar"},
		"an adviser who is none":           {whole(event + strings.NewReplacer("UID:1", "UID:2", "aino", secret).Replace(event)), "unknown_adviser"},
	} {
		t.Run(name, func(t *testing.T) {
			body, err := json.Marshal(map[string]string{"request_id": uuid.NewString(), "calendar": c.calendar})
			if err != nil {
				t.Fatal(err)
			}
			req, err := http.NewRequest(http.MethodPost, h.origin()+"/api/v1/roster/import", bytes.NewReader(body))
			if err != nil {
				t.Fatal(err)
			}
			req.Header.Set("Content-Type", "application/json")
			req.Header.Set("Origin", h.origin())
			for _, cookie := range cookies {
				req.AddCookie(cookie)
			}
			res, err := client.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = res.Body.Close() }()
			var answer bytes.Buffer
			_, _ = answer.ReadFrom(res.Body)
			if coded(answer.Bytes()) != c.code || res.StatusCode != http.StatusUnprocessableEntity || strings.Contains(answer.String(), secret) {
				t.Errorf("answered %d %s", res.StatusCode, answer.String())
			}
		})
	}
}

// coded gives the code of a refusal.
func coded(body []byte) string {
	var p struct {
		Code string `json:"code"`
	}
	_ = json.Unmarshal(body, &p)
	return p.Code
}
