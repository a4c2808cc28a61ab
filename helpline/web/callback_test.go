package web

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"adviceline/helpline"
	"adviceline/helpline/phone"
)

// calls is the callbacks of one line in memory, as far as the edge can see them; down takes Postgres away.
type calls struct {
	helpline.CallbackQueue
	helpline.CallbackLook
	book *book
	mu   sync.Mutex
	down bool
	rows map[string]helpline.Callback
}

func (c *calls) Schedule(_ context.Context, b helpline.Booking) (helpline.Entered, []helpline.Event, error) {
	return helpline.Entered{Contact: b.Contact, State: helpline.Scheduled, Version: 1}, nil, c.book.fail
}

func (c *calls) Convert(_ context.Context, b helpline.Booking) (helpline.Entered, []helpline.Event, error) {
	c.book.set(func() { c.book.contacts[b.Contact].State = helpline.Scheduled })
	c.book.word(helpline.Notice{To: "c:" + b.Contact, Kind: helpline.NoticeConverted, Version: b.Version})
	return helpline.Entered{Contact: b.Contact, State: helpline.Scheduled, Version: b.Version}, nil, nil
}

func (c *calls) ToChat(_ context.Context, contact string, _ int64, _, _ string) (helpline.Entered, []helpline.Event, error) {
	c.book.mu.Lock()
	defer c.book.mu.Unlock()
	if c.book.fail != nil {
		return helpline.Entered{}, nil, c.book.fail
	}
	if s := c.book.contacts[contact].State; s != helpline.Scheduled && s != helpline.Waiting {
		return helpline.Entered{}, nil, helpline.ErrNotFound
	}
	c.book.contacts[contact].State = helpline.Waiting
	return helpline.Entered{Contact: contact, State: helpline.Waiting, Version: 1}, nil, nil
}

func (c *calls) First(_ context.Context, contact string, marks []string) (helpline.Callback, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.down {
		return helpline.Callback{}, helpline.Code("storage_unavailable")
	}
	for _, first := range c.rows {
		if first.Contact != contact && first.First == "" && slices.Contains(marks, first.Mark) {
			return first, nil
		}
	}
	return helpline.Callback{}, helpline.ErrNotFound
}

func (c *calls) Chat(_ context.Context, contact string) (helpline.Chat, error) {
	c.book.mu.Lock()
	defer c.book.mu.Unlock()
	return helpline.Chat{Facts: helpline.Facts{Contact: contact, Language: "fi"}, State: c.book.contacts[contact].State}, nil
}

func (c *calls) Keep(_ context.Context, row helpline.Callback, _ []string) (helpline.Callback, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.down {
		return row, helpline.Code("storage_unavailable")
	}
	if old, ok := c.rows[row.Contact]; ok && old.Print != row.Print {
		return old, helpline.ErrRequestReused
	}
	for _, first := range c.rows {
		if first.Mark == row.Mark && first.Contact != row.Contact && first.First == "" && row.First != first.Contact {
			return first, helpline.ErrOtherFirst
		}
	}
	c.rows[row.Contact] = row
	return row, nil
}

func (c *calls) Callback(context.Context, string) (helpline.Callback, error) {
	return helpline.Callback{}, helpline.ErrNotFound
}

func (c *calls) OpenCallbacks(context.Context, string, int) ([]helpline.Callback, error) {
	return nil, nil
}
func (c *calls) Rebook(context.Context, helpline.Callback) error          { return nil }
func (c *calls) Drop(context.Context, string) error                       { return nil }
func (c *calls) Audit(context.Context, helpline.Deed) error               { return nil }
func (c *calls) Mark(_ string, _ time.Time, value []byte) (string, error) { return string(value), nil }
func (c *calls) Marks(_ string, value []byte) ([]string, error)           { return []string{string(value)}, nil }
func (c *calls) Ping(context.Context) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.down {
		return helpline.ErrBusy
	}
	return nil
}

// callsOf keeps the two lists of callbacks, which have one name, apart.
type callsOf struct{ *calls }

func (callsOf) Callbacks(context.Context, helpline.Console) ([]helpline.DueCall, error) {
	return nil, nil
}

// calling gives a house that takes callbacks.
func calling(t *testing.T, changes ...func(*Options)) (*house, *calls) {
	t.Helper()
	h := newHouse(t, changes...)
	c := &calls{book: h.book, rows: map[string]helpline.Callback{}}
	h.line.Calls = &helpline.Callbacks{
		Queue: callsOf{c}, Look: c, Store: c, Audit: c, Marks: c, Read: phone.NewRule(nil, "+358 295 463 177").Read,
	}
	return h, c
}

// window gives one that begins and ends so many hours from now.
func window(from, to float64) string {
	at := func(h float64) string { return instant(time.Now().Add(time.Duration(h * float64(time.Hour)))) }
	return fmt.Sprintf(`{"from":%q,"to":%q}`, at(from), at(to))
}

func wish(number string, windows ...string) string {
	return fmt.Sprintf(`{"number":%q,"windows":[%s],"code_word":"%s","ask_for":"%s"}`, number, strings.Join(windows, ","), sentinel[:9], sentinel)
}

