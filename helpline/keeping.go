package helpline

import "time"

// How long things are kept. What is shorter by a setting is not here.
const (
	LedgerCoarse = 7 * 24 * time.Hour    // until the ledger's instants are whole hours and its reasons are gone
	LedgerLife   = 90 * 24 * time.Hour   // until what it knows of a contact is gone
	AuditLife    = 90 * 24 * time.Hour   // of what was noted of reading and doing
	PagingLife   = 90 * 24 * time.Hour   // of the steps of paging
	RosterLife   = 90 * 24 * time.Hour   // of shifts after their end
	RegisterLife = 1826 * 24 * time.Hour // of the register of disclosures: five years
	SessionLife  = 12 * time.Hour
	CallbackLife = 5 * 24 * time.Hour // of its row, which nobody could read any more
	MailLife     = time.Hour          // of a mail's row after it went
	MailLost     = 7 * 24 * time.Hour // of one that never went
)

// Keeping is one store of the house. Its words are in the catalogues of the pages, under its name.
type Keeping struct {
	Name   string
	Tables []string // of Postgres; "schema.table" outside the house's own schema
	Keys   []string // families of keys of Redis: what stands behind the line's tag
	// Lives are the durations that its words on how long name, in their order.
	Lives []time.Duration
}

// Kept lists every store that there is, the live ones first. The purge, the page about privacy, its proof and
// `adviceline privacy report` are made from it; tests hold it against the schema of Postgres and the keys of Redis.
func Kept() []Keeping {
	return []Keeping{
		{Name: "live", Lives: []time.Duration{4 * time.Hour, 24 * time.Hour}, Keys: []string{
			"a", "answered", "c", "calls", "classes", "consoles", "counts", "danger", "declined", "doubt", "evicted", "handling", "legs",
			"m", "meta", "n", "node", "nodes", "number", "offers", "owed", "parked", "phones", "relief", "reserved", "review",
			"s", "serve", "served", "timers", "w",
		}},
		{Name: "drafts", Lives: []time.Duration{Correction}},
		{Name: "notices"},
		{Name: "spool", Keys: []string{"spool", "refused"}, Lives: []time.Duration{LedgerLife}},
		{Name: "ledger", Tables: []string{"contact", "event", "incarnation"}, Lives: []time.Duration{LedgerCoarse, LedgerLife}},
		{Name: "decisions", Lives: []time.Duration{LedgerCoarse}},
		{Name: "callbacks", Tables: []string{"callback"}, Lives: []time.Duration{numberStays, CallbackLife}},
		{Name: "cards", Tables: []string{"card"}, Lives: []time.Duration{cardLives}},
		{Name: "staged", Tables: []string{"staged"}, Lives: []time.Duration{Correction}},
		{Name: "counts", Tables: []string{"outcome_log", "counter", "report", "referral_count"}},
		{Name: "referrals", Tables: []string{"referral"}, Lives: []time.Duration{ReferralStays, letterStays}},
		{Name: "mail", Tables: []string{"river.river_job"}, Lives: []time.Duration{MailLife, MailLost}},
		{Name: "register", Tables: []string{"disclosure"}, Lives: []time.Duration{RegisterLife}},
		{Name: "audit", Tables: []string{"audit"}, Lives: []time.Duration{AuditLife}},
		{Name: "accounts", Tables: []string{"person", "pager"}},
		{Name: "sessions", Tables: []string{"session"}, Keys: []string{"session", "ticket"}, Lives: []time.Duration{SessionLife}},
		{Name: "roster", Tables: []string{"shift", "roster_change"}, Keys: []string{"roster"}, Lives: []time.Duration{RosterLife}},
		{Name: "paging", Tables: []string{"page"}, Keys: []string{"page", "paged", "pages"}, Lives: []time.Duration{PagingLife}},
		{Name: "lists", Tables: []string{"sheet", "receiver", "partner"}},
		{Name: "feedback", Keys: []string{"feedback"}},
		{Name: "keys"},
		{Name: "limits", Lives: []time.Duration{24 * time.Hour}},
		{Name: "logs"},
		{Name: "backups"},
		{Name: "machinery", Tables: []string{
			"goose_db_version", "house_clock", "turn", "river.river_leader", "river.river_migration", "river.river_notification", "river.river_queue",
		}},
	}
}

// Figures are what the house can prove of one store.
type Figures struct {
	Name   string
	Rows   int64     // of its tables; -1 where it has none
	Oldest time.Time // zero where no row tells, or none is there
	Purged time.Time // by the hour; zero where nothing of it is purged by time, or not yet
}

// DayKeys counts keys of one class that die on one day; those of staged outcomes die with their flush and have none.
type DayKeys struct {
	Class, Day string
	N          int
}

// LiveCount is how much of one kind the live store holds now: contacts, drafts, texts, numbers (of return), sessions,
// spool, refused.
type LiveCount struct {
	Kind   string
	N      int64
	Oldest time.Time // by the hour; zero where none is there, or Redis does not know
}

// Proof is what the house can show of its own stores, at an instant.
type Proof struct {
	At      time.Time
	Stores  []Figures // as Kept has them
	Flushed time.Time // the last look of a flush, by the hour
	Moved   time.Time // the last day on which it moved numbers
	Keys    []DayKeys
	Live    []LiveCount // nil: Redis was not asked, or did not answer
}
