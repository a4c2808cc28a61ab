package web

import (
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"adviceline/helpline"
	docs "adviceline/helpline/wire"
	"adviceline/helpline/wire/wiretest"

	"github.com/gorilla/websocket"
)

// What the server says it speaks. Every answer and every frame of this package's tests is held
// against it.
var (
	openAPI       = wiretest.Must(wiretest.NewHTTP(docs.OpenAPI()))
	contactSocket = wiretest.Must(wiretest.NewSocket(docs.AsyncAPI(), "contact"))
	listenSocket  = wiretest.Must(wiretest.NewSocket(docs.AsyncAPI(), "listen"))
)

// elsewhere is what is documented and not met by the tests of this package, and why.
var elsewhere = map[string]string{
	"consoleSocket 101":     "the tests of package agents shake hands",
	"consoleSocket 400":     "the console stands apart here; package socket tests its upgrader",
	"consoleSocket 429":     "the rate of upgrades is one for both sockets, met on the contact's",
	"consoleSocket 503":     "the tests of package agents stop a node",
	"consoleStream 200":     "the tests of package agents open one",
	"consoleStream 429":     "the rate of upgrades is one for both sides, met on the contact's",
	"consoleStream 503":     "the tests of package agents stop a node",
	"code offer_gone":       "of the console's frames: the tests of package agents",
	"code stale_draft":      "of the console's frames: the tests of package agents",
	"code last_ready":       "of the console's frames: the tests of package agents",
	"code not_free":         "of the console's frames: the tests of package agents",
	"code too_soon":         "of the console's frames: the tests of package agents",
	"code tries_used":       "of the console's frames: the tests of package agents",
	"code console_replaced": "a console is closed with replaced instead",
	"pageTaken 429":         "the rate of posts is one for all, met on the contact's",
	"receipt 429":           "the same",
	"handedSaid 429":        "the same",
	"code line_closed":      "nothing closes a line yet",
}

// whole runs the tests, then asks what of the documents never happened.
func whole(m *testing.M) wiretest.Main {
	return wiretest.Main{Tests: m, Elsewhere: elsewhere, Left: func() []string {
		return slices.Concat(openAPI.Unmet(), contactSocket.Unmet(), listenSocket.Unmet())
	}}
}

// template gives the route of a path as the document writes it, empty when there is none.
func (h *house) template(path string) string {
	if strings.HasPrefix(path, "/static/") {
		return "/static/{file}"
	}
	if strings.HasSuffix(path, "/decisions") {
		return "/api/v1/contacts/{contact}/decisions"
	}
	if strings.HasPrefix(path, "/api/v1/board/hours/") {
		return "/api/v1/board/hours/{theme}"
	}
	if strings.HasPrefix(path, "/api/v1/board/ratings/") {
		return "/api/v1/board/ratings/{theme}"
	}
	if strings.HasPrefix(path, "/api/v1/board/owed/") {
		return "/api/v1/board/owed/{contact}"
	}
	if strings.HasPrefix(path, "/api/v1/board/referrals/") {
		return "/api/v1/board/referrals/{referral}/error"
	}
	if strings.HasPrefix(path, "/api/v1/sheets/") {
		return "/api/v1/sheets/{sheet}"
	}
	if strings.HasSuffix(path, "/accessibility") && path != "/accessibility" {
		return "/{lang}/accessibility"
	}
	if strings.HasPrefix(path, "/p/") {
		return "/p/{token}"
	}
	if strings.HasPrefix(path, "/r/") {
		return "/r/{token}"
	}
	if strings.HasPrefix(path, "/api/v1/directory/") {
		return "/api/v1/directory/{receiver}"
	}
	if strings.HasPrefix(path, "/api/v1/disclosures/") && strings.HasSuffix(path, "/seen") {
		return "/api/v1/disclosures/{disclosure}/seen"
	}
	if table, ok := strings.CutPrefix(path, "/api/v1/reports/"); ok && table != "pack" && table != "book" && table != "inside" {
		return "/api/v1/reports/{table}"
	}
	if strings.HasSuffix(path, "/privacy") && strings.Count(path, "/") == 2 && path != "/board/privacy" {
		return "/{lang}/privacy"
	}
	if strings.HasPrefix(path, "/board/reports/") {
		return "/board/reports/{period}"
	}
	for _, r := range h.web.table() {
		if r.path == path {
			return path
		}
	}
	return ""
}

// documented holds one exchange against the OpenAPI document.
func (h *house) documented(t *testing.T, req *http.Request, sent string, res *http.Response, body []byte) {
	t.Helper()
	x := wiretest.Exchange{
		Method: req.Method, Template: h.template(req.URL.Path), RequestType: req.Header.Get("Content-Type"),
		Request: []byte(sent), Status: res.StatusCode, Header: res.Header, Body: body,
	}
	if res.StatusCode == http.StatusTeapot && strings.HasPrefix(x.Template, "/api/v1/console/s") {
		return // the answer of the harness in the console's place
	}
	if err := openAPI.Check(x); err != nil {
		t.Errorf("not as openapi.json has it: %s %s: %v", req.Method, req.URL.Path, err)
	}
}

