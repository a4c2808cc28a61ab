package web

import (
	"context"
	"time"
	"unicode/utf8"

	"adviceline/helpline"
	"adviceline/helpline/codes"
	"adviceline/helpline/socket"
	"adviceline/helpline/strict"

	"github.com/google/uuid"
)

const (
	maxStrikes   = 100 // frames over the limit before the socket is cut
	maxInteger   = 1 << 53
	reconnectMS  = 5000
	standTimeout = 5 * time.Second
	standPause   = time.Second

	// A page without memory cannot send again what was refused for a while: we try for it, about 12 s.
	sayAgain     = 200 * time.Millisecond
	sayAgainMost = 6 * time.Second
)

// talk is the reading side of one contact socket: first hello, then say, got and leave. It is the
// connection's socket.Handler.
type talk struct {
	hub    *Contacts
	rate   Rate
	now    func() time.Time
	closed func()              // called once, when the connection is gone
	stream bool                // comes as a stream, not by a WebSocket
	echo   bool                // is told its own messages too: its page has no memory
	screen func(string) string // nil: nothing is checked

	seat    *seat // nil before hello
	full    time.Time
	strikes int
	stuck   string // the cid that has to come again first, so that the sender's order holds
}

// Frame takes one text frame.
func (t *talk) Frame(ctx context.Context, c *socket.Conn, frame []byte) error {
	return t.frame(ctx, c, frame)
}

func (t *talk) frame(ctx context.Context, w wire, data []byte) error {
	kind, err := strict.Type(data)
	switch {
	case err != nil:
	case t.seat == nil:
		err = t.hello(ctx, w, kind, data)
	default:
		err = t.step(kind, data)
	}
	if err != nil {
		return refused(w, err)
	}
	return nil
}

// step takes a frame by its type. The error closes the socket.
func (t *talk) step(kind string, data []byte) error {
	switch kind {
	case "say":
		return t.say(data)
	case "got":
		return t.got(data)
	case "leave":
		return t.leave(data)
	case "hello":
		return codeBadHello
	default:
		return codeUnsupported
	}
}

// refused tells why and gives the close code of the table of codes.
func refused(w wire, err error) error {
	code, _ := codeOf(err)
	a := answers[code]
	if a.close == 0 {
		a.close = socket.CodeNodeStops
	}
	w.Send(encode(errorFrame{Type: "error", Code: code, Retry: a.retry}))
	if a.close == socket.CodeNodeStops {
		w.Send(encode(reconnectFrame{Type: "reconnect", AfterMS: reconnectMS}))
	}
	return socket.Stop{Code: a.close, Reason: string(code)}
}

// hello opens the seat: registered first, so that nothing said from now on is missed, then the
// past, then what came meanwhile.
func (t *talk) hello(ctx context.Context, w wire, kind string, data []byte) error {
	var f helloFrame
	if kind != "hello" || strict.Decode(data, &f) != nil || f.After < 0 || f.After > maxInteger {
		return codeBadHello
	}
	if !socket.Serves(f.V) {
		return codeVersion
	}
	claim, err := t.hub.line.Tokens.Claim(f.Token)
	if err != nil {
		return err
	}
	s := &seat{
		hub: t.hub, wire: w, ctx: ctx, holding: true, echo: t.echo, checks: t.screen != nil,
		contact: claim.Contact, version: claim.Version, socket: uuid.NewString(),
	}
	if t.stream {
		s.stream, s.socket = helpline.NewStream("")
	}
	s.place = helpline.Seat{Contact: s.contact, Version: s.version, Socket: s.socket}
	s.hear(f.After)
	t.seat = s
	t.hub.add(s)
	return s.sit(f.Token, f.After)
}

// sit brings the contact up and tells the past.
func (s *seat) sit(token string, after int64) error {
	ctx, cancel := context.WithTimeout(s.ctx, callTimeout)
	defer cancel()
	place, v, past, err := s.hub.line.Sit(ctx, token, s.socket, after)
	if err != nil {
		return err
	}
	s.place, s.last, s.alias, s.listener = place, max(min(after, v.Seq), v.Floor), v.Alias, v.Listener
	s.send(welcomeFrame{Type: "welcome", V: socket.Version, standing: standingOf(v, s.hub.line.Now()), Stream: s.stream, Checks: s.checks, Work: v.Work})
	if v.Public() == "ended" {
		s.finish(endedBy(v.State))
		return nil
	}
	for _, m := range past {
		s.message(m, true)
	}
	s.position = noPlace
	if p := v.Position(); p != nil {
		s.setWaiting(true)
		s.tellPlace(*p)
	}
	s.tellEnding(v.Ending)
	s.release()
	return nil
}

// say stores one message of the contact and answers with its number.
func (t *talk) say(data []byte) error {
	var f sayFrame
	if err := strict.Decode(data, &f); err != nil {
		return err
	}
	if !canonical(f.CID) {
		t.seat.send(errorFrame{Type: "error", Code: helpline.ErrInvalid}) // without cid: no echo
		return nil
	}
	if t.asks(f) {
		return nil
	}
	err := t.trySay(f.CID, helpline.NewText(f.Text))
	for wait := sayAgain; t.echo && err != nil && wait <= sayAgainMost && retries(err); wait *= 2 {
		timer := time.NewTimer(wait)
		select {
		case <-timer.C:
			err = t.trySay(f.CID, helpline.NewText(f.Text))
		case <-t.seat.ctx.Done():
			timer.Stop()
			return nil
		}
	}
	if err == nil {
		t.stuck = ""
		return nil
	}
	return t.refused(f.CID, err)
}

