package wiretest

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

const home = "wire:///asyncapi.json"

// message is one frame of a channel.
type message struct {
	name   string
	kind   string   // of its type member; "later" stands for several
	kinds  []string // those several
	schema *jsonschema.Schema
}

// Socket holds the frames of one channel against an AsyncAPI document. Safe for concurrent use.
type Socket struct {
	doc    map[string]any
	reads  []message // by the server
	tells  []message
	closes map[int][]string
	met    met
}

// document is what of AsyncAPI 3 the documents use.
type document struct {
	AsyncAPI string `json:"asyncapi"`
	Channels map[string]struct {
		Messages map[string]struct {
			Ref string `json:"$ref"`
		} `json:"messages"`
		Close []struct {
			Code    int      `json:"code"`
			Reasons []string `json:"reasons"`
		} `json:"x-close"`
	} `json:"channels"`
	Operations map[string]struct {
		Action  string `json:"action"`
		Channel struct {
			Ref string `json:"$ref"`
		} `json:"channel"`
		Messages []struct {
			Ref string `json:"$ref"`
		} `json:"messages"`
	} `json:"operations"`
	Components struct {
		Messages map[string]struct {
			Name    string `json:"name"`
			Payload struct {
				Properties struct {
					Type struct {
						Enum []string `json:"enum"`
					} `json:"type"`
				} `json:"properties"`
			} `json:"payload"`
		} `json:"messages"`
	} `json:"components"`
}

// NewSocket reads one channel of the document. Its payloads are JSON Schema draft 7.
func NewSocket(raw []byte, channel string) (*Socket, error) {
	tree, err := closed(raw)
	if err != nil {
		return nil, fmt.Errorf("read asyncapi: %w", err)
	}
	var doc document
	if err := json.Unmarshal(raw, &doc); err != nil {
		return nil, fmt.Errorf("read asyncapi: %w", err)
	}
	if doc.AsyncAPI != "3.0.0" {
		return nil, fmt.Errorf("asyncapi is %q", doc.AsyncAPI)
	}
	compiler := jsonschema.NewCompiler()
	compiler.DefaultDraft(jsonschema.Draft7)
	if err := compiler.AddResource(home, any(tree)); err != nil {
		return nil, fmt.Errorf("read asyncapi: %w", err)
	}
	s := &Socket{doc: tree, closes: map[int][]string{}}
	for _, c := range doc.Channels[channel].Close {
		s.closes[c.Code] = c.Reasons
	}
	placed := 0
	for _, op := range doc.Operations {
		if op.Channel.Ref != "#/channels/"+channel {
			continue
		}
		for _, r := range op.Messages {
			m, err := s.message(compiler, doc, channel, r.Ref)
			if err != nil {
				return nil, err
			}
			placed++
			if op.Action == "receive" {
				s.reads = append(s.reads, m)
			} else {
				s.tells = append(s.tells, m)
			}
		}
	}
	if n := len(doc.Channels[channel].Messages); n == 0 || n != placed {
		return nil, fmt.Errorf("channel %s has %d messages, its operations %d", channel, n, placed)
	}
	return s, nil
}

func (s *Socket) message(c *jsonschema.Compiler, doc document, channel, ref string) (message, error) {
	name, ok := strings.CutPrefix(ref, "#/channels/"+channel+"/messages/")
	if !ok || doc.Channels[channel].Messages[name].Ref != "#/components/messages/"+name {
		return message{}, fmt.Errorf("message %s is not of channel %s", ref, channel)
	}
	schema, err := c.Compile(home + "#/components/messages/" + name + "/payload")
	if err != nil {
		return message{}, fmt.Errorf("compile %s: %w", name, err)
	}
	m := doc.Components.Messages[name]
	return message{name: name, kind: m.Name, kinds: m.Payload.Properties.Type.Enum, schema: schema}, nil
}

// Fields gives the members of a message's payload, or of a schema: all, and those required; both
// sorted.
func (s *Socket) Fields(name string) (all, always []string) {
	components, _ := s.doc["components"].(map[string]any)
	messages, _ := components["messages"].(map[string]any)
	if m, ok := messages[name].(map[string]any); ok {
		payload, _ := m["payload"].(map[string]any)
		return fields(payload)
	}
	schemas, _ := components["schemas"].(map[string]any)
	schema, _ := schemas[name].(map[string]any)
	return fields(schema)
}

// Reads gives, sorted, the types of all frames that the server reads.
func (s *Socket) Reads() (kinds []string) {
	for _, m := range s.reads {
		if len(m.kinds) > 0 {
			kinds = append(kinds, m.kinds...)
		} else {
			kinds = append(kinds, m.kind)
		}
	}
	slices.Sort(kinds)
	return kinds
}

// Told tells where a frame of the server and the document differ.
func (s *Socket) Told(frame []byte) error { return s.check(s.tells, frame) }

// Takes tells why the document does not let a client send a frame; nil when it does.
func (s *Socket) Takes(frame []byte) error { return s.check(s.reads, frame) }

// Closed tells whether a close is documented.
func (s *Socket) Closed(code int, reason string) error {
	reasons, known := s.closes[code]
	if !known || !slices.Contains(reasons, reason) {
		return fmt.Errorf("close %d %q is not documented", code, reason)
	}
	s.met.note(fmt.Sprint("close ", code))
	return nil
}

// Unmet gives the messages and closes that are documented and were not met.
func (s *Socket) Unmet() []string {
	var all []string
	for _, m := range append(slices.Clone(s.reads), s.tells...) {
		all = append(all, m.name)
	}
	for code := range s.closes {
		all = append(all, fmt.Sprint("close ", code))
	}
	return s.met.unmet(all)
}

func (s *Socket) check(messages []message, frame []byte) error {
	var v any
	if err := json.Unmarshal(frame, &v); err != nil {
		return err
	}
	members, ok := v.(map[string]any)
	if !ok {
		return errors.New("frame is no object")
	}
	kind, _ := members["type"].(string)
	for _, m := range messages {
		if m.kind != kind && !slices.Contains(m.kinds, kind) {
			continue
		}
		if err := m.schema.Validate(v); err != nil {
			return fmt.Errorf("%s: %w", m.name, err)
		}
		s.met.note(m.name)
		return nil
	}
	return fmt.Errorf("no message of type %q", kind)
}