// shaken holds a handshake against the document; what was read of a refusal stays to be read.
func (h *house) shaken(path string, res *http.Response) {
	x := wiretest.Exchange{Method: "GET", Template: path, Status: res.StatusCode, Header: res.Header}
	if res.StatusCode != http.StatusSwitchingProtocols {
		x.Body, _ = io.ReadAll(res.Body)
	}
	if err := openAPI.Check(x); err != nil {
		panic(err)
	}
}

// refusesShape are the codes by which the server says that a frame is none of the document's.
var refusesShape = []string{"malformed", "duplicate_field", "unknown_field", "wrong_type", "unsupported_frame", "invalid_value"}

// told holds one frame of the server against the AsyncAPI document, and by it the last one sent.
func (p *page) told(kind string, raw []byte) {
	p.t.Helper()
	if err := contactSocket.Told(raw); err != nil {
		p.t.Errorf("not as asyncapi.json has it: %v", err)
	}
	var f errorFrame
	_ = json.Unmarshal(raw, &f)
	if f.Type == "error" {
		openAPI.Note(string(f.Code))
		if p.odd == nil && slices.Contains(refusesShape, string(f.Code)) {
			p.t.Errorf("asyncapi.json takes a frame that the server refuses with %s", f.Code)
		}
	}
	if p.odd != nil && slices.Contains([]string{"welcome", "said"}, kind) {
		p.t.Errorf("the server takes a frame that asyncapi.json refuses: %v", p.odd)
	}
}

// ended holds a close against the document.
func (p *page) ended(closed *websocket.CloseError) {
	p.t.Helper()
	openAPI.Note(closed.Text)
	if err := contactSocket.Closed(closed.Code, closed.Text); err != nil {
		p.t.Error(err)
	}
}

func TestDocumentsAreServed(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for path, want := range map[string][]byte{"/openapi.json": docs.OpenAPI(), "/asyncapi.json": docs.AsyncAPI()} {
		r := h.do(t, call{"GET", path, "", nil})
		if r.status != 200 || r.body != string(want) || r.header.Get("Cache-Control") != "no-cache" || r.header.Get("Content-Type") != "application/json" {
			t.Errorf("%s: %d %v", path, r.status, r.header)
		}
	}
}

func TestRoutesAreDocumented(t *testing.T) {
	t.Parallel()
	var want []string
	for _, r := range newHouse(t).web.table() {
		want = append(want, r.method+" "+strings.NewReplacer("*", "{file}", ":contact", "{contact}", ":token", "{token}", ":theme", "{theme}", ":sheet", "{sheet}", ":lang", "{lang}", ":disclosure", "{disclosure}", ":table", "{table}", ":period", "{period}", ":receiver", "{receiver}", ":referral", "{referral}").Replace(r.path))
	}
	slices.Sort(want)
	if got := openAPI.Routes(); !slices.Equal(got, want) {
		t.Errorf("documented: %v\nserved: %v", got, want)
	}
}

func TestCodesAreDocumented(t *testing.T) {
	t.Parallel()
	for code, a := range answers {
		if got := openAPI.Problems()[string(code)]; got != (wiretest.Problem{Code: string(code), Status: a.status, Close: a.close, Retry: a.retry}) {
			t.Errorf("%s is %+v, documented as %+v", code, a, got)
		}
	}
	for code := range openAPI.Problems() {
		if _, ok := answers[helpline.Code(code)]; !ok {
			t.Errorf("%s is documented and unknown", code)
		}
	}
}

