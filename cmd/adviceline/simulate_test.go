package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"adviceline/helpline/model"
	"adviceline/ops/servicetest"
)

const scenarioSchema = root + "/ops/docs/scenario.schema.json"

func examples(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob(root + "/ops/docs/scenarios/*.json")
	if err != nil || len(files) < 2 {
		t.Fatal("no examples of scenarios", err)
	}
	return files
}

func read(t *testing.T, file string) []byte {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func simulated(t *testing.T, in string, args ...string) (status int, out, fault string) {
	t.Helper()
	var o, e bytes.Buffer
	status = run(t.Context(), terminal{in: strings.NewReader(in), out: &o, err: &e}, append([]string{"simulate"}, args...))
	return status, o.String(), e.String()
}

// The scripts make the events and figures that the model makes, on a Redis that is given and on one that is
// started for it; what they leave there is nothing.
func TestSimulateOnTheScripts(t *testing.T) {
	t.Parallel()
	url := servicetest.Redis(t)
	file := root + "/ops/docs/scenarios/evening.json"
	var figures, events []string
	for _, c := range []struct {
		router string
		env    []string
	}{{"model", nil}, {"real", []string{"REDIS_URL=" + url}}, {"real", nil}} {
		var out, fault bytes.Buffer
		list := filepath.Join(t.TempDir(), "events")
		status := run(t.Context(), terminal{out: &out, err: &fault, env: c.env}, []string{"simulate", "-in", file, "-router", c.router, "-events", list})
		if status != 0 {
			t.Fatal(fault.String())
		}
		figures, events = append(figures, out.String()), append(events, string(read(t, list)))
	}
	for i := range figures {
		if figures[i] != figures[0] || events[i] != events[0] {
			t.Errorf("run %d differs from the model's", i)
		}
	}
	if len(events[0]) < 1000 {
		t.Error("a simulation without events")
	}
	if status, _, fault := simulated(t, "", "-in", file, "-router", "other"); status != 2 {
		t.Error(status, fault)
	}
}

func TestSimulateRepeatsItself(t *testing.T) {
	t.Parallel()
	for _, file := range examples(t) {
		events := filepath.Join(t.TempDir(), "events")
		status, first, fault := simulated(t, "", "-in", file, "-events", events)
		if status != 0 {
			t.Fatal(file, fault)
		}
		_, second, _ := simulated(t, string(read(t, file)), "-in", "-")
		if first != second {
			t.Errorf("%s gives different figures", file)
		}
		var k model.KPIs
		if err := json.Unmarshal([]byte(first), &k); err != nil {
			t.Fatal(err)
		}
		if k.Flow.Enqueued == 0 || k.Flow.Enqueued != k.Flow.Answered+k.Flow.Abandoned+k.Flow.CarriedOut {
			t.Errorf("%s: %+v", file, k.Flow)
		}
		lines := bytes.Split(bytes.TrimSpace(read(t, events)), []byte("\n"))
		if n := bytes.Count(bytes.Join(lines, nil), []byte(`"kind":"accepted"`)); n < k.Flow.Answered {
			t.Errorf("%s: %d accepted among %d events, %d answered", file, n, len(lines), k.Flow.Answered)
		}
		for _, line := range lines {
			if !json.Valid(line) {
				t.Fatalf("%s: %s", file, line)
			}
		}
	}
}

func TestSimulateRefuses(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ in, want string }{
		{`{}`, "arrivals or hours"},
		{`{"hours": 1, "advicers": []}`, "unknown_field"},
		{`{"hours": 1, "hours": 2}`, "duplicate_field"},
		{`{"hours": "1"}`, "wrong_type in hours"},
		{`{"hours": -1}`, "hours"},
		{`{"arrivals": 1e12}`, "arrivals"},
		{`no`, "malformed"},
		{`{"hours": 1, "classes": [{"name":"a","language":"fi","lane":"urgent","channel":"chat","per_hour":1,"service":{"kind":"fixed","mean_s":1}}],
			"advisers":[{"name":"a","languages":["fi"],"slots":1}]}`, "classes[0]: lane"},
		{`{"hours": 1, "classes": [{"name":"a","language":"fi","lane":"danger","channel":"chat","per_hour":1,"service":{"kind":"uniform","mean_s":1}}],
			"advisers":[{"name":"a","languages":["fi"],"slots":1}]}`, "kind is fixed"},
		{`{"hours": 1, "classes": [{"name":"a","language":"fi","lane":"danger","channel":"chat","per_hour":1,"service":{"kind":"fixed","mean_s":1}}],
			"advisers":[{"name":"a","languages":["fi"],"slots":0}]}`, "slots"},
		{`{"hours": 1, "classes": [{"name":"a","language":"fi","lane":"danger","channel":"chat","per_hour":1,"service":{"kind":"fixed","mean_s":1}}],
			"advisers":[{"name":"a","languages":["fi"],"slots":1},{"name":"a","languages":["fi"],"slots":1}]}`, "two advisers"},
	} {
		status, out, fault := simulated(t, c.in, "-in", "-")
		if status != 2 || out != "" || !strings.Contains(fault, c.want) {
			t.Errorf("%s: %d, %s, want %q", c.in, status, fault, c.want)
		}
	}
	for _, args := range [][]string{nil, {"-in"}, {"-in", "a", "b"}, {"-what"}} {
		if status, _, _ := simulated(t, "", args...); status != 2 {
			t.Errorf("%v: %d", args, status)
		}
	}
	if status, _, fault := simulated(t, "", "-in", filepath.Join(t.TempDir(), "none")); status != 1 || !strings.Contains(fault, "read input") {
		t.Errorf("no file: %d, %s", status, fault)
	}
}

