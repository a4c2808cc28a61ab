package web

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"adviceline/helpline"
	"adviceline/helpline/codes"

	"github.com/labstack/echo/v4"
)

// Directory keeps the receivers of referrals. SetDirectory replaces all of them, whole or not at all.
type Directory interface {
	Receivers(ctx context.Context) ([]helpline.Receiver, error)
	SetDirectory(ctx context.Context, all []helpline.Receiver) error
}

// receiverBody is one receiver on the wire. OpenNow is by Finland's clock; without hours it is missing.
type receiverBody struct {
	ID           string   `json:"id"`
	Organization string   `json:"organization"`
	Name         string   `json:"name"`
	Kind         string   `json:"kind"`
	Phone        string   `json:"phone,omitempty"`
	Mail         bool     `json:"mail"` // it is written to by mail
	URL          string   `json:"url,omitempty"`
	Languages    []string `json:"languages"`
	Areas        []string `json:"areas"`
	MinimumAge   int      `json:"minimum_age,omitempty"`
	MaximumAge   int      `json:"maximum_age,omitempty"`
	Schedule     string   `json:"schedule,omitempty"`
	OpenNow      *bool    `json:"open_now,omitempty"`
	Status       string   `json:"status"`
	Alert        string   `json:"alert,omitempty"`
	Assured      string   `json:"assured_date"`
}

type directoryBody struct {
	Receivers []receiverBody `json:"receivers"`
}

type directoryChange struct {
	CSV string `json:"csv"`
}

// directorySize tells how many receivers were stored.
type directorySize struct {
	Receivers int `json:"receivers"`
}

// showDirectory gives every receiver; who asks for text/csv gets the file.
func (s *Server) showDirectory(c echo.Context) error {
	if s.directory == nil {
		return helpline.ErrBusy
	}
	all, err := s.directory.Receivers(c.Request().Context())
	if err != nil {
		return asBusy(err)
	}
	c.Response().Header().Set("Vary", "Accept")
	if strings.Contains(c.Request().Header.Get("Accept"), "text/csv") {
		var out bytes.Buffer
		if err := helpline.WriteDirectory(&out, all); err != nil {
			return err
		}
		return c.Blob(http.StatusOK, "text/csv; charset=utf-8", out.Bytes())
	}
	b := directoryBody{Receivers: make([]receiverBody, len(all))}
	for i, r := range all {
		b.Receivers[i] = receiverOf(r, s.now())
	}
	return c.JSON(http.StatusOK, b)
}

func receiverOf(r helpline.Receiver, now time.Time) receiverBody {
	b := receiverBody{
		ID: r.ID, Organization: r.Organization, Name: r.Name, Kind: r.Kind, Phone: r.Phone, Mail: r.Email != "", URL: r.URL,
		Languages: append([]string{}, r.Languages...), Areas: append([]string{}, r.Areas...), MinimumAge: r.MinimumAge,
		MaximumAge: r.MaximumAge, Schedule: helpline.ScheduleText(r.Schedule), Status: r.Status, Alert: r.Alert,
		Assured: r.Assured.Format(time.DateOnly),
	}
	if len(r.Schedule) > 0 {
		open := r.OpenAt(now)
		b.OpenNow = &open
	}
	return b
}

// setDirectory replaces the directory by a file; the field at fault is told with its line.
func (s *Server) setDirectory(c echo.Context) error {
	var b directoryChange
	if _, err := decode(c, &b); err != nil {
		return err
	}
	if s.directory == nil {
		return helpline.ErrBusy
	}
	all, err := helpline.ReadDirectory(strings.NewReader(b.CSV), codes.DestinationKind.Has, codes.Language.Has)
	var f helpline.DirectoryFault
	if errors.As(err, &f) {
		return refusal{helpline.ErrBrokenDirectory, f.Where()}
	}
	if err != nil {
		return err
	}
	if err := s.directory.SetDirectory(c.Request().Context(), all); err != nil {
		return asBusy(err)
	}
	return c.JSON(http.StatusOK, directorySize{len(all)})
}