// TestShapesAreDocumented holds our structs against the documents, so that a member that no test
// happens to leave out or to send is seen too.
func TestShapesAreDocumented(t *testing.T) {
	t.Parallel()
	reads := map[string]any{
		"Intake": intakeBody{}, "Callback": callbackBody{}, "Window": windowBody{}, "Convert": convertBody{}, "Resume": resumeBody{}, "Leave": leaveBody{}, "Feedback": feedbackBody{}, "SignIn": signInBody{}, "Mistaken": mistakenBody{}, "Frames": postBody{},
		"contactHello": helloFrame{}, "contactSay": sayFrame{}, "contactGot": gotFrame{}, "contactLeave": leaveFrame{},
		"listenHello": listenFrame{},
	}
	tells := map[string]any{
		"Admission": admissionBody{}, "Converted": convertedBody{}, "Chatting": chattingBody{}, "MatterNumber": matterNumber{}, "Standing": lookBody{}, "Position": helpline.Position{}, "Status": statusBody{},
		"ReportPlan": planBody{}, "Privacy": PrivacyBody{}, "PrivacyStore": StoreBody{}, "PrivacyKeys": KeyBody{}, "PrivacyLive": HeldBody{}, "Audit": auditBody{}, "Deed": deedBody{}, "Work": workBody{}, "GoingReferral": goingBody{}, "PlannedTable": plannedTable{}, "Session": sessionBody{}, "Ticket": ticketBody{}, "Decisions": decisionsBody{}, "Decision": decisionBody{}, "Why": helpline.Why{}, "Problem": problem{},
		"contactWelcome": welcomeFrame{}, "contactPosition": positionFrame{}, "contactJoined": joinedFrame{}, "contactLeft": leftFrame{}, "listenListening": listeningFrame{}, "listenMessage": messageFrame{}, "listenEnded": bareFrame{}, "listenError": errorFrame{},
		"contactMessage": messageFrame{}, "contactTyping": bareFrame{}, "contactConverted": bareFrame{}, "contactMatter": bareFrame{}, "contactInterpreter": interpreterFrame{}, "contactEnding": endingFrame{}, "contactAway": awayFrame{}, "contactTransferred": transferredFrame{}, "contactEnded": endedFrame{},
		"contactSaid": saidFrame{}, "contactMasked": maskedFrame{}, "contactReconnect": reconnectFrame{}, "contactError": errorFrame{},
	}
	fields := func(name string) ([]string, []string) {
		switch {
		case strings.HasPrefix(name, "contact"):
			return contactSocket.Fields(name)
		case strings.HasPrefix(name, "listen"):
			return listenSocket.Fields(name)
		}
		return openAPI.Fields(name)
	}
	for name, v := range reads {
		want, _ := wiretest.Shape(v)
		if got, _ := fields(name); !slices.Equal(got, want) {
			t.Errorf("%s has %v, documented %v", name, want, got)
		}
	}
	for name, v := range tells {
		want, always := wiretest.Shape(v)
		got, required := fields(name)
		if name == "Problem" { // phone and callbacks are of Unavailable
			want = slices.DeleteFunc(want, func(s string) bool { return s == "phone" || s == "callbacks" })
		}
		if !slices.Equal(got, want) || !slices.Equal(required, always) {
			t.Errorf("%s has %v, always %v; documented %v, %v", name, want, always, got, required)
		}
	}
}

// TestReadersRefuseAlike sends what is wrong in form to every call that reads JSON.
func TestReadersRefuseAlike(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for path, key := range map[string]string{"/api/v1/contacts": "asks", "/api/v1/contact/callback": "request_id", "/api/v1/contact/resume": "request_id", "/api/v1/contact/leave": "kind", "/api/v1/contact/feedback": "request_id", sessionPath: "name"} {
		for code, body := range map[string]string{
			"malformed": `[`, "unknown_field": `{"x":1}`, "duplicate_field": `{"` + key + `":"","` + key + `":""}`,
			"too_deep": `{"x":` + strings.Repeat("[", 9) + strings.Repeat("]", 9) + `}`,
		} {
			if r := h.do(t, call{"POST", path, body, nil}); r.field(t, "code") != code {
				t.Errorf("%s %s: %s", path, code, r.body)
			}
		}
		if r := h.do(t, call{"POST", path, `{}`, map[string]string{"Content-Type": "text/plain"}}); r.status != 415 {
			t.Errorf("%s: %d", path, r.status)
		}
	}
}

// TestOutagesAreTold takes the queue and the stores away under every call that asks them.
func TestOutagesAreTold(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	a := h.intake(t, reqA)
	cookie := map[string]string{"Cookie": "adviceline=session-of-adviser", "Origin": h.URL}
	h.book.set(func() { h.book.fail = helpline.ErrQueueUnavailable })
	h.door.mu.Lock()
	h.door.fail = helpline.ErrBusy
	h.door.mu.Unlock()
	for _, c := range []struct {
		call
		code string
	}{
		{call{"GET", "/api/v1/contact", "", map[string]string{"Authorization": "Bearer " + a.Token}}, "queue_unavailable"},
		{call{"POST", "/api/v1/contact/resume", `{"request_id":"` + reqB + `","return_number":"` + a.ReturnNumber + `"}`, nil}, "queue_unavailable"},
		{call{"POST", "/api/v1/contact/leave", `{"token":"` + a.Token + `","kind":"done"}`, nil}, "queue_unavailable"},
		{call{"POST", sessionPath, `{"name":"adviser","password":"right"}`, nil}, "busy"},
		{call{"GET", sessionPath, "", cookie}, "busy"},
		{call{"DELETE", sessionPath, "", cookie}, "busy"},
		{call{"POST", "/api/v1/console/ticket", "", cookie}, "busy"},
	} {
		if r := h.do(t, c.call); r.status != 503 || r.field(t, "code") != c.code || r.field(t, "phone") == "" {
			t.Errorf("%s %s: %d %s", c.method, c.path, r.status, r.body)
		}
	}
	h.book.set(func() { h.book.fail = helpline.ErrKeysGone })
	if r := h.do(t, call{"POST", "/api/v1/contacts", intakeOf("request_id", `"`+reqB+`"`), nil}); r.field(t, "code") != "keys_unavailable" {
		t.Errorf("%d %s", r.status, r.body)
	}
}

func TestFullNodeRefusesSockets(t *testing.T) {
	t.Parallel()
	h := newHouse(t, func(o *Options) { o.Limits.Total = 1 })
	h.open(t)
	if _, res, err := h.dial(http.Header{"Origin": {h.URL}}); err == nil || res.StatusCode != 503 {
		t.Errorf("a second socket: %v", err)
	}
}
