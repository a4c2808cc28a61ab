package web

import (
	"net/http"
	"slices"
	"strings"

	"adviceline/helpline"
	"adviceline/helpline/codes"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"
)

// intakeBody is what a new contact sends: codes and flags, nothing in words.
type intakeBody struct {
	RequestID      string        `json:"request_id"`
	Channel        string        `json:"channel"`
	PageLanguage   string        `json:"page_language"`
	TalkLanguage   string        `json:"talk_language"`
	SecondLanguage string        `json:"second_language"`
	Asks           string        `json:"asks"`
	Role           string        `json:"role"`
	Organisation   string        `json:"organisation"`
	Urgency        string        `json:"urgency"`
	Present        bool          `json:"present"`
	Child          bool          `json:"i_am_child"`
	AboutChild     bool          `json:"about_child"`
	Callback       *callbackBody `json:"callback"` // with channel callback alone
}

// admissionBody answers an intake and a return.
type admissionBody struct {
	Contact      string             `json:"contact"`
	Token        string             `json:"token"`
	ReturnNumber string             `json:"return_number"`
	State        string             `json:"state"`
	Position     *helpline.Position `json:"position,omitempty"`
}

// intake takes a new contact in: 201 once that is durable.
func (s *Server) intake(c echo.Context) error {
	var b intakeBody
	body, err := decode(c, &b)
	if err != nil {
		return err
	}
	if err := b.check(); err != nil {
		return err
	}
	if err := s.intakes.take(s.network(c)); err != nil {
		return err
	}
	in := b.intake(body)
	if in.Callback, err = b.Callback.wish(); err != nil {
		return err
	}
	a, err := s.line.Admit(c.Request().Context(), in)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusCreated, admissionBody(a))
}

// check holds every value against its list; the first fault is named by our field.
func (b intakeBody) check() error {
	if !canonical(b.RequestID) {
		return invalid("request_id")
	}
	for _, f := range []struct {
		name  string
		value string
		must  bool
		has   func(string) bool
	}{
		{"channel", b.Channel, true, isChannel},
		{"page_language", b.PageLanguage, true, spoken},
		{"talk_language", b.TalkLanguage, true, spoken},
		{"second_language", b.SecondLanguage, false, spoken},
		{"asks", b.Asks, true, codes.Asks.Has},
		{"role", b.Role, false, codes.ContactRole.Has},
		{"organisation", b.Organisation, false, codes.OrganisationKind.Has},
		{"urgency", b.Urgency, false, codes.Urgency.Has},
	} {
		if f.value == "" && !f.must {
			continue
		}
		if !f.has(f.value) {
			return invalid(f.name)
		}
	}
	return nil
}

func (b intakeBody) intake(body []byte) helpline.Intake {
	return helpline.Intake{
		RequestID: b.RequestID, Body: body, Channel: b.Channel, PageLanguage: b.PageLanguage,
		Language: b.TalkLanguage, SecondLanguage: b.SecondLanguage, Asks: b.Asks, Role: b.Role,
		Organisation: b.Organisation, Urgency: b.Urgency, Present: b.Present, Child: b.Child || b.AboutChild,
	}
}

func isChannel(code string) bool { return code == "chat" || code == "callback" }

// spoken says whether a code is a language that people talk in.
func spoken(code string) bool {
	return codes.Language.Has(code) && !slices.Contains([]string{"mul", "und"}, code)
}

// canonical says whether s is a UUIDv4 as we write them.
func canonical(s string) bool {
	u, err := uuid.Parse(s)
	return err == nil && u.Version() == 4 && u.Variant() == uuid.RFC4122 && u.String() == s
}

// resumeBody is what somebody who comes back by the return number sends.
type resumeBody struct {
	RequestID    string `json:"request_id"`
	ReturnNumber string `json:"return_number"`
}

// resume gives place and conversation back; only wrong numbers count against the network.
func (s *Server) resume(c echo.Context) error {
	var b resumeBody
	if _, err := decode(c, &b); err != nil {
		return err
	}
	number, err := b.number()
	if err != nil {
		return err
	}
	n := s.network(c)
	if err := s.resumes.take(n); err != nil {
		return err
	}
	a, err := s.line.Resume(c.Request().Context(), b.RequestID, number)
	if code, _ := codeOf(err); err == nil || code != helpline.ErrNotFound {
		s.resumes.give(n)
	}
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, admissionBody(a))
}

// number gives the eight digits, however people group them.
func (b resumeBody) number() (string, error) {
	if !canonical(b.RequestID) {
		return "", invalid("request_id")
	}
	n := strings.Map(func(r rune) rune {
		switch r {
		case ' ', '\u00a0', '-', '\u2010', '\u2011', '\u2012', '\u2013':
			return -1
		}
		return r
	}, b.ReturnNumber)
	if len(n) != 8 || strings.Trim(n, "0123456789") != "" {
		return "", invalid("return_number")
	}
	return n, nil
}
