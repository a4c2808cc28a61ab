package web

import (
	"bytes"
	"context"
	"errors"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"adviceline/helpline"
	"adviceline/helpline/codes"

	"github.com/labstack/echo/v4"
)

// Directory keeps the receivers of referrals. SetDirectory replaces all of them, whole or not at all; PutReceiver
// keeps one. Both note in the audit whose account did it.
type Directory interface {
	Receivers(ctx context.Context) ([]helpline.Receiver, error)
	PutReceiver(ctx context.Context, by string, r helpline.Receiver) error
	SetDirectory(ctx context.Context, by string, all []helpline.Receiver) error
}

// receiverBody is one receiver on the wire. OpenNow is by Finland's clock; without hours it is missing.
type receiverBody struct {
	ID           string   `json:"id"`
	Organization string   `json:"organization"`
	Name         string   `json:"name"`
	Kind         string   `json:"kind"`
	Phone        string   `json:"phone,omitempty"`
	Mail         bool     `json:"mail"`            // it is written to by mail
	Email        string   `json:"email,omitempty"` // for supervisors
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
		if slices.Contains(signedIn(c).Person.Roles, helpline.RoleSupervisor) {
			b.Receivers[i].Email = r.Email
		}
	}
	return c.JSON(http.StatusOK, b)
}

// receiverWish is one receiver as a supervisor writes it.
type receiverWish struct {
	Organization string   `json:"organization"`
	Name         string   `json:"name"`
	Kind         string   `json:"kind"`
	Phone        string   `json:"phone"`
	Email        string   `json:"email"`
	URL          string   `json:"url"`
	Languages    []string `json:"languages"`
	Areas        []string `json:"areas"`
	MinimumAge   int      `json:"minimum_age"`
	MaximumAge   int      `json:"maximum_age"`
	Schedule     string   `json:"schedule"`
	Status       string   `json:"status"`
	Alert        string   `json:"alert"`
	Assured      string   `json:"assured_date"`
}

// cells gives the fields by the names of the file.
func (w receiverWish) cells(id string) map[string]string {
	number := func(n int) string {
		if n == 0 {
			return ""
		}
		return strconv.Itoa(n)
	}
	return map[string]string{
		"service.id": id, "organization.name": w.Organization, "service.name": w.Name, "taxonomy_term.code": w.Kind,
		"phone.number": w.Phone, "service.email": w.Email, "service.url": w.URL, "language.code": strings.Join(w.Languages, ";"),
		"service_area.name": strings.Join(w.Areas, ";"), "service.minimum_age": number(w.MinimumAge),
		"service.maximum_age": number(w.MaximumAge), "schedule": w.Schedule, "service.status": w.Status, "service.alert": w.Alert,
		"service.assured_date": w.Assured,
	}
}

// setReceiver keeps one receiver; the same again changes nothing. The field at fault is told by its name in the file.
func (s *Server) setReceiver(c echo.Context) error {
	var w receiverWish
	if _, err := decode(c, &w); err != nil {
		return err
	}
	if s.directory == nil {
		return helpline.ErrBusy
	}
	cells := w.cells(c.Param("receiver"))
	r, err := helpline.ReadReceiver(func(name string) string { return cells[name] }, codes.DestinationKind.Has, codes.Language.Has)
	if err != nil {
		return brokenDirectory(err)
	}
	err = s.directory.PutReceiver(c.Request().Context(), signedIn(c).Person.ID, r)
	if errors.Is(err, helpline.ErrTooMany) {
		return refusal{helpline.ErrBrokenDirectory, "service.id"} // the directory is full
	}
	if err != nil {
		return asBusy(err)
	}
	b := receiverOf(r, s.now())
	b.Email = r.Email
	return c.JSON(http.StatusOK, b)
}

// brokenDirectory names the field at fault, and its line, never its value.
func brokenDirectory(err error) error {
	var f helpline.DirectoryFault
	if errors.As(err, &f) {
		return refusal{helpline.ErrBrokenDirectory, f.Where()}
	}
	return err
}

// directoryRoute may bring a larger body than the others: a file.
const (
	directoryRoute = "directory-set"
	maxDirectory   = 1 << 20
)

// directoryText takes the file out of a body: the file itself, or an object that holds a small one.
func directoryText(c echo.Context) (string, error) {
	if kind, _, err := mime.ParseMediaType(c.Request().Header.Get("Content-Type")); err == nil && kind == "text/csv" {
		body, err := readMost(c, maxDirectory)
		return string(body), err
	}
	var b directoryChange
	_, err := decode(c, &b)
	return b.CSV, err
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
	text, err := directoryText(c)
	if err != nil {
		return err
	}
	if s.directory == nil {
		return helpline.ErrBusy
	}
	all, err := helpline.ReadDirectory(strings.NewReader(text), codes.DestinationKind.Has, codes.Language.Has)
	if err != nil {
		return brokenDirectory(err)
	}
	if err := s.directory.SetDirectory(c.Request().Context(), signedIn(c).Person.ID, all); err != nil {
		return asBusy(err)
	}
	return c.JSON(http.StatusOK, directorySize{len(all)})
}
