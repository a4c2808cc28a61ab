package web

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"adviceline/helpline"
	"adviceline/helpline/socket"
)

// maxInbox is how many notices a seat keeps for a page that is slower than its conversation.
const maxInbox = 256

// wire is what a seat needs of its connection. Send never blocks; a connection that cannot take a
// frame closes itself. Close sends what is queued first.
type wire interface {
	Send(frame []byte) bool
	Close(code int, reason string)
	Feed(frames [][]byte)
}

// item is one thing for a seat to tell: a notice, a place, a line of its own, or the wish to read again.
type item struct {
	helpline.Notice
	place   *helpline.Position
	own     *helpline.Message // of the contact itself, for a page without memory
	refresh bool
}

// seat is one contact socket after its hello. Everything that others make known to it goes through
// the inbox, so that it is told in order and after the past was: the inbox is held until then. A
// goroutine empties the inbox while there is something in it; done ends and awaits it.
type seat struct {
	hub     *Contacts
	wire    wire
	contact string
	version int64
	socket  string
	checks  bool            // what is said can be checked before it is stored
	stream  string          // the name that its page posts with; empty with a WebSocket
	echo    bool            // tell the contact's own lines too
	ctx     context.Context // ends with the connection
	work    sync.WaitGroup
	got     atomic.Int64 // up to where the page says that it has received

	mu      sync.Mutex
	inbox   []item
	holding bool // the past is not told yet
	working bool
	over    bool // nothing more is told
	leaving bool // the contact itself said leave
	waiting bool // the place is of interest

	// Of who tells: the reader while holding, then the worker.
	place    helpline.Seat
	last     int64 // highest seq told
	lost     bool  // the contact knows that its adviser is gone
	position helpline.Position
	ends     int64  // the end that was told last, ms
	alias    string // of the adviser whom the contact knows to have the leg
	listener string // of the supervisor whom the contact knows to listen in
}

// push adds an item; it never blocks.
func (s *seat) push(it item) {
	if it.Kind == helpline.NoticeFrames {
		s.posted(it.Notice)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.over:
		return
	case len(s.inbox) >= maxInbox:
		s.over = true
		s.wire.Close(answers[codeSlow].close, string(codeSlow))
		return
	}
	s.inbox = append(s.inbox, it)
	s.start()
}

// posted hands what the page of this stream has posted to the reader.
func (s *seat) posted(n helpline.Notice) {
	if s.stream == "" || n.State != s.socket {
		return
	}
	if frames, ok := s.hub.line.OpenFrames(n); ok {
		s.wire.Feed(frames)
	}
}

// start begins to empty the inbox; s.mu is held.
func (s *seat) start() {
	if s.holding || s.working || s.over || len(s.inbox) == 0 {
		return
	}
	s.working = true
	s.work.Go(s.empty)
}

// release ends the time of holding: what came meanwhile is told now.
func (s *seat) release() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.holding = false
	s.start()
}

// empty tells what is in the inbox until it is empty or the seat is over.
func (s *seat) empty() {
	for {
		s.mu.Lock()
		if s.over || len(s.inbox) == 0 {
			s.working, s.inbox = false, nil
			s.mu.Unlock()
			return
		}
		items := s.inbox
		s.inbox = nil
		s.mu.Unlock()
		s.tellAll(items)
	}
}

// tellAll tells items in order; a bug in one costs this socket alone, and the page comes back.
func (s *seat) tellAll(items []item) {
	defer func() {
		if recover() != nil {
			s.hub.log.ErrorContext(s.ctx, "contact socket failed", "error", origin(3))
			s.close(codeInternal)
		}
	}()
	for _, it := range items {
		s.tell(it)
	}
}

// done ends the seat: nothing is told after it returns.
func (s *seat) done() {
	s.mu.Lock()
	s.over = true
	s.mu.Unlock()
	s.work.Wait()
}

// tell turns one item into frames.
func (s *seat) tell(it item) {
	switch {
	case it.refresh:
		s.reread()
	case it.own != nil:
		s.write(*it.own)
	case it.place != nil:
		s.tellPlace(*it.place)
	case it.Version > s.version:
		s.close(codeReplaced)
	default:
		s.tellNotice(it.Notice)
	}
}

func (s *seat) tellNotice(n helpline.Notice) {
	switch n.Kind {
	case helpline.NoticeMessage:
		s.message(s.hub.line.OpenMessage(s.ctx, s.contact, n.Key, n.Said()), false)
	case helpline.NoticeJoined:
		s.lost, s.alias = false, n.Alias
		s.setWaiting(false)
		s.send(joinedFrame{Type: "joined", Alias: n.Alias, Role: helpline.RoleAdviser})
	case helpline.NoticeTransferred:
		s.lost, s.alias = false, n.Alias
		s.setWaiting(false)
		s.send(transferredFrame{Type: "transferred", Alias: n.Alias})
	case helpline.NoticeListener:
		if n.State == "joined" {
			s.tellListener(n.Alias)
		} else {
			s.tellListener("")
		}
	case helpline.NoticeAway:
		s.adviserLost()
	case helpline.NoticeWaiting:
		s.adviserLost()
		s.position = noPlace
		s.setWaiting(true)
	case helpline.NoticeConverted:
		s.setWaiting(false)
		s.send(bareFrame{Type: "converted"})
	case helpline.NoticeInterpreter:
		s.send(interpreterFrame{Type: "interpreter", State: n.State})
	case helpline.NoticeMatter:
		s.send(bareFrame{Type: "matter"})
	case helpline.NoticeTyping:
		s.send(bareFrame{Type: "typing"})
	case helpline.NoticeEnding:
		s.tellEnding(helpline.Ending{
			At: n.Expires, In: time.Duration(n.Expires-n.Now) * time.Millisecond, PlaceKept: n.State == string(helpline.Waiting),
		})
	case helpline.NoticeEnded:
		s.finish(n.Reason)
	case helpline.NoticeReplaced:
		s.replaced(n.State)
	}
}

