package main

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
)

// T24: a referral out of a chat, mail by SMTP, the receiver's page over HTTP. Whatever follows links changes nothing.
func TestMailScannerCodeDeclineAndTheSecondReceiver(t *testing.T) {
	t.Parallel()
	h := newHandLine(t, "aino")
	aino := h.desk("aino")
	h.sock("/api/v1/contact/socket", told{"token": h.come(nil)})
	leg := aino.take()
	id, word := aino.hands(leg["contact"], "south", "north")
	link := h.mailed("south@shelter.invalid", word)
	const row = `SELECT body::text || letter || coalesce(due::text, '') FROM referral`
	before := h.rows(row)
	for range 5 {
		if status, page := h.reads(link, nil); status != http.StatusOK || strings.Contains(page, "Sentinel") || !strings.Contains(page, word) {
			t.Fatalf("%d %s", status, page)
		}
	}
	if after := h.rows(row); after != before {
		t.Errorf("the link changed\n%s\ninto\n%s", before, after)
	}
	code := aino.step(id, "code")
	if code["phone"] != "+358 9 555 0001" {
		t.Errorf("the code is told to %v", code["phone"])
	}
	page := h.presses(link, "step", "open", "code", code["code"].(string))
	safe, letter := strings.Index(page, `data-test="safe"`), strings.Index(page, "Sentinel")
	if key := handedKey.FindStringSubmatch(page); key == nil || safe < 0 || letter < safe {
		t.Fatalf("safe contact at %d, the letter at %d:\n%s", safe, letter, page)
	}
	key := handedKey.FindStringSubmatch(page)[1]
	if page = h.presses(link, "step", "acknowledge", "key", key); !strings.Contains(page, "Sentinel") {
		t.Error("the letter is gone after acknowledging")
	}
	aino.hear("referral", "state", "received", "id", id)
	if page = h.presses(link, "step", "decline", "reason", "r_capacity", "key", key); strings.Contains(page, "Sentinel") {
		t.Error("who declined can still read it")
	}
	if status, _ := h.reads(link, nil); status != http.StatusNotFound {
		t.Errorf("the link of who declined: %d", status)
	}
	second := h.mailed("north@shelter.invalid", word)
	h.byPartner(second, aino, id)
	aino.record(leg["contact"])
	if all := h.rows(`SELECT body::text || letter || note || word FROM referral`); strings.Contains(all, "Sentinel") || strings.Contains(all, code["code"].(string)) {
		t.Errorf("in clear:\n%s", all)
	}
}

// byPartner lets the second receiver's own system read and accept: its key stands for the code.
func (h *handLine) byPartner(link string, aino *sock, id string) {
	h.Helper()
	status, key, errs := h.run("", "directory", "partner", "north")
	if status != 0 {
		h.Fatal(errs)
	}
	body := func(step string) string {
		return `{"token":"` + strings.TrimPrefix(link, "/r/") + `","step":"` + step + `","reason":""}`
	}
	receipts := "http://" + h.addr + "/api/v1/receipts"
	if status, _ := h.send(http.MethodPost, receipts, body("read"), "another key"); status != http.StatusNotFound {
		h.Errorf("another key: %d", status)
	}
	if status, answer := h.send(http.MethodPost, receipts, body("accept"), strings.TrimSpace(key)); status != http.StatusOK || !strings.Contains(answer, "Sentinel") || !strings.Contains(answer, `"accepted"`) {
		h.Errorf("the partner's system: %d %s", status, answer)
	}
	aino.hear("referral", "state", "accepted", "id", id)
	hops := aino.step(id, "look")["hops"].([]any)
	if first, second := hops[0].(told)["via"], hops[1].(told)["via"]; first != "link" || second != "partner" {
		h.Errorf("the receipts came by %v and %v", first, second)
	}
}

