package wiretest

import (
	"bytes"
	"flag"
	"net/http"
	"slices"
	"testing"

	"adviceline/helpline/wire"
)

const (
	id       = `"6f1ed002-ab55-41f1-9dbb-3c7c3b1a0001"`
	admitted = `{"contact":` + id + `,"token":"t","return_number":"12345678","state":"waiting","position":{"ahead":0,"low":null,"high":null}}`
	intake   = `{"request_id":` + id + `,"channel":"chat","page_language":"fi","talk_language":"so","asks":"help"}`
	no422    = `{"type":"about:blank","title":"","status":422,"code":"invalid_value","retry":false,"field":"asks"}`
)

func posted(request string, status int, body string) Exchange {
	kind := "application/json"
	if status >= 400 {
		kind = "application/problem+json"
	}
	return Exchange{
		Method: "POST", Template: "/api/v1/contacts", RequestType: "application/json", Request: []byte(request),
		Status: status, Header: http.Header{"Content-Type": {kind}}, Body: []byte(body),
	}
}

// bent gives a document with one piece of text replaced, which has to be there.
func bent(t *testing.T, raw []byte, old, fresh string) []byte {
	t.Helper()
	if !bytes.Contains(raw, []byte(old)) {
		t.Fatalf("the document has no %s", old)
	}
	return bytes.Replace(raw, []byte(old), []byte(fresh), 1)
}

// TestBentOpenAPI takes something out of the document and sees that an honest exchange fails.
func TestBentOpenAPI(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		old, fresh string
		exchange   Exchange
	}{
		"field that is told":   {`"return_number": {"type": "string", "pattern": "^\\d{8}$"},`, ``, posted(intake, 201, admitted)},
		"type that is told":    {`"token": {"type": "string"}`, `"token": {"type": "integer"}`, posted(intake, 201, admitted)},
		"required of a read":   {`"talk_language", "asks"]`, `"talk_language"]`, posted(`{"request_id":`+id+`,"channel":"chat","page_language":"fi","talk_language":"so"}`, 422, no422)},
		"field that is read":   {`"page_language": {"$ref": "#/components/schemas/Language"},`, ``, posted(intake, 201, admitted)},
		"code of the call":     {`"request_reused", "invalid_value", "too_many"`, `"request_reused", "too_many"`, posted(`{}`, 422, no422)},
		"status of the call":   {`"201"`, `"202"`, posted(intake, 201, admitted)},
		"retry of the table":   {`"code": "invalid_value", "status": 422, "close": null, "retry": false`, `"code": "invalid_value", "status": 422, "close": null, "retry": true`, posted(`{}`, 422, no422)},
		"document is too wide": {`"additionalProperties": false`, `"additionalProperties": true`, posted(intake[:len(intake)-1]+`,"name":"x"}`, 422, no422)},
	} {
		d, err := NewHTTP(wire.OpenAPI())
		if err != nil {
			t.Fatal(err)
		}
		if err := d.Check(c.exchange); err != nil {
			t.Errorf("%s: an honest exchange fails: %v", name, err)
		}
		d, err = NewHTTP(bent(t, wire.OpenAPI(), c.old, c.fresh))
		if err == nil && d.Check(c.exchange) == nil {
			t.Errorf("%s: not seen", name)
		}
	}
}

func TestBentAsyncAPI(t *testing.T) {
	t.Parallel()
	said := `{"type":"said","cid":` + id + `,"seq":1,"at":"2026-11-30T12:00:00.000Z"}`
	s, err := NewSocket(wire.AsyncAPI(), "contact")
	if err != nil || s.Told([]byte(said)) != nil || s.Closed(4501, "replaced") != nil {
		t.Fatal(err, s.Told([]byte(said)))
	}
	for _, strange := range []string{`{"type":"dance"}`, `{"type":"say","cid":` + id + `,"text":"x"}`, `{"type":"said"}`, `[]`, `x`, `{"type":"said","cid":` + id + `,"seq":1,"at":"2026-11-30T12:00:00.000Z","name":"x"}`} {
		if s.Told([]byte(strange)) == nil {
			t.Errorf("taken: %s", strange)
		}
	}
	if s.Closed(4501, "because") == nil || s.Closed(4999, "") == nil {
		t.Error("an unknown close is taken")
	}
	if !slices.Contains(s.Unmet(), "contactTyping") || slices.Contains(s.Unmet(), "contactSaid") || slices.Contains(s.Unmet(), "close 4501") {
		t.Errorf("unmet: %v", s.Unmet())
	}
	for _, change := range [][2]string{
		{`"cid": {"$ref": "#/components/schemas/Id"}, "seq": {"type": "integer", "minimum": 1}`, `"seq": {"type": "integer", "minimum": 1}`},
		{`"const": "said"`, `"const": "heard"`},
	} {
		s, err := NewSocket(bent(t, wire.AsyncAPI(), change[0], change[1]), "contact")
		if err == nil && s.Told([]byte(said)) == nil {
			t.Errorf("%s: not seen", change[1])
		}
	}
	if _, err := NewSocket(wire.AsyncAPI(), "nobody"); err == nil {
		t.Error("a channel that is not there")
	}
}

func TestShape(t *testing.T) {
	t.Parallel()
	type inner struct {
		A int `json:"a"`
	}
	all, always := Shape(struct {
		inner
		B string `json:"b,omitempty"`
		P string `json:"pad"`
	}{})
	if !slices.Equal(all, []string{"a", "b"}) || !slices.Equal(always, []string{"a"}) {
		t.Errorf("%v, %v", all, always)
	}
}

type ran int

func (r ran) Run() int { return int(r) }

func TestMainAsksForWhatIsLeft(t *testing.T) {
	t.Parallel()
	left := func() []string { return []string{"a"} }
	for i, c := range []struct {
		elsewhere map[string]string
		code      int
	}{{map[string]string{"a": "why"}, 0}, {nil, 1}, {map[string]string{"a": ""}, 1}, {map[string]string{"a": "why", "b": "out of date"}, 1}} {
		if got := (Main{Tests: ran(0), Left: left, Elsewhere: c.elsewhere}).Run(); got != c.code && flag.Lookup("test.run").Value.String() == "" {
			t.Errorf("%d: %d", i, got)
		}
	}
}
