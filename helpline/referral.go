package helpline

import (
	"slices"
	"time"
)

// ReferralState is where one hop of a referral stands: the codes of the list referral_state.
type ReferralState string

// The states. A referral is handed to one receiver at a time; each has a state of its own.
const (
	ReferralDraft        ReferralState = "draft"
	ReferralPending      ReferralState = "consent_pending"
	ReferralReady        ReferralState = "ready"
	ReferralSent         ReferralState = "sent"
	ReferralReceived     ReferralState = "received"
	ReferralInfoNeeded   ReferralState = "info_needed"
	ReferralAccepted     ReferralState = "accepted"
	ReferralDeclined     ReferralState = "declined"
	ReferralConnected    ReferralState = "connected"
	ReferralNotConnected ReferralState = "not_connected"
	ReferralWithdrawn    ReferralState = "withdrawn"
	ReferralLapsed       ReferralState = "lapsed"
	ReferralError        ReferralState = "error"
)

// referralMoves is every move that there is. What is not here is refused by Hop.move, the only place
// where a state changes. From a state without moves nothing leads on.
var referralMoves = map[ReferralState][]ReferralState{
	ReferralDraft:      {ReferralPending, ReferralWithdrawn, ReferralError},
	ReferralPending:    {ReferralReady, ReferralWithdrawn, ReferralError},
	ReferralReady:      {ReferralSent, ReferralWithdrawn, ReferralError},
	ReferralSent:       {ReferralReceived, ReferralLapsed, ReferralWithdrawn, ReferralError},
	ReferralReceived:   {ReferralInfoNeeded, ReferralAccepted, ReferralDeclined, ReferralLapsed, ReferralWithdrawn, ReferralError},
	ReferralInfoNeeded: {ReferralReceived, ReferralAccepted, ReferralDeclined, ReferralLapsed, ReferralWithdrawn, ReferralError},
	ReferralAccepted:   {ReferralConnected, ReferralNotConnected, ReferralWithdrawn, ReferralError},
}

// May tells whether a hop may go from s to the other state.
func (s ReferralState) May(to ReferralState) bool { return slices.Contains(referralMoves[s], to) }

// Open tells whether anything can still become of it.
func (s ReferralState) Open() bool { return len(referralMoves[s]) > 0 }

// The times of a referral (domain.md 2.4, product's own where the law has none).
const (
	chaseAfter   = 2 * 24 * time.Hour  // without a receipt
	lapseAfter   = 14 * 24 * time.Hour // since it was sent
	arrivalAsked = 14 * 24 * time.Hour // since it was accepted
	arrivalOver  = 30 * 24 * time.Hour // since it was accepted
	letterStays  = 72 * time.Hour      // after the decision
	claimLasts   = 10 * time.Minute
	codeLasts    = 24 * time.Hour
	keyLasts     = 12 * time.Hour
	codeTries    = 5
	noteStays    = lapseAfter + arrivalOver + 7*24*time.Hour
	// ReferralStays is how long a referral's row stays after its end; then it is a count.
	ReferralStays = 30 * 24 * time.Hour
)

// The codes of referrals.
const (
	// ErrForbiddenMove says that no move leads from the state that the referral is in to the one asked for.
	ErrForbiddenMove Code = "forbidden_move"
	// ErrConsentWanted says that a consent is missing, or was not given by who has to give it.
	ErrConsentWanted Code = "consent_wanted"
	// ErrSafeWanted says that nobody has said yet how the person may safely be reached.
	ErrSafeWanted Code = "safe_contact_wanted"
	// ErrLetterWanted says that there is no letter to hand over.
	ErrLetterWanted Code = "letter_wanted"
	// ErrNoLetter says that this receiver's matters go into its own register: no letter is kept here.
	ErrNoLetter Code = "no_letter_here"
	// ErrClaimed says that a colleague has it in hand for some minutes.
	ErrClaimed Code = "claimed"
	// ErrWrongCode says that a one-time code is wrong, used, too old or was tried too often.
	ErrWrongCode Code = "wrong_code"
	// ErrNotOpened says that the letter is not open here: the code comes first.
	ErrNotOpened Code = "not_opened"
)

// Hop is one receiver of a referral, in the order of the consents.
type Hop struct {
	Receiver string        `json:"receiver"` // id of the directory
	Kind     string        `json:"kind"`     // destination_kind
	State    ReferralState `json:"state"`
	Reason   string        `json:"reason,omitempty"` // decline_reason
	Via      string        `json:"via,omitempty"`    // receipt_via of the last receipt
	Sent     time.Time     `json:"sent,omitzero"`
	Decided  time.Time     `json:"decided,omitzero"`
	Over     time.Time     `json:"over,omitzero"`
	Chases   int           `json:"chases,omitempty"`
}

// move changes the state, or refuses.
func (h *Hop) move(to ReferralState, now time.Time) error {
	if !h.State.May(to) {
		return ErrForbiddenMove
	}
	h.State = to
	switch to {
	case ReferralSent:
		h.Sent = now
	case ReferralAccepted, ReferralDeclined:
		h.Decided = now
	}
	if !to.Open() {
		h.Over = now
	}
	return nil
}

// Action is what the duty did: a code of chase_action, its day and shift, and nobody's name.
type Action struct {
	Code  string `json:"code"`
	Day   string `json:"day"`   // 2026-11-28, Finland's
	Shift string `json:"shift"` // night, morning, evening
}

