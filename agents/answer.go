package agents

import (
	"context"
	"encoding/json"
	"errors"
	"sync"
	"time"

	"adviceline/helpline"
	"adviceline/helpline/socket"
)

// errorFrame refuses one frame. retry: the same frame may be sent again a moment later. field names
// the field of a form at fault.
type errorFrame struct {
	Type  string        `json:"type"`
	Code  helpline.Code `json:"code"`
	Ref   string        `json:"ref,omitempty"`
	CID   string        `json:"cid,omitempty"`
	Field string        `json:"field,omitempty"`
	Retry bool          `json:"retry"`
}

func refusal(ref string, code helpline.Code) errorFrame {
	return errorFrame{Type: "error", Code: code, Ref: ref, Retry: retryable(code)}
}

// errorOf says what of an error the client may know.
func errorOf(ref string, err error) errorFrame {
	e := refusal(ref, codeOf(err))
	if s, ok := errors.AsType[said](err); ok {
		e.CID = s.cid
	}
	if f, ok := errors.AsType[form](err); ok {
		e.Field = f.field
	}
	return e
}

// answer takes one frame after hello. The error is a socket.Stop.
func (c *console) answer(ctx context.Context, data []byte) error {
	r, err := readFrame(data)
	bad, isFault := errors.AsType[fault](err)
	switch {
	case err != nil && !isFault:
		return socket.Stop{Code: socket.CodeMalformed, Reason: "malformed"}
	case !c.pace.take(c.hub.Now()):
		ref := bad.ref
		if r != nil {
			ref = r.ref
			c.fared(r.says, errRateLimited)
		}
		c.send(refusal(ref, errRateLimited))
		return nil
	case isFault:
		c.send(refusal(bad.ref, bad.code))
		return nil
	}
	past, known := c.memory.find(r.ref, c.hub.Now())
	switch {
	case known && past.print != r.print:
		c.send(refusal(r.ref, helpline.ErrRequestReused))
		return nil
	case known && past.frame != nil:
		c.fared(r.says, nil)
		c.conn.Send(past.frame)
		return nil
	}
	return c.perform(ctx, r)
}

// perform runs a step, remembers its answer and sends it, then what was held back meanwhile.
func (c *console) perform(ctx context.Context, r *request) error {
	defer c.release(nil)
	answer, err := r.run(ctx, c)
	if errors.Is(err, helpline.ErrConsoleReplaced) {
		c.replace()
		return nil
	}
	if _, none := answer.(silence); none {
		return nil
	}
	keep := remembered{print: r.print, at: c.hub.Now()}
	if err != nil {
		if _, coded := errors.AsType[helpline.Code](err); !coded {
			c.hub.Log.ErrorContext(ctx, "console step failed", "step", r.kind, "error", err)
		}
		answer = errorOf(r.ref, err)
	}
	var then []any
	if s, more := answer.(sequel); more {
		answer, then = s.answer, s.then
	}
	frame := c.encode(answer)
	if frame == nil {
		return nil
	}
	if !r.again {
		keep.frame = frame
	}
	if err == nil || !retryable(codeOf(err)) {
		c.memory.keep(r.ref, keep)
	}
	c.conn.Send(frame)
	for _, f := range then {
		c.send(f)
	}
	return nil
}

// send encodes a frame and queues it; a socket that cannot take it closes by itself.
func (c *console) send(frame any) {
	if b := c.encode(frame); b != nil {
		c.conn.Send(b)
	}
}

// encode pads frames that carry text.
func (c *console) encode(frame any) []byte {
	var b []byte
	var err error
	switch frame.(type) {
	case openedFrame, welcomeFrame, messageFrame, numberFrame, cardAnswer, cardedFrame, referralAnswer:
		b, err = pad(frame)
	default:
		b, err = json.Marshal(frame)
	}
	if err != nil {
		c.hub.Log.Error("console frame cannot be encoded", "error", err)
		return nil
	}
	return b
}

// longStep is what the length of a frame is rounded up to when it holds a long history.
const longStep = 16 << 10

// pad fills a frame to one of the socket's sizes, or to a whole number of longSteps.
func pad(frame any) ([]byte, error) {
	b, err := socket.Pad(frame)
	if !errors.Is(err, socket.ErrTooLong) {
		return b, err
	}
	if b, err = json.Marshal(frame); err != nil {
		return nil, err
	}
	b = append(b[:len(b)-1], `,"pad":"`...)
	for (len(b)+2)%longStep != 0 {
		b = append(b, '0')
	}
	return append(b, '"', '}'), nil
}

const (
	memorySize = 256
	memoryLife = 10 * time.Minute
)

// memory is what one sign-in was answered, by ref. The oldest goes first, and nothing in it holds
// what was said. It outlives the console: a frame sent again after a reconnect finds its answer.
type memory struct {
	mu      sync.Mutex
	answers map[string]remembered
	order   []string // a ring of refs, next is the oldest once it is full
	next    int
	used    time.Time
}

type remembered struct {
	print uint64
	frame []byte // nil: the step is asked again
	at    time.Time
}

func (m *memory) find(ref string, now time.Time) (remembered, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.used = now
	r, ok := m.answers[ref]
	return r, ok && now.Sub(r.at) < memoryLife
}

func (m *memory) keep(ref string, r remembered) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.answers == nil {
		m.answers = make(map[string]remembered)
	}
	if _, there := m.answers[ref]; !there {
		m.place(ref)
	}
	m.answers[ref] = r
}

func (m *memory) place(ref string) {
	if len(m.order) < memorySize {
		m.order = append(m.order, ref)
		return
	}
	delete(m.answers, m.order[m.next])
	m.order[m.next] = ref
	m.next = (m.next + 1) % memorySize
}

// idle tells whether nothing in it can be asked for any more.
func (m *memory) idle(now time.Time) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return now.Sub(m.used) >= memoryLife
}

const (
	paceBurst  = 100
	paceSecond = 20
)

// pace lets through a burst of frames, then so many a second. It is the reader's own.
type pace struct {
	spent float64
	last  time.Time
}

func (p *pace) take(now time.Time) bool {
	p.spent = max(p.spent-max(now.Sub(p.last), 0).Seconds()*paceSecond, 0)
	p.last = now
	if p.spent > paceBurst-1 {
		return false
	}
	p.spent++
	return true
}
