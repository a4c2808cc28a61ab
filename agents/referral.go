package agents

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"adviceline/helpline"
	"adviceline/helpline/codes"
)

// referralHead is what every frame about one referral has: one type of frame, and an action that says the rest.
type referralHead struct {
	head
	Action string `json:"action"`
}

// referralOpen begins a referral; its ref is the referral's id. Contact is a leg of this adviser's: the
// referral's word then stands on the card of its matter.
type referralOpen struct {
	referralHead
	Contact   string   `json:"contact,omitempty"`
	Language  string   `json:"language"`
	Age       string   `json:"age"`
	Suspect   bool     `json:"suspect,omitempty"`
	Urgent    bool     `json:"urgent,omitempty"`
	Tell      string   `json:"tell"`
	Receivers []string `json:"receivers"`
}

// referralOne is about one referral that is there; by itself it claims, sends or makes a code.
type referralOne struct {
	referralHead
	Referral string `json:"referral"`
}

// referralLook reads one; with letter what was written too, which is audited.
type referralLook struct {
	referralOne
	Letter bool `json:"letter,omitempty"`
}

// referralConsent brings answers, asked at once. Heard: a child of 12 or more was.
type referralConsent struct {
	referralOne
	Answers []helpline.Consent `json:"answers"`
	Heard   bool               `json:"heard,omitempty"`
}

// referralWrite keeps how the person may be reached, and the letter.
type referralWrite struct {
	referralOne
	Letter string         `json:"letter,omitempty"`
	Safe   *helpline.Safe `json:"safe,omitempty"`
}

// referralAct notes what the duty did, and what is next and when.
type referralAct struct {
	referralOne
	Code string `json:"code"`
	Next string `json:"next,omitempty"`
	At   string `json:"at,omitempty"`
}

type referralNote struct {
	referralOne
	Note string `json:"note"`
}

// referralReceipt is what a receiver said by telephone, secure mail or in person.
type referralReceipt struct {
	referralOne
	State  string `json:"state"`
	Reason string `json:"reason,omitempty"`
	Via    string `json:"via"`
}

type referralWithdraw struct {
	referralOne
	Reason string `json:"reason"`
}

// referralsFrame asks for the list, or for the open ones of a reference word or of a matter number.
type referralsFrame struct {
	head
	Word   string `json:"word,omitempty"`
	Number string `json:"number,omitempty"`
}

// referralActions is every action and how it is read.
var referralActions = map[string]func([]byte) (*request, error){
	"open":     frame(openReferral),
	"look":     repeated(frame(lookReferral)),
	"claim":    frame(claimReferral),
	"consent":  frame(consentReferral),
	"write":    frame(writeReferral),
	"send":     frame(sendReferral),
	"act":      frame(actReferral),
	"note":     frame(noteReferral),
	"receipt":  frame(receiptReferral),
	"code":     repeated(frame(codeReferral)),
	"withdraw": frame(withdrawReferral),
}

// repeated reads frames whose answer is private and not kept: the step is taken again.
func repeated(read func([]byte) (*request, error)) func([]byte) (*request, error) {
	return func(data []byte) (*request, error) {
		r, err := read(data)
		if err == nil {
			r.again = true
		}
		return r, err
	}
}

// referralAction reads a frame of the shape that its action has.
func referralAction(data []byte) (*request, error) {
	var f struct {
		Action string `json:"action"`
	}
	if err := json.Unmarshal(data, &f); err != nil {
		return nil, errMalformed
	}
	read := referralActions[f.Action]
	if read == nil {
		return nil, errMalformed
	}
	return read(data)
}

// handed gives the steps of referrals under the frame's ref: the same frame again, at any node, changes
// nothing. Errors: errNotAvailable where no referrals are kept.
func (c *console) handed(ref string) (*helpline.Referrals, error) {
	if c.hub.Referrals == nil {
		return nil, errNotAvailable
	}
	return c.hub.Referrals.Once(ref), nil
}

// one does a step with one referral and answers with how it stands.
func (c *console) one(f referralOne, do func(s *helpline.Referrals, me string) (helpline.Referral, []string, error)) (any, error) {
	s, err := c.handed(f.Ref)
	if err != nil {
		return nil, err
	}
	if !canonical(f.Referral) {
		return nil, helpline.ErrInvalid
	}
	r, found, err := do(s, c.seat().Adviser)
	if err != nil {
		return nil, err
	}
	a := c.referralOf(f.Ref, r)
	a.Found = found
	return a, nil
}

