package agents

import (
	"context"
	crand "crypto/rand"
	"errors"
	"math/rand/v2"
	"slices"
	"time"

	"adviceline/helpline"
	"adviceline/helpline/socket"
	"adviceline/helpline/strict"
)

// maxResumed is how many contacts a hello may name, in each of its lists.
const maxResumed = 64

// helloFrame opens a console. After holds the last seq seen per contact, Holds the legs that the
// page still shows.
type helloFrame struct {
	head
	V      int              `json:"v"`
	Ticket string           `json:"ticket"`
	After  map[string]int64 `json:"after,omitempty"`
	Holds  []struct {
		Contact string `json:"contact"`
		Epoch   int64  `json:"epoch"`
	} `json:"holds,omitempty"`
}

// welcomeFrame is everything a console begins with. List is the colleagues who are ready.
type welcomeFrame struct {
	Type     string           `json:"type"`
	Ref      string           `json:"ref,omitempty"`
	V        int              `json:"v"`
	Duty     string           `json:"duty"`
	Used     int              `json:"used"`
	Capacity int              `json:"capacity"`
	Legs     []openedFrame    `json:"legs"`
	Offers   []offerFrame     `json:"offers"`
	Owed     []owedForm       `json:"owed"`
	External []externalAnswer `json:"external"`
	Parked   []parkedLeg      `json:"parked"`
	Danger   []alarmFrame     `json:"danger"`
	List     []colleague      `json:"list"`
	Stream   string           `json:"stream,omitempty"` // with what this page posts
	Marks    bool             `json:"marks,omitempty"`  // this node knows say with marked
}

// reconnectFrame asks the console to close and come back.
type reconnectFrame struct {
	Type    string `json:"type"`
	AfterMS int64  `json:"after_ms"`
}

// comeBack spreads the return of many consoles over two seconds.
func comeBack() reconnectFrame {
	after := 500*time.Millisecond + rand.N(2*time.Second) // #nosec G404 -- jitter
	return reconnectFrame{Type: "reconnect", AfterMS: after.Milliseconds()}
}

// hello brings the console up. It is registered first and holds back what is told to it until it
// was welcomed, so that nothing falls between the queue's snapshot and the first notice.
// The error is a socket.Stop.
func (c *console) hello(ctx context.Context, data []byte) error {
	f, err := readHello(data)
	if err != nil {
		c.send(refusal("", codeOf(err)))
		if errors.Is(err, errVersion) {
			return socket.Stop{Code: socket.CodeNoHello, Reason: string(errVersion)}
		}
		return socket.Stop{Code: socket.CodeNoHello, Reason: "bad_hello"}
	}
	if err := c.redeem(ctx, f.Ticket); err != nil {
		return err
	}
	a, stream := c.session.Person.Adviser(), ""
	a.Socket, a.Ticket = crand.Text(), c.ticket
	if c.streams {
		stream, a.Socket = helpline.NewStream(a.ID)
		c.mark = a.Socket
	}
	if !c.hub.register(c) {
		return socket.Stop{Code: socket.CodeNodeStops, Reason: "node_stops"}
	}
	// From here on it may be up though no answer comes: Closed takes it down by its socket.
	c.settle(helpline.Welcome{Console: helpline.Console{Adviser: a.ID, Socket: a.Socket}})
	w, err := c.hub.Line.ConsoleUp(ctx, a, f.After)
	if errors.Is(err, helpline.ErrConsoleReplaced) {
		c.replace() // a page that came with a later ticket was faster; the same page would have left this connection first
		return nil
	}
	if err != nil {
		c.hub.Log.WarnContext(ctx, "console not brought up", "error", err)
		c.send(refusal(f.Ref, codeOf(err)))
		c.send(comeBack())
		return socket.Stop{Code: socket.CodeNodeStops, Reason: "try_again"}
	}
	c.settle(w)
	if c.hub.supersede(c) {
		return nil
	}
	all, err := c.hub.Line.Colleagues(ctx)
	if err != nil { // the next round tells them
		c.hub.Log.DebugContext(ctx, "colleagues cannot be listed", "error", err)
	}
	c.welcome(f, w, listOf(all, a.ID), stream)
	return nil
}

