package e2e

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
)

// TestHelplineInTheBrowserLeavesNoTrace walks the whole path in real pages, then looks for what was
// written, and for every secret, in all that is kept.
func TestHelplineInTheBrowserLeavesNoTrace(t *testing.T) {
	t.Parallel()
	chrome := browser(t)
	h := open(t, settings{"OFFER_SECONDS": "8", "COOLDOWN_MISS_SECONDS": "1"})
	// Every text holds the mark, so that one search finds any of them; the digits stand for numbers
	// that people give.
	mark := "qz" + random(6) + "kuu"
	digits := "04" + digitsOf(random(8))
	secrets := map[string]string{"a message": mark, "digits of a message": digits}

	aino := console(chrome, t, h, "aino", keep(secrets, "aino's password", h.adviser("aino", "fi", 2)))
	erik := console(chrome, t, h, "erik", keep(secrets, "erik's password", h.adviser("erik", "en,sv", 1)))
	aino.ready()
	aino.saysAgain()

	// Sanna waits, writes, and leaves while nobody speaks Swedish yet.
	sanna := visit(chrome, t, "sanna", h.origin()+"/sv")
	sanna.click("asks-worried")
	sanna.choose("talk-language", "sv")
	sanna.click("start-chat")
	sanna.state("waiting")
	sanna.say("hej " + mark + " s1 " + digits)
	sanna.until("has said it", `document.querySelector('[data-test="message"][data-seq]')`)
	keepAdmission(secrets, "sanna", sanna.admitted())
	sanna.click("cancel")
	sanna.click("leave-yes")
	sanna.state("ended")

	// Emil is offered to Erik, who lets the offer pass: Emil keeps his place before a later one.
	emil := visit(chrome, t, "emil", h.origin()+"/en")
	emil.click("asks-work")
	emil.choose("talk-language", "en")
	emil.click("start-chat")
	emil.state("waiting")
	emils := emil.admitted()
	keepAdmission(secrets, "emil", emils)
	number := strings.ReplaceAll(emil.text("return-number"), " ", "")
	if number != emils.Number || len(number) != 8 {
		t.Errorf("emil's page shows another return number than the answer had")
	}
	later := call(t, h, "en")
	keepAdmission(secrets, "the later one", later.admission)
	if later.Position == nil || later.Position.Ahead != 1 {
		t.Errorf("the later one has the place %+v, want one ahead", later.Position)
	}
	eventually(t, patience, "emil's page tells the place", func() bool { return strings.HasPrefix(emil.text("position"), "You are next.") })
	place := emil.text("position")
	erik.ready()
	if o := erik.offer(1); o.Contact != emils.Contact || o.Language != "en" {
		t.Errorf("erik was first offered somebody else than emil")
	}
	eventually(t, patience, "erik's offer has passed", func() bool {
		return slices.ContainsFunc(erik.frames("revoked"), func(f frame) bool { return f.Reason == "timed_out" })
	})
	if again := erik.offer(2); again.Contact != emils.Contact {
		t.Errorf("after the offer that passed, somebody else was offered than emil")
	}
	if now := emil.text("position"); now != place {
		t.Errorf("emil's place changed from %q to %q", place, now)
	}
	for _, f := range emil.frames("position") {
		if f.Ahead == nil || *f.Ahead != 0 {
			t.Errorf("emil was told a place behind others")
		}
	}
	emil.state("waiting")
	erik.click("offer-accept")
	emil.state("active")

	// Fiona speaks Finnish: hers is Aino alone.
	fiona := visit(chrome, t, "fiona", h.origin()+"/")
	fiona.click("asks-help")
	fiona.choose("talk-language", "fi")
	fiona.click("start-chat")
	fionas := fiona.admitted()
	keepAdmission(secrets, "fiona", fionas)
	if o := aino.offer(1); o.Contact != fionas.Contact || o.Language != "fi" {
		t.Errorf("aino was offered somebody else than fiona")
	}
	fiona.click("show-return")
	if shown := strings.ReplaceAll(fiona.text("return-number"), " ", ""); shown != fionas.Number {
		t.Errorf("fiona's page shows another return number than the answer had")
	}
	fiona.click("show-return")
	fiona.say("moi " + mark + " f1") // before anybody has joined
	aino.click("offer-accept")
	fiona.state("active")
	aino.reads("contact", "moi "+mark+" f1")

	// Both talk both ways.
	for _, pair := range []struct{ contact, adviser *tab }{{fiona, aino}, {emil, erik}} {
		for _, n := range []string{"1", "2"} {
			up := pair.contact.name + " " + mark + " up" + n + " " + digits
			down := pair.adviser.name + " " + mark + " down" + n + " <b>ä & ö</b> \"q\""
			pair.contact.say(up)
			if pair.contact == emil { // at work: asked about what looks like a number of a person
				emil.until("is asked", `document.querySelector('[data-test="send-as-is"]')`)
				emil.click("send-as-is")
			}
			pair.adviser.reads("contact", up)
			pair.adviser.say(down)
			pair.contact.reads("adviser", down)
		}
	}
	for _, f := range slices.Concat(aino.frames("message"), erik.frames("message")) {
		if f.Contact != emils.Contact && f.Contact != fionas.Contact {
			t.Errorf("a console heard of a contact that is not its own")
		}
	}
	if n := len(aino.frames("offer")); n != 1 {
		t.Errorf("aino had %d offers, want one", n)
	}

	// Fiona is done; the text is gone from her screen. Erik ends with Emil.
	fiona.click("done")
	fiona.click("leave-yes")
	fiona.state("ended")
	fiona.until("shows no text any more", `!document.querySelector('[data-test="message"]')`)
	aino.form("safe_return", "related", "bystander", "interpreter_booked")
	erik.click("end")
	erik.click("end")
	emil.state("ended")
	erik.form("cross_border", "unlikely", "student_research", "handoff_started")
	if o := erik.offer(3); o.Contact != later.Contact {
		t.Errorf("erik's free slot was not offered to the later one")
	}
	later.leave("cancel")
	eventually(t, patience, "the later one has left", func() bool { _, over := later.over(); return over })

	for who, p := range map[string]*tab{"aino": aino, "erik": erik} {
		for _, c := range p.cookies() {
			secrets[who+"'s cookie"] = c
		}
		for _, body := range p.answers() {
			if _, rest, ok := strings.Cut(body, `"ticket":"`); ok {
				secrets[who+"'s ticket"], _, _ = strings.Cut(rest, `"`)
			}
		}
		if secrets[who+"'s cookie"] == "" || secrets[who+"'s ticket"] == "" {
			t.Errorf("%s has no cookie or ticket to look for", who)
		}
	}
	conn := h.postgres("adviceline")
	eventually(t, patience, "every contact has ended in Postgres", func() bool {
		return count(t, conn, "SELECT count(*) FROM contact WHERE ended_at IS NOT NULL") == 4
	})
	for state, want := range map[string]int64{"completed": 2, "cancelled": 2} {
		if n := count(t, conn, "SELECT count(*) FROM contact WHERE state = $1", state); n != want {
			t.Errorf("%d contacts %s, want %d", n, state, want)
		}
	}
	if n := count(t, conn, "SELECT count(*) FROM staged"); n != 2 {
		t.Errorf("%d staged outcomes, want 2", n)
	}
	if n := count(t, conn, "SELECT count(*) FROM contact WHERE recorded_at IS NOT NULL"); n != 2 {
		t.Errorf("%d recorded contacts, want 2", n)
	}
	search(t, h, conn, secrets)
	// The search does see what is there: the contact's own id is in both stores.
	if rows := rowsOf(t, conn, "SELECT x::text FROM contact x"); !strings.Contains(strings.Join(rows, "\n"), emils.Contact) {
		t.Errorf("the table of contacts does not hold emil's id")
	}
	logs, _ := filepath.Glob(filepath.Join(h.dir, "redis", "appendonlydir", "*.aof"))
	if !slices.ContainsFunc(logs, func(path string) bool {
		data, err := os.ReadFile(path)
		return err == nil && bytes.Contains(data, []byte(emils.Contact))
	}) {
		t.Errorf("no append-only file of %v holds emil's id", logs)
	}
}

