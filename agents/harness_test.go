package agents

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/gorilla/websocket"

	"adviceline/helpline"
	"adviceline/helpline/socket"
)

const testOrigin = "https://console.test"

// bench is a hub over fakes, and a server that it listens on.
type bench struct {
	*testing.T
	hub    *Hub
	signIn *SignIn
	people *store
	cache  *store
	queue  *queueFake
	url    string
	open   atomic.Int64
}

func newBench(t *testing.T, change ...func(*Options)) *bench {
	t.Helper()
	b := &bench{T: t, queue: newQueueFake()}
	b.people, b.cache = newStore(), newStore()
	b.people.people["anna"] = helpline.Person{ID: "p1", Name: "anna", Capacity: 2, Roles: []string{helpline.RoleAdviser}}
	b.signIn = newSignIn(t, b.people, b.cache)
	log := slog.New(slog.DiscardHandler)
	o := Options{
		Line: &helpline.Line{
			Queue: b.queue, Ledger: ledger{}, Seal: sealer{}, Timing: helpline.DefaultTiming(), Now: time.Now, Log: log,
			Observe: func(helpline.Event) {}, Tokens: helpline.NewTokens(func(string) []byte { return make([]byte, 32) }),
			External: beside{b.queue}, Shifts: beside{b.queue},
		},
		SignIn: b.signIn, Log: log, Socket: socket.Options{Origins: []string{testOrigin}},
		Sockets: func(delta int) { b.open.Add(int64(delta)) }, Recheck: time.Hour,
	}
	for _, f := range change {
		f(&o)
	}
	hub, err := NewHub(o)
	if err != nil {
		t.Fatal(err)
	}
	b.hub = hub
	server := httptest.NewServer(hub)
	b.url = "ws" + strings.TrimPrefix(server.URL, "http")
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
		defer cancel()
		if err := hub.Close(ctx); err != nil {
			t.Error(err)
		}
		if hub.own == nil {
			o.Socket.Registry.CloseAll(1001, "node_stops")
			if err := o.Socket.Registry.Wait(ctx); err != nil {
				t.Error(err)
			}
		}
		server.Close()
		if n := b.open.Load(); n != 0 {
			t.Errorf("the gauge stands at %d", n)
		}
	})
	return b
}

// leg puts an active leg with one message of the contact at the adviser's desk.
func (b *bench) leg() string {
	id := uuid.NewString()
	m := b.sealed(id, 1_000_001, "hello")
	b.queue.set(func() {
		b.queue.legs[id] = helpline.Leg{
			Facts: helpline.Facts{Contact: id, Channel: "chat", Language: "fi", Asks: "worried", Lane: helpline.Ordinary, Child: true},
			State: helpline.Active, Epoch: 3, Seq: m.Seq, Waited: 61 * time.Second, Key: "key-live",
			History: []helpline.SealedMessage{m},
		}
	})
	return id
}

func (b *bench) sealed(contact string, seq int64, text string) helpline.SealedMessage {
	cid := uuid.NewString()
	sealed, _ := sealer{}.Seal("key-live", contact, "message/contact/"+cid, 0, []byte(text))
	return helpline.SealedMessage{
		Seq: seq, CID: cid, From: helpline.FromContact, Sealed: sealed, At: time.UnixMilli(1_700_000_000_001),
	}
}

func (b *bench) message(contact string, epoch, seq int64, text string) helpline.Notice {
	m := b.sealed(contact, seq, text)
	return helpline.Notice{
		To: "a:p1", Kind: helpline.NoticeMessage, Epoch: epoch, Contact: contact, Seq: seq, CID: m.CID, From: m.From,
		Sealed: m.Sealed, Key: "key-live", At: m.At.UnixMilli(),
	}
}

func (b *bench) offer(contact string, epoch int64) helpline.Notice {
	return helpline.Notice{
		To: "a:p1", Kind: helpline.NoticeOffer, Epoch: epoch, Contact: contact, Offer: uuid.NewString(), Channel: "chat",
		Language: "fi", Asks: "help", Lane: helpline.Danger, Arrival: 1_000, Now: 13_500, Expires: 43_500,
		Duty: &helpline.Duty{State: "ready", Used: 1, Capacity: 2},
	}
}

