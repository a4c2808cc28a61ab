package helpline

import (
	"errors"
	"slices"
	"testing"
	"time"
)

var everyState = []ReferralState{
	ReferralDraft, ReferralPending, ReferralReady, ReferralSent, ReferralReceived, ReferralInfoNeeded, ReferralAccepted,
	ReferralDeclined, ReferralConnected, ReferralNotConnected, ReferralWithdrawn, ReferralLapsed, ReferralError,
}

// Every pair of states: the moves of the table are made, every other is refused and changes nothing.
func TestForbiddenMovesAreRefused(t *testing.T) {
	t.Parallel()
	allowed := map[[2]ReferralState]bool{}
	for _, m := range [][2]ReferralState{
		{"draft", "consent_pending"}, {"draft", "withdrawn"}, {"draft", "error"},
		{"consent_pending", "ready"}, {"consent_pending", "withdrawn"}, {"consent_pending", "error"},
		{"ready", "sent"}, {"ready", "withdrawn"}, {"ready", "error"},
		{"sent", "received"}, {"sent", "lapsed"}, {"sent", "withdrawn"}, {"sent", "error"},
		{"received", "info_needed"}, {"received", "accepted"}, {"received", "declined"}, {"received", "lapsed"}, {"received", "withdrawn"}, {"received", "error"},
		{"info_needed", "received"}, {"info_needed", "accepted"}, {"info_needed", "declined"}, {"info_needed", "lapsed"}, {"info_needed", "withdrawn"}, {"info_needed", "error"},
		{"accepted", "connected"}, {"accepted", "not_connected"}, {"accepted", "withdrawn"}, {"accepted", "error"},
	} {
		allowed[m] = true
	}
	now := time.Date(2026, 11, 28, 3, 0, 0, 0, time.UTC)
	for _, from := range everyState {
		for _, to := range append(slices.Clone(everyState), "", "sentinel") {
			h := Hop{State: from}
			err := h.move(to, now)
			if allowed[[2]ReferralState{from, to}] {
				if err != nil || h.State != to {
					t.Errorf("%s to %s: %v", from, to, err)
				}
				continue
			}
			if !errors.Is(err, ErrForbiddenMove) || h != (Hop{State: from}) {
				t.Errorf("%s to %s was made: %+v %v", from, to, h, err)
			}
		}
	}
}

