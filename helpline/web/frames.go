package web

import (
	"adviceline/helpline"
	"adviceline/helpline/socket"
	"adviceline/helpline/strict"
)

// What the contact sends. Every frame may be padded.
type (
	helloFrame struct {
		Type  string     `json:"type"`
		V     int        `json:"v"`
		Token string     `json:"token"`
		After int64      `json:"after"`
		Pad   strict.Pad `json:"pad"`
	}
	sayFrame struct {
		Type string `json:"type"`
		CID  string `json:"cid"`
		Text string `json:"text"`
		// Check: not to be sent while it looks like an identifier; the answer is maskedFrame then.
		Check bool       `json:"check"`
		Pad   strict.Pad `json:"pad"`
	}
	gotFrame struct {
		Type string     `json:"type"`
		Seq  int64      `json:"seq"`
		Pad  strict.Pad `json:"pad"`
	}
	leaveFrame struct {
		Type string     `json:"type"`
		Kind string     `json:"kind"`
		Pad  strict.Pad `json:"pad"`
	}
)

// What the contact gets. Only messages carry text.
type (
	welcomeFrame struct {
		Type string `json:"type"`
		V    int    `json:"v"`
		standing
		Stream string `json:"stream,omitempty"` // with what this page posts
		Checks bool   `json:"checks,omitempty"` // this node knows say with check
		Work   bool   `json:"work,omitempty"`   // it came for somebody's work: for a page that did not begin it
	}
	positionFrame struct {
		Type string `json:"type"`
		helpline.Position
	}
	joinedFrame struct {
		Type  string `json:"type"`
		Alias string `json:"alias"`
		Role  string `json:"role"`
	}
	// leftFrame: who could read does not any more.
	leftFrame struct {
		Type  string `json:"type"`
		Alias string `json:"alias"`
		Role  string `json:"role"`
	}
	transferredFrame struct {
		Type  string `json:"type"`
		Alias string `json:"alias"`
	}
	awayFrame struct {
		Type string `json:"type"`
		Who  string `json:"who"`
	}
	messageFrame struct {
		Type string        `json:"type"`
		Seq  int64         `json:"seq"`
		CID  string        `json:"cid"`
		From helpline.Side `json:"from"`
		Text string        `json:"text"`
		At   string        `json:"at"`
		// Marked: the adviser wants it to stay on the screen after the end.
		Marked bool `json:"marked,omitempty"`
	}
	interpreterFrame struct {
		Type  string `json:"type"`
		State string `json:"state"`
	}
	// endingFrame: what was written ends with the conversation unless somebody writes; who waits may keep the place.
	endingFrame struct {
		Type      string `json:"type"`
		In        int64  `json:"in_ms"`
		PlaceKept bool   `json:"place_kept"`
	}
	bareFrame struct {
		Type string `json:"type"`
	}
	endedFrame struct {
		Type   string `json:"type"`
		Reason string `json:"reason"`
	}
	saidFrame struct {
		Type string `json:"type"`
		CID  string `json:"cid"`
		Seq  int64  `json:"seq"`
		At   string `json:"at"`
	}
	// maskedFrame is a message that was not sent, without what looks like an identifier: its writer decides.
	maskedFrame struct {
		Type string `json:"type"`
		CID  string `json:"cid"`
		Text string `json:"text"`
	}
	reconnectFrame struct {
		Type    string `json:"type"`
		AfterMS int64  `json:"after_ms"`
	}
	errorFrame struct {
		Type  string        `json:"type"`
		Code  helpline.Code `json:"code"`
		CID   string        `json:"cid,omitempty"`
		Retry bool          `json:"retry"`
	}
)

// endedBy is the reason of an end that happened while nobody listened.
func endedBy(s helpline.State) string {
	switch s {
	case helpline.Wrapping, helpline.Owed, helpline.Completed:
		return "done"
	default:
		return string(s)
	}
}

// encode writes a frame. All are padded, not only those with text: lengths on the network tell
// nothing of what happens. No frame of ours is too long to pad.
func encode(frame any) []byte {
	raw, err := socket.Pad(frame)
	if err != nil {
		panic(err) // frames are structs of ours: a bug, not an input
	}
	return raw
}
