package agents

import (
	"time"

	"adviceline/helpline"
)

// referralAnswer is how a referral stands: the answer to every step with one. Unasked, to every console, it
// is id, word and state alone. Note, letter, code, phone and matter are there for the one who asked.
type referralAnswer struct {
	Type     string             `json:"type"`
	Ref      string             `json:"ref,omitempty"`
	ID       string             `json:"id"`
	Word     string             `json:"word"`
	State    string             `json:"state"`
	Language string             `json:"language,omitempty"`
	Age      string             `json:"age,omitempty"`
	Suspect  bool               `json:"suspect,omitempty"`
	Heard    bool               `json:"heard,omitempty"`
	Urgent   bool               `json:"urgent,omitempty"`
	Tell     string             `json:"tell,omitempty"`
	At       int                `json:"at,omitempty"` // the hop in work
	Hops     []referralHop      `json:"hops,omitempty"`
	Consents []helpline.Consent `json:"consents,omitempty"`
	Safe     *helpline.Safe     `json:"safe,omitempty"`
	Actions  []helpline.Action  `json:"actions,omitempty"`
	Next     string             `json:"next,omitempty"`
	NextAt   string             `json:"next_at,omitempty"`
	Mine     string             `json:"mine_until,omitempty"`
	Until    string             `json:"letter_until,omitempty"`
	Noted    bool               `json:"noted,omitempty"`
	Ended    bool               `json:"ended,omitempty"`
	Note     string             `json:"note,omitempty"`
	Letter   string             `json:"letter,omitempty"`
	Found    []string           `json:"found,omitempty"`
	Code     string             `json:"code,omitempty"`
	Phone    string             `json:"phone,omitempty"`
	Matter   string             `json:"matter,omitempty"`
}

// referralHop is one receiver of it, by its id in the directory.
type referralHop struct {
	Receiver string `json:"receiver"`
	Kind     string `json:"kind"`
	State    string `json:"state"`
	Reason   string `json:"reason,omitempty"`
	Via      string `json:"via,omitempty"`
	Sent     string `json:"sent,omitempty"`
	Decided  string `json:"decided,omitempty"`
	Chases   int    `json:"chases,omitempty"`
}

type referralsAnswer struct {
	Type string         `json:"type"`
	Ref  string         `json:"ref"`
	List []referralLine `json:"list"`
}

// referralLine is one referral of the list.
type referralLine struct {
	ID       string `json:"id"`
	Word     string `json:"word"`
	State    string `json:"state"`
	Kind     string `json:"kind"`
	Receiver string `json:"receiver"`
	Urgent   bool   `json:"urgent,omitempty"`
	Next     string `json:"next,omitempty"`
	NextAt   string `json:"next_at,omitempty"`
	Claimed  bool   `json:"claimed,omitempty"` // a colleague has it in hand
}

func (c *console) referralOf(ref string, r helpline.Referral) referralAnswer {
	a := referralAnswer{
		Type: "referral", Ref: ref, ID: r.ID, Word: r.Word, State: string(r.State()), Language: r.Language, Age: r.Age,
		Suspect: r.Suspect, Heard: r.Heard, Urgent: r.Urgent, Tell: r.Tell, At: r.At, Consents: r.Consents, Safe: r.Safe,
		Actions: r.Actions, Next: r.Next, NextAt: maybe(r.NextAt), Noted: r.Note.Sealed != "", Ended: !r.Ended.IsZero(),
	}
	if r.Letter.Sealed != "" {
		a.Until = instant(r.Letter.Until)
	}
	if r.Claim == c.seat().Adviser {
		a.Mine = maybe(r.Claimed)
	}
	for _, h := range r.Hops {
		a.Hops = append(a.Hops, referralHop{
			Receiver: h.Receiver, Kind: h.Kind, State: string(h.State), Reason: h.Reason, Via: h.Via, Sent: maybe(h.Sent),
			Decided: maybe(h.Decided), Chases: h.Chases,
		})
	}
	return a
}

func (c *console) lineOf(r helpline.Referral) referralLine {
	h := r.Hops[r.At]
	return referralLine{
		ID: r.ID, Word: r.Word, State: string(h.State), Kind: h.Kind, Receiver: h.Receiver, Urgent: r.Urgent, Next: r.Next,
		NextAt: maybe(r.NextAt), Claimed: r.Claim != "" && r.Claim != c.seat().Adviser && c.hub.Now().Before(r.Claimed),
	}
}

// maybe writes an instant that there may be.
func maybe(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return instant(t)
}

func referralOfNotice(n helpline.Notice) referralAnswer {
	return referralAnswer{Type: "referral", ID: n.Contact, Word: n.Alias, State: n.State}
}
