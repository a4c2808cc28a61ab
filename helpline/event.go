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
	Call   *Booked // only of a callback
	Why    string  // only with an offer: the decision as JSON (Why)

	Page *PageStep // only with kinds of paging, which concern no contact
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
	Relaned         = "relaned"          // a supervisor changed the lane
	ExternalOpened  = "external"         // a call or visit beside the queue
	Forward         = "forward"          // a callback behind another of its number comes forward
	Converted       = "converted"        // a chat became a callback
	Superseded      = "superseded"       // the person of a callback came by chat
	CallbackDue     = "due"              // its window began: it waits
	CallbackTried   = "attempted"        // Reason is the result
	CallbackAtRisk  = "callback_at_risk" // its window closes in 20 min and nobody tried
	WindowMissed    = "window_missed"    // it closed, and nobody tried
	CallbackReview  = "review"           // a person has to look; Reason says why
	CallbackLost    = "unreached"        // attempts are used up: a person has to look
	Rebuilt         = "rebuilt"          // took its place again after Redis was lost, restarted or failed over
	TextLost        = "text_lost"        // Redis lost text of the conversation
	ShiftTaken      = "shift_taken"      // somebody has seen what the shift before left, and confirmed it
	Paged           = "paged"
	PageCame        = "page_acknowledged"
	PageOver        = "page_over"
)

// Booked is where a callback stands: when it is due next, and how often it was tried.
type Booked struct {
	Due      time.Time
	Attempts int
}

// Staged is an outcome that waits, sealed, for its flush (privacy.md). Key is
// HMAC(generation key, contact): the row cannot be joined without the generation's key.
type Staged struct {
	Generation string `json:"generation"`
	Key        []byte `json:"key"`
	Wrapped    string `json:"wrapped"`
	Sealed     string `json:"sealed"`
	// Until is how long the form may be corrected after it was recorded first; zero: as long as the queue
	// knows the contact.
	Until time.Time `json:"-"`
}