// Safe is how the person may be reached without harm, in codes. None: the person must not be contacted.
type Safe struct {
	None    bool   `json:"none,omitempty"`
	Way     string `json:"way,omitempty"`     // call, text, mail, through_worker
	Hours   string `json:"hours,omitempty"`   // any, office, evening, agreed
	Say     string `json:"say,omitempty"`     // open, own_name, nothing: what a call or message may give away
	Voice   string `json:"voice,omitempty"`   // yes, no: a message on an answering machine
	Watched string `json:"watched,omitempty"` // yes, no, unknown: somebody else may see the phone
}

// SafeCodes gives the codes of each field of Safe.
func SafeCodes() map[string][]string {
	return map[string][]string{
		"way": {"call", "text", "mail", "through_worker"}, "hours": {"any", "office", "evening", "agreed"},
		"say": {"open", "own_name", "nothing"}, "voice": {"yes", "no"}, "watched": {"yes", "no", "unknown"},
	}
}

// Whole tells whether the block says none or every field.
func (s Safe) Whole() bool {
	if s.None {
		return s == Safe{None: true}
	}
	lists := SafeCodes()
	for field, value := range map[string]string{"way": s.Way, "hours": s.Hours, "say": s.Say, "voice": s.Voice, "watched": s.Watched} {
		if !slices.Contains(lists[field], value) {
			return false
		}
	}
	return true
}

// Locked is a text that lies sealed until an instant.
type Locked struct {
	Wrapped string    `json:"-"`
	Sealed  string    `json:"-"`
	Until   time.Time `json:"until,omitzero"`
}

// Referral is a matter on its way to another service. It holds no name, number or clear text.
type Referral struct {
	ID       string
	Word     string // reference word, for telephone and mail
	Language string // of the person
	Age      string // adult, child_15_17, child_12_14, child_under_12
	Suspect  bool   // the child's guardian is suspected
	Heard    bool   // a child of 12 or more was heard
	Urgent   bool
	Tell     string // how the person hears of it: receiver, callback, self, none
	Hops     []Hop
	At       int // the hop in work
	Consents []Consent
	Safe     *Safe
	Actions  []Action
	Next     string // next action, of NextActions; empty: none
	NextAt   time.Time
	Claim    string // the adviser who has it in hand
	Claimed  time.Time
	Code     string // keyed print of the one-time code; empty: none
	CodeTill time.Time
	Tries    int
	Key      string // keyed print of what an opened letter is read by
	KeyTill  time.Time
	Letter   Locked
	Note     Locked
	Ended    time.Time
	Steps    []string `json:",omitempty"` // names of the last ones, see Referrals.Once
	Mails    []int    `json:"-"`          // hops whose receiver is to be written to; a change leaves them to the store
}

// NextActions gives the codes of what is to be done next.
func NextActions() []string {
	return []string{"ask_consent", "write", "send", "chase", "answer", "ask_arrival", "tell_person", "find_receiver"}
}

// State is that of the hop in work.
func (r *Referral) State() ReferralState { return r.hop().State }

// Late says whether the receiver in turn has given no receipt for ReferralChase.
func (r *Referral) Late(now time.Time) bool {
	h := r.hop()
	return r.Ended.IsZero() && h.State == ReferralSent && !now.Before(h.Sent.Add(ReferralChase))
}

func (r *Referral) hop() *Hop { return &r.Hops[r.At] }

// Due is when the clock alone has something to do; zero: never.
func (r *Referral) Due() time.Time {
	var due time.Time
	sooner := func(at time.Time) {
		if !at.IsZero() && (due.IsZero() || at.Before(due)) {
			due = at
		}
	}
	if r.Ended.IsZero() {
		switch h := r.hop(); h.State {
		case ReferralSent, ReferralReceived, ReferralInfoNeeded:
			sooner(h.Sent.Add(lapseAfter))
		case ReferralAccepted:
			sooner(h.Decided.Add(arrivalOver))
		}
	}
	if r.Letter.Sealed != "" {
		sooner(r.Letter.Until)
	}
	return due
}

// then says what the duty does next, and when.
func (r *Referral) then(next string, at time.Time) { r.Next, r.NextAt = next, at }

// end closes a referral: nothing of it can be read any more but what a decision left for a while.
func (r *Referral) end(now time.Time, next string) {
	r.Ended, r.Note, r.Claim, r.Claimed = now, Locked{}, "", time.Time{}
	r.then(next, now)
	if next == "" {
		r.NextAt = time.Time{}
	}
}

// erase takes what was written, and every way to it.
func (r *Referral) erase() {
	r.Letter, r.Note, r.Code, r.Key = Locked{}, Locked{}, "", ""
	r.CodeTill, r.KeyTill, r.Tries = time.Time{}, time.Time{}, 0
}

// take gives the claim to an adviser for some minutes, or says whose it is.
func (r *Referral) take(adviser string, now time.Time) error {
	if r.Claim != "" && r.Claim != adviser && now.Before(r.Claimed) {
		return ErrClaimed
	}
	r.Claim, r.Claimed = adviser, now.Add(claimLasts)
	return nil
}

// shiftOf names the shift of an instant, and its day, in Finland.
func shiftOf(now time.Time) (day, shift string) {
	if zone, err := time.LoadLocation(Zone); err == nil {
		now = now.In(zone)
	}
	switch h := now.Hour(); {
	case h >= 7 && h < 15:
		shift = "morning"
	case h >= 15 && h < 22:
		shift = "evening"
	default:
		shift = "night"
	}
	return now.Format(time.DateOnly), shift
}