func keep(secrets map[string]string, what, value string) string {
	secrets[what] = value
	return value
}

func keepAdmission(secrets map[string]string, who string, a admission) {
	secrets[who+"'s token"], secrets[who+"'s return number"] = a.Token, a.Number
}

// digitsOf makes decimal digits of hexadecimal ones.
func digitsOf(text string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'a' {
			return r - 'a' + '0'
		}
		return r
	}, text)[:10]
}

var noCore = regexp.MustCompile(`Max core file size +0 +0 `)

// search looks for secrets in every place where something is kept or told. What the program holds in memory cannot
// be looked through: it may leave no image of it when it dies.
func search(t *testing.T, h *house, conn *pgx.Conn, secrets map[string]string) {
	t.Helper()
	if limits, err := os.ReadFile(fmt.Sprint("/proc/", h.process().cmd.Process.Pid, "/limits")); err != nil || !noCore.Match(limits) {
		t.Errorf("the program may leave an image of its memory: %v\n%s", err, limits)
	}
	type needle struct {
		what string
		form []byte
	}
	var needles []needle
	for what, value := range secrets {
		if value == "" {
			t.Errorf("no %s to look for", what)
			continue
		}
		for _, form := range disguises(value) {
			needles = append(needles, needle{what, form})
		}
	}
	found := func(where string, in []byte, more ...string) {
		for _, n := range needles {
			if bytes.Contains(in, n.form) {
				t.Errorf("%s holds %s", where, n.what)
			}
		}
		for _, word := range more {
			if bytes.Contains(in, []byte(word)) {
				t.Errorf("%s holds the code %s", where, word)
			}
		}
	}
	// Codes of the outcomes that occur nowhere else.
	codes := []string{"safe_return", "bystander", "interpreter_booked", "cross_border", "student_research", "handoff_started"}

	tables := rowsOf(t, conn, `SELECT quote_ident(table_schema) || '.' || quote_ident(table_name)
		FROM information_schema.tables WHERE table_schema NOT IN ('pg_catalog', 'information_schema') AND table_type = 'BASE TABLE'`)
	if len(tables) < 4 {
		t.Errorf("only the tables %v", tables)
	}
	for _, table := range tables {
		rows := rowsOf(t, conn, "SELECT x::text FROM "+table+" x")
		found("table "+table, []byte(strings.Join(rows, "\n")), codes...)
	}
	found("metrics", h.metrics(), codes...)
	found("log of the process", h.out.bytes(), codes...)

	files := 0
	err := filepath.WalkDir(h.dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return nil // Postgres removes files while we look
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return nil
		}
		name, _ := filepath.Rel(h.dir, path)
		var more []string
		if strings.HasPrefix(name, "redis") || strings.HasPrefix(name, "log") {
			files++
			more = codes
			if strings.HasSuffix(name, ".incr.aof") && len(data) < 1000 {
				t.Errorf("%s has %d bytes: this is not where Redis keeps things", name, len(data))
			}
		}
		found("file "+name, data, more...)
		return nil
	})
	if err != nil || files < 3 {
		t.Errorf("searched %d files of Redis and logs: %v", files, err)
	}
}