// alone is for steps that find nothing in a text.
func alone(r helpline.Referral, err error) (helpline.Referral, []string, error) { return r, nil, err }

// openReferral answers "referral". Errors: helpline.ErrInvalid, ErrUnknownReceiver, ErrNotFound (contact is
// no leg of this adviser's).
func openReferral(ctx context.Context, c *console, f referralOpen) (any, error) {
	s, err := c.handed(f.Ref)
	if err != nil {
		return nil, err
	}
	if !codes.Language.Has(f.Language) || f.Contact != "" && !canonical(f.Contact) {
		return nil, helpline.ErrInvalid
	}
	if _, mine := c.key(f.Contact); f.Contact != "" && !mine {
		if err := c.hub.Line.OwnMatter(ctx, c.seat(), f.Contact); err != nil { // ended, its form is still due
			return nil, err
		}
	}
	r, err := s.Open(ctx, c.seat().Adviser, helpline.Wanted{
		ID: f.Ref, Language: f.Language, Age: f.Age, Suspect: f.Suspect, Urgent: f.Urgent, Tell: f.Tell, Receivers: f.Receivers,
	})
	if err != nil {
		return nil, err
	}
	a := c.referralOf(f.Ref, r)
	if f.Contact == "" {
		return a, nil
	}
	if a.Matter, err = c.hub.Line.LinkReferral(ctx, c.seat(), f.Contact, r.Word); err != nil {
		// It stands, and its word finds it: only the number does not.
		c.hub.Log.WarnContext(ctx, "referral is not on a matter's card", "error", err)
	}
	return a, nil
}

// lookReferral answers "referral" with the note, and the letter too where that is asked.
func lookReferral(ctx context.Context, c *console, f referralLook) (any, error) {
	var note, letter helpline.Text
	a, err := c.one(f.referralOne, func(s *helpline.Referrals, me string) (r helpline.Referral, _ []string, err error) {
		r, note, letter, err = s.Look(ctx, me, f.Referral, f.Letter)
		return r, nil, err
	})
	if err != nil {
		return nil, err
	}
	out, _ := a.(referralAnswer)
	out.Note, out.Letter = note.Reveal(), letter.Reveal()
	return out, nil
}

func claimReferral(ctx context.Context, c *console, f referralOne) (any, error) {
	return c.one(f, func(s *helpline.Referrals, me string) (helpline.Referral, []string, error) {
		return alone(s.Claim(ctx, me, f.Referral))
	})
}

func consentReferral(ctx context.Context, c *console, f referralConsent) (any, error) {
	if len(f.Answers) == 0 {
		return nil, helpline.ErrInvalid
	}
	for _, x := range f.Answers {
		if !codes.ConsentItem.Has(x.Item) || !codes.ConsentState.Has(x.State) || !slices.Contains(helpline.ConsentBy(), x.By) {
			return nil, helpline.ErrInvalid
		}
	}
	return c.one(f.referralOne, func(s *helpline.Referrals, me string) (helpline.Referral, []string, error) {
		return alone(s.Consent(ctx, me, f.Referral, f.Answers, f.Heard))
	})
}

func writeReferral(ctx context.Context, c *console, f referralWrite) (any, error) {
	if f.Letter == "" && f.Safe == nil {
		return nil, helpline.ErrInvalid
	}
	return c.one(f.referralOne, func(s *helpline.Referrals, me string) (helpline.Referral, []string, error) {
		return s.Write(ctx, me, f.Referral, helpline.NewText(f.Letter), f.Safe)
	})
}

func sendReferral(ctx context.Context, c *console, f referralOne) (any, error) {
	return c.one(f, func(s *helpline.Referrals, me string) (helpline.Referral, []string, error) {
		return alone(s.Send(ctx, me, f.Referral))
	})
}