func callbackOf(request, wish string) string {
	return intakeOf("request_id", `"`+request+`"`, "channel", `"callback"`, "callback", wish)
}

func TestCallbackRequest(t *testing.T) {
	t.Parallel()
	h, c := calling(t)
	body := callbackOf(reqA, wish("040 123 4567", window(1, 3)))
	first := h.do(t, call{"POST", "/api/v1/contacts", body, nil})
	if first.status != 201 || first.field(t, "state") != "scheduled" || first.field(t, "position") != "" {
		t.Fatalf("%d %s", first.status, first.body)
	}
	if again := h.do(t, call{"POST", "/api/v1/contacts", body, nil}); again.body != first.body {
		t.Errorf("again: %s", again.body)
	}
	second := h.do(t, call{"POST", "/api/v1/contacts", callbackOf(reqB, wish("+358401234567", window(2, 9))), nil})
	if second.status != 201 || second.field(t, "contact") == first.field(t, "contact") || len(second.body) != len(first.body) {
		t.Errorf("the same number again: %d %s", second.status, second.body)
	}
	if got := c.rows[second.field(t, "contact")]; got.First == "" || !got.Windows[0].To.Equal(c.rows[got.First].Windows[0].To) {
		t.Errorf("not narrowed behind the first: %+v", got.Windows)
	}
	if r := h.do(t, call{"POST", "/api/v1/contacts", callbackOf(reqA, wish("040 123 4567", window(1, 4))), nil}); r.field(t, "code") != "request_reused" {
		t.Errorf("same id, other body: %s", r.body)
	}
	for _, row := range c.rows {
		if !strings.HasPrefix(row.Sealed, "sealed:") || strings.Contains(fmt.Sprint(row.Print, row.Told, row.Review), "4567") {
			t.Errorf("not sealed: %+v", row)
		}
	}
	if log := h.log.String(); strings.Contains(log, "4567") || strings.Contains(log, sentinel) {
		t.Errorf("logged:\n%s", log)
	}
}

func TestCallbackIsRefused(t *testing.T) {
	t.Parallel()
	h, c := calling(t, func(o *Options) { o.Limits.Intake = Rate{Burst: 1000, Every: time.Nanosecond} })
	var many []string
	for i := range 15 {
		many = append(many, window(float64(2*i+1), float64(2*i+2)))
	}
	thousand := strings.Repeat(window(1, 2)+",", 1000) + window(1, 2)
	sound := window(1, 3)
	for name, x := range map[string]struct{ wish, code string }{
		"112":            {wish("112", sound), "number_refused"},
		"own line":       {wish("0295463177", sound), "number_refused"},
		"words":          {wish(sentinel, sound), "number_refused"},
		"none":           {`{}`, "number_refused"},
		"no window":      {wish("040 123 4567"), "windows_refused"},
		"past":           {wish("040 123 4567", window(-3, -1)), "windows_refused"},
		"hardly left":    {wish("040 123 4567", window(-3, 0.5)), "windows_refused"},
		"short":          {wish("040 123 4567", window(1, 1.9)), "windows_refused"},
		"backwards":      {wish("040 123 4567", window(3, 1)), "windows_refused"},
		"far":            {wish("040 123 4567", window(1, 24*14+1)), "windows_refused"},
		"overlap":        {wish("040 123 4567", window(1, 3), window(2, 4)), "windows_refused"},
		"too many":       {wish("040 123 4567", many...), "windows_refused"},
		"thousand":       {wish("040 123 4567", thousand), "too_large"},
		"no instant":     {wish("040 123 4567", `{"from":"today","to":"tomorrow"}`), "windows_refused"},
		"other zone":     {wish("040 123 4567", `{"from":"2026-11-24T10:00:00.000+02:00","to":"2026-11-24T12:00:00.000Z"}`), "windows_refused"},
		"long code word": {fmt.Sprintf(`{"number":"040 123 4567","windows":[%s],"code_word":%q}`, sound, strings.Repeat("ä", 41)), "invalid_value"},
		"control":        {fmt.Sprintf(`{"number":"040 123 4567","windows":[%s],"ask_for":"a\nb"}`, sound), "invalid_value"},
		"extension":      {fmt.Sprintf(`{"number":"040 123 4567","windows":[%s],"extension":"12x"}`, sound), "invalid_value"},
		"unknown":        {fmt.Sprintf(`{"number":"040 123 4567","windows":[%s],"%s":1}`, sound, sentinel), "unknown_field"},
	} {
		r := h.do(t, call{"POST", "/api/v1/contacts", callbackOf(reqA, x.wish), nil})
		if r.field(t, "code") != x.code || strings.Contains(r.body, sentinel) {
			t.Errorf("%s: %d %s", name, r.status, r.body)
		}
	}
	if r := h.do(t, call{"POST", "/api/v1/contacts", intakeOf("channel", `"callback"`), nil}); r.field(t, "code") != "number_refused" {
		t.Errorf("without a callback: %s", r.body)
	}
	if len(c.rows) > 0 {
		t.Errorf("stored: %v", c.rows)
	}
}

