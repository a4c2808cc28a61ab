package agents

import (
	"bufio"
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/google/uuid"

	"adviceline/helpline"
	"adviceline/helpline/wire/wiretest"
)

// Forward takes what was posted to the hub, as the node's subscription does.
func (q *queueFake) Forward(_ context.Context, p helpline.Posted) error {
	q.mu.Lock()
	word, err := q.word, q.err
	q.mu.Unlock()
	if err == nil {
		word(helpline.Notice{To: p.To, Kind: helpline.NoticeFrames, State: p.Mark, Key: p.Key, Sealed: p.Sealed})
	}
	return err
}

// streamed is a console behind a proxy that lets no WebSocket through.
type streamed struct {
	*bench
	in     *bufio.Reader
	body   func()
	stream string
}

func (b *bench) streamed(hello string) *streamed {
	b.Helper()
	b.queue.set(func() { b.queue.word = b.hub.Deliver })
	req, err := http.NewRequestWithContext(b.Context(), http.MethodPost, strings.Replace(b.url, "ws", "http", 1), strings.NewReader(hello))
	if err != nil {
		b.Fatal(err)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		b.Fatal(err)
	}
	x := wiretest.Exchange{
		Method: "POST", Template: "/api/v1/console/stream", RequestType: "application/json", Request: []byte("{}"), Status: res.StatusCode, Header: res.Header,
	}
	if err := openAPI.Check(x); err != nil {
		b.Error(err)
	}
	b.Cleanup(func() { _ = res.Body.Close() })
	return &streamed{bench: b, in: bufio.NewReader(res.Body), body: func() { _ = res.Body.Close() }}
}

// event gives name and data of the next event, pings apart.
func (s *streamed) event() (name, data string) {
	s.Helper()
	for {
		line, err := s.in.ReadString('\n')
		if err != nil {
			s.Fatalf("read stream: %v", err)
		}
		line = strings.TrimSuffix(line, "\n")
		if v, ok := strings.CutPrefix(line, "event: "); ok {
			name = v
		} else if v, ok := strings.CutPrefix(line, "data: "); ok {
			data = v
		} else if name == "ping" {
			name, data = "", ""
		} else if data != "" {
			return name, data
		}
	}
}

func (s *streamed) want(kind string) object {
	s.Helper()
	name, data := s.event()
	if err := consoleSocket.Told([]byte(data)); name != "" || err != nil {
		s.Fatalf("event %q: %v", name, err)
	}
	f := object{}
	if err := json.Unmarshal([]byte(data), &f); err != nil || f["type"] != kind {
		s.Fatalf("got %s, want %s", data, kind)
	}
	return f
}

func (s *streamed) closed(code float64) {
	s.Helper()
	for {
		if name, data := s.event(); name == "close" {
			f := object{}
			if err := json.Unmarshal([]byte(data), &f); err != nil || f["code"] != code {
				s.Errorf("closed with %s, want %v", data, code)
			}
			return
		}
	}
}

func (s *streamed) post(frames ...object) {
	s.Helper()
	var list []json.RawMessage
	for _, f := range frames {
		text, err := json.Marshal(f)
		if err != nil {
			s.Fatal(err)
		}
		list = append(list, text)
	}
	if err := s.hub.Line.ForwardConsole(s.Context(), s.stream, list); err != nil {
		s.Fatal(err)
	}
}

func TestConsoleByStream(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	id := b.leg()
	s := b.streamed(`{"type":"hello","v":1,"ticket":"` + b.ticket() + `"}`)
	s.stream, _ = s.want("welcome")["stream"].(string)
	s.want("duty")
	if !strings.HasPrefix(s.stream, "p1.") || len(s.stream) < 23 {
		t.Fatalf("the stream is named %q", s.stream)
	}
	frames := make([]object, 2)
	for i := range frames {
		frames[i] = object{"type": "say", "ref": uuid.NewString(), "contact": id, "cid": uuid.NewString(), "text": "hei"}
	}
	s.post(frames...)
	for i := range frames {
		if f := s.want("said"); f["ref"] != frames[i]["ref"] {
			t.Errorf("answer %d is %v", i, f)
		}
	}
	s.post(frames[1]) // its post had no answer: the same frame again gets its answer again
	if f := s.want("said"); f["ref"] != frames[1]["ref"] {
		t.Errorf("again: %v", f)
	}
	// What is another stream's, or was sealed for another, is not for this one.
	_, other := helpline.NewStream("p1")
	b.hub.Deliver(helpline.Notice{To: "a:p1", Kind: helpline.NoticeFrames, State: other, Key: "key-live", Sealed: "x"})
	b.hub.Deliver(helpline.Notice{To: "a:p1", Kind: helpline.NoticeFrames, State: b.hub.all()[0].mark, Key: "key-live", Sealed: "x"})
	s.post(object{"type": "typing", "ref": uuid.NewString(), "contact": id}, object{"type": "audible", "ref": uuid.NewString()})
	s.want("duty")
	b.hub.Deliver(b.message(id, 1, 1_000_009, "from the contact"))
	s.want("message")

	// A console by WebSocket takes over, and one by stream takes over from that.
	p, _ := b.console()
	s.closed(4501)
	s = b.streamed(`{"type":"hello","v":1,"ticket":"` + b.ticket() + `"}`)
	s.stream, _ = s.want("welcome")["stream"].(string)
	p.closed(4501)
	s.want("duty")
	s.body()
	if c := <-b.queue.downs; c.Adviser != "p1" || c.Epoch != 3 {
		t.Errorf("went down: %+v", c)
	}
}

func TestStreamHello(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for _, hello := range []string{``, `[]`, `{"type":"hello","v":2,"ticket":"x"}`, `{"type":"hello","v":1,"ticket":"x","y":1}`} {
		b.streamed(hello).closed(4400)
	}
	b.streamed(`{"type":"hello","v":1,"ticket":"x"}`).closed(4505)
}

func TestStreamsAreDrained(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	s := b.streamed(`{"type":"hello","v":1,"ticket":"` + b.ticket() + `"}`)
	s.want("welcome")
	s.want("duty")
	b.hub.Recall()
	s.want("reconnect")
	s.closed(1001)
}
