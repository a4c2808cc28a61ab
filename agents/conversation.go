package agents

import (
	"context"
	"errors"

	"adviceline/helpline"
	"adviceline/helpline/codes"
)

// sayFrame is one message to the contact; a repeated cid gets the same seq.
type sayFrame struct {
	head
	Contact string `json:"contact"`
	CID     string `json:"cid"`
	Text    string `json:"text"`
	Marked  bool   `json:"marked"` // it stays on the contact's screen after the end
}

// typingFrame tells the contact that its adviser writes.
type typingFrame struct {
	head
	Contact string `json:"contact"`
}

// endFrame closes a conversation with a reason of EndReason.
type endFrame struct {
	head
	Contact string `json:"contact"`
	Reason  string `json:"reason"`
}

// releaseFrame lets out what is held since its person came back by number.
type releaseFrame struct {
	head
	Contact string `json:"contact"`
}

// releasedFrame says how many messages went out.
type releasedFrame struct {
	Type    string `json:"type"`
	Ref     string `json:"ref"`
	Contact string `json:"contact"`
	Count   int64  `json:"count"`
}

// messageFrame is one message, unasked (with type and contact) or in a history.
type messageFrame struct {
	Type    string        `json:"type,omitempty"`
	Contact string        `json:"contact,omitempty"`
	Seq     int64         `json:"seq"`
	CID     string        `json:"cid"`
	From    helpline.Side `json:"from"`
	Text    string        `json:"text"`
	At      string        `json:"at"`
	Marked  bool          `json:"marked,omitempty"`
}

// messageOf reveals a text: frames go to the two people of a conversation alone.
func messageOf(m helpline.Message) messageFrame {
	return messageFrame{Seq: m.Seq, CID: m.CID, From: m.From, Text: m.Text.Reveal(), At: instant(m.At), Marked: m.Marked}
}

// say answers "said". Errors: helpline.ErrInvalid (empty or over helpline.MaxText), ErrNotFound
// (not this adviser's, or over), ErrTooMany, ErrKeysGone.
func say(ctx context.Context, c *console, f sayFrame) (any, error) {
	if !canonical(f.CID) {
		return nil, helpline.ErrInvalid
	}
	key, ok := c.key(f.Contact)
	if !ok {
		return nil, helpline.ErrNotFound
	}
	if !c.inOrder(f) {
		return nil, said{cid: f.CID, error: helpline.ErrTooMany}
	}
	stored, err := c.hub.Line.SayAsAdviser(ctx, c.seat(), f.Contact, key, f.CID, helpline.NewText(f.Text), f.Marked)
	c.fared(&f, err)
	if err != nil {
		return nil, said{cid: f.CID, error: err}
	}
	return answered{Type: "said", Ref: f.Ref, Contact: f.Contact, CID: f.CID, Seq: stored.Seq, At: instant(stored.At)}, nil
}

// inOrder tells whether no earlier message of the leg has to come again before this one.
func (c *console) inOrder(f sayFrame) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	l, ok := c.legs[f.Contact]
	return !ok || l.stuck == "" || l.stuck == f.CID
}

// fared notes how a message fared: refused with retry it holds up those behind it, else no more.
func (c *console) fared(f *sayFrame, err error) {
	if f == nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	l, ok := c.legs[f.Contact]
	if !ok {
		return
	}
	again := err != nil && retryable(codeOf(err))
	switch {
	case again && l.stuck == "":
		l.stuck = f.CID
	case !again && l.stuck == f.CID:
		l.stuck = ""
	}
}

// said is an error that repeats the cid of the message that was not said.
type said struct {
	cid string
	error
}

func (s said) Unwrap() error { return s.error }

// silence is the answer to what has none.
type silence struct{}

// typing has no answer, not even an error: nothing hangs on it.
func typing(ctx context.Context, c *console, f typingFrame) (any, error) {
	if _, ok := c.key(f.Contact); !ok {
		return silence{}, nil
	}
	err := c.hub.Line.Typing(ctx, c.seat(), f.Contact)
	if errors.Is(err, helpline.ErrConsoleReplaced) {
		return nil, err
	}
	return silence{}, nil
}

// release answers "released". Errors: helpline.ErrInvalid, helpline.ErrNotFound.
func release(ctx context.Context, c *console, f releaseFrame) (any, error) {
	if !canonical(f.Contact) {
		return nil, helpline.ErrInvalid
	}
	n, err := c.hub.Line.Release(ctx, c.seat(), f.Contact)
	if err != nil {
		return nil, err
	}
	return releasedFrame{Type: "released", Ref: f.Ref, Contact: f.Contact, Count: n}, nil
}

// end answers "ended" once durable. Errors: helpline.ErrInvalid, helpline.ErrNotFound.
func end(ctx context.Context, c *console, f endFrame) (any, error) {
	if !canonical(f.Contact) || !codes.EndReason.Has(f.Reason) {
		return nil, helpline.ErrInvalid
	}
	if err := c.hub.Line.End(ctx, c.seat(), f.Contact, f.Reason); err != nil {
		return nil, err
	}
	c.dropLeg(f.Contact)
	return answered{Type: "ended", Ref: f.Ref, Contact: f.Contact}, nil
}
