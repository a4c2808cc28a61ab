package main

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

func staffed(t *testing.T, in string, args ...string) (status int, out, fault string) {
	t.Helper()
	var o, e bytes.Buffer
	status = run(t.Context(), terminal{in: strings.NewReader(in), out: &o, err: &e}, append([]string{"staffing"}, args...))
	return status, o.String(), e.String()
}

// A busy Monday evening wants more than one adviser, every other hour one.
func TestStaffingTellsEachHour(t *testing.T) {
	t.Parallel()
	status, out, fault := staffed(t, "weekday,hour,contacts,handling_minutes\n1,19,5,45\n7,3,0,0\n", "-in", "-")
	lines := strings.Split(strings.TrimSpace(out), "\n")
	if status != 0 || len(lines) != 25 {
		t.Fatalf("%d %s\n%s", status, fault, out)
	}
	for hour, line := range lines[1:] {
		for weekday, n := range strings.Fields(line)[1:] {
			if (n != "1") != (hour == 19 && weekday == 0) {
				t.Errorf("hour %d, weekday %d: %s advisers", hour, weekday+1, n)
			}
		}
	}
}

// Eighty chats of 45 min came in one hour of the last eight weeks: that hour of the week wants more than one adviser,
// in Finland's time; contacts of another line and of hours long past want nobody.
func TestStaffingReadsTheLedger(t *testing.T) {
	t.Parallel()
	house := newEnv(t)
	wants := func() (out string, many []string) {
		t.Helper()
		var o, e bytes.Buffer
		if status := run(t.Context(), terminal{out: &o, err: &e, env: house.vars}, []string{"staffing", "-ledger"}); status != 0 {
			t.Fatal(e.String())
		}
		for hour, line := range strings.Split(strings.TrimSpace(o.String()), "\n")[1:] {
			for weekday, n := range strings.Fields(line)[1:] {
				if n != "1" {
					many = append(many, fmt.Sprint(weekday+1, " ", hour))
				}
			}
		}
		return o.String(), many
	}
	if out, many := wants(); strings.Count(out, "\n") != 25 || len(many) > 0 {
		t.Fatal(out)
	}
	conn, err := pgx.Connect(t.Context(), house.value("DATABASE_URL"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(t.Context()) }()
	zone, err := time.LoadLocation(lineZone)
	if err != nil {
		t.Fatal(err)
	}
	busy := time.Now().Add(-50 * time.Hour).Truncate(time.Hour)
	const came = `INSERT INTO contact (line, contact, incarnation, number, channel, language, lane, arrival, state, epoch, version, accepted_at, ended_at, recorded_at, reason)
		SELECT $1, gen_random_uuid(), 1, n, 'chat', 'fi', 'ordinary', $2, 'completed', 1, 1, $2, $2::timestamptz + interval '45 minutes',
			$2::timestamptz + interval '45 minutes', 'done' FROM generate_series(1, 80) AS n`
	own := house.value("LINE")
	for at, line := range map[time.Time]string{busy: own, busy.Add(-time.Hour): own + "x", busy.Add(time.Hour).AddDate(0, 0, -70): own} {
		if _, err := conn.Exec(t.Context(), came, line, at); err != nil {
			t.Fatal(err)
		}
	}
	local := busy.In(zone)
	want := fmt.Sprint((int(local.Weekday())+6)%7+1, " ", local.Hour())
	if out, many := wants(); !slices.Equal(many, []string{want}) {
		t.Errorf("more than one at %q, want %s\n%s", many, want, out)
	}
}

// Bad input is told by its line and not repeated.
func TestStaffingRefusesNonsense(t *testing.T) {
	t.Parallel()
	const head = "weekday,hour,contacts\n"
	for name, in := range map[string]string{
		"empty": "", "no head": "1,2,3\n", "weekday 0": head + "0,2,3\n", "weekday 8": head + "8,2,3\n", "hour 24": head + "1,24,3\n",
		"half an hour": head + "1,2.5,3\n", "below 0": head + "1,2,-3\n", "words": head + "1,2,sentinel\n", "twice": head + "1,2,3\n1,2,3\n",
		"too few": head + "1,2\n", "too many": head + "1,2,3,4\n", "infinite": head + "1,2,Inf\n", "none": head + "1,2,NaN\n", "quote": head + "1,2,\"sentinel\n",
	} {
		status, out, fault := staffed(t, in, "-in", "-")
		if status != 2 || out != "" || !strings.Contains(fault, "line ") || strings.Contains(fault, "sentinel") {
			t.Errorf("%s: %d %q %q", name, status, out, fault)
		}
	}
	for _, args := range [][]string{{}, {"-in", "-", "-ledger"}, {"-ledger", "-weeks", "0"}, {"-in", "-", "-share", "1"}, {"-in", "-", "-slots", "0"}} {
		if status, _, _ := staffed(t, head+"1,2,3\n", args...); status != 2 {
			t.Errorf("%v: status %d", args, status)
		}
	}
}