// T25: one referral, three advisers, four days, two chases, a receipt by telephone, and nobody arrives.
func TestThreeAdvisersFourDaysAndNobodyArrives(t *testing.T) {
	t.Parallel()
	h := newHandLine(t, "aino", "veli", "sami")
	aino, veli, sami := h.desk("aino"), h.desk("veli"), h.desk("sami")
	id, word := aino.hands(nil, "south")
	h.mailed("south@shelter.invalid", word)
	veli.refused("claimed", stepOf(id, "act", "code", "waits_receiver"))
	day := 24 * time.Hour
	h.pass(2 * day)
	if r := veli.step(id, "act", "code", "chased_link"); r["next"] != "chase" {
		t.Errorf("next %v", r["next"])
	}
	h.mailed("south@shelter.invalid", word)
	h.pass(2 * day)
	sami.step(id, "act", "code", "chased_phone")
	r := sami.step(id, "receipt", "state", "accepted", "via", "phone")
	hop := r["hops"].([]any)[0].(told)
	if r["next"] != "ask_arrival" || hop["chases"] != 2.0 || hop["via"] != "phone" || len(r["actions"].([]any)) != 2 {
		t.Errorf("%v", r)
	}
	h.pass(14 * day)
	if line := veli.ask(told{"type": "referrals"}, "referrals")["list"].([]any)[0].(told); line["next"] != "ask_arrival" {
		t.Errorf("at 14 days %v", line)
	}
	h.pass(15 * day)
	if r := veli.step(id, "look"); r["state"] != "accepted" {
		t.Errorf("at 29 days %v", r["state"])
	}
	h.pass(day)
	if r := veli.step(id, "look"); r["state"] != "not_connected" || r["next"] != "tell_person" || r["ended"] != true {
		t.Errorf("at 30 days %v", r)
	}
	const counts = `SELECT concat_ws(' ', destination, state, days, n) FROM referral_count`
	h.pass(29 * day)
	if n, c := h.rows(`SELECT id::text FROM referral`), h.rows(counts); n != id || c != "" {
		t.Errorf("29 days after its end: row %q, counts %q", n, c)
	}
	for range 2 {
		h.pass(day)
	}
	if n, c := h.rows(`SELECT id::text FROM referral`), h.rows(counts); n != "" || c != "shelter not_connected over 1" {
		t.Errorf("30 days after its end: row %q, counts %q", n, c)
	}
	veli.refused("not_found", stepOf(id, "look"))
}

// T22: a disclosure at three in the night goes out and is recorded with no supervisor anywhere; later one reads the
// register, which is noted, and notes that it was seen.
func TestADisclosureAtThreeWithNoSupervisor(t *testing.T) {
	t.Parallel()
	h := newHandLine(t, "aino")
	aino := h.desk("aino")
	zone, err := time.LoadLocation("Europe/Helsinki")
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now().In(zone)
	three := time.Date(now.Year(), now.Month(), now.Day(), 3, 0, 0, 0, zone)
	if three.After(now) {
		three = three.AddDate(0, 0, -1)
	}
	at := three.UTC().Format("2006-01-02T15:04:05.000Z")
	f := told{"type": "disclosure", "ground": "cwa25_notice", "receiver": "child_welfare", "at": at, "receipt": "LS-2291"}
	id := aino.ask(f, "disclosed")["id"].(string)
	if got := h.rows(`SELECT concat_ws(' ', ground, receiver, receipt, coalesce(seen::text, 'unseen')) FROM disclosure`); got != "cwa25_notice child_welfare LS-2291 unseen" {
		t.Errorf("recorded: %q", got)
	}
	f["receipt"] = "131052-308T"
	aino.refused("invalid_value", f)
	if status, _, errs := h.run(goodPassword, "adviser", "add", "saara", "--role", "supervisor", "--password-stdin"); status != 0 {
		t.Fatal(errs)
	}
	cookies := h.signedIn("saara")
	status, page := h.reads("/api/v1/disclosures", cookies)
	if status != http.StatusOK || !strings.Contains(page, id) || !strings.Contains(page, at) || !strings.Contains(page, "LS-2291") || strings.Contains(page, `"seen"`) {
		t.Errorf("%d %s", status, page)
	}
	if res := h.post("/api/v1/disclosures/"+id+"/seen", nil, cookies); res.StatusCode != http.StatusOK {
		t.Error(res.Status)
	}
	if _, page = h.reads("/api/v1/disclosures", cookies); !strings.Contains(page, `"seen_alias":"saara"`) {
		t.Error(page)
	}
	if deeds := h.rows(`SELECT deed FROM audit ORDER BY deed`); deeds != "directory_set\ndisclosure_seen\nregister_read\nregister_read" {
		t.Errorf("audited: %s", deeds)
	}
}

