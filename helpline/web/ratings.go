package web

import (
	"context"
	"net/http"

	"adviceline/helpline"

	"github.com/labstack/echo/v4"
)

// ratingStep is what counts of marks are rounded down to: what one person thought is not seen when it is given.
const ratingStep = 5

// ratingBody is how often each mark was given to a question, 1 first, in steps of ratingStep.
type ratingBody struct {
	Question string `json:"question"`
	Marks    []int  `json:"marks"`
}

type ratingsBody struct {
	Step      int          `json:"step"`
	Questions []ratingBody `json:"questions"`
}

// readRatings counts what people thought of the service, of all time.
func (s *Server) readRatings(ctx context.Context) (ratingsBody, error) {
	if s.line.Ratings == nil {
		return ratingsBody{}, helpline.ErrBusy
	}
	all, err := s.line.Ratings.Ratings(ctx)
	if err != nil {
		return ratingsBody{}, helpline.ErrQueueUnavailable
	}
	b := ratingsBody{Step: ratingStep}
	for _, question := range rateQuestions {
		row := ratingBody{Question: question, Marks: make([]int, len(rateMarks))}
		for i := range row.Marks {
			n := all[question][i+1]
			row.Marks[i] = n - n%ratingStep
		}
		b.Questions = append(b.Questions, row)
	}
	return b, nil
}

// showRatings gives the marks to the board.
func (s *Server) showRatings(c echo.Context) error {
	b, err := s.readRatings(c.Request().Context())
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, b)
}

// ratingsChart draws them: for each mark a bar of every question.
func (s *Server) ratingsChart(c echo.Context) error {
	colours, known := chartColours[c.Param("theme")]
	if !known {
		return helpline.ErrNotFound
	}
	b, err := s.readRatings(c.Request().Context())
	if err != nil {
		return err
	}
	var series [][]float64
	for _, q := range b.Questions {
		row := make([]float64, len(q.Marks))
		for i, n := range q.Marks {
			row[i] = float64(n)
		}
		series = append(series, row)
	}
	return bars(c, colours, rateMarks, series...)
}
