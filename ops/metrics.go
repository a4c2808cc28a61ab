package ops

import (
	"net/http"
	"slices"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Other stands for every label value that is not in its list: a label made of what somebody sent
// would fill memory and could tell who it was.
const Other = "other"

// Labels are the closed lists of label values.
type Labels struct {
	EndReasons   []string // of adviceline_contacts_ended_total{reason}
	OfferResults []string // of adviceline_offers_total{result}
	Sides        []string // of adviceline_sockets{side}
	PageWays     []string // of adviceline_pages_total{way,result}
	PageResults  []string
	Stores       []string // of adviceline_purged_total{store}
	Repairs      []string // of adviceline_reconciler_repairs_total{kind}
}

// Metrics are the promised metrics, one method per fact. Every combination of labels is there from
// the start with 0, so that a rate has a first point. Safe for use by several goroutines.
type Metrics struct {
	registry                 *prometheus.Registry
	labels                   Labels
	accepted, recorded       prometheus.Counter
	repaired                 *prometheus.CounterVec
	ended, offers            *prometheus.CounterVec
	waiting, oldest, pending prometheus.Gauge
	refused                  prometheus.Gauge
	waits                    prometheus.Histogram
	sockets                  *prometheus.GaugeVec
	pages                    *prometheus.CounterVec
	unmanned                 prometheus.Gauge
	textLost                 prometheus.Counter
	released, purged         *prometheus.CounterVec
	notRecorded, missed      prometheus.Counter
}

// waitBuckets are seconds: fine around the first minute, where the service level is measured.
var waitBuckets = []float64{1, 2, 5, 10, 20, 30, 45, 60, 90, 120, 180, 300, 600, 1200, 1800, 3600, 7200}

// NewMetrics makes a registry of its own with all metrics and the Go and process collectors.
func NewMetrics(labels Labels) *Metrics {
	counter := func(name, help string) prometheus.Counter {
		return prometheus.NewCounter(prometheus.CounterOpts{Name: "adviceline_" + name, Help: help})
	}
	gauge := func(name, help string) prometheus.Gauge {
		return prometheus.NewGauge(prometheus.GaugeOpts{Name: "adviceline_" + name, Help: help})
	}
	m := &Metrics{
		registry: prometheus.NewRegistry(),
		labels:   labels,
		purged: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "adviceline_purged_total", Help: "Rows and keys that this node deleted because their time was over, by store."}, []string{"store"}),
		released: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "adviceline_released_tables_total", Help: "Tables of periods that this node released, by result: published or withheld."}, []string{"result"}),
		notRecorded: counter("outcomes_not_recorded_total", "Forms that nobody had written when their time was over."),
		missed:      counter("callback_windows_missed_total", "Windows of callbacks that closed although nobody had tried to call."),
		textLost:    counter("text_lost_total", "Conversations of which Redis lost text."),
		accepted:    counter("contacts_accepted_total", "Contacts whose acceptance was acknowledged."),
		recorded:    counter("outcomes_recorded_total", "Outcomes recorded by advisers."),
		repaired: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "adviceline_reconciler_repairs_total", Help: "Breaches of an invariant of the live state that were repaired, by kind; stays 0."}, []string{"kind"}),
		ended: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "adviceline_contacts_ended_total", Help: "Contacts that ended, by reason."}, []string{"reason"}),
		offers: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "adviceline_offers_total", Help: "Offers to advisers, by how they ended."}, []string{"result"}),
		waiting: gauge("waiting", "Contacts that wait for an adviser now."),
		oldest:  gauge("oldest_wait_seconds", "Age of the contact that has waited longest, in seconds; 0 when nobody waits."),
		refused: gauge("ledger_refused", "Events that Postgres can never take and an operator has not removed; stays 0."),
		pending: gauge("ledger_pending", "Acknowledged events that are in the spool and not yet in Postgres."),
		waits: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "adviceline_wait_seconds", Help: "Wait of answered contacts, from arrival to accepted offer, in seconds.", Buckets: waitBuckets}),
		pages: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "adviceline_pages_total", Help: "Pages to people on the roster, by way and how they ended."}, []string{"way", "result"}),
		unmanned: gauge("line_unmanned", "1 while a shift runs and nobody has been ready and audible for too long."),
		sockets: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "adviceline_sockets", Help: "Open sockets of this node, by side."}, []string{"side"}),
	}
	m.Released(0, 0)
	for _, v := range append(slices.Clone(labels.Stores), Other) {
		m.purged.WithLabelValues(v)
	}
	for _, v := range append(slices.Clone(labels.EndReasons), Other) {
		m.ended.WithLabelValues(v)
	}
	for _, v := range append(slices.Clone(labels.Repairs), Other) {
		m.repaired.WithLabelValues(v)
	}
	for _, v := range append(slices.Clone(labels.OfferResults), Other) {
		m.offers.WithLabelValues(v)
	}
	for _, v := range append(slices.Clone(labels.Sides), Other) {
		m.sockets.WithLabelValues(v)
	}
	for _, way := range append(slices.Clone(labels.PageWays), Other) {
		for _, result := range append(slices.Clone(labels.PageResults), Other) {
			m.pages.WithLabelValues(way, result)
		}
	}
	m.registry.MustRegister(m.textLost, m.notRecorded, m.missed, m.released, m.purged, m.pages, m.unmanned, m.accepted, m.recorded, m.repaired, m.ended, m.offers, m.waiting, m.oldest, m.pending, m.refused, m.waits, m.sockets,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

func among(list []string, value string) string {
	if slices.Contains(list, value) {
		return value
	}
	return Other
}

// Registry is where further metrics are registered and all are gathered.
func (m *Metrics) Registry() *prometheus.Registry { return m.registry }

// Handler serves the metrics to Prometheus.
func (m *Metrics) Handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{Registry: m.registry})
}