func TestConsentByAge(t *testing.T) {
	t.Parallel()
	say := func(state, by string) Consent { return Consent{"share_service", "south", state, by} }
	nas := func(state, by string) Consent { return Consent{"share_nas", "own", state, by} }
	service, own := Hop{Receiver: "south", Kind: "shelter"}, Hop{Receiver: "own", Kind: "nas"}
	for name, c := range map[string]struct {
		r    Referral
		hop  Hop
		list []Consent
		want verdict
	}{
		"adult, nothing":                   {Referral{Age: "adult"}, service, nil, pending},
		"adult":                            {Referral{Age: "adult"}, service, []Consent{say("given", "person")}, granted},
		"adult, a guardian has no say":     {Referral{Age: "adult"}, service, []Consent{say("given", "guardian")}, pending},
		"adult, no":                        {Referral{Age: "adult"}, service, []Consent{say("refused", "person")}, denied},
		"adult, took it back":              {Referral{Age: "adult"}, service, []Consent{say("given", "person"), say("withdrawn", "person")}, denied},
		"adult, for another receiver":      {Referral{Age: "adult"}, service, []Consent{{"share_service", "north", "given", "person"}}, pending},
		"adult, urgent, not asked":         {Referral{Age: "adult", Urgent: true}, own, nil, pending},
		"16, alone":                        {Referral{Age: "child_15_17"}, service, []Consent{say("given", "person")}, pending},
		"16, with guardian":                {Referral{Age: "child_15_17"}, service, []Consent{say("given", "person"), say("given", "guardian")}, granted},
		"16, guardian alone":               {Referral{Age: "child_15_17"}, service, []Consent{say("given", "guardian")}, pending},
		"16, says no":                      {Referral{Age: "child_15_17"}, service, []Consent{say("refused", "person"), say("given", "guardian")}, denied},
		"16, suspected guardian":           {Referral{Age: "child_15_17", Suspect: true}, service, []Consent{say("given", "person"), say("given", "guardian")}, pending},
		"16, suspected guardian's no":      {Referral{Age: "child_15_17", Suspect: true}, service, []Consent{say("given", "person"), say("refused", "guardian"), say("given", "representative")}, granted},
		"16, urgent proposal, no guardian": {Referral{Age: "child_15_17", Urgent: true}, own, []Consent{nas("given", "person")}, granted},
		"16, urgent, but to a service":     {Referral{Age: "child_15_17", Urgent: true}, service, []Consent{say("given", "person")}, pending},
		"13, not heard":                    {Referral{Age: "child_12_14"}, service, []Consent{say("given", "guardian")}, pending},
		"13, heard":                        {Referral{Age: "child_12_14", Heard: true}, service, []Consent{say("given", "guardian")}, granted},
		"13, urgent proposal, heard":       {Referral{Age: "child_12_14", Heard: true, Urgent: true}, own, nil, granted},
		"8":                                {Referral{Age: "child_under_12"}, service, []Consent{say("given", "representative")}, granted},
		"8, guardian says no":              {Referral{Age: "child_under_12"}, service, []Consent{say("refused", "guardian")}, denied},
		"8, urgent proposal, guardian no":  {Referral{Age: "child_under_12", Urgent: true}, own, []Consent{nas("refused", "guardian")}, denied},
		"8, nobody signed, urgent":         {Referral{Age: "child_under_12", Urgent: true}, own, nil, granted},
		"8, the child's yes is not enough": {Referral{Age: "child_under_12"}, service, []Consent{say("given", "person")}, pending},
	} {
		c.r.Consents = c.list
		if got, _ := c.r.judge(c.hop); got != c.want {
			t.Errorf("%s: %d, want %d", name, got, c.want)
		}
	}
}

func drafted(tell string, hops ...Hop) *Referral {
	for i := range hops {
		hops[i].State = ReferralDraft
	}
	return &Referral{Age: "adult", Tell: tell, Hops: hops}
}

// Consent is asked at once for the list and for the way to tell; who is refused is passed over.
func TestConsentsForAnOrderedList(t *testing.T) {
	t.Parallel()
	now := time.Now()
	hops := []Hop{{Receiver: "south", Kind: "shelter"}, {Receiver: "north", Kind: "shelter"}, {Receiver: "cops", Kind: "police"}}
	all := func(states ...string) []Consent {
		return []Consent{
			{"share_service", "south", states[0], "person"}, {"share_service", "north", states[1], "person"},
			{"police_report", "cops", states[2], "person"}, {"follow_up", "", states[3], "person"},
		}
	}
	r := drafted("receiver", slices.Clone(hops)...)
	if err := r.consent(all("refused", "given", "refused", "given"), false, now); err != nil || r.At != 1 || r.State() != ReferralReady || r.Next != "write" {
		t.Errorf("%+v %v", r, err)
	}
	if h := r.Hops[0]; h.State != ReferralWithdrawn || h.Reason != "p_no_consent" {
		t.Errorf("%+v", h)
	}
	r = drafted("receiver", slices.Clone(hops)...)
	if err := r.consent(all("given", "given", "given", "refused"), false, now); !errors.Is(err, ErrConsentWanted) {
		t.Errorf("the way to tell was refused: %v", err)
	}
	r = drafted("none", slices.Clone(hops)...)
	if err := r.consent(all("refused", "refused", "refused", "not_asked"), false, now); err != nil || r.Ended.IsZero() || r.State() != ReferralWithdrawn {
		t.Errorf("all refused: %+v %v", r, err)
	}
	for _, bad := range []Consent{
		{"share_service", "cops", "given", "person"}, {"share_service", "", "given", "person"}, {"police_report", "south", "given", "person"},
		{"share_service", "south", "given", "friend"}, {"share_service", "south", "overridden", "person"}, {"keep_number", "", "given", "person"},
	} {
		r := drafted("none", slices.Clone(hops)...)
		if err := r.consent([]Consent{bad}, false, now); !errors.Is(err, ErrInvalid) || len(r.Consents) > 0 {
			t.Errorf("%+v: %v", bad, err)
		}
	}
}

