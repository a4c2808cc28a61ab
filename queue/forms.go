package queue

import (
	"context"

	"adviceline/helpline"
)

// form is one owed form as forms.lua tells it, instants in ms.
type form struct {
	Contact  string `json:"contact"`
	Channel  string `json:"channel"`
	Language string `json:"language"`
	Lane     string `json:"lane"`
	Arrival  int64  `json:"arrival"`
	Ended    int64  `json:"ended"`
	Until    int64  `json:"until"`
	Alias    string `json:"alias"`
	Free     bool   `json:"free"`
	Draft    string `json:"draft"`
	Version  int64  `json:"version"`
}

// Forms implements helpline.FormQueue.
func (q *Queue) Forms(ctx context.Context) ([]helpline.OwedForm, error) {
	var out struct {
		Forms []form `json:"forms"`
	}
	if _, err := q.into(ctx, &out, "forms"); err != nil {
		return nil, err
	}
	var list []helpline.OwedForm
	for _, f := range out.Forms {
		list = append(list, helpline.OwedForm{
			Opened: helpline.Opened{Leg: helpline.Leg{
				Facts: helpline.Facts{
					Contact: f.Contact, Channel: f.Channel, Language: f.Language, Lane: helpline.Lane(f.Lane), Arrival: instant(f.Arrival),
				},
				State: helpline.Owed, Draft: f.Draft, DraftVersion: f.Version,
			}},
			Ended: instant(f.Ended), Until: instant(f.Until), Alias: f.Alias, Free: f.Free,
		})
	}
	return list, nil
}
