package e2e

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
)

// signIn gives the answer's status and cookies.
func (h *house) signIn(name, password string) (int, []*http.Cookie) {
	body, _ := json.Marshal(map[string]string{"name": name, "password": password})
	req, err := http.NewRequest(http.MethodPost, h.origin()+"/api/v1/session", bytes.NewReader(body))
	if err != nil {
		return 0, nil
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Origin", h.origin())
	res, err := client.Do(req)
	if err != nil {
		return 0, nil
	}
	defer func() { _ = res.Body.Close() }()
	_, _ = io.Copy(io.Discard, res.Body)
	return res.StatusCode, res.Cookies()
}

// ticket opens one console socket, once.
func (c *consoleClient) ticket() (string, error) {
	req, err := http.NewRequest(http.MethodPost, c.h.origin()+"/api/v1/console/ticket", nil)
	if err != nil {
		return "", err
	}
	req.Header.Set("Origin", c.h.origin())
	req.AddCookie(c.cookie)
	res, err := client.Do(req)
	if err != nil {
		return "", err
	}
	defer func() { _ = res.Body.Close() }()
	var body struct {
		Ticket string `json:"ticket"`
	}
	if err := json.NewDecoder(res.Body).Decode(&body); err != nil {
		return "", err
	}
	if body.Ticket == "" {
		return "", errors.New("no ticket")
	}
	return body.Ticket, nil
}
