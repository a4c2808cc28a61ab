package storage

import (
	"fmt"
	"maps"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"adviceline/helpline"
	"adviceline/helpline/codes"
	"adviceline/ops/servicetest"
)

// dumped is what pg_dump writes of every table: its heading, with the columns, and its rows as they lie.
func (s *stages) dumped() map[string][]string {
	s.Helper()
	out, err := exec.CommandContext(s.Context(), servicetest.PgDump(s.T), "--dbname="+s.url, "--data-only").Output() // #nosec G204 -- the program of this machine
	if err != nil {
		s.Fatal(err)
	}
	tables, at := map[string][]string{}, ""
	for line := range strings.SplitSeq(string(out), "\n") {
		switch {
		case strings.HasPrefix(line, "COPY "):
			at = strings.TrimPrefix(strings.Fields(line)[1], "public.")
			tables[at] = []string{line}
		case line == `\.`:
			at = ""
		case at != "":
			tables[at] = append(tables[at], line)
		case strings.Contains(line, "setval("): // a counter of ids tells how many there were
			tables["sequences"] = append(tables["sequences"], line)
		}
	}
	delete(tables, "turn") // when a flush looked last, by the hour: an hour may be over meanwhile
	if tables["outcome_log"] == nil || tables["counter"] == nil {
		s.Fatalf("the dump has no counters: %v", slices.Sorted(maps.Keys(tables)))
	}
	return tables
}

// moved names the tables that differ between two dumps.
func moved(before, after map[string][]string) (names []string) {
	for name := range after {
		if !slices.Equal(before[name], after[name]) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// record commits a contact that came and went, with its form staged, as a line does; its time of correction is over.
func (s *stages) record(l *Ledger, n int, a codes.Answers) {
	s.Helper()
	contact := uuid.NewString()
	body := fmt.Appendf(nil, `{"until":%d,"answers":%s}`, time.Now().Add(-time.Hour).UnixMilli(), codes.Canonical(a))
	generation, key, sealed, wrapped, err := s.keys.Stage(contact, body)
	if err != nil {
		s.Fatal(err)
	}
	end := step(contact, int64(2*n+2), helpline.OutcomeRecorded)
	end.Staged = &helpline.Staged{Generation: generation, Key: key, Wrapped: wrapped, Sealed: sealed}
	if err := submit(s.T, l, step(contact, int64(2*n+1), helpline.Enqueued), end); err != nil {
		s.Fatal(err)
	}
}

// TestDumpsTellNoContact: whoever dumps the database before and after one contact sees that it came, and log and
// counters as they were; across a flush at least twenty outcomes' worth of change. Within it neither the order of the
// rows, nor where they lie, nor any id goes by the order of the contacts.
func TestDumpsTellNoContact(t *testing.T) {
	t.Parallel()
	s := newStages(t)
	l := writing(t, s.store, LedgerOptions{})
	s.record(l, 0, inTurn(0))
	if _, err := s.flush(nil); err != nil {
		t.Fatal(err)
	}
	before := s.dumped()
	for n := 1; n < 20; n++ { // the twentieth is the last of these
		s.record(l, n, inTurn(n))
		if n < 19 {
			if _, err := s.flush(nil); err != nil {
				t.Fatal(err)
			}
		}
		if n == 1 || n == 19 {
			after := s.dumped()
			if got := moved(before, after); !slices.Equal(got, []string{"contact", "event", "staged"}) {
				t.Errorf("contact %d moved %v", n, got)
			}
			before = after
		}
	}
	if _, err := s.flush(nil); err != nil {
		t.Fatal(err)
	}
	after := s.dumped()
	if got := len(after["outcome_log"]) - len(before["outcome_log"]); got != 20 {
		t.Errorf("%d rows of the log by one flush", got)
	}
	for table, n := range worth(t, before, after) {
		if n != 20 {
			t.Errorf("%d contacts by one flush in table %s", n, table)
		}
	}
	for n := range 300 {
		s.record(l, n+20, inTurn(n))
	}
	if done, err := s.flush(nil); err != nil || done.Outcomes != 300 {
		t.Fatal(done, err)
	}
	s.wantsNoOrder(s.dumped())
}

// inTurn makes the forms of contacts that come in order: the first half by telephone, the second by chat, and each
// twentieth part with a topic of its own.
func inTurn(n int) codes.Answers {
	a := form(n, false)
	if n >= 150 {
		a.Channel = "webchat"
	}
	a.Topic = codes.Topic.Codes()[len(codes.Topic.Codes())-1-n/20%len(codes.Topic.Codes())]
	return a
}

// worth gives by how many contacts each table of counters grew.
func worth(t *testing.T, before, after map[string][]string) map[string]int64 {
	t.Helper()
	sums := map[string]int64{}
	for sign, dump := range map[int64][]string{-1: before["counter"], 1: after["counter"]} {
		for _, line := range dump[1:] {
			f := strings.Split(line, "\t") // period, table, cell, count
			n, err := strconv.ParseInt(f[len(f)-1], 10, 64)
			if err != nil {
				t.Fatal(line)
			}
			sums[f[1]] += sign * n
		}
	}
	if len(sums) < 10 {
		t.Errorf("only %d tables of counters", len(sums))
	}
	return sums
}

// wantsNoOrder looks at a flush of 300 contacts, the first half by telephone and the second by chat, in the order
// in which pg_dump writes the rows, which is that in which they lie.
func (s *stages) wantsNoOrder(dump map[string][]string) {
	s.Helper()
	if head := dump["outcome_log"][0]; head != "COPY public.outcome_log (quarter, channel, role_group, outcome_group) FROM stdin;" {
		s.Errorf("the log has other columns: %s", head)
	}
	if ids := dump["sequences"]; slices.ContainsFunc(ids, func(line string) bool {
		return !strings.Contains(line, "river") && !strings.Contains(line, "goose")
	}) {
		s.Errorf("ids are numbered: %v", ids)
	}
	log := dump["outcome_log"][21:] // after the heading and the first flush
	early := 0
	for i, line := range log {
		if phone := strings.Split(line, "\t")[1] == "phone"; i < 150 && phone {
			early++
		}
	}
	// 75 by chance, with a deviation of 4.3; eight of them happen once in 10^15 flushes.
	if len(log) != 300 || early < 75-35 || early > 75+35 {
		s.Errorf("%d rows, %d of the earlier half lie in the first half", len(log), early)
	}
	const query = `SELECT cell AS text FROM counter WHERE tab = 'topic' ORDER BY ctid`
	cells, err := rows[struct{ Text string }](s.Context(), s.store, query, nil)
	if err != nil {
		s.Fatal(err)
	}
	var lie, came []string
	for _, c := range cells {
		lie = append(lie, c.Text)
	}
	for n := range 300 {
		if group := codes.Topic.Group(inTurn(n).Topic); !slices.Contains(came, group) {
			came = append(came, group)
		}
	}
	if len(came) < 4 || len(lie) != len(came) || slices.Equal(lie, came) {
		s.Errorf("counters lie in the order %v, the contacts came in the order %v", lie, came)
	}
}
