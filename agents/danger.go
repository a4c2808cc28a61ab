package agents

import (
	"context"
	"time"

	"adviceline/helpline"
	"adviceline/helpline/codes"
)

// dangerFrame closes danger that fell silent, with a code of DangerClose.
type dangerFrame struct {
	head
	Contact string `json:"contact"`
	Code    string `json:"code"`
}

// alarmFrame is danger that nobody has taken, told to every console; with state closed and a ref it
// answers dangerFrame. State is waiting, open, taken or closed.
type alarmFrame struct {
	Type     string `json:"type,omitempty"`
	Ref      string `json:"ref,omitempty"`
	Contact  string `json:"contact"`
	State    string `json:"state"`
	Language string `json:"language,omitempty"`
	Waited   int64  `json:"waited_seconds"`
}

// danger answers "danger" with state closed, once durable. Errors: helpline.ErrInvalid, ErrNotFound.
func danger(ctx context.Context, c *console, f dangerFrame) (any, error) {
	if !canonical(f.Contact) || !codes.DangerClose.Has(f.Code) {
		return nil, helpline.ErrInvalid
	}
	if err := c.hub.Line.CloseDanger(ctx, c.seat(), f.Contact, f.Code); err != nil {
		return nil, err
	}
	return alarmFrame{Type: "danger", Ref: f.Ref, Contact: f.Contact, State: "closed"}, nil
}

func alarmOf(a helpline.Alarm) alarmFrame {
	return alarmFrame{
		Contact: a.Contact, State: a.State, Language: a.Language, Waited: max(int64(a.Waited/time.Second), 0),
	}
}

func alarmOfNotice(n helpline.Notice) alarmFrame {
	return alarmFrame{
		Type: "danger", Contact: n.Contact, State: n.State, Language: n.Language, Waited: max(n.Now-n.Arrival, 0) / 1000,
	}
}
