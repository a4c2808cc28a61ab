package web

import (
	"bytes"
	"encoding/json"
	"net/http"
	"time"

	"adviceline/helpline"
	"adviceline/helpline/socket"
)

// PlainData is what the page without script shows. Token and text are the person's own, and private.
type PlainData struct {
	Token, Stream, Number string
	Work                  bool   // asked for work: the text stays on the screen
	Request               string // a fresh request_id or cid
	State, Heading, Words string
	Times                 []string // when a call was asked for
	Say                   string   // the frame to write in, a whole document
	From, Who, Text, At   string   // one message
	Marked                bool     // of a message: it stays on the screen after the end
	Checks                bool     // what is written is looked at before it is sent: somebody at work writes
	Asks                  bool     // the text was not sent: masked or as it is
	Renew                 bool     // the chat goes on, on a page opened again
}

// Leave is the question before a chat is ended.
func (v view) Leave() string { return v.say("c.leave_done", nil) }

// plainDress writes a contact's frames as HTML that is appended to a page without end.
type plainDress struct {
	server  *Server
	view    view
	welcome bool
	over    bool            // the last words are said
	shown   map[string]bool // own lines, by cid: a form that is sent twice shows once
	place   string          // the words told last of the place in the line
	marked  bool            // a message stays on the screen after the end
}

// Head, Open, Ping, Deaf: a page that our frame is in, with nothing to answer pings.
func (d *plainDress) Head(h http.Header) {
	d.server.pages.Headers(h)
	h.Set("Content-Security-Policy", d.server.pages.framed)
}

// Open gives the page down to its heading.
func (d *plainDress) Open() []byte { return d.render("plain-head", d.view) }

// Ping keeps what stands between from giving the page up.
func (d *plainDress) Ping() []byte { return []byte("<!-- -->\n") }

// Deaf is true: a page without script answers nothing.
func (d *plainDress) Deaf() bool { return true }

// plainFrame has the members of every frame that the page tells.
type plainFrame struct {
	Type   string             `json:"type"`
	State  string             `json:"state"`
	Alias  string             `json:"alias"`
	Role   string             `json:"role"`
	Stream string             `json:"stream"`
	Work   bool               `json:"work"`
	Place  *helpline.Position `json:"position"`
	CID    string             `json:"cid"`
	Reason string             `json:"reason"`
	From   string             `json:"from"`
	Text   string             `json:"text"`
	At     string             `json:"at"`
	Listen string             `json:"listener"`
	In     int64              `json:"in_ms"`
	Kept   bool               `json:"place_kept"`
	Marked bool               `json:"marked"`
	helpline.Position
}

// minutes until the end, begun ones counted.
func (f plainFrame) minutes() int64 { return max((f.In+59_999)/60_000, 1) }

func endingWords(kept bool) string {
	if kept {
		return "c.ending_text"
	}
	return "c.ending"
}

// Frame gives the HTML of one frame, empty for those that change nothing on the page. What carries text is
// filled up, as frames are: lengths on the network tell nothing.
func (d *plainDress) Frame(frame []byte) []byte {
	var f plainFrame
	if json.Unmarshal(frame, &f) != nil { // of our own making
		return nil
	}
	switch f.Type {
	case "welcome":
		return d.opened(f)
	case "position":
		return d.where(&f.Position)
	case "joined":
		return d.joined(f)
	case "left":
		return d.event(d.view.say("c.left", map[string]any{"Alias": d.view.alias(f.Alias, f.Role)}))
	case "transferred":
		return append(d.event(d.view.say("c.transferred", map[string]any{"Alias": d.view.alias(f.Alias, "")})), d.readers(f)...)
	case "message":
		return d.message(f)
	case "away":
		return d.event(d.view.say("c.away", nil))
	case "ending":
		return d.event(d.view.say(endingWords(f.Kept), map[string]any{"Minutes": f.minutes()}))
	case "converted":
		return d.end("c.converted")
	case "ended":
		return d.end(endWords(f.Reason))
	case "error":
		if f.CID != "" {
			return d.event(d.view.say("x.failed", nil))
		}
	}
	return nil
}

// opened gives the frame to write in, the ways out, and the list that messages are added to.
func (d *plainDress) opened(f plainFrame) []byte {
	d.welcome = true
	v := d.view
	v.Plain.Stream, v.Plain.Checks = f.Stream, v.Plain.Work || f.Work
	v.Plain.Say = string(d.render("plain-say", v))
	out := d.render("plain-talk", v)
	switch {
	case f.State == "active":
		out = append(out, d.readers(f)...)
	case f.State == "away":
		out = append(out, d.event(v.say("c.away", nil))...)
	case f.Place != nil:
		out = append(out, d.event(v.say("c.write_now", nil))...)
		out = append(out, d.where(f.Place)...)
	}
	if f.Listen != "" {
		out = append(out, d.event(v.say("c.listens", map[string]any{"Alias": v.alias(f.Listen, helpline.RoleSupervisor)}))...)
	}
	return out
}

// where tells a place in the line unless the same words were told last.
func (d *plainDress) where(p *helpline.Position) []byte {
	words := d.view.place(p)
	if words == d.place {
		return nil
	}
	d.place = words
	return d.event(words)
}

