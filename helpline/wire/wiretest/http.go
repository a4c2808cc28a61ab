package wiretest

import (
	"encoding/json"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// Problem is one row of the table of codes; Close is 0 where the socket lives on.
type Problem struct {
	Code   string `json:"code"`
	Status int    `json:"status"`
	Close  int    `json:"close"`
	Retry  bool   `json:"retry"`
}

// HTTP holds exchanges against an OpenAPI document. Safe for concurrent use.
type HTTP struct {
	doc      *openapi3.T
	raw      map[string]any
	problems map[string]Problem
	anywhere []string
	met      met
}

// Exchange is one request and its answer. Template is the route as the document writes it, empty
// for a path that no route has.
type Exchange struct {
	Method, Template, RequestType string
	Request                       []byte
	Status                        int
	Header                        http.Header
	Body                          []byte
}

// NewHTTP reads the document; one that is no OpenAPI 3.0 is an error.
func NewHTTP(raw []byte) (*HTTP, error) {
	tree, err := closed(raw)
	if err != nil {
		return nil, fmt.Errorf("read openapi: %w", err)
	}
	shutRaw, err := json.Marshal(tree)
	if err != nil {
		return nil, fmt.Errorf("read openapi: %w", err)
	}
	loader := openapi3.NewLoader()
	doc, err := loader.LoadFromData(shutRaw)
	if err != nil {
		return nil, fmt.Errorf("load openapi: %w", err)
	}
	if err := doc.Validate(loader.Context); err != nil {
		return nil, fmt.Errorf("validate openapi: %w", err)
	}
	var own struct {
		Problems []Problem `json:"x-problems"`
		Anywhere []string  `json:"x-anywhere"`
	}
	if err := json.Unmarshal(raw, &own); err != nil {
		return nil, fmt.Errorf("read table of codes: %w", err)
	}
	d := &HTTP{doc: doc, raw: tree, problems: map[string]Problem{}, anywhere: own.Anywhere}
	for _, p := range own.Problems {
		if _, twice := d.problems[p.Code]; twice {
			return nil, fmt.Errorf("code %s comes twice", p.Code)
		}
		d.problems[p.Code] = p
	}
	return d, nil
}

// Problems gives the table of codes.
func (d *HTTP) Problems() map[string]Problem { return d.problems }

// Routes gives "METHOD template" of every call.
func (d *HTTP) Routes() (out []string) {
	for path, item := range d.doc.Paths.Map() {
		for method := range item.Operations() {
			out = append(out, method+" "+path)
		}
	}
	slices.Sort(out)
	return out
}

// Fields gives the members of a schema: all, and those required; both sorted.
func (d *HTTP) Fields(schema string) (all, always []string) {
	components, _ := d.raw["components"].(map[string]any)
	schemas, _ := components["schemas"].(map[string]any)
	s, _ := schemas[schema].(map[string]any)
	return fields(s)
}

// Note counts a code as met elsewhere than in an answer: in a frame or a close.
func (d *HTTP) Note(code string) { d.met.note("code " + code) }

// Unmet gives what is documented and was not met: "operation status" of the operations named (all
// when none is) and then also "code x".
func (d *HTTP) Unmet(operations ...string) []string {
	var all []string
	for _, item := range d.doc.Paths.Map() {
		for _, op := range item.Operations() {
			if len(operations) > 0 && !slices.Contains(operations, op.OperationID) {
				continue
			}
			for status := range op.Responses.Map() {
				if status != "default" {
					all = append(all, op.OperationID+" "+status)
				}
			}
		}
	}
	if len(operations) == 0 {
		for code := range d.problems {
			all = append(all, "code "+code)
		}
	}
	return d.met.unmet(all)
}

// Check tells where an exchange and the document differ.
func (d *HTTP) Check(x Exchange) error {
	op := d.operation(x)
	if op == nil {
		return d.elsewhere(x)
	}
	code, err := d.answer(op, x)
	if err != nil {
		return fmt.Errorf("%s %d: %w", op.OperationID, x.Status, err)
	}
	if err := d.request(op, x, code); err != nil {
		return fmt.Errorf("%s %d: request: %w", op.OperationID, x.Status, err)
	}
	return nil
}

func (d *HTTP) operation(x Exchange) *openapi3.Operation {
	item := d.doc.Paths.Value(x.Template)
	if item == nil {
		return nil
	}
	return item.Operations()[x.Method]
}

// elsewhere takes the answer to what is no call: a problem that says so, or what a path allows.
func (d *HTTP) elsewhere(x Exchange) error {
	want := "not_found"
	if d.doc.Paths.Value(x.Template) != nil {
		if x.Method == http.MethodOptions && x.Status == http.StatusNoContent && x.Header.Get("Allow") != "" && len(x.Body) == 0 {
			return nil
		}
		want = "method_not_allowed"
	}
	code, err := d.problem(x, d.doc.Components.Responses["Problem"].Value)
	if err == nil && code != want {
		err = fmt.Errorf("code %s, want %s", code, want)
	}
	return err
}

// answer holds the answer against the one documented for its status; it gives the code of a
// problem.
func (d *HTTP) answer(op *openapi3.Operation, x Exchange) (string, error) {
	response := op.Responses.Value(strconv.Itoa(x.Status))
	if response == nil {
		code, err := d.problem(x, op.Responses.Value("default").Value)
		if err == nil && !slices.Contains(d.anywhere, code) {
			err = fmt.Errorf("code %s is documented neither here nor in x-anywhere", code)
		}
		return code, err
	}
	d.met.note(op.OperationID + " " + strconv.Itoa(x.Status))
	for name, header := range response.Value.Headers {
		if err := checkHeader(header.Value, x.Header.Get(name)); err != nil {
			return "", fmt.Errorf("header %s: %w", name, err)
		}
	}
	if x.Status < 400 || response.Value.Content.Get("application/problem+json") == nil || kindOf(x.Header) != "application/problem+json" {
		return "", content(response.Value.Content, x)
	}
	code, err := d.problem(x, response.Value)
	listed, _ := op.Extensions["x-codes"].([]any)
	if err == nil && !slices.Contains(listed, any(code)) && !slices.Contains(d.anywhere, code) {
		err = fmt.Errorf("code %s is not in x-codes", code)
	}
	return code, err
}

func checkHeader(h *openapi3.Header, value string) error {
	if value == "" {
		if h.Required {
			return errors.New("is missing")
		}
		return nil
	}
	if h.Schema.Value.Type.Is("integer") {
		n, err := strconv.ParseFloat(value, 64)
		if err != nil {
			return errors.New("is no number")
		}
		return h.Schema.Value.VisitJSON(n)
	}
	return h.Schema.Value.VisitJSON(value)
}

// problem holds problem details against a response and the table of codes.
func (d *HTTP) problem(x Exchange, response *openapi3.Response) (string, error) {
	if err := content(response.Content, x); err != nil {
		return "", err
	}
	var p Problem
	if err := json.Unmarshal(x.Body, &p); err != nil {
		return "", err
	}
	row, known := d.problems[p.Code]
	bare := !strings.Contains(string(x.Body), `"retry"`) // of the console's own upgrader
	if !bare && (!known || row.Status != x.Status || p.Status != x.Status || row.Retry != p.Retry) {
		return "", fmt.Errorf("%s is not so in the table of codes", x.Body)
	}
	d.Note(p.Code)
	return p.Code, nil
}

func kindOf(h http.Header) string {
	kind, _, _ := mime.ParseMediaType(h.Get("Content-Type"))
	return kind
}

// content holds a body against the documented ones; no content means no body.
func content(c openapi3.Content, x Exchange) error {
	if len(c) == 0 {
		if len(x.Body) > 0 {
			return errors.New("has a body, none is documented")
		}
		return nil
	}
	kind := kindOf(x.Header)
	media := c[kind]
	if media == nil {
		return fmt.Errorf("content type %q is not documented", kind)
	}
	if !strings.HasSuffix(kind, "json") {
		return nil
	}
	var v any
	if err := json.Unmarshal(x.Body, &v); err != nil {
		return err
	}
	return media.Schema.Value.VisitJSON(v)
}

// shapes are the codes by which the server refuses the form of a request: the document has to
// refuse it too.
var shapes = []string{"unknown_field", "wrong_type", "invalid_value"}

// request holds the request against the document: what was taken must be in it, what was refused
// for its form must not.
func (d *HTTP) request(op *openapi3.Operation, x Exchange, code string) error {
	if op.RequestBody == nil || x.Status >= 400 && !slices.Contains(shapes, code) {
		return nil
	}
	err := sent(op.RequestBody.Value.Content, x)
	switch {
	case x.Status < 400:
		return err
	case err == nil:
		return fmt.Errorf("the server answers %s, the document takes it: %s", code, x.Request)
	}
	return nil
}

func sent(c openapi3.Content, x Exchange) error {
	kind, _, _ := mime.ParseMediaType(x.RequestType)
	media := c[kind]
	if media == nil {
		return fmt.Errorf("content type %q is not documented", kind)
	}
	if kind == "application/x-www-form-urlencoded" {
		form, err := url.ParseQuery(string(x.Request))
		if err != nil {
			return err
		}
		members := map[string]any{}
		for k := range form {
			members[k] = form.Get(k)
		}
		return media.Schema.Value.VisitJSON(members)
	}
	if !strings.HasSuffix(kind, "json") {
		return nil
	}
	var v any
	if err := json.Unmarshal(x.Request, &v); err != nil {
		return err
	}
	return media.Schema.Value.VisitJSON(v)
}
