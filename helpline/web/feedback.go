package web

import (
	"net/http"
	"slices"

	"adviceline/helpline"

	"github.com/labstack/echo/v4"
)

// rateQuestions are the three questions after the end, rateMarks the answers: 1 badly, 5 well.
var (
	rateQuestions = helpline.FeedbackQuestions
	rateMarks     = []string{"1", "2", "3", "4", "5"}
)

// feedbackBody is what a person thinks of the service, in at most three numbers.
type feedbackBody struct {
	RequestID string         `json:"request_id"`
	Answers   map[string]int `json:"answers"`
}

// feedback counts a person's numbers, once for each contact: 204 also the second time and for unknown tokens.
func (s *Server) feedback(c echo.Context) error {
	var b feedbackBody
	if _, err := decode(c, &b); err != nil {
		return err
	}
	if err := s.count(c, bearer(c), b); err != nil {
		return err
	}
	return c.NoContent(http.StatusNoContent)
}

func (s *Server) count(c echo.Context, token string, b feedbackBody) error {
	if !canonical(b.RequestID) {
		return invalid("request_id")
	}
	for question, mark := range b.Answers {
		if !slices.Contains(rateQuestions, question) || mark < 1 || mark > len(rateMarks) {
			return invalid("answers")
		}
	}
	if err := s.posts.take(s.network(c)); err != nil {
		return err
	}
	return s.line.Feedback(c.Request().Context(), token, b.Answers)
}

// rate is one question for the page.
type rate struct {
	Code, Label string
	Marks       []string
}

// Rates lists the three questions.
func (v view) Rates() []rate {
	var out []rate
	for _, q := range rateQuestions {
		out = append(out, rate{q, v.say("pc.rate_"+q, nil), rateMarks})
	}
	return out
}