// disguises gives the forms in which a value may hide: as it is, in hexadecimal, in base64 at each
// offset, and as people group digits.
func disguises(value string) [][]byte {
	raw := []byte(value)
	out := [][]byte{raw, []byte(hex.EncodeToString(raw))}
	for shift := range 3 {
		padded := append(bytes.Repeat([]byte{'x'}, shift), raw...)
		text := base64.RawStdEncoding.EncodeToString(padded)
		// The first and the last characters depend on what stands around.
		text = text[(shift*8+5)/6 : len(padded)*8/6]
		out = append(out, []byte(text))
		if other := strings.NewReplacer("+", "-", "/", "_").Replace(text); other != text {
			out = append(out, []byte(other))
		}
	}
	if len(value) == 8 && strings.Trim(value, "0123456789") == "" {
		out = append(out, []byte(value[:2]+" "+value[2:4]+" "+value[4:6]+" "+value[6:]))
	}
	return out
}

func rowsOf(t *testing.T, conn *pgx.Conn, sql string) []string {
	t.Helper()
	rows, err := conn.Query(t.Context(), sql)
	if err != nil {
		t.Fatalf("read database: %v", err)
	}
	out, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatalf("read database: %v", err)
	}
	return out
}

// TestSearchFindsWhatIsHidden: the search above would find a secret in each of its forms.
func TestSearchFindsWhatIsHidden(t *testing.T) {
	t.Parallel()
	const secret = "qz0123456789kuu"
	for _, before := range []string{"", "a", "bc", "def"} {
		text := []byte(before + secret + "tail")
		for form, hidden := range map[string]string{
			"plain": string(text), "hexadecimal": hex.EncodeToString(text),
			"base64": base64.StdEncoding.EncodeToString(text), "base64url": base64.RawURLEncoding.EncodeToString(text),
		} {
			if !slices.ContainsFunc(disguises(secret), func(d []byte) bool { return strings.Contains(hidden, string(d)) }) {
				t.Errorf("%s after %q is not found", form, before)
			}
		}
	}
}
