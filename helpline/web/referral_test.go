package web

import (
	"context"
	"errors"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"adviceline/helpline"
)

// shelf keeps referrals, directory, register and audit in memory, for the edge alone: what they do is
// proved on a real database.
type shelf struct {
	mu        sync.Mutex
	referrals map[string]helpline.Referral
	receivers []helpline.Receiver
	lines     []helpline.Disclosure
	deeds     []string
	away      bool
}

func (s *shelf) AddReferral(_ context.Context, r helpline.Referral) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.referrals[r.ID] = r
	return nil
}

func (s *shelf) Referral(_ context.Context, id string) (helpline.Referral, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r, ok := s.referrals[id]
	switch {
	case s.away:
		return r, errors.New(sentinel)
	case !ok:
		return r, helpline.ErrNotFound
	}
	return r, nil
}

func (s *shelf) state(id string) helpline.ReferralState {
	r := s.referrals[id]
	return r.State()
}

func (s *shelf) ReferralByWord(context.Context, string) (string, error) {
	return "", helpline.ErrNotFound
}

func (s *shelf) Referrals(context.Context) (all []helpline.Referral, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.away {
		return nil, errors.New(sentinel)
	}
	for _, r := range s.referrals {
		all = append(all, r)
	}
	return all, nil
}

func (s *shelf) ChangeReferral(_ context.Context, id string, f func(*helpline.Referral, time.Time) error) (helpline.Referral, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r, ok := s.referrals[id]
	if s.away {
		return r, errors.New(sentinel)
	}
	if !ok {
		return r, helpline.ErrNotFound
	}
	r.Hops = slices.Clone(r.Hops)
	if err := f(&r, time.Now()); err != nil {
		return r, err
	}
	s.referrals[id] = r
	return r, nil
}

func (s *shelf) Receivers(context.Context) ([]helpline.Receiver, error) {
	if s.away {
		return nil, errors.New(sentinel)
	}
	return s.receivers, nil
}

func (s *shelf) Receiver(_ context.Context, id string) (helpline.Receiver, error) {
	for _, r := range s.receivers {
		if r.ID == id {
			return r, nil
		}
	}
	return helpline.Receiver{}, helpline.ErrUnknownReceiver
}

func (s *shelf) PartnerOf(_ context.Context, print string) (string, error) {
	if print == handTokens.ReferralPrint("partner", "", 0, "partner-key") {
		return "south", nil
	}
	return "", helpline.ErrNotFound
}

func (s *shelf) SetDirectory(_ context.Context, by string, all []helpline.Receiver) error {
	if s.away {
		return errors.New(sentinel)
	}
	s.deeds = append(s.deeds, helpline.DeedDirectory+" "+by)
	s.receivers = all
	return nil
}

func (s *shelf) PutReceiver(_ context.Context, by string, r helpline.Receiver) error {
	if s.away {
		return errors.New(sentinel)
	}
	s.deeds = append(s.deeds, helpline.DeedReceiver+" "+by)
	s.receivers = append(slices.DeleteFunc(s.receivers, func(x helpline.Receiver) bool { return x.ID == r.ID }), r)
	return nil
}

func (s *shelf) Audit(_ context.Context, d helpline.Deed) error {
	s.deeds = append(s.deeds, d.Deed)
	return nil
}
func (s *shelf) Ping(context.Context) error { return nil }

func (s *shelf) AddDisclosure(_ context.Context, d helpline.Disclosure) error {
	s.lines = append(s.lines, d)
	return nil
}

func (s *shelf) Disclosures(context.Context, time.Time, int) ([]helpline.Disclosure, error) {
	if s.away {
		return nil, errors.New(sentinel)
	}
	return s.lines, nil
}