func (d *plainDress) joined(f plainFrame) []byte {
	if f.Role == helpline.RoleSupervisor {
		return d.event(d.view.say("c.listens", map[string]any{"Alias": d.view.alias(f.Alias, f.Role)}))
	}
	return append(d.event(d.view.say("c.joined", map[string]any{"Alias": d.view.alias(f.Alias, f.Role)})), d.readers(f)...)
}

func (d *plainDress) readers(f plainFrame) []byte {
	return d.event(d.view.say("c.can_read", map[string]any{"Names": d.view.alias(f.Alias, f.Role)}))
}

func (d *plainDress) message(f plainFrame) []byte {
	if f.From == string(helpline.FromContact) {
		if d.shown[f.CID] {
			return nil
		}
		d.shown[f.CID] = true
	}
	v := d.view
	d.marked = d.marked || f.Marked
	v.Plain.Marked, v.Plain.From, v.Plain.Text, v.Plain.Who = f.Marked, f.From, v.hidden(f.Text), v.say("x.from_system", nil)
	switch {
	case f.From == string(helpline.FromSystem) && f.Text == "":
		v.Plain.Text = v.say("x.lines_gone", nil)
	case f.From != string(helpline.FromSystem):
		v.Plain.Who = v.say("c.from_"+f.From, nil)
	}
	if at, err := time.Parse(instantLayout, f.At); err == nil {
		v.Plain.At = at.In(lineZone).Format(v.clock())
	}
	return filled(d.render("plain-message", v))
}

func (d *plainDress) event(words string) []byte {
	v := d.view
	v.Plain.Words = words
	return d.render("plain-event", v)
}

// end closes the list and the page. Text of who did not ask for work is taken off the screen by the style.
func (d *plainDress) end(id string) []byte {
	d.over = true
	v := d.view
	kept := "c.ended_again"
	switch {
	case v.Plain.Work:
		kept = "c.ended_kept"
	case d.marked:
		kept = "c.ended_marked"
	}
	v.Plain.Words = v.say(id, nil) + " " + v.say(kept, nil)
	return d.render("plain-over", v)
}

// Part ends the page, unless it has told the end already.
func (d *plainDress) Part(stop socket.Stop) []byte {
	if d.over {
		return nil
	}
	v := d.view
	v.Plain.Words = v.say("c.lost", nil)
	switch stop.Code {
	case answers[helpline.ErrNotFound].close:
		v.Plain.Words, v.Plain.Token = v.say("c.dead", nil), ""
	case answers[codeReplaced].close:
		v.Plain.Words, v.Plain.Token = v.say("c.replaced", nil), ""
	default:
		v.Plain.Renew, v.Plain.Words = true, v.say("pl.again", nil)
	}
	if !d.welcome { // the list was never opened
		return append([]byte("<div>"), d.render("plain-over", v)...)
	}
	return d.render("plain-over", v)
}

// alias names who reads, with the role.
func (v view) alias(alias, role string) string {
	switch {
	case alias == "":
		return v.say("c.role_adviser_plain", nil)
	case role == helpline.RoleSupervisor:
		return v.say("c.role_supervisor", map[string]any{"Alias": alias})
	default:
		return v.say("c.role_adviser", map[string]any{"Alias": alias})
	}
}

// place tells a place in the line in the same words as waiting.js.
func (v view) place(p *helpline.Position) string {
	where := v.say("c.next", nil)
	switch {
	case p.Ahead < 0:
		where = v.say("c.in_line", nil)
	case p.Ahead > 0:
		where = v.say("c.ahead", map[string]any{"Count": p.Ahead})
	}
	return where + " " + v.wait(p)
}

func (v view) wait(p *helpline.Position) string {
	if p.Waking {
		words := v.say("c.waking", nil)
		if p.Woken > 0 {
			words += " " + v.say("c.woken", map[string]any{"Count": p.Woken})
		}
		return words + " " + v.say("c.waking_call", nil)
	}
	if p.High == nil {
		return v.say("c.wait_unknown", nil)
	}
	high, low := max(1, (*p.High+59)/60), 0
	if p.Low != nil {
		low = *p.Low / 60
	}
	if low < 1 || low >= high {
		return v.say("c.wait_up_to", map[string]any{"Count": high})
	}
	return v.say("c.wait_range", map[string]any{"Low": low, "Count": high})
}

// endWords are what the person is told by the reason of the end, as conversation.js has them.
func endWords(reason string) string {
	switch reason {
	case "contact_done", "contact_cancelled", "done_by_contact", "cancel", "exit", "expired_by_policy":
		return "c.ended_done"
	case "abandoned":
		return "c.ended_abandoned"
	default:
		return "c.ended"
	}
}

// filled adds an HTML comment up to 512, 2,048 or 8,192 bytes, or more by such steps.
func filled(html []byte) []byte {
	const frame = len("<!---->\n")
	for _, size := range []int{512, 2048, 8192, 32768} {
		if n := size - len(html) - frame; n >= 0 {
			return append(append(append(html, "<!--"...), bytes.Repeat([]byte(" "), n)...), "-->\n"...)
		}
	}
	return html
}

func (d *plainDress) render(name string, v view) []byte {
	html, err := d.server.pages.execute(name, v)
	if err != nil {
		d.server.log.Error("page without script cannot be written", "error", outline(err))
	}
	return html
}