func TestSafeContactIsWholeOrNone(t *testing.T) {
	t.Parallel()
	whole := Safe{Way: "call", Hours: "any", Say: "nothing", Voice: "no", Watched: "unknown"}
	part, other, both := whole, whole, whole
	part.Voice, other.Way, both.None = "", "sentinel", true
	for s, want := range map[Safe]bool{whole: true, {None: true}: true, {}: false, part: false, other: false, both: false} {
		if s.Whole() != want {
			t.Errorf("%+v", s)
		}
	}
}

func TestCountsAreOfEachReceiver(t *testing.T) {
	t.Parallel()
	at := func(text string) time.Time {
		x, _ := time.Parse(time.RFC3339, text)
		return x
	}
	r := Referral{Hops: []Hop{
		{Kind: "shelter", State: ReferralDeclined, Reason: "r_capacity", Sent: at("2026-12-20T10:00:00Z"), Over: at("2026-12-31T22:30:00Z")},
		{Kind: "seri", State: ReferralConnected, Sent: at("2026-12-31T22:30:00Z"), Over: at("2027-01-01T22:30:00Z")},
		{Kind: "police", State: ReferralWithdrawn, Reason: "p_no_consent", Over: at("2026-12-19T10:00:00Z")},
		{Kind: "health", State: ReferralReady},
		{Kind: "health", State: ReferralError, Sent: at("2026-12-20T10:00:00Z"), Over: at("2026-12-20T10:00:00Z")},
	}}
	want := []ReferralCount{
		{"2027Q1", "shelter", ReferralDeclined, "r_capacity", "8-14", 1}, {"2027Q1", "seri", ReferralConnected, "", "0-2", 1},
		{"2026Q4", "police", ReferralWithdrawn, "p_no_consent", "0-2", 1},
	}
	if got := r.Counts(); !slices.Equal(got, want) {
		t.Errorf("%+v", got)
	}
}

func TestWordsAndLinksOfReferrals(t *testing.T) {
	t.Parallel()
	tokens := NewTokens(func(purpose string) []byte { return []byte(purpose) })
	id := tokens.DeedID()
	if word := tokens.ReferralWord(id); word != tokens.ReferralWord(id) || tokens.ReferralWord(id) == tokens.ReferralWord(tokens.DeedID()) {
		t.Error(tokens.ReferralWord(id))
	}
	token := tokens.SignReferral(id, 3)
	if got, hop, err := tokens.OpenReferral(token); got != id || hop != 3 || err != nil {
		t.Error(got, hop, err)
	}
	for _, bad := range []string{"", "A" + token[1:], token + "A", tokens.SignPage(id, "3")} {
		if _, _, err := tokens.OpenReferral(bad); !errors.Is(err, ErrNotFound) {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

// Who has it in hand keeps it for ten minutes from the last step; then any colleague may take it.
func TestClaimLastsTenMinutes(t *testing.T) {
	t.Parallel()
	r, now := drafted("none", Hop{Receiver: "south"}), time.Now()
	for _, step := range []struct {
		who   string
		after time.Duration
		want  error
	}{
		{"aino", 0, nil}, {"veli", 10*time.Minute - time.Second, ErrClaimed}, {"aino", 10*time.Minute - time.Second, nil},
		{"veli", 19 * time.Minute, ErrClaimed}, {"veli", 20 * time.Minute, nil}, {"aino", 21 * time.Minute, ErrClaimed},
	} {
		if err := r.take(step.who, now.Add(step.after)); !errors.Is(err, step.want) {
			t.Errorf("%s after %s: %v, want %v", step.who, step.after, err, step.want)
		}
	}
}
