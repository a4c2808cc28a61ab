package helpline

import "time"

// Event is one transition of one leg, as the ledger keeps it. It carries the whole row of the
// contact as it stands after the step, so events may arrive in any order and more than once.
// Key: (Incarnation, Number). It never holds anything that was said or any code of a person.
type Event struct {
	Incarnation int64
	Number      int64
	SpoolID     string // the entry in Redis to discard once the event is committed
	Kind        string
	At          time.Time
	Reason      string
	Adviser     string // whom this step concerns: offered, accepted, missed, ...

	Contact  string
	Channel  string
	Language string
	Lane     Lane
	Arrival  time.Time
	State    State
	Owner    string
	Epoch    int64
	Version  int64
	Accepted time.Time // zero until an adviser accepted
	Ended    time.Time // zero until final
	Recorded time.Time // zero until the outcome stands

	Staged *Staged // only with kind "recorded"
	Why    string  // only with an offer: the decision as JSON (Why)
}

// The kinds of events.
const (
	Enqueued        = "enqueued"
	OfferMade       = "offered"
	OfferAccepted   = "accepted"
	OfferDeclined   = "declined"
	OfferTimedOut   = "timed_out"
	OfferRevoked    = "revoked"
	WentAway        = "away"
	CameBack        = "returned"
	Requeued        = "requeued"
	LegParked       = "parked"
	DangerIsOpen    = "danger_open"
	ConversationEnd = "ended"
	Left            = "left"
	OutcomeRecorded = "recorded"
	OutcomeChanged  = "corrected"
	OutcomeMissing  = "not_recorded"
	OutcomeIsOwed   = "owed"
	Resumed         = "resumed"
)

// Staged is an outcome that waits, sealed, for its flush (privacy.md). Key is
// HMAC(generation key, contact): the row cannot be joined without the generation's key.
type Staged struct {
	Generation string `json:"generation"`
	Key        []byte `json:"key"`
	Wrapped    string `json:"wrapped"`
	Sealed     string `json:"sealed"`
}