// page is the console's browser.
type page struct {
	*testing.T
	ws  *websocket.Conn
	odd error // why the document does not let the last frame be sent
}

type object = map[string]any

func (b *bench) dial() *page {
	b.Helper()
	ws, resp, err := websocket.DefaultDialer.DialContext(b.Context(), b.url, http.Header{"Origin": {testOrigin}})
	if err != nil {
		b.Fatal(err)
	}
	_ = resp.Body.Close()
	shaken(b.T, resp)
	b.Cleanup(func() { _ = ws.Close() })
	return &page{T: b.T, ws: ws}
}

func (b *bench) ticket() string {
	b.Helper()
	_, session := signedIn(b.T, b.signIn, b.people)
	return b.ticketFor(session)
}

func (b *bench) ticketFor(s helpline.Session) string {
	b.Helper()
	ticket, _, err := b.signIn.Ticket(b.Context(), s)
	if err != nil {
		b.Fatal(err)
	}
	return ticket
}

// console dials and says hello; it gives the welcome.
func (b *bench) console(hello ...object) (*page, object) {
	b.Helper()
	p := b.dial()
	first := object{"type": "hello", "v": 1, "ticket": b.ticket()}
	for _, more := range hello {
		for k, v := range more {
			first[k] = v
		}
	}
	p.send(first)
	welcome := p.want("welcome")
	p.want("duty")
	return p, welcome
}

func (p *page) send(frame object) {
	p.Helper()
	text, err := json.Marshal(frame)
	if err != nil {
		p.Fatal(err)
	}
	p.raw(string(text))
}

func (p *page) raw(text string) {
	p.Helper()
	p.odd = consoleSocket.Takes([]byte(text))
	if err := p.ws.WriteMessage(websocket.TextMessage, []byte(text)); err != nil {
		p.Fatal(err)
	}
}

func (p *page) read() (object, error) {
	_ = p.ws.SetReadDeadline(time.Now().Add(10 * time.Second))
	_, data, err := p.ws.ReadMessage()
	if err != nil {
		p.ended(err)
		return nil, err
	}
	p.told(data)
	frame := object{}
	if err := json.Unmarshal(data, &frame); err != nil {
		return nil, err
	}
	frame["bytes"] = len(data)
	return frame, nil
}

// want reads one frame, which has to be of that type.
func (p *page) want(kind string) object {
	p.Helper()
	f, err := p.read()
	if err != nil {
		p.Fatalf("want %s: %v", kind, err)
	}
	if f["type"] != kind {
		p.Fatalf("got %v, want %s", f, kind)
	}
	return f
}

// ask sends a frame under a new ref and gives its answer, which has to be of that type.
func (p *page) ask(frame object, kind string) object {
	p.Helper()
	if frame["ref"] == nil {
		frame["ref"] = uuid.NewString()
	}
	p.send(frame)
	f := p.want(kind)
	p.fared(f)
	if f["ref"] != frame["ref"] {
		p.Fatalf("%v answers another ref", f)
	}
	return f
}

func (p *page) refused(frame object, code string) object {
	p.Helper()
	f := p.ask(frame, "error")
	if f["code"] != code {
		p.Fatalf("%v: got %v, want %s", frame["type"], f, code)
	}
	return f
}

// closed reads on until the close frame, which has to have that code.
func (p *page) closed(code int) {
	p.Helper()
	for {
		_, err := p.read()
		if err == nil {
			continue
		}
		if e, ok := errors.AsType[*websocket.CloseError](err); !ok || e.Code != code {
			p.Fatalf("got %v, want close %d", err, code)
		}
		return
	}
}

// shows holds the frame, or an object in it, against what it has to have; numbers are float64.
func (p *page) shows(frame any, want object) {
	p.Helper()
	got, _ := frame.(object)
	for k, v := range want {
		if !reflect.DeepEqual(got[k], v) {
			p.Errorf("%s is %v, want %v, in %v", k, got[k], v, frame)
		}
	}
}

// first gives the first element of a frame's list.
func first(frame object, list string) any {
	if all, _ := frame[list].([]any); len(all) > 0 {
		return all[0]
	}
	return nil
}
