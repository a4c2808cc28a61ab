package main

import (
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	json "github.com/go-json-experiment/json"
	"github.com/labstack/echo/v4"
)

// class is the only one.
const class = "fi|ordinary"

var strict = json.JoinOptions(json.RejectUnknownMembers(true))

func (n *node) routes() http.Handler {
	e := echo.New()
	e.HideBanner, e.HidePort = true, true
	e.POST("/api/v1/contacts", n.intake)
	e.POST("/api/v1/contact/leave", n.leave)
	e.POST("/api/v1/console/ticket", func(c echo.Context) error { return c.JSON(http.StatusCreated, map[string]string{"ticket": "t"}) })
	e.GET("/api/v1/contact/socket", func(c echo.Context) error { return n.upgrade(c, n.contact) })
	e.GET("/api/v1/console/socket", func(c echo.Context) error { return n.upgrade(c, n.console) })
	return e
}

// request is an intake's body.
type request struct {
	RequestID    string `json:"request_id"`
	Channel      string `json:"channel"`
	PageLanguage string `json:"page_language"`
	TalkLanguage string `json:"talk_language"`
	Asks         string `json:"asks"`
}

// told is what an offer shows of it, besides its class.
type told struct {
	Page string `json:"page"`
	Asks string `json:"asks"`
}

// admission is its answer.
type admission struct {
	Contact string `json:"contact"`
	Token   string `json:"token"`
	Number  string `json:"return_number"`
	State   string `json:"state"`
}

func read(c echo.Context, into any) error {
	body, err := io.ReadAll(http.MaxBytesReader(c.Response(), c.Request().Body, 8192))
	if err == nil {
		err = json.Unmarshal(body, into, strict)
	}
	if err != nil {
		return echo.NewHTTPError(http.StatusBadRequest)
	}
	return nil
}

func (n *node) intake(c echo.Context) error {
	var r request
	if err := read(c, &r); err != nil {
		return err
	}
	if len(r.RequestID) != 36 || r.Channel != "chat" || r.TalkLanguage != "fi" || len(r.PageLanguage) != 2 || r.Asks == "" {
		return echo.NewHTTPError(http.StatusUnprocessableEntity)
	}
	contact := uuid(n.derive("contact", r.RequestID))
	facts, err := json.Marshal(told{Page: r.PageLanguage, Asks: r.Asks})
	if err != nil {
		return err
	}
	sealed, wrapped, err := n.keys.fresh(contact, facts)
	if err != nil {
		return err
	}
	ctx := c.Request().Context()
	reply, err := n.scripts.call(ctx, "enter", contact, class, sealed, wrapped)
	if err != nil {
		return echo.NewHTTPError(http.StatusServiceUnavailable)
	}
	if err := n.ledger.keep(ctx, reply[3]); err != nil {
		return echo.NewHTTPError(http.StatusServiceUnavailable)
	}
	n.accepted.Add(1)
	number := binary.BigEndian.Uint64(n.derive("number", contact, "1")) % 100_000_000
	c.Response().Header().Set("Cache-Control", "no-store")
	return c.JSON(http.StatusCreated, admission{contact, n.token(contact), fmt.Sprintf("%08d", number), reply[1].(string)})
}

// uuid makes an id out of 16 bytes.
func uuid(b []byte) string {
	b[6], b[8] = b[6]&0x0f|0x80, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[0:4], b[4:6], b[6:8], b[8:10], b[10:16])
}

// token proves a contact and its version.
func (n *node) token(contact string) string {
	return contact + ".1." + base64.RawURLEncoding.EncodeToString(n.derive("token", contact, "1"))
}

// holder reads a token.
func (n *node) holder(token string) (string, error) {
	contact, _, _ := strings.Cut(token, ".")
	if n.token(contact) != token {
		return "", errors.New("no such token")
	}
	return contact, nil
}

func (n *node) leave(c echo.Context) error {
	var r struct {
		RequestID string `json:"request_id"`
		Token     string `json:"token"`
		Kind      string `json:"kind"`
	}
	if err := read(c, &r); err != nil {
		return err
	}
	contact, err := n.holder(r.Token)
	if err != nil {
		return echo.NewHTTPError(http.StatusNotFound)
	}
	ctx := c.Request().Context()
	reply, err := n.scripts.call(ctx, "leave", contact)
	if err == nil {
		err = n.ledger.keep(ctx, reply[1])
	}
	if err != nil {
		return echo.NewHTTPError(http.StatusServiceUnavailable)
	}
	return c.NoContent(http.StatusNoContent)
}
