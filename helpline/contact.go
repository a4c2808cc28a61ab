package helpline

import "time"

// State is where a leg stands. Exactly one holds at any time (routing.md, States).
type State string

// The states of a leg. Those from Completed on are final.
const (
	Waiting      State = "waiting"
	Offered      State = "offered"
	Active       State = "active"
	Transferring State = "transferring" // active, and offered to another adviser: the owner keeps it
	Parked       State = "parked"       // the person is away for long: slot free, owner remembered
	Away         State = "away"         // waiting person without a connection: place kept, not offered
	DangerOpen   State = "danger_open"  // danger that fell silent: a person has to close it
	Scheduled    State = "scheduled"    // a callback waits for its window
	Review       State = "review"       // a callback that nobody dials until a person has looked
	ExternalLeg  State = "external"     // a call or visit beside the queue, while it lasts
	Wrapping     State = "wrapping"     // conversation over, slot held for the outcome
	Owed         State = "owed"         // slot free, outcome still owed
	Completed    State = "completed"
	Abandoned    State = "abandoned"
	Exited       State = "exited"
	Cancelled    State = "cancelled"
	Unreached    State = "unreached"
	Expired      State = "expired_by_policy"
)

// Lane is how urgent a leg is. The role of the contact never decides it.
type Lane string

// The lanes, most urgent first as Lanes lists them.
const (
	Danger       Lane = "danger"
	Continuation Lane = "continuation"
	Present      Lane = "present"
	SameDay      Lane = "same_day"
	Ordinary     Lane = "ordinary"
)

// Lanes lists every lane.
func Lanes() []Lane { return []Lane{Danger, Continuation, Present, SameDay, Ordinary} }

// Side is one of the two ends of a conversation, or the house itself.
type Side string

// The sides a message can come from.
const (
	FromContact Side = "contact"
	FromAdviser Side = "adviser"
	FromSystem  Side = "system"
)

// Public maps a leg's state to what the contact is told: waiting, active, away, scheduled, ended.
func (s State) Public() string {
	switch s {
	case Waiting, Offered:
		return "waiting"
	case Active, Transferring:
		return "active"
	case Away, Parked, DangerOpen:
		return "away"
	case Scheduled, Review:
		return "scheduled"
	default:
		return "ended"
	}
}

// Facts are what routing and the adviser know of a contact: codes only, nothing that was said.
type Facts struct {
	Contact        string
	Channel        string
	PageLanguage   string
	Language       string // the language to talk in
	Skill          string // one of the settings' list that the adviser must have, mostly none
	SecondLanguage string
	Asks           string
	Role           string
	Organisation   string
	Lane           Lane
	Child          bool
	Arrival        time.Time
}

// Position is a waiting contact's place. Ahead counts those the rule serves earlier; Low and High
// are seconds, nil when nobody can honestly say.
type Position struct {
	Ahead int  `json:"ahead"`
	Low   *int `json:"low"`
	High  *int `json:"high"`

	Waking bool `json:"waking,omitempty"`        // nobody on duty can serve the contact, somebody is being paged
	Woken  int  `json:"woken_minutes,omitempty"` // for so many minutes by now
}

// Message is one numbered line of a conversation.
type Message struct {
	Seq  int64
	CID  string
	From Side
	Text Text
	At   time.Time
	// Marked: its adviser wants it to stay on the contact's screen after the end.
	Marked bool
}

// Timing holds the durations of routing.md ("Defaults"); settings carry the same names.
type Timing struct {
	Offer           time.Duration
	OfferCall       time.Duration
	DeclineCooldown time.Duration
	MissCooldown    time.Duration
	Exclusion       time.Duration // of an adviser who declined or missed a contact, for this contact
	Park            time.Duration // how long a contact is gone before its leg may be parked
	NodeLease       time.Duration
	AdviserGrace    time.Duration
	Away            time.Duration
	AwayDanger      time.Duration
	Exit            time.Duration
	Wrap            time.Duration
	TextIdle        time.Duration
	TextLife        time.Duration
	OutcomeDue      time.Duration
	DurableWait     time.Duration
	SpoolMax        int64
}

// TextTold is how long before the end of a text both sides hear of it: ten minutes, less only where a text
// lives for less than twice that.
func (t Timing) TextTold() time.Duration { return min(10*time.Minute, t.TextIdle/2, t.TextLife/2) }

// DefaultTiming gives the defaults of routing.md.
func DefaultTiming() Timing {
	return Timing{
		Offer: 30 * time.Second, OfferCall: 45 * time.Second, DeclineCooldown: 10 * time.Second,
		MissCooldown: 30 * time.Second, Exclusion: 2 * time.Minute, Park: 10 * time.Minute,
		NodeLease: 10 * time.Second, AdviserGrace: time.Minute,
		Away: 15 * time.Minute, AwayDanger: 30 * time.Minute, Exit: 30 * time.Minute,
		Wrap: 5 * time.Minute, TextIdle: 4 * time.Hour, TextLife: 24 * time.Hour,
		OutcomeDue: 72 * time.Hour, DurableWait: 500 * time.Millisecond, SpoolMax: 200_000,
	}
}
