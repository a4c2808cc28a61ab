package queue

import (
	"context"

	"adviceline/helpline"
)

var _ helpline.MatterQueue = (*Queue)(nil)

type matter struct {
	Number    string `json:"number"`
	Wanted    bool   `json:"wanted"`
	Carded    bool   `json:"carded"`
	Continued bool   `json:"continued"`
}

// WantMatter implements helpline.MatterQueue.
func (q *Queue) WantMatter(ctx context.Context, contact string, version int64, number string) (helpline.MatterLeg, error) {
	var out matter
	_, err := q.into(ctx, &out, "wantmatter", contact, version, number)
	return helpline.MatterLeg(out), err
}

// Matter implements helpline.MatterQueue.
func (q *Queue) Matter(ctx context.Context, c helpline.Console, contact string) (helpline.MatterLeg, error) {
	return q.SetMatter(ctx, c, contact, "", "")
}

// SetMatter implements helpline.MatterQueue.
func (q *Queue) SetMatter(ctx context.Context, c helpline.Console, contact, number, what string) (helpline.MatterLeg, error) {
	var out matter
	_, err := q.into(ctx, &out, "matter", c.Adviser, c.Epoch, contact, number, what)
	return helpline.MatterLeg(out), err
}
