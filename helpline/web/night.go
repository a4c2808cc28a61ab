package web

import (
	"context"
	"net/http"
	"time"

	"adviceline/helpline"

	"github.com/labstack/echo/v4"
)

// Happened counts the events of the ledger between two instants, by kind.
type Happened func(ctx context.Context, from, until time.Time) (map[string]int, error)

// nightBody is the last night, from six in the evening to eight in the morning by the clock on the wall.
type nightBody struct {
	From     string         `json:"from"`
	Until    string         `json:"until"`
	Sum      hourBody       `json:"sum"`
	Hours    []hourBody     `json:"hours"`
	Happened map[string]int `json:"happened"`
}

// nightBefore gives the last night that began before now; one that still runs ends now.
func nightBefore(now time.Time, zone *time.Location) (from, until time.Time) {
	local := now.In(zone)
	day := local.Day()
	if local.Hour() < 18 {
		day--
	}
	from = time.Date(local.Year(), local.Month(), day, 18, 0, 0, 0, zone)
	until = time.Date(local.Year(), local.Month(), day+1, 8, 0, 0, 0, zone)
	if until.After(now) {
		until = now
	}
	return from, until
}

// showNight tells what happened last night.
func (s *Server) showNight(c echo.Context) error {
	if s.hours == nil || s.happened == nil {
		return helpline.ErrBusy
	}
	zone, err := time.LoadLocation(chartZone)
	if err != nil {
		return err
	}
	from, until := nightBefore(s.now(), zone)
	ctx := c.Request().Context()
	target, _ := s.targets(ctx)
	hours, err := s.hours(ctx, from, until, target)
	if err != nil {
		return helpline.ErrBusy
	}
	b := nightBody{From: instant(from), Until: instant(until), Sum: hourOf(helpline.BoardSum(hours)), Hours: []hourBody{}}
	for _, h := range hours {
		b.Hours = append(b.Hours, hourOf(h))
	}
	if b.Happened, err = s.happened(ctx, from, until); err != nil {
		return helpline.ErrBusy
	}
	return c.JSON(http.StatusOK, b)
}
