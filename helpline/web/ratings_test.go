package web

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"

	"adviceline/helpline"
)

// marks stands for the store of ratings.
type marks map[string]map[int]int

func (m marks) Feedback(context.Context, string, int64, map[string]int) error { return nil }

func (m marks) Ratings(context.Context) (map[string]map[int]int, error) {
	if m == nil {
		return nil, errors.New("away")
	}
	return m, nil
}

// The board shows how often each mark was given, in steps that hide what one person answered.
func TestRatingsAreForSupervisorsInSteps(t *testing.T) {
	t.Parallel()
	h, _, auth := withBoard(t, helpline.RoleSupervisor)
	h.line.Ratings = marks{"heard": {5: 14, 1: 4}, "reach": {3: 5}}
	r := h.do(t, call{"GET", "/api/v1/board/ratings", "", auth})
	want := `{"step":5,"questions":[{"question":"reach","marks":[0,0,5,0,0]},{"question":"heard","marks":[0,0,0,0,10]},{"question":"next","marks":[0,0,0,0,0]}]}`
	if r.status != http.StatusOK || strings.TrimSpace(r.body) != want {
		t.Errorf("%d %s", r.status, r.body)
	}
	for _, theme := range []string{"light.svg", "dark.svg"} {
		if r := h.do(t, call{"GET", "/api/v1/board/ratings/" + theme, "", auth}); r.status != http.StatusOK || !strings.Contains(r.body, "<svg") {
			t.Errorf("chart: %d %.80s", r.status, r.body)
		}
	}
	if r := h.do(t, call{"GET", "/api/v1/board/ratings/none.svg", "", auth}); r.status != http.StatusNotFound {
		t.Errorf("no such chart: %d", r.status)
	}
	for code, store := range map[string]helpline.FeedbackQueue{"queue_unavailable": marks(nil), "busy": nil} {
		h.line.Ratings = store
		for _, path := range []string{"", "/light.svg"} {
			if r := h.do(t, call{"GET", "/api/v1/board/ratings" + path, "", auth}); r.status != http.StatusServiceUnavailable || r.field(t, "code") != code {
				t.Errorf("%s: %d %s", code, r.status, r.body)
			}
		}
	}
}
