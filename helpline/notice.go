package helpline

import "time"

// Notice is what a script tells the node that holds a socket. It is only a wake-up with its
// content: everything in it can be read again from the live state.
type Notice struct {
	Count int64  `json:"n"`  // the node channel's counter
	To    string `json:"to"` // "a:" + adviser, "a:*" for every console, "c:" + contact, "l:" + contact for who listens in, or "line"
	Kind  string `json:"kind"`

	Contact string `json:"contact,omitempty"`
	Offer   string `json:"offer,omitempty"`
	Reason  string `json:"reason,omitempty"`
	State   string `json:"state,omitempty"`
	Alias   string `json:"alias,omitempty"`
	Epoch   int64  `json:"epoch,omitempty"`   // console epoch, or leg epoch with "lost"
	Version int64  `json:"version,omitempty"` // of the contact's token

	Channel  string `json:"channel,omitempty"`
	Language string `json:"language,omitempty"`
	Told     string `json:"told,omitempty"` // sealed; Line.OpenOffer makes Asks, Role and Child of it
	Asks     string `json:"-"`
	Role     string `json:"-"`
	Lane     Lane   `json:"lane,omitempty"`
	Child    bool   `json:"-"`
	Arrival  int64  `json:"arrival,omitempty"` // ms
	Now      int64  `json:"now,omitempty"`     // ms, Redis TIME when the notice was made
	Expires  int64  `json:"expires,omitempty"` // ms

	Seq    int64  `json:"seq,omitempty"`
	CID    string `json:"cid,omitempty"`
	From   Side   `json:"from,omitempty"`
	Sealed string `json:"sealed,omitempty"`
	Key    string `json:"key,omitempty"` // the contact's wrapped data key
	At     int64  `json:"at,omitempty"`  // ms

	Held int   `json:"held,omitempty"` // with "contact" and "resumed": messages that wait for a release
	Duty *Duty `json:"duty,omitempty"`
}

// Said is the message that a notice carries, as the live state keeps it.
func (n Notice) Said() SealedMessage {
	return SealedMessage{Seq: n.Seq, CID: n.CID, From: n.From, Sealed: n.Sealed, At: time.UnixMilli(n.At)}
}

// The kinds of notices.
const (
	NoticeOffer          = "offer"
	NoticeRevoked        = "revoked"
	NoticeMessage        = "message"
	NoticeContact        = "contact"         // to the adviser: the contact is active, away or left
	NoticeLost           = "lost"            // to the adviser: the leg is not theirs any more
	NoticeDuty           = "duty"            // to the adviser: duty or load changed
	NoticeReplaced       = "replaced"        // a newer socket took over
	NoticeJoined         = "joined"          // to the contact
	NoticeAway           = "away"            // to the contact: the adviser's connection is lost
	NoticeWaiting        = "waiting"         // to the contact: back in the queue
	NoticeTransferred    = "transferred"     // to the contact: another adviser has it now
	NoticeTransferFailed = "transfer_failed" // to the owner: the leg stays
	NoticeDanger         = "danger"          // to every console: danger waits, is open or is closed (State)
	NoticePlan           = "plan"            // to "line": the node that is told makes the plan of a hold
	NoticeConverted      = "converted"       // to the contact: its chat became a callback
	NoticeCallback       = "callback"        // to every console: at_risk, missed, review (State), due at Arrival
	NoticeInterpreter    = "interpreter"     // to the contact: how far one is (State)
	NoticeMatter         = "matter"          // to the contact: a card was written
	NoticeReferral       = "referral"        // to every console: where a referral stands; Contact is its id, Alias its word
	NoticeListener       = "listener"        // to both: a supervisor, Alias, listens in or not any more (State: joined, left)
	NoticeTyping         = "typing"
	NoticeEnding         = "ending" // to both: the text ends at Expires unless somebody writes; State: waiting where the place stays
	NoticeEnded          = "ended"
	NoticeSignOut        = "signed_out"
	NoticeFrames         = "frames" // to a stream: what its page has posted; State is its mark
)
