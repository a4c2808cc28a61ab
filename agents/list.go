package agents

import (
	"context"
	"slices"
	"time"

	"adviceline/helpline"
)

// colleague is somebody whom a leg can be transferred to. Free is what was true when it was told.
type colleague struct {
	Adviser   string   `json:"adviser"`
	Alias     string   `json:"alias"`
	Languages []string `json:"languages"`
	Free      bool     `json:"free"`
}

// listFrame tells the colleagues anew; the welcome has the first list.
type listFrame struct {
	Type string      `json:"type"`
	List []colleague `json:"list"`
}

// listOf gives the list for one console: everybody but its own adviser.
func listOf(all []helpline.Colleague, me string) []colleague {
	out := make([]colleague, 0, len(all))
	for _, c := range all {
		if c.ID != me {
			out = append(out, colleague{Adviser: c.ID, Alias: c.Alias, Languages: c.Languages, Free: c.Free})
		}
	}
	return out
}

func alike(x, y colleague) bool {
	return x.Adviser == y.Adviser && x.Alias == y.Alias && x.Free == y.Free && slices.Equal(x.Languages, y.Languages)
}

// colleagues asks again and again who is ready, while there are consoles, until ctx ends. One question a
// round serves every console of the node.
func (h *Hub) colleagues(ctx context.Context) {
	ticker := time.NewTicker(h.List)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			h.tellColleagues(ctx)
		case <-ctx.Done():
			return
		}
	}
}

// tellColleagues tells each console its list, where it is another than it was.
func (h *Hub) tellColleagues(ctx context.Context) {
	consoles := h.all()
	if len(consoles) == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, stepWait)
	defer cancel()
	all, err := h.Line.Colleagues(ctx)
	if err != nil {
		h.Log.DebugContext(ctx, "colleagues cannot be listed", "error", err)
		return
	}
	for _, c := range consoles {
		if list := listOf(all, c.session.Person.ID); c.listed(list) {
			c.send(listFrame{Type: "list", List: list})
		}
	}
}

// listed takes note of a list; it tells whether the console was welcomed and has another one.
func (c *console) listed(list []colleague) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.list == nil || slices.EqualFunc(c.list, list, alike) {
		return false
	}
	c.list = list
	return true
}
