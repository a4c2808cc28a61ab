package agents

import (
	"context"
	"slices"

	"adviceline/helpline"
	"adviceline/helpline/socket"
)

// revokedFrame takes an offer back: contact_left, timed_out, adviser_lost, on_phone, superseded,
// shutdown.
type revokedFrame struct {
	Type   string `json:"type"`
	Offer  string `json:"offer"`
	Reason string `json:"reason"`
}

// contactFrame tells of a contact at this console: state is active, away, left or resumed (by number; held
// messages wait for a release then); with type "lost"
// the leg is not this adviser's any more, "transferred" that a colleague has it, "transfer_failed" that
// it stays, for the reason given.
type contactFrame struct {
	Type    string `json:"type"`
	Contact string `json:"contact"`
	State   string `json:"state,omitempty"`
	Reason  string `json:"reason,omitempty"`
	Held    int    `json:"held,omitempty"`
}

// listenerFrame: a supervisor listens in on a leg (joined), or does not any more (left).
type listenerFrame struct {
	Type    string `json:"type"`
	Contact string `json:"contact"`
	State   string `json:"state"`
	Alias   string `json:"alias"`
}

// endingFrame: the conversation and its text end unless somebody writes.
type endingFrame struct {
	Type    string `json:"type"`
	Contact string `json:"contact"`
	In      int64  `json:"in_ms"`
}

// revocations are the reasons that the wire knows. An offer that this adviser declined was answered.
var revocations = map[string]bool{
	"contact_left": true, "timed_out": true, "adviser_lost": true, "on_phone": true, "superseded": true,
	"shutdown": true,
}

// deliver takes one notice and never waits.
func (c *console) deliver(n helpline.Notice) {
	if n.Kind == helpline.NoticeSignOut {
		c.conn.Close(socket.CodeSignedOut, "signed_out")
		return
	}
	if n.Kind == helpline.NoticeFrames {
		c.posted(n)
		return
	}
	c.mu.Lock()
	waits := c.waits(n)
	overflow := waits && len(c.held) >= maxHeld
	if waits && !overflow {
		c.held = append(c.held, n)
	}
	c.mu.Unlock()
	switch {
	case overflow:
		c.conn.Close(socket.CodeTooSlow, "too_slow")
	case !waits:
		c.tell(n)
	}
}

// posted hands what the page of this stream has posted to the reader.
func (c *console) posted(n helpline.Notice) {
	if n.State != c.mark || c.mark == "" {
		return
	}
	if frames, ok := c.hub.Line.OpenFrames(n); ok {
		c.conn.Feed(frames)
	}
}

// ofLegs are the notices that belong to a leg.
var ofLegs = []string{helpline.NoticeMessage, helpline.NoticeContact, helpline.NoticeEnding, helpline.NoticeListener}

// waits tells whether n cannot be placed yet. The caller holds mu.
func (c *console) waits(n helpline.Notice) bool {
	if c.hold != holdLegs {
		return c.hold == holdAll
	}
	if !slices.Contains(ofLegs, n.Kind) {
		return false
	}
	l, known := c.legs[n.Contact]
	return !known || l.fresh
}

// tell sends what a notice means for this console. Those of an older or newer console of the same
// adviser are not for it; the epoch of "lost" is the leg's.
func (c *console) tell(n helpline.Notice) {
	epoch := c.seat().Epoch
	if n.Kind == helpline.NoticeReplaced {
		if n.Epoch > epoch {
			c.replace()
		}
		return
	}
	everybody := n.Kind == helpline.NoticeLost || n.Kind == helpline.NoticeDanger || n.Kind == helpline.NoticeCallback ||
		n.Kind == helpline.NoticeReferral
	if n.Epoch != epoch && !everybody {
		return
	}
	if n.Kind == helpline.NoticeLost && n.Reason == "transferred" {
		if c.dropLeg(n.Contact) {
			for _, frame := range transferredFrames(n.Contact) {
				c.send(frame)
			}
		}
	} else if frame := c.frameOf(n); frame != nil {
		c.send(frame)
	}
	if n.Duty != nil {
		c.send(dutyOf("", *n.Duty))
	}
}

// frameOf gives nil for what this console need not know.
func (c *console) frameOf(n helpline.Notice) any {
	switch n.Kind {
	case helpline.NoticeOffer:
		f := offerOf(n)
		f.Type = "offer"
		return f
	case helpline.NoticeRevoked:
		if revocations[n.Reason] {
			return revokedFrame{Type: "revoked", Offer: n.Offer, Reason: n.Reason}
		}
	case helpline.NoticeMessage:
		return c.messageFor(n)
	case helpline.NoticeContact, helpline.NoticeEnding, helpline.NoticeTransferFailed, helpline.NoticeListener:
		if _, mine := c.key(n.Contact); mine {
			return legFrame(n)
		}
	case helpline.NoticeCallback:
		return callbackOf(n)
	case helpline.NoticeReferral:
		return referralOfNotice(n)
	case helpline.NoticeDanger:
		return alarmOfNotice(n)
	case helpline.NoticeLost:
		if c.dropLeg(n.Contact) || c.dropParked(n.Contact) {
			return contactFrame{Type: "lost", Contact: n.Contact, Reason: n.Reason}
		}
	}
	return nil
}

// legFrame tells of a leg that this console has.
func legFrame(n helpline.Notice) any {
	switch n.Kind {
	case helpline.NoticeEnding:
		return endingFrame{Type: "ending", Contact: n.Contact, In: n.Expires - n.Now}
	case helpline.NoticeListener:
		return listenerFrame{Type: "listener", Contact: n.Contact, State: n.State, Alias: n.Alias}
	case helpline.NoticeTransferFailed:
		return contactFrame{Type: "transfer_failed", Contact: n.Contact, Reason: n.Reason}
	default:
		return contactFrame{Type: "contact", Contact: n.Contact, State: n.State, Held: n.Held}
	}
}

// messageFor opens a message that this console has not been sent yet.
func (c *console) messageFor(n helpline.Notice) any {
	if !c.advance(n.Contact, n.Seq) {
		return nil
	}
	f := messageOf(c.hub.Line.OpenMessage(context.Background(), n.Contact, n.Key, n.Said()))
	f.Type, f.Contact = "message", n.Contact
	return f
}

// advance tells whether seq is new to this console, and notes it. What the contact says comes in
// rising order; the adviser's own messages do not come as notices.
func (c *console) advance(contact string, seq int64) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	l, mine := c.legs[contact]
	if !mine || seq <= l.seq {
		return false
	}
	l.seq = seq
	return true
}