func TestChatBecomesACallback(t *testing.T) {
	t.Parallel()
	h, c := calling(t, func(o *Options) { o.Limits.Intake = Rate{Burst: 7, Every: time.Hour} })
	a := h.intake(t, reqA)
	p, _ := h.sit(t, a.Token, 0)
	p.want("position")
	auth := map[string]string{"Authorization": "Bearer " + a.Token}
	of := func(request, wish string) string {
		return `{"request_id":"` + request + `","callback":` + wish + `}`
	}
	sound := wish("040 123 4567", window(1, 3))
	for range 2 {
		if r := h.do(t, call{"POST", "/api/v1/contact/callback", of(reqB, sound), auth}); r.status != 200 || r.body != `{"state":"scheduled"}`+"\n" {
			t.Fatalf("%d %s", r.status, r.body)
		}
	}
	p.want("converted")
	if row := c.rows[a.Contact]; !row.Converted || !row.Pending {
		t.Errorf("row %+v", row)
	}
	if r := h.do(t, call{"GET", "/api/v1/contact", "", auth}); r.field(t, "state") != "scheduled" {
		t.Errorf("look: %s", r.body)
	}
	chat := call{"POST", "/api/v1/contact/chat", `{"request_id":"` + reqA + `"}`, auth}
	for range 2 {
		if r := h.do(t, chat); r.status != 200 || r.field(t, "state") != "waiting" {
			t.Errorf("back to the chat: %d %s", r.status, r.body)
		}
	}
	for name, c := range map[string]call{
		"not_found": {"POST", chat.path, chat.body, nil}, "invalid_value": {"POST", chat.path, `{"request_id":"x"}`, auth},
	} {
		if r := h.do(t, c); r.field(t, "code") != name {
			t.Errorf("%s: %s", name, r.body)
		}
	}
	h.book.set(func() { h.book.fail = helpline.ErrQueueUnavailable })
	if r := h.do(t, chat); r.status != 503 {
		t.Errorf("without Redis: %s", r.body)
	}
	h.book.set(func() { h.book.fail, h.book.contacts[a.Contact].State = nil, helpline.Scheduled })
	for name, x := range map[string]struct {
		call
		code string
	}{
		"other body": {call{"POST", "/api/v1/contact/callback", of(reqB, wish("040 123 4568", window(1, 3))), auth}, "request_reused"},
		"no token":   {call{"POST", "/api/v1/contact/callback", of(reqB, sound), nil}, "not_found"},
		"no id":      {call{"POST", "/api/v1/contact/callback", of("1", sound), auth}, "invalid_value"},
		"number":     {call{"POST", "/api/v1/contact/callback", of(reqA, wish("112", window(1, 3))), auth}, "number_refused"},
		"none":       {call{"POST", "/api/v1/contact/callback", `{"request_id":"` + reqA + `"}`, auth}, "invalid_value"},
	} {
		if r := h.do(t, x.call); r.field(t, "code") != x.code {
			t.Errorf("%s: %d %s", name, r.status, r.body)
		}
	}
	for range 9 {
		if r := h.do(t, call{"POST", "/api/v1/contact/callback", of(reqB, sound), auth}); r.status == 429 {
			return
		}
	}
	t.Error("no limit")
}

// TestOutageSaysWhetherCallbacksWork takes Redis away, then Postgres.
func TestOutageSaysWhetherCallbacksWork(t *testing.T) {
	t.Parallel()
	h, c := calling(t)
	a := h.intake(t, reqA)
	h.book.set(func() { h.book.fail = helpline.ErrQueueUnavailable })
	auth := map[string]string{"Authorization": "Bearer " + a.Token}
	chat := call{"POST", "/api/v1/contacts", intakeOf("request_id", `"`+reqB+`"`), nil}
	if r := h.do(t, chat); r.status != 503 || r.field(t, "callbacks") != "true" || r.field(t, "phone") == "" {
		t.Errorf("chat without Redis: %d %s", r.status, r.body)
	}
	if r := h.do(t, call{"POST", "/api/v1/contacts", callbackOf(reqB, wish("040 123 4567", window(1, 3))), nil}); r.status != 201 || r.field(t, "state") != "scheduled" {
		t.Errorf("callback without Redis: %d %s", r.status, r.body)
	}
	if r := h.do(t, call{"POST", "/api/v1/contact/callback", `{"request_id":"` + reqB + `","callback":` + wish("040 123 4567", window(1, 3)) + `}`, auth}); r.status != 503 {
		t.Errorf("converted without Redis: %d %s", r.status, r.body)
	}
	c.mu.Lock()
	c.down = true
	c.mu.Unlock()
	h.web.lately.calls.Store(nil)
	r := h.do(t, call{"POST", "/api/v1/contacts", callbackOf(reqA, wish("040 123 4568", window(1, 3))), nil})
	if r.status != 503 || r.field(t, "code") != "callback_unavailable" || r.field(t, "callbacks") != "false" {
		t.Errorf("callback without Postgres: %d %s", r.status, r.body)
	}
}