func schema(t *testing.T) (*jsonschema.Schema, map[string]map[string]any) {
	t.Helper()
	compiled, err := jsonschema.NewCompiler().Compile(scenarioSchema)
	if err != nil {
		t.Fatal(err)
	}
	var raw struct {
		Defs map[string]map[string]any `json:"$defs"`
	}
	if err := json.Unmarshal(read(t, scenarioSchema), &raw); err != nil {
		t.Fatal(err)
	}
	return compiled, raw.Defs
}

func TestExamplesAreScenarios(t *testing.T) {
	t.Parallel()
	compiled, _ := schema(t)
	for _, file := range examples(t) {
		if _, err := model.ReadScenario(read(t, file)); err != nil {
			t.Errorf("%s: %v", file, err)
		}
		v, err := jsonschema.UnmarshalJSON(bytes.NewReader(read(t, file)))
		if err != nil {
			t.Fatal(err)
		}
		if err := compiled.Validate(v); err != nil {
			t.Errorf("%s: %v", file, err)
		}
		v.(map[string]any)["surprise"] = true
		if err := compiled.Validate(v); !errors.As(err, new(*jsonschema.ValidationError)) {
			t.Errorf("%s with a surprise: %v", file, err)
		}
	}
}

// The schema has the structs' fields, no others, and of the same types; what is not "omitempty" is required.
func TestScenarioSchemaIsTheStruct(t *testing.T) {
	t.Parallel()
	_, defs := schema(t)
	seen := map[string]bool{}
	var hold func(reflect.Type)
	hold = func(typ reflect.Type) {
		if seen[typ.Name()] {
			return
		}
		seen[typ.Name()] = true
		def := defs[typ.Name()]
		if def == nil || def["additionalProperties"] != false {
			t.Fatalf("%s is not in the schema, or open", typ.Name())
		}
		properties, _ := def["properties"].(map[string]any)
		var required []string
		for f := range typ.Fields() {
			name, omit, _ := strings.Cut(f.Tag.Get("json"), ",")
			p, _ := properties[name].(map[string]any)
			if p == nil {
				t.Errorf("%s.%s is not in the schema", typ.Name(), name)
				continue
			}
			delete(properties, name)
			if omit == "" {
				required = append(required, name)
			}
			holdType(t, typ.Name()+"."+name, f.Type, p, defs, hold)
		}
		for name := range properties {
			t.Errorf("%s.%s is in the schema alone", typ.Name(), name)
		}
		var wanted []string
		list, _ := def["required"].([]any)
		for _, name := range list {
			wanted = append(wanted, name.(string))
		}
		slices.Sort(required)
		slices.Sort(wanted)
		if !slices.Equal(required, wanted) {
			t.Errorf("%s requires %v in the schema, %v in Go", typ.Name(), wanted, required)
		}
	}
	hold(reflect.TypeFor[model.Scenario]())
	if len(seen) != 9 {
		t.Errorf("seen %v", seen)
	}
}

// holdType compares one field with its property, and goes on into structs.
func holdType(t *testing.T, name string, typ reflect.Type, p map[string]any, defs map[string]map[string]any, hold func(reflect.Type)) {
	t.Helper()
	if ref, ok := p["$ref"].(string); ok {
		def := strings.TrimPrefix(ref, "#/$defs/")
		for typ.Kind() == reflect.Pointer {
			typ = typ.Elem()
		}
		if typ.Kind() == reflect.Struct {
			if typ.Name() != def {
				t.Errorf("%s is %s in Go, %s in the schema", name, typ.Name(), def)
			}
			hold(typ)
			return
		}
		p = defs[def]
	}
	if _, enum := p["enum"]; enum {
		p = map[string]any{"type": "string"}
	}
	want := map[reflect.Kind]string{
		reflect.Slice: "array", reflect.String: "string", reflect.Float64: "number", reflect.Int: "integer", reflect.Int64: "integer", reflect.Uint64: "integer",
	}[typ.Kind()]
	if p["type"] != want {
		t.Errorf("%s is %s in Go, %v in the schema", name, typ, p["type"])
	}
	if items, ok := p["items"].(map[string]any); ok && typ.Kind() == reflect.Slice {
		holdType(t, name+"[]", typ.Elem(), items, defs, hold)
	}
}
