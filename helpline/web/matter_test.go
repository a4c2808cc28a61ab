package web

import (
	"context"
	"testing"

	"adviceline/helpline"
)

// folder is as much of the step matter as the edge meets.
type folder struct {
	*calls
	helpline.MatterStore
	down bool // Postgres is
	leg  helpline.MatterLeg
	has  string // the contact that an adviser has
}

func (d *folder) WantMatter(_ context.Context, contact string, version int64, number string) (helpline.MatterLeg, error) {
	if contact != d.has || version != 1 {
		return helpline.MatterLeg{}, helpline.ErrNotFound
	}
	if d.leg.Number == "" {
		d.leg.Number = number
	}
	return d.leg, nil
}

func (d *folder) Matter(context.Context, helpline.Console, string) (helpline.MatterLeg, error) {
	return d.leg, nil
}

func (d *folder) SetMatter(context.Context, helpline.Console, string, string, string) (helpline.MatterLeg, error) {
	return d.leg, nil
}

func (d *folder) Card(context.Context, []string) (helpline.KeptCard, error) {
	if d.down {
		return helpline.KeptCard{}, helpline.Code("storage_unavailable")
	}
	return helpline.KeptCard{}, helpline.ErrNotFound
}

func TestMatterNumber(t *testing.T) {
	t.Parallel()
	h, c := calling(t)
	a, waits := h.intake(t, reqA), h.intake(t, reqB)
	d := &folder{calls: c, has: a.Contact}
	h.line.Matters = &helpline.Matters{Queue: d, Store: d, Audit: c, Marks: c}
	take := func(token, body string) reply {
		return h.do(t, call{"POST", "/api/v1/contact/matter", body, map[string]string{"Authorization": "Bearer " + token}})
	}
	first := take(a.Token, `{"request_id":"`+reqA+`"}`)
	number := first.field(t, "matter_number")
	if first.status != 200 || len(number) != 8 || number == a.ReturnNumber {
		t.Fatalf("%d %s", first.status, first.body)
	}
	if again := take(a.Token, `{"request_id":"`+reqB+`"}`); again.body != first.body {
		t.Errorf("again: %s", again.body)
	}
	if r := take(waits.Token, `{"request_id":"`+reqA+`"}`); r.field(t, "code") != "not_found" {
		t.Errorf("nobody has it: %s", r.body)
	}
	if r := take("x", `{"request_id":"`+reqA+`"}`); r.field(t, "code") != "not_found" {
		t.Errorf("no token: %s", r.body)
	}
	if r := take(a.Token, `{"request_id":"x"}`); r.field(t, "code") != "invalid_value" {
		t.Errorf("no id: %s", r.body)
	}
	p, _ := h.sit(t, a.Token, 0)
	p.want("position")
	h.hub.Deliver(helpline.Notice{To: "c:" + a.Contact, Kind: helpline.NoticeMatter, Version: 1})
	p.want("matter")
	h.hub.Deliver(helpline.Notice{To: "c:" + a.Contact, Kind: helpline.NoticeInterpreter, Version: 1, State: "joined"})
	p.want("interpreter")
	d.down = true
	if r := take(a.Token, `{"request_id":"`+reqA+`"}`); r.status != 503 || r.field(t, "code") != "busy" {
		t.Errorf("without Postgres: %d %s", r.status, r.body)
	}
}
