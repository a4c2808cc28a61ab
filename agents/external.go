package agents

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"adviceline/helpline"
	"adviceline/helpline/codes"
)

// externalFrame tells of a call or visit that came beside the queue: channel phone or in_person. Contact is a
// leg that is open already; language is the one to talk in when called back.
type externalFrame struct {
	head
	Channel  string          `json:"channel"`
	Contact  string          `json:"contact,omitempty"`
	Outcome  json.RawMessage `json:"outcome,omitempty"`
	Callback *wishedCallback `json:"callback,omitempty"`
	Language string          `json:"language,omitempty"`
}

// wishedCallback is the callback of an intake. Its texts are private.
type wishedCallback struct {
	Number         string         `json:"number"`
	AskFor         string         `json:"ask_for,omitempty"`
	Extension      string         `json:"extension,omitempty"`
	Windows        []wishedWindow `json:"windows"`
	MessageAllowed bool           `json:"message_allowed"`
	CodeWord       string         `json:"code_word,omitempty"`
}

type wishedWindow struct {
	From string `json:"from"`
	To   string `json:"to"`
}

// externalAnswer is a leg beside the queue: the answer to externalFrame, told unasked when on_phone opens a
// call, and in welcome. State is open, ended (the form is due) or recorded.
type externalAnswer struct {
	Type         string          `json:"type,omitempty"`
	Ref          string          `json:"ref,omitempty"`
	Contact      string          `json:"contact"`
	Channel      string          `json:"channel"`
	Since        string          `json:"since"`
	State        string          `json:"state"`
	Draft        json.RawMessage `json:"draft,omitempty"`
	DraftVersion int64           `json:"draft_version,omitempty"`
	Callback     *bookedCallback `json:"callback,omitempty"`
}

// bookedCallback is what the adviser tells the caller: the number by which the request is taken back.
type bookedCallback struct {
	Contact      string `json:"contact"`
	ReturnNumber string `json:"return_number"`
}

// external answers "external" once durable. Errors: helpline.ErrInvalid, ErrNotFound, ErrTooMany, and those of a
// callback, which leave nothing behind.
func external(ctx context.Context, c *console, f externalFrame) (any, error) {
	language := f.Language
	if language == "" {
		language = "fi"
	}
	if !slices.Contains(helpline.Externals(), f.Channel) || f.Contact != "" && !canonical(f.Contact) || !spoken(language) {
		return nil, helpline.ErrInvalid
	}
	x := helpline.External{Ref: f.Ref, Channel: f.Channel, Contact: f.Contact, Language: language}
	var err error
	if f.Outcome != nil {
		a, err := codes.DecodeAnswers(f.Outcome)
		if err != nil {
			return nil, badForm(err)
		}
		x.Answers = codes.Canonical(a)
	}
	if x.Callback, x.Body, err = f.Callback.wish(); err != nil {
		return nil, err
	}
	leg, booked, err := c.hub.Line.Beside(ctx, c.seat(), x)
	if err != nil {
		return nil, err
	}
	if x.Answers == nil {
		c.addLeg(helpline.Opened{Leg: leg})
	} else {
		c.dropLeg(leg.Contact)
	}
	a := externalOf(helpline.Opened{Leg: leg})
	a.Type, a.Ref = "external", f.Ref
	if booked != nil {
		a.Callback = &bookedCallback{Contact: booked.Contact, ReturnNumber: booked.ReturnNumber}
	}
	return a, nil
}

// wish reads the instants; number, texts and windows the step judges.
func (w *wishedCallback) wish() (out *helpline.CallbackWish, body []byte, err error) {
	if w == nil {
		return nil, nil, nil
	}
	out = &helpline.CallbackWish{
		Number: helpline.NewText(w.Number), AskFor: helpline.NewText(w.AskFor), Extension: helpline.NewText(w.Extension),
		MessageAllowed: w.MessageAllowed, CodeWord: helpline.NewText(w.CodeWord),
	}
	for _, x := range w.Windows {
		from, bad := time.Parse("2006-01-02T15:04:05.000Z", x.From)
		to, worse := time.Parse("2006-01-02T15:04:05.000Z", x.To)
		if bad != nil || worse != nil {
			return nil, nil, helpline.ErrWindowsRefused
		}
		out.Windows = append(out.Windows, helpline.Window{From: from, To: to})
	}
	body, err = json.Marshal(w)
	return out, body, err
}

func externalOf(o helpline.Opened) externalAnswer {
	a := externalAnswer{Contact: o.Contact, Channel: o.Channel, Since: instant(o.Arrival), State: "ended"}
	switch o.State {
	case helpline.ExternalLeg:
		a.State = "open"
	case helpline.Completed:
		a.State = "recorded"
	}
	a.Draft, a.DraftVersion = draftOf(o)
	return a
}

// onPhone tells of the call that a wish for on_phone has opened.
func (c *console) onPhone(ctx context.Context, ref, contact string) (any, error) {
	leg, _, err := c.hub.Line.Beside(ctx, c.seat(), helpline.External{Ref: ref, Contact: contact, Channel: "phone"})
	if err != nil {
		return nil, err
	}
	c.addLeg(helpline.Opened{Leg: leg})
	a := externalOf(helpline.Opened{Leg: leg})
	a.Type = "external"
	return a, nil
}
