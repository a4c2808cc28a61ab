package main

import (
	"bytes"
	"net/http"
	"os"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/redis/go-redis/v9"

	"adviceline/helpline/seal"
	"adviceline/ops/servicetest"
)

// newPastLine is a line of one node whose clocks, that of Redis and that of the keys, stand some time ago.
// present stops it and starts it by the wall's clock, as after a stop of that length.
func newPastLine(t *testing.T, ago time.Duration) (p *pagedLine, present func()) {
	t.Helper()
	s := servicetest.OwnServices(t)
	then := time.Now().Add(-ago)
	e := env{t, []string{
		"DATABASE_URL=" + s.DatabaseURL(), "REDIS_URL=" + s.RedisURL(), "LINE=" + servicetest.Prefix(t), "DATA_DIR=" + t.TempDir(),
	}}
	if err := os.WriteFile(e.value("DATA_DIR")+"/root.key", bytes.Repeat([]byte{7}, 32), 0o600); err != nil {
		t.Fatal(err)
	}
	o, err := redis.ParseURL(s.RedisURL())
	if err != nil {
		t.Fatal(err)
	}
	p = &pagedLine{env: e, services: s, redis: redis.NewClient(o), now: then}
	t.Cleanup(func() { _ = p.redis.Close() })
	if status, _, errs := e.run(goodPassword, "adviser", "add", "aino", "--languages", "fi", "--password-stdin"); status != 0 {
		t.Fatal(errs)
	}
	if err := p.redis.HSet(t.Context(), p.key(":meta"), "clock", then.UnixMilli()).Err(); err != nil {
		t.Fatal(err)
	}
	stop := p.node("KEY_NOW=" + then.UTC().Format(time.RFC3339))
	t.Cleanup(stop)
	return p, func() {
		stop()
		p.addr, p.now = "", time.Now()
		p.leap(0)
		p.serve()
	}
}

// sealedRow is a sealed value and its wrapped key, as in a dump of the database.
type sealedRow struct{ id, wrapped, sealed string }

func (p *pagedLine) dumped(query string, args ...any) (r sealedRow) {
	p.Helper()
	conn, err := pgx.Connect(p.Context(), p.services.DatabaseURL())
	if err != nil {
		p.Fatal(err)
	}
	defer func() { _ = conn.Close(p.Context()) }()
	if err := conn.QueryRow(p.Context(), query, args...).Scan(&r.id, &r.wrapped, &r.sealed); err != nil {
		p.Fatal(err)
	}
	return r
}

// steal opens a row with the root key and the key folder as it is now, under a clock of the thief's own.
func (p *pagedLine) steal(r sealedRow, id, field string, clock time.Time) error {
	p.Helper()
	root, err := os.ReadFile(p.value("DATA_DIR") + "/root.key")
	if err != nil {
		p.Fatal(err)
	}
	keys, err := seal.Open(seal.Options{Root: root, Dir: p.value("DATA_DIR") + "/keys", Now: func() time.Time { return clock }})
	if err != nil {
		p.Fatal(err)
	}
	_, err = keys.Open(r.wrapped, id, field, 0, r.sealed)
	return err
}

// gone waits until a stolen row cannot be opened any more, though the thief sets the clock back.
func (p *pagedLine) gone(r sealedRow, id, field string, back time.Time) {
	p.Helper()
	p.until("nobody opens the "+field, func() bool { return p.steal(r, id, field, back) != nil })
	if p.steal(r, id, field, time.Now()) == nil {
		p.Errorf("the %s was read by the clock of now", field)
	}
}

const callbackRow = `SELECT contact::text, wrapped, sealed FROM callback WHERE line = $1 AND contact = $2`

// The whole line stands still for five days: every callback that is open can still be dialled, by its number; one
// whose time is over cannot be read any more, not with the root key, the key folder and a dump of before.
func TestFiveDaysOfStopByTheProgram(t *testing.T) {
	t.Parallel()
	p, present := newPastLine(t, 5*24*time.Hour)
	hours := func(from, to int) told { return p.between(time.Duration(from)*time.Hour, time.Duration(to)*time.Hour) }
	over := p.request(told{"number": "+46701234567", "windows": []told{hours(1, 2)}})
	open := map[any]string{}
	for number, windows := range map[string][]told{
		mobile:          {hours(1, 2), hours(5*24+2, 5*24+4)},
		"+358407654321": {hours(5*24+2, 5*24+4)},
		"+358295400000": {hours(24, 26), hours(13*24, 13*24+4)},
	} {
		open[p.request(told{"number": number, "windows": windows}).id.Contact] = number
	}
	row := p.dumped(callbackRow, p.value("LINE"), over.id.Contact)
	if err := p.steal(row, row.id, "callback", p.now); err != nil {
		t.Fatalf("while its day lasts the house itself cannot open it: %v", err)
	}
	then := p.now

	present()
	p.gone(row, row.id, "callback", then)
	aino := p.desk("aino")
	p.hop(2*time.Hour + time.Minute)
	for range 2 {
		call := aino.take()
		if n := aino.dialled(call["contact"]); n["number"] != open[call["contact"]] || open[call["contact"]] == "" {
			t.Errorf("dialled %v", n)
		}
		delete(open, call["contact"])
	}
	p.hop(8 * 24 * time.Hour)
	call := aino.take()
	if n := aino.dialled(call["contact"]); n["number"] != open[call["contact"]] || n["number"] != "+358295400000" {
		t.Errorf("dialled %v", n)
	}
	if state := p.redis.HGet(t.Context(), p.key(":c:"+over.id.Contact), "state").Val(); state != "" && state != "expired_by_policy" {
		t.Errorf("the callback whose time is over is %s", state)
	}
}

// T15, the thief: fourteen days after its last use nobody reads a card, with a dump of the database, the root key and
// the key folder, though the clock is set back; the number opens nothing any more.
func TestThiefOfDumpAndRootKeyReadsNoCard(t *testing.T) {
	t.Parallel()
	p, present := newPastLine(t, 16*24*time.Hour)
	aino := p.desk("aino")
	token := p.come(nil)
	leg := aino.take()["contact"]
	kept := aino.ask(told{"type": "card", "contact": leg, "codes": told{"topic": "is_it_trafficking"}, "note": cardNote}, "carded")
	if status, body := p.send(http.MethodPost, "http://"+p.addr+"/api/v1/contact/matter", `{"request_id":"`+uuid.NewString()+`"}`, token); status != http.StatusOK {
		t.Fatalf("the person is given %d %s", status, body)
	}
	aino.record(leg)
	row := p.dumped(`SELECT '', wrapped, sealed FROM card WHERE line = $1`, p.value("LINE"))
	number := kept["number"].(string)
	if err := p.steal(row, number, "card", p.now); err != nil {
		t.Fatalf("while its day lasts the house itself cannot open it: %v", err)
	}
	then := p.now

	present()
	p.gone(row, number, "card", then)
	veli := p.desk("aino")
	p.come(nil)
	next := veli.take()["contact"]
	for _, told14 := range []string{number, "00000000"} {
		if e := veli.ask(told{"type": "matter", "contact": next, "number": told14}, "error"); e["code"] != "not_found" {
			t.Errorf("answered %v", e)
		}
	}
}