// refused tells why a message is not stored, and whether it may come again.
func (t *talk) refused(cid string, err error) error {
	code, _ := codeOf(err)
	retry := answers[code].retry
	switch {
	case retry && t.stuck == "" && !t.echo: // a page without memory sends nothing again by itself
		t.stuck = cid
	case !retry && t.stuck == cid:
		t.stuck = ""
	}
	t.seat.send(errorFrame{Type: "error", Code: code, CID: cid, Retry: retry})
	return t.cut()
}

// masked gives a message that is to be checked without what looks like an identifier; empty when there is
// nothing of the kind in it.
func (t *talk) masked(f sayFrame) string {
	if !f.Check || t.screen == nil || utf8.RuneCountInString(f.Text) > helpline.MaxText {
		return ""
	}
	clean := t.screen(f.Text)
	if clean == f.Text || utf8.RuneCountInString(clean) > helpline.MaxText {
		return ""
	}
	return clean
}

// asks gives a message back to its writer, who decides how it is sent; false when it may be stored as it is.
func (t *talk) asks(f sayFrame) bool {
	clean := t.masked(f)
	if clean == "" || t.inOrder(f.CID) != nil {
		return false
	}
	t.seat.send(maskedFrame{Type: "masked", CID: f.CID, Text: clean})
	return true
}

func (t *talk) trySay(cid string, text helpline.Text) error {
	if err := t.inOrder(cid); err != nil {
		return err
	}
	return t.seat.say(cid, text)
}

// retries says whether the same message may be sent again.
func retries(err error) bool {
	code, _ := codeOf(err)
	return answers[code].retry
}

// inOrder lets a message through unless one before it was refused and has not come again: stored
// now, it would stand before it for ever.
func (t *talk) inOrder(cid string) error {
	if err := t.allow(); err != nil {
		return err
	}
	if t.stuck != "" && t.stuck != cid {
		return helpline.ErrTooMany
	}
	return nil
}

func (s *seat) say(cid string, text helpline.Text) error {
	ctx, cancel := context.WithTimeout(s.ctx, callTimeout)
	defer cancel()
	place := s.place
	place.Got = s.got.Load()
	said, err := s.hub.line.SayAsContact(ctx, place, cid, text)
	if err != nil {
		return err
	}
	s.send(saidFrame{Type: "said", CID: cid, Seq: said.Seq, At: instant(said.At)})
	if s.echo {
		s.push(item{own: &helpline.Message{Seq: said.Seq, CID: cid, From: helpline.FromContact, Text: text, At: said.At}})
	}
	return nil
}

// allow takes one frame from the socket's bucket.
func (t *talk) allow() error {
	now := t.now()
	debt, ok := fill(t.rate, t.full, now)
	if !ok {
		t.strikes++
		return tooMany{debt}
	}
	t.full, t.strikes = now.Add(debt), 0
	return nil
}

// cut ends a socket that goes on over its limit.
func (t *talk) cut() error {
	if t.strikes >= maxStrikes {
		return helpline.ErrTooMany
	}
	return nil
}

// got says up to where the contact has received. The line hears of it with what the contact says next and
// when the socket goes: what an adviser wrote behind it is held if somebody comes back by number.
func (t *talk) got(data []byte) error {
	var f gotFrame
	if err := strict.Decode(data, &f); err != nil {
		return err
	}
	_ = t.allow()
	t.seat.hear(f.Seq)
	return t.cut()
}

// hear notes what the page has received; only the reader calls it.
func (s *seat) hear(seq int64) { s.got.Store(max(seq, s.got.Load())) }

// leave takes the contact out and closes.
func (t *talk) leave(data []byte) error {
	var f leaveFrame
	if err := strict.Decode(data, &f); err != nil {
		return err
	}
	if !codes.LeaveKind.Has(f.Kind) {
		return codeMalformed
	}
	if err := t.seat.leave(f.Kind); err != nil {
		code, _ := codeOf(err)
		if code == helpline.ErrNotFound {
			return code
		}
		t.seat.send(errorFrame{Type: "error", Code: code, Retry: answers[code].retry})
	}
	return nil
}

func (s *seat) leave(kind string) error {
	s.setLeaving(true)
	ctx, cancel := context.WithTimeout(s.ctx, callTimeout)
	defer cancel()
	if err := s.hub.line.LeaveSeat(ctx, s.place, kind); err != nil {
		s.setLeaving(false)
		return err
	}
	s.finish(kind)
	return nil
}

// Closed ends the talk after its connection: place and conversation are kept for the grace.
func (t *talk) Closed(*socket.Conn) {
	if t.seat != nil {
		t.seat.done()
		t.hub.remove(t.seat)
		t.seat.rise()
	}
	t.closed()
}

// rise tells the line that the socket is gone, until it is heard: a person who left would else be
// offered for as long as this node lives. A node that stops says nothing, its lease does.
func (s *seat) rise() {
	for {
		select {
		case <-s.hub.stopped:
			return
		default:
		}
		err := s.tryRise()
		if code, _ := codeOf(err); err == nil || code == helpline.ErrNotFound {
			return
		}
		s.hub.log.Warn("contact not taken down yet", "error", outline(err))
		timer := time.NewTimer(standPause)
		select {
		case <-timer.C:
		case <-s.hub.stopped:
			timer.Stop()
		}
	}
}

func (s *seat) tryRise() error {
	ctx, cancel := context.WithTimeout(context.Background(), standTimeout)
	defer cancel()
	place := s.place
	place.Got = s.got.Load()
	return s.hub.line.Stand(ctx, place)
}