func (s *shelf) SeeDisclosure(_ context.Context, id, by string) error {
	if s.away {
		return errors.New(sentinel)
	}
	for i := range s.lines {
		if s.lines[i].ID == id {
			s.lines[i].Seen, s.lines[i].SeenBy = time.UnixMilli(1e12), by
			return nil
		}
	}
	return helpline.ErrNotFound
}
func (s *shelf) UnseenDisclosures(context.Context) (int, error) { return len(s.lines), nil }

var handTokens = helpline.NewTokens(func(purpose string) []byte { return []byte(purpose) })

const directoryFile = `service.id,organization.name,service.name,taxonomy_term.code,phone.number,service.email,service.url,language.code,service_area.name,service.minimum_age,service.maximum_age,schedule,service.status,service.alert,service.assured_date
south,House of the South,Shelter,shelter,+358 9 555 0001,south@shelter.invalid,,fi;sv,Uusimaa,18,,24/7,active,,2026-11-02
`

// handing is a house with one referral on its way to "south", and its link.
func handing(t *testing.T) (h *house, s *shelf, steps *helpline.Referrals, id, path string) {
	t.Helper()
	known := func(string) bool { return true }
	all, err := helpline.ReadDirectory(strings.NewReader(directoryFile), known, known)
	if err != nil {
		t.Fatal(err)
	}
	s = &shelf{referrals: map[string]helpline.Referral{}, receivers: all}
	steps = &helpline.Referrals{
		Store: s, Directory: s, Audit: s, Seal: glassSealer{}, Tokens: handTokens,
		Screen: func(text string) (string, []string) { return text, nil },
	}
	register := &helpline.Disclosures{Store: s, Audit: s, Tokens: handTokens, Screen: steps.Screen}
	h = newHouse(t, func(o *Options) {
		o.Directory, o.Referrals, o.Register, steps.Log = s, steps, register, o.Log
		o.Deeds = &helpline.Deeds{Store: s, Audit: s, Tokens: handTokens}
		o.Forms, o.Missed = &undone{}, (&undone{}).missed
	})
	ctx := t.Context()
	r, err := steps.Open(ctx, "a", helpline.Wanted{ID: reqA, Language: "fi", Age: "adult", Tell: "self", Receivers: []string{"south"}})
	for _, step := range []func() error{
		func() error {
			_, err := steps.Consent(ctx, "a", r.ID, []helpline.Consent{{Item: "share_service", Receiver: "south", State: "given", By: "person"}}, false)
			return err
		},
		func() error {
			_, _, err := steps.Write(ctx, "a", r.ID, helpline.NewText("<b>"+sentinel+"</b>"), &helpline.Safe{Way: "text", Hours: "evening", Say: "nothing", Voice: "no", Watched: "yes"})
			return err
		},
		func() error { _, err := steps.Send(ctx, "a", r.ID); return err },
	} {
		if err == nil {
			err = step()
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	return h, s, steps, r.ID, "/r/" + handTokens.SignReferral(r.ID, 0)
}

func (h *house) pressed(t *testing.T, path string, pairs ...string) reply {
	t.Helper()
	v := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		v.Set(pairs[i], pairs[i+1])
	}
	return h.do(t, call{"POST", path, v.Encode(), map[string]string{"Content-Type": "application/x-www-form-urlencoded", "Accept-Language": "en"}})
}

var keyField = regexp.MustCompile(`name="key" value="(\w+)"`)

func TestReceiverOpensReadsAndAnswers(t *testing.T) {
	t.Parallel()
	h, s, steps, id, path := handing(t)
	before := s.referrals[id]
	for range 5 {
		r := h.do(t, call{"GET", path, "", map[string]string{"Accept-Language": "en"}})
		if r.status != 200 || strings.Contains(r.body, sentinel) || !strings.Contains(r.body, before.Word) || !strings.Contains(r.body, `data-test="code"`) {
			t.Fatalf("%d %s", r.status, r.body)
		}
	}
	if got := s.referrals[id]; got.State() != "sent" || got.Tries != 0 {
		t.Errorf("looking changed it: %+v", got)
	}
	code, _, err := steps.MakeCode(t.Context(), "a", id)
	if err != nil {
		t.Fatal(err)
	}
	if r := h.pressed(t, path, "step", "open", "code", "x"); r.status != 200 || !strings.Contains(r.body, `data-test="fault"`) || strings.Contains(r.body, sentinel) {
		t.Errorf("a wrong code: %d %s", r.status, r.body)
	}
	r := h.pressed(t, path, "step", "open", "code", code[:3]+" "+code[3:])
	safe, letter := strings.Index(r.body, `data-test="safe"`), strings.Index(r.body, "&lt;b&gt;"+sentinel)
	if r.status != 200 || safe < 0 || letter < safe {
		t.Fatalf("the letter does not follow safe contact: %d %s", r.status, r.body)
	}
	key := keyField.FindStringSubmatch(r.body)[1]
	if r := h.pressed(t, path, "step", "acknowledge", "key", key); r.status != 200 || !strings.Contains(r.body, sentinel) || !strings.Contains(r.body, `data-test="said"`) {
		t.Errorf("acknowledged: %d %s", r.status, r.body)
	}
	if r := h.pressed(t, path, "step", "accept", "key", "x"); r.status != 200 || strings.Contains(r.body, sentinel) || s.state(id) != "received" {
		t.Errorf("a wrong key: %d %s", r.status, r.body)
	}
	if r := h.pressed(t, path, "step", "arrived", "key", key); r.status != 200 || s.state(id) != "received" {
		t.Errorf("arrived before it was accepted: %d %s", r.status, s.state(id))
	}
	for _, bad := range [][]string{{"step", sentinel}, {"step", "decline", "key", key, "reason", sentinel}} {
		if r := h.pressed(t, path, bad...); r.status != 422 || strings.Contains(r.body, sentinel) {
			t.Errorf("%v: %d %s", bad, r.status, r.body)
		}
	}
	if r := h.do(t, call{"POST", path, "{}", map[string]string{"Content-Type": "application/json"}}); r.status != 415 {
		t.Errorf("json: %d", r.status)
	}
	if r := h.do(t, call{"POST", path, "%zz", map[string]string{"Content-Type": "application/x-www-form-urlencoded"}}); r.status != 400 {
		t.Errorf("no form: %d", r.status)
	}
	for _, step := range []string{"ask", "accept", "arrived"} {
		if r := h.pressed(t, path, "step", step, "key", key); r.status != 200 {
			t.Errorf("%s: %d %s", step, r.status, r.body)
		}
	}
	if s.state(id) != helpline.ReferralConnected {
		t.Error(s.referrals[id].Hops)
	}
	lost := h.do(t, call{"GET", "/r/" + sentinel, "", nil})
	if lost.status != 404 || !strings.Contains(lost.body, `data-test="lost"`) || !strings.Contains(lost.body, "tel:") || strings.Contains(lost.body, sentinel) {
		t.Errorf("a link of nobody: %d %s", lost.status, lost.body)
	}
	if r := h.pressed(t, "/r/"+sentinel, "step", "open", "code", "111111"); r.status != 404 || !strings.Contains(r.body, `data-test="lost"`) {
		t.Errorf("a form of nobody's link: %d %s", r.status, r.body)
	}
	if r := h.pressed(t, path, "step", "open", "code", strings.Repeat("1", 9)); r.status != 200 {
		t.Errorf("%d", r.status)
	}
	s.away = true
	if r := h.pressed(t, path, "step", "open", "code", "1"); r.status != 503 {
		t.Errorf("%d", r.status)
	}
	if r := h.do(t, call{"GET", path, "", nil}); r.status != 503 || strings.Contains(h.log.String(), sentinel) {
		t.Errorf("Postgres away: %d\n%s", r.status, h.log.String())
	}
}

func TestPartnersSystemAnswers(t *testing.T) {
	t.Parallel()
	h, s, _, id, path := handing(t)
	token := strings.TrimPrefix(path, "/r/")
	say := func(key, body string) reply {
		return h.do(t, call{"POST", "/api/v1/receipts", body, map[string]string{"Authorization": "Bearer " + key}})
	}
	if r := say("x", `{"token":"`+token+`","step":"read"}`); r.status != 404 {
		t.Errorf("another key: %d %s", r.status, r.body)
	}
	if r := say("partner-key", `{"token":"`+token+`","step":"read"}`); r.status != 200 || !strings.Contains(r.body, sentinel) || !strings.Contains(r.body, `"say":"nothing"`) {
		t.Errorf("%d %s", r.status, r.body)
	}
	for body, status := range map[string]int{
		`{"token":"x","step":"read"}`: 404, `{"token":"` + token + `","step":"open"}`: 422, `{"token":"` + token + `","step":"decline","reason":"` + sentinel + `"}`: 422,
		`{"token":"` + token + `","step":"arrived"}`: 409, `{"token":1}`: 400,
	} {
		if r := say("partner-key", body); r.status != status {
			t.Errorf("%s: %d %s", body, r.status, r.body)
		}
	}
	if r := say("partner-key", `{"token":"`+token+`","step":"decline","reason":"r_area"}`); r.status != 200 || strings.Contains(r.body, sentinel) || s.state(id) != helpline.ReferralDeclined {
		t.Errorf("%d %s", r.status, r.body)
	}
	if r := h.do(t, call{"POST", "/api/v1/receipts", "x", map[string]string{"Content-Type": "text/plain"}}); r.status != 415 {
		t.Errorf("text: %d", r.status)
	}
	s.away = true
	if r := say("partner-key", `{"token":"`+token+`","step":"read"}`); r.status != 503 {
		t.Errorf("Postgres away: %d", r.status)
	}
}

func TestRegisterIsForSupervisorsAndNoted(t *testing.T) {
	t.Parallel()
	h, s, _, _, _ := handing(t)
	s.lines = []helpline.Disclosure{{ID: reqB, At: time.UnixMilli(1e12), Ground: "emergency", Receiver: "emergency", Adviser: reqA}}
	as := func(who, method, path string) reply {
		h.do(t, call{"POST", "/api/v1/session", `{"name":"` + who + `","password":"right"}`, nil})
		return h.do(t, call{method, "/api/v1/disclosures" + path, "", map[string]string{"Cookie": "adviceline=session-of-" + who, "Origin": h.URL}})
	}
	if r := as("adviser", "GET", ""); r.status != 403 || len(s.deeds) > 1 {
		t.Errorf("%d %v", r.status, s.deeds)
	}
	if r := as("supervisor", "GET", "?before=2001-09-09T01:46:40.000Z"); r.status != 200 || !slices.Contains(s.deeds, "register_read") {
		t.Errorf("%d %s %v", r.status, r.body, s.deeds)
	}
	if r := as("supervisor", "GET", "?before="+sentinel); r.status != 422 {
		t.Errorf("%d %s", r.status, r.body)
	}
	if r := as("supervisor", "POST", "/"+reqB+"/seen"); r.status != 200 || s.lines[0].SeenBy == "" {
		t.Errorf("%d %s", r.status, r.body)
	}
	if r := as("supervisor", "GET", ""); !strings.Contains(r.body, `"seen":"2001-09-09T01:46:40.000Z"`) {
		t.Error(r.body)
	}
	for _, unknown := range []string{"/x/seen", "/" + reqA + "/seen"} {
		if r := as("supervisor", "POST", unknown); r.status != 404 {
			t.Errorf("%s: %d", unknown, r.status)
		}
	}
	s.away = true
	for path, method := range map[string]string{"": "GET", "/" + reqB + "/seen": "POST"} {
		if r := as("supervisor", method, path); r.status != 503 {
			t.Errorf("%s: %d", path, r.status)
		}
	}
}