// message tells one message once. The contact's own lines come back only from the past.
func (s *seat) message(m helpline.Message, past bool) {
	if m.Seq <= s.last {
		return
	}
	s.last = m.Seq
	if m.From == helpline.FromContact && !past {
		return
	}
	s.write(m)
}

func (s *seat) write(m helpline.Message) {
	s.send(messageFrame{
		Type: "message", Seq: m.Seq, CID: m.CID, From: m.From, Text: m.Text.Reveal(), At: instant(m.At), Marked: m.Marked,
	})
}

// tellListener tells who listens in where that has changed; empty: nobody any more.
func (s *seat) tellListener(alias string) {
	was := s.listener
	s.listener = alias
	if was != "" && was != alias {
		s.send(leftFrame{Type: "left", Alias: was, Role: helpline.RoleSupervisor})
	}
	if alias != "" && was != alias {
		s.send(joinedFrame{Type: "joined", Alias: alias, Role: helpline.RoleSupervisor})
	}
}

func (s *seat) adviserLost() {
	if !s.lost {
		s.lost = true
		s.send(awayFrame{Type: "away", Who: helpline.RoleAdviser})
	}
}

// noPlace is no place that the queue gives, so the next one counts as changed.
var noPlace = helpline.Position{Ahead: -1}

func same(a, b helpline.Position) bool {
	seconds := func(n *int) int {
		if n == nil {
			return -1
		}
		return *n
	}
	return a.Ahead == b.Ahead && seconds(a.Low) == seconds(b.Low) && seconds(a.High) == seconds(b.High) && a.Waking == b.Waking && a.Woken == b.Woken
}

func (s *seat) tellPlace(p helpline.Position) {
	if !s.waits() || same(p, s.position) {
		return
	}
	s.position = p
	s.send(positionFrame{Type: "position", Position: p})
}

// tellEnding tells once when the text ends unless somebody writes.
func (s *seat) tellEnding(e helpline.Ending) {
	if e.At == 0 || e.At == s.ends {
		return
	}
	s.ends = e.At
	s.send(endingFrame{Type: "ending", In: e.In.Milliseconds(), PlaceKept: e.PlaceKept})
}

func (s *seat) setLeaving(on bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.leaving = on
}

// replaced closes the socket that must go; a contact that left by itself is not surprised.
func (s *seat) replaced(socket string) {
	s.mu.Lock()
	leaving := s.leaving
	s.mu.Unlock()
	if socket == s.socket && !leaving {
		s.close(codeReplaced)
	}
}

// reread asks again how the leg stands and tells what was missed.
func (s *seat) reread() {
	ctx, cancel := context.WithTimeout(s.ctx, callTimeout)
	defer cancel()
	line := s.hub.line
	v, err := line.Queue.View(ctx, s.contact, s.version)
	if code, _ := codeOf(err); err != nil {
		if code == helpline.ErrNotFound {
			s.close(code)
		}
		return
	}
	missed, err := line.Queue.History(ctx, s.contact, max(s.last, v.Floor))
	if err != nil {
		s.close(helpline.ErrBusy) // it comes back and gets the past
		return
	}
	for _, m := range missed {
		s.message(line.OpenMessage(ctx, s.contact, v.Key, m), false)
	}
	s.stand(v)
}

// stand tells how the leg stands where that may have been missed.
func (s *seat) stand(v helpline.View) {
	s.tellEnding(v.Ending)
	s.tellListener(v.Listener)
	switch v.Public() {
	case "ended":
		s.finish(endedBy(v.State))
	case "active":
		switch {
		case s.waits():
			s.tellNotice(helpline.Notice{Kind: helpline.NoticeJoined, Alias: v.Alias})
		case v.Alias != s.alias:
			s.tellNotice(helpline.Notice{Kind: helpline.NoticeTransferred, Alias: v.Alias})
		}
	case "waiting":
		if !s.waits() {
			s.tellNotice(helpline.Notice{Kind: helpline.NoticeWaiting})
		}
		s.tellPlace(*v.Position())
	case "scheduled":
		if s.waits() {
			s.tellNotice(helpline.Notice{Kind: helpline.NoticeConverted})
		}
	}
}

// finish tells the end, once, and closes.
func (s *seat) finish(reason string) {
	s.mu.Lock()
	over := s.over
	s.over = true
	s.mu.Unlock()
	if over {
		return
	}
	s.wire.Send(encode(endedFrame{Type: "ended", Reason: reason}))
	s.wire.Close(socket.CodeEnded, "ended")
}

// close ends the socket with the close code of a code.
func (s *seat) close(code helpline.Code) {
	s.mu.Lock()
	over := s.over
	s.over = true
	s.mu.Unlock()
	if !over {
		s.wire.Close(answers[code].close, string(code))
	}
}

// send writes a frame unless the seat is over.
func (s *seat) send(frame any) {
	s.mu.Lock()
	over := s.over
	s.mu.Unlock()
	if !over {
		s.wire.Send(encode(frame)) // a connection that cannot take it closes itself
	}
}

func (s *seat) waits() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.waiting && !s.over
}

func (s *seat) setWaiting(on bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.waiting = on
}