func actReferral(ctx context.Context, c *console, f referralAct) (any, error) {
	var at time.Time
	if f.At != "" {
		var err error
		if at, err = time.Parse("2006-01-02T15:04:05.000Z", f.At); err != nil {
			return nil, helpline.ErrInvalid
		}
	}
	if !codes.ChaseAction.Has(f.Code) {
		return nil, helpline.ErrInvalid
	}
	return c.one(f.referralOne, func(s *helpline.Referrals, me string) (helpline.Referral, []string, error) {
		return alone(s.Act(ctx, me, f.Referral, f.Code, f.Next, at))
	})
}

func noteReferral(ctx context.Context, c *console, f referralNote) (any, error) {
	if utf8.RuneCountInString(f.Note) > longNote {
		return nil, helpline.ErrInvalid
	}
	return c.one(f.referralOne, func(s *helpline.Referrals, me string) (helpline.Referral, []string, error) {
		return s.Keep(ctx, me, f.Referral, helpline.NewText(f.Note))
	})
}

// told are the ways by which a receipt comes to the duty; the others come by themselves.
var told = []string{"phone", "secure_mail", "in_person"}

// receipts are the states that a receiver can bring about.
var receipts = []string{"received", "info_needed", "accepted", "declined", "connected", "not_connected"}

func receiptReferral(ctx context.Context, c *console, f referralReceipt) (any, error) {
	if !slices.Contains(told, f.Via) || !slices.Contains(receipts, f.State) || f.Reason != "" && !codes.DeclineReason.Has(f.Reason) {
		return nil, helpline.ErrInvalid
	}
	x := helpline.Receipt{State: helpline.ReferralState(f.State), Reason: f.Reason, Via: f.Via}
	return c.one(f.referralOne, func(s *helpline.Referrals, me string) (helpline.Referral, []string, error) {
		return alone(s.Take(ctx, me, f.Referral, x))
	})
}

// codeReferral answers "referral" with a one-time code and the directory's number to which it may be told.
func codeReferral(ctx context.Context, c *console, f referralOne) (any, error) {
	if c.hub.Referrals == nil {
		return nil, errNotAvailable
	}
	if !canonical(f.Referral) {
		return nil, helpline.ErrInvalid
	}
	me := c.seat().Adviser
	code, phone, err := c.hub.Referrals.MakeCode(ctx, me, f.Referral)
	if err != nil {
		return nil, err
	}
	r, err := c.hub.Referrals.Store.Referral(ctx, f.Referral)
	if err != nil {
		return nil, err
	}
	a := c.referralOf(f.Ref, r)
	a.Code, a.Phone = code, phone
	return a, nil
}

// longNote is the longest note, in characters.
const longNote = 1000

func withdrawReferral(ctx context.Context, c *console, f referralWithdraw) (any, error) {
	if !codes.DeclineReason.Has(f.Reason) {
		return nil, helpline.ErrInvalid
	}
	return c.one(f.referralOne, func(s *helpline.Referrals, me string) (helpline.Referral, []string, error) {
		return alone(s.Withdraw(ctx, me, f.Referral, f.Reason))
	})
}

// referrals answers with the list, those due first. Errors: helpline.ErrInvalid, ErrNotFound (no open one has
// that word or number), ErrTriesUsed.
func referrals(ctx context.Context, c *console, f referralsFrame) (any, error) {
	if c.hub.Referrals == nil {
		return nil, errNotAvailable
	}
	if f.Number != "" && (f.Word != "" || len(f.Number) != 8 || strings.Trim(f.Number, "0123456789") != "") || len(f.Word) > 40 {
		return nil, helpline.ErrInvalid
	}
	list, err := c.referralsOf(ctx, f)
	if err != nil {
		return nil, err
	}
	out := referralsAnswer{Type: "referrals", Ref: f.Ref, List: make([]referralLine, 0, len(list))}
	for _, r := range list {
		out.List = append(out.List, c.lineOf(r))
	}
	return out, nil
}

func (c *console) referralsOf(ctx context.Context, f referralsFrame) ([]helpline.Referral, error) {
	switch {
	case f.Number != "":
		words, err := c.hub.Line.ReferralsOf(ctx, c.seat(), f.Number, f.Ref)
		if err != nil {
			return nil, err
		}
		return c.hub.Referrals.Find(ctx, words...)
	case f.Word != "":
		return c.hub.Referrals.Find(ctx, strings.ToLower(strings.TrimSpace(f.Word)))
	default:
		return c.hub.Referrals.All(ctx)
	}
}