// Accepted counts a contact whose acceptance was acknowledged.
func (m *Metrics) Accepted() { m.accepted.Inc() }

// Ended counts a contact that ended.
func (m *Metrics) Ended(reason string) {
	m.ended.WithLabelValues(among(m.labels.EndReasons, reason)).Inc()
}

// Recorded counts an outcome.
func (m *Metrics) Recorded() { m.recorded.Inc() }

// Repaired counts repairs by the reconciler.
func (m *Metrics) Repaired(kind string, n int) {
	m.repaired.WithLabelValues(among(m.labels.Repairs, kind)).Add(float64(n))
}

// Released counts tables of a release.
func (m *Metrics) Released(published, withheld int) {
	m.released.WithLabelValues("published").Add(float64(published))
	m.released.WithLabelValues("withheld").Add(float64(withheld))
}

// Purged counts what went from a store because its time was over.
func (m *Metrics) Purged(store string, n int64) {
	m.purged.WithLabelValues(among(m.labels.Stores, store)).Add(float64(n))
}

// TextLost counts conversations of which Redis lost text.
func (m *Metrics) TextLost(n int) { m.textLost.Add(float64(n)) }

// NotRecorded counts a form that nobody wrote in time.
func (m *Metrics) NotRecorded() { m.notRecorded.Inc() }

// WindowMissed counts a callback's window that closed untried.
func (m *Metrics) WindowMissed() { m.missed.Inc() }

// Offer counts an offer that came to its end.
func (m *Metrics) Offer(result string) {
	m.offers.WithLabelValues(among(m.labels.OfferResults, result)).Inc()
}

// Page counts a page that was sent on a way, or could not be.
func (m *Metrics) Page(way, result string) {
	m.pages.WithLabelValues(among(m.labels.PageWays, way), among(m.labels.PageResults, result)).Inc()
}

// Unmanned sets whether a shift runs without anybody.
func (m *Metrics) Unmanned(now bool) {
	m.unmanned.Set(0)
	if now {
		m.unmanned.Set(1)
	}
}

// Waited takes the wait of an answered contact in seconds.
func (m *Metrics) Waited(seconds float64) { m.waits.Observe(seconds) }

// SetQueue sets how many wait now and for how many seconds the oldest has.
func (m *Metrics) SetQueue(waiting int, oldestSeconds float64) {
	m.waiting.Set(float64(waiting))
	m.oldest.Set(oldestSeconds)
}

// LedgerRefused sets how many events the database refused for good and nobody has looked at.
func (m *Metrics) LedgerRefused(n int) { m.refused.Set(float64(n)) }

// LedgerPending sets how many acknowledged events are not in Postgres yet.
func (m *Metrics) LedgerPending(n int) { m.pending.Set(float64(n)) }

// Sockets adds delta to the open sockets of a side.
func (m *Metrics) Sockets(side string, delta int) {
	m.sockets.WithLabelValues(among(m.labels.Sides, side)).Add(float64(delta))
}