// readHello answers errMalformed or errVersion.
func readHello(data []byte) (helloFrame, error) {
	var f helloFrame
	err := strict.Decode(data, &f)
	switch {
	case err != nil, f.Type != "hello", f.Ref != "" && !canonical(f.Ref), len(f.After) > maxResumed, len(f.Holds) > maxResumed:
		return helloFrame{}, errMalformed
	case !socket.Serves(f.V):
		return helloFrame{}, errVersion
	}
	return f, nil
}

// redeem takes the ticket; only advisers have consoles. While the stores are away the ticket may
// yet be good, so the page comes back; else it needs a new one.
func (c *console) redeem(ctx context.Context, ticket string) error {
	s, number, err := c.hub.SignIn.Redeem(ctx, ticket)
	switch {
	case errors.Is(err, helpline.ErrSignedOut):
		return socket.Stop{Code: socket.CodeTicketSpent, Reason: "ticket"}
	case err != nil:
		c.hub.Log.WarnContext(ctx, "ticket not redeemed", "error", err)
		return socket.Stop{Code: socket.CodeNoHello, Reason: "try_again"}
	case !slices.Contains(s.Person.Roles, helpline.RoleAdviser):
		return socket.Stop{Code: socket.CodeTicketSpent, Reason: "forbidden"}
	}
	c.session, c.ticket = s, number
	c.hold = holdAll
	return nil
}

// settle takes what the queue gave: from now on the console can act.
func (c *console) settle(w helpline.Welcome) {
	c.mu.Lock()
	c.me = w.Console
	c.mu.Unlock()
	for _, o := range append(slices.Clone(w.Legs), w.External...) {
		c.addLeg(o)
	}
}

// welcome sends what the console begins with, then its duty, the legs that it shows but has lost,
// and what was held back.
func (c *console) welcome(f helloFrame, w helpline.Welcome, list []colleague, stream string) {
	out := welcomeFrame{
		Type: "welcome", Ref: f.Ref, V: socket.Version, Duty: w.Duty.State, Used: w.Duty.Used, Capacity: w.Duty.Capacity,
		Legs: make([]openedFrame, 0, len(w.Legs)), Offers: make([]offerFrame, 0, len(w.Offers)),
		Owed: make([]owedForm, 0, len(w.Owed)), External: make([]externalAnswer, 0, len(w.External)), Parked: make([]parkedLeg, 0, len(w.Parked)),
		Danger: make([]alarmFrame, 0, len(w.Danger)), List: list, Stream: stream, Marks: true,
	}
	shown := make(map[string]bool, len(w.Offers))
	for _, o := range w.Legs {
		out.Legs = append(out.Legs, openedOf(o))
	}
	for _, n := range w.Offers {
		out.Offers = append(out.Offers, offerOf(n))
		shown[n.Offer] = true
	}
	for _, o := range w.External {
		out.External = append(out.External, externalOf(o))
	}
	for _, o := range w.Owed {
		out.Owed = append(out.Owed, owedOf(o))
	}
	for _, l := range w.Parked {
		out.Parked = append(out.Parked, parkedOf(l))
		c.parkLeg(l.Contact)
	}
	for _, a := range w.Danger {
		out.Danger = append(out.Danger, alarmOf(a))
	}
	c.send(out)
	c.mu.Lock()
	c.list = list
	c.mu.Unlock()
	c.send(dutyOf("", w.Duty))
	for _, h := range f.Holds {
		if _, mine := c.key(h.Contact); !mine && canonical(h.Contact) {
			c.send(contactFrame{Type: "lost", Contact: h.Contact, Reason: "moved"})
		}
	}
	c.release(shown)
}
