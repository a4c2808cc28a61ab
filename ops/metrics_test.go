package ops

import (
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus/testutil"
)

func sample() *Metrics {
	return NewMetrics(Labels{EndReasons: []string{"finished"}, OfferResults: []string{"accepted"}, Sides: []string{"contact", "adviser"}, Repairs: []string{"place"}})
}

// promised is what dashboards and alerts rely on.
const promised = `# HELP adviceline_callback_windows_missed_total Windows of callbacks that closed although nobody had tried to call.
# TYPE adviceline_callback_windows_missed_total counter
adviceline_callback_windows_missed_total 1
# HELP adviceline_contacts_accepted_total Contacts whose acceptance was acknowledged.
# TYPE adviceline_contacts_accepted_total counter
adviceline_contacts_accepted_total 1
# HELP adviceline_contacts_ended_total Contacts that ended, by reason.
# TYPE adviceline_contacts_ended_total counter
adviceline_contacts_ended_total{reason="finished"} 1
adviceline_contacts_ended_total{reason="other"} 1
# HELP adviceline_ledger_refused Events that Postgres can never take and an operator has not removed; stays 0.
# TYPE adviceline_ledger_refused gauge
adviceline_ledger_refused 1
# HELP adviceline_ledger_pending Acknowledged events that are in the spool and not yet in Postgres.
# TYPE adviceline_ledger_pending gauge
adviceline_ledger_pending 3
# HELP adviceline_offers_total Offers to advisers, by how they ended.
# TYPE adviceline_offers_total counter
adviceline_offers_total{result="accepted"} 1
adviceline_offers_total{result="other"} 0
# HELP adviceline_oldest_wait_seconds Age of the contact that has waited longest, in seconds; 0 when nobody waits.
# TYPE adviceline_oldest_wait_seconds gauge
adviceline_oldest_wait_seconds 12.5
# HELP adviceline_outcomes_not_recorded_total Forms that nobody had written when their time was over.
# TYPE adviceline_outcomes_not_recorded_total counter
adviceline_outcomes_not_recorded_total 1
# HELP adviceline_outcomes_recorded_total Outcomes recorded by advisers.
# TYPE adviceline_outcomes_recorded_total counter
adviceline_outcomes_recorded_total 1
# HELP adviceline_reconciler_repairs_total Breaches of an invariant of the live state that were repaired, by kind; stays 0.
# TYPE adviceline_reconciler_repairs_total counter
adviceline_reconciler_repairs_total{kind="other"} 0
adviceline_reconciler_repairs_total{kind="place"} 1
# HELP adviceline_sockets Open sockets of this node, by side.
# TYPE adviceline_sockets gauge
adviceline_sockets{side="adviser"} 0
adviceline_sockets{side="contact"} 1
adviceline_sockets{side="other"} 0
# HELP adviceline_waiting Contacts that wait for an adviser now.
# TYPE adviceline_waiting gauge
adviceline_waiting 2
`

func TestThePromisedMetrics(t *testing.T) {
	t.Parallel()
	m := sample()
	m.Accepted()
	m.Ended("finished")
	m.Ended("a word that somebody sent")
	m.Recorded()
	m.NotRecorded()
	m.WindowMissed()
	m.Repaired("place", 1)
	m.Offer("accepted")
	m.Waited(7)
	m.SetQueue(2, 12.5)
	m.LedgerPending(3)
	m.LedgerRefused(1)
	m.Sockets("contact", 2)
	m.Sockets("contact", -1)
	names := []string{
		"adviceline_contacts_accepted_total", "adviceline_contacts_ended_total", "adviceline_outcomes_recorded_total",
		"adviceline_outcomes_not_recorded_total", "adviceline_callback_windows_missed_total",
		"adviceline_waiting", "adviceline_oldest_wait_seconds", "adviceline_offers_total", "adviceline_ledger_pending", "adviceline_ledger_refused",
		"adviceline_reconciler_repairs_total", "adviceline_sockets",
	}
	if err := testutil.GatherAndCompare(m.Registry(), strings.NewReader(promised), names...); err != nil {
		t.Error(err)
	}
	if n, err := testutil.GatherAndCount(m.Registry(), "adviceline_wait_seconds", "go_goroutines", "process_cpu_seconds_total"); n != 3 || err != nil {
		t.Error(n, err)
	}
	if faults, err := testutil.GatherAndLint(m.Registry(), append(names, "adviceline_wait_seconds")...); len(faults) != 0 || err != nil {
		t.Error(faults, err)
	}
}
