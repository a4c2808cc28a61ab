package agents

import (
	"context"
	"time"

	"adviceline/helpline"
)

// beside stands for what the queue keeps beside itself.
type beside struct{ *queueFake }

func (b beside) External(_ context.Context, c helpline.Console, contact, channel string) (l helpline.Leg, _ []helpline.Event, err error) {
	err = b.step("external", c, func() error {
		known, there := b.external[contact]
		switch {
		case !there && channel == "":
			return helpline.ErrNotFound
		case !there:
			known = b.call(contact, channel)
		}
		l = known
		return nil
	})
	return l, nil, err
}

// call opens a leg beside the queue. The caller holds mu.
func (q *queueFake) call(contact, channel string) helpline.Leg {
	l := helpline.Leg{
		Facts: helpline.Facts{Contact: contact, Channel: channel, Arrival: time.UnixMilli(1_700_000_000_000)}, State: helpline.ExternalLeg,
	}
	if q.external == nil {
		q.external = map[string]helpline.Leg{}
	}
	q.external[contact], q.legs[contact] = l, l
	return l
}

func (b beside) Overview(_ context.Context, c helpline.Console, confirm bool) (o helpline.Overview, _ []helpline.Event, err error) {
	err = b.step("overview", c, func() error {
		o = helpline.Overview{
			Owed:   []helpline.Undone{{Contact: "c", Channel: "phone", Language: "und", Lane: helpline.Ordinary, State: helpline.Owed, At: time.UnixMilli(1_700_000_000_000)}},
			Counts: helpline.Counts{Heavy: b.calls["heavy"]}, Waiting: 3,
		}
		if confirm {
			o.Confirmed = &helpline.Confirmed{At: time.UnixMilli(1_700_000_000_123), Alias: "A"}
		}
		return nil
	})
	return o, nil, err
}

func (b beside) Heavy(_ context.Context, c helpline.Console) error {
	return b.step("heavy", c, func() error { return nil })
}
