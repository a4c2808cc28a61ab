package helpline

import (
	"slices"
	"time"
)

// Consent is one answer: to an item of consent_item, for one receiver where the item is about one, with a
// state of consent_state, given by the person, the guardian or the representative.
type Consent struct {
	Item     string `json:"item"`
	Receiver string `json:"receiver,omitempty"`
	State    string `json:"state"`
	By       string `json:"by"`
}

// The ages that the rules of consent part, and who can answer.
var (
	consentAges = []string{"adult", "child_15_17", "child_12_14", "child_under_12"}
	consentBy   = []string{"person", "guardian", "representative"}
	tells       = []string{"receiver", "callback", "self", "none"}
)

// ConsentAges gives the ages that the rules of consent know.
func ConsentAges() []string { return slices.Clone(consentAges) }

// ConsentBy gives who can answer for consent.
func ConsentBy() []string { return slices.Clone(consentBy) }

// Tells gives how the person can hear what became of it.
func Tells() []string { return slices.Clone(tells) }

// The items of consent that a hand-off needs, by the kind of its receiver.
func itemOf(kind string) string {
	switch kind {
	case kindNAS:
		return "share_nas"
	case "police":
		return "police_report"
	default:
		return "share_service"
	}
}

const (
	kindNAS       = "nas"
	given         = "given"
	refused       = "refused"
	withdrawnWord = "withdrawn"
	notNeeded     = "not_needed"
	noConsent     = "p_no_consent"
	guardianNo    = "guardian_refused"
)

// verdict is what the consents say about one hop.
type verdict int

const (
	pending verdict = iota
	granted
	denied
)

// judge holds the consents for a hop against the rules (Act 746/2011 s. 5 and 39, Administrative Procedure
// Act 434/2003 s. 14, the assistance system's guide): an adult answers alone; from 15 on the child and a
// guardian or representative; below, one of these, and from 12 on the child is heard. A guardian who is
// suspected has no say. A signature that is missing never stops an urgent proposal; a no does.
func (r *Referral) judge(h Hop) (v verdict, reason string) { //nolint:gocyclo // one rule of consent a line
	own := r.answer(h, "person")
	adults := []string{r.answer(h, "representative")}
	if !r.Suspect {
		adults = append(adults, r.answer(h, "guardian"))
	}
	urgent := r.Urgent && h.Kind == kindNAS
	if r.Age == "adult" {
		return decided(own, noConsent, false)
	}
	for _, a := range adults {
		if a == refused || a == withdrawnWord {
			return denied, guardianNo
		}
	}
	signed := slices.Contains(adults, given) || slices.Contains(adults, notNeeded) || urgent
	switch r.Age {
	case "child_15_17":
		v, reason = decided(own, noConsent, urgent)
		if v == granted && !signed {
			v = pending
		}
		return v, reason
	case "child_12_14":
		if own == refused || own == withdrawnWord {
			return denied, noConsent
		}
		if !r.Heard {
			return pending, ""
		}
	}
	if !signed {
		return pending, ""
	}
	return granted, ""
}

func decided(state, reason string, urgent bool) (verdict, string) {
	switch {
	case state == refused || state == withdrawnWord:
		return denied, reason
	case state == given || state == notNeeded || urgent:
		return granted, ""
	default:
		return pending, ""
	}
}

// answer gives the last state that somebody gave for a hop; empty: none.
func (r *Referral) answer(h Hop, by string) string {
	state := ""
	for _, c := range r.Consents {
		if c.Item == itemOf(h.Kind) && c.Receiver == h.Receiver && c.By == by {
			state = c.State
		}
	}
	return state
}

// tellable says whether the way to tell the person was agreed to.
func (r *Referral) tellable() bool {
	if r.Tell == "self" || r.Tell == "none" {
		return true
	}
	return slices.ContainsFunc(r.Consents, func(c Consent) bool { return c.Item == "follow_up" && c.State == given })
}

// withoutIdentity tells whether a hop's consent says that nothing of the person is shared.
func (r *Referral) withoutIdentity(h Hop) bool {
	return r.answer(h, "person") == notNeeded || r.answer(h, "representative") == notNeeded || r.answer(h, "guardian") == notNeeded
}

// consent takes answers, asked at once for every receiver and for the way to tell. Each hop whose answer
// is clear moves; when all are refused the referral ends.
func (r *Referral) consent(list []Consent, heard bool, now time.Time) error {
	for _, c := range list {
		known := slices.ContainsFunc(r.Hops, func(h Hop) bool { return c.Item == itemOf(h.Kind) && c.Receiver == h.Receiver })
		general := c.Receiver == "" && (c.Item == "follow_up" || c.Item == "interpreter")
		if !known && !general || !slices.Contains(consentBy, c.By) || c.State == "overridden" {
			return ErrInvalid
		}
	}
	r.Consents, r.Heard = append(r.Consents, list...), r.Heard || heard
	if len(r.Consents) > maxConsents {
		return ErrTooMany
	}
	if !r.tellable() {
		return ErrConsentWanted
	}
	for i := range r.Hops {
		if err := r.settle(&r.Hops[i], now); err != nil {
			return err
		}
	}
	r.begin(now)
	return nil
}

const maxConsents = 100

// settle moves one hop as its consents say.
func (r *Referral) settle(h *Hop, now time.Time) error {
	v, reason := r.judge(*h)
	if h.State == ReferralDraft {
		if err := h.move(ReferralPending, now); err != nil {
			return err
		}
	}
	switch {
	case v == denied && h.State.Open():
		h.Reason = reason
		return h.move(ReferralWithdrawn, now)
	case v == granted && h.State == ReferralPending:
		return h.move(ReferralReady, now)
	}
	return nil
}

// begin puts the referral at the first hop that can go on, or ends it where there is none.
func (r *Referral) begin(now time.Time) {
	if r.hop().State.Open() && r.hop().State != ReferralPending && r.hop().State != ReferralReady {
		return // on its way
	}
	for _, want := range []ReferralState{ReferralReady, ReferralPending} {
		if i := slices.IndexFunc(r.Hops, func(h Hop) bool { return h.State == want }); i >= 0 {
			r.At = i
			switch {
			case want == ReferralPending:
				r.then("ask_consent", now)
			case r.Letter.Sealed == "" && r.hop().Kind != kindNAS || r.Safe == nil:
				r.then("write", now)
			default:
				r.then("send", now)
			}
			return
		}
	}
	r.erase()
	r.end(now, "")
}