// Who tells the matter number takes a referral back that lies at its receiver, by any adviser: letter and link are gone, and
// no other receiver hears of it.
func TestTakenBackByMatterNumber(t *testing.T) {
	t.Parallel()
	h := newHandLine(t, "aino", "veli")
	aino := h.desk("aino")
	h.sock("/api/v1/contact/socket", told{"token": h.come(nil)})
	leg := aino.take()
	r := aino.ask(stepOf(nil, "open", "contact", leg["contact"], "language", "fi", "age", "adult", "tell", "self", "receivers", []string{"south", "north"}), "referral")
	id, word := r["id"].(string), r["word"].(string)
	aino.sends(id, "south", "north")
	link := h.mailed("south@shelter.invalid", word)
	page := h.presses(link, "step", "open", "code", aino.step(id, "code")["code"].(string))
	key := handedKey.FindStringSubmatch(page)[1]
	aino.record(leg["contact"])
	veli := h.desk("veli")
	list := veli.ask(told{"type": "referrals", "number": r["matter"]}, "referrals")["list"].([]any)
	if len(list) != 1 || list[0].(told)["id"] != id {
		t.Fatalf("the number finds %v", list)
	}
	if got := veli.step(id, "withdraw", "reason", "p_no_consent"); got["state"] != "withdrawn" || got["ended"] != true {
		t.Errorf("%v", got)
	}
	if left := h.rows(`SELECT letter || note FROM referral`); left != "" {
		t.Errorf("left: %s", left)
	}
	if status, page := h.reads(link, nil); status != http.StatusNotFound || strings.Contains(page, "Sentinel") {
		t.Errorf("the link: %d", status)
	}
	res, err := http.PostForm("http://"+h.addr+link, url.Values{"step": {"acknowledge"}, "key": {key}})
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	if res.StatusCode != http.StatusNotFound {
		t.Errorf("who had opened it: %s", res.Status)
	}
	h.pass(15 * 24 * time.Hour)
	if hops := veli.step(id, "look")["hops"].([]any); hops[0].(told)["state"] != "withdrawn" || hops[1].(told)["state"] != "withdrawn" {
		t.Errorf("%v", hops)
	}
	if left := h.rows(`SELECT kind FROM river.river_job WHERE state <> 'completed'`); left != "" {
		t.Errorf("mail is still to go: %s", left)
	}
}

// Through the socket, too, no step leads where no move leads; what is refused changes nothing.
func TestForbiddenMovesAreRefusedByCode(t *testing.T) {
	t.Parallel()
	h := newHandLine(t, "aino")
	aino := h.desk("aino")
	open := stepOf(nil, "open", "language", "fi", "age", "adult", "tell", "callback", "receivers", []string{"south", "own"})
	id := aino.ask(open, "referral")["id"]
	yes := []told{{"item": "share_service", "receiver": "south", "state": "given", "by": "person"}}
	for code, steps := range map[string][]told{
		"forbidden_move": {
			stepOf(id, "send"), stepOf(id, "code"), stepOf(id, "receipt", "state", "received", "via", "phone"),
			stepOf(id, "receipt", "state", "connected", "via", "phone"), stepOf(id, "act", "code", "chased_phone"),
		},
		"consent_wanted": {stepOf(id, "consent", "answers", yes)}, // the way to tell is not agreed to
		"not_found":      {stepOf(uuid.NewString(), "claim")},
		"unknown_receiver": {
			stepOf(nil, "open", "language", "fi", "age", "adult", "tell", "self", "receivers", []string{"shut"}),
			stepOf(nil, "open", "language", "fi", "age", "adult", "tell", "self", "receivers", []string{"south", "south"}),
		},
		"invalid_value": {stepOf(id, "withdraw", "reason", "r_capacity"), stepOf(id, "consent", "answers", []told{{"item": "share_service", "receiver": "north", "state": "given", "by": "person"}})},
	} {
		for _, f := range steps {
			aino.refused(code, f)
		}
	}
	if s := aino.step(id, "look")["state"]; s != "draft" {
		t.Errorf("a refused step moved it to %v", s)
	}
	aino.step(id, "consent", "answers", append(yes, told{"item": "follow_up", "state": "given", "by": "person"}))
	aino.refused("safe_contact_wanted", stepOf(id, "send"))
	aino.step(id, "write", "safe", told{"none": true})
	aino.refused("letter_wanted", stepOf(id, "send"))
	aino.step(id, "withdraw", "reason", "p_time")
	for _, f := range []told{
		stepOf(id, "send"), stepOf(id, "write", "letter", "late"), stepOf(id, "note", "note", "late"), stepOf(id, "withdraw", "reason", "p_time"),
		stepOf(id, "receipt", "state", "accepted", "via", "phone"),
	} {
		aino.refused("forbidden_move", f)
	}
}
