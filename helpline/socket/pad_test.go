package socket_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"

	"adviceline/helpline/socket"
)

type said struct {
	Type string `json:"type"`
	Text string `json:"text"`
}

func TestPad(t *testing.T) {
	t.Parallel()
	sizes := map[int]bool{}
	for n := range 16400 {
		in := said{Type: "message", Text: strings.Repeat("x", n)}
		b, err := socket.Pad(in)
		if err != nil {
			if !errors.Is(err, socket.ErrTooLong) || n < 16300 {
				t.Fatalf("%d: %v", n, err)
			}
			continue
		}
		sizes[len(b)] = true
		var out struct {
			said
			Pad *string `json:"pad"`
		}
		if n%97 != 0 && len(b)-n > 50 {
			continue
		}
		if err := json.Unmarshal(b, &out); err != nil || out.said != in || out.Pad == nil {
			t.Fatalf("%d: %s, %v", n, b, err)
		}
	}
	if !reflect.DeepEqual(sizes, map[int]bool{512: true, 2048: true, 8192: true, 16384: true}) {
		t.Fatalf("sizes %v", sizes)
	}
}

func TestPadBounds(t *testing.T) {
	t.Parallel()
	longest := said{Text: strings.Repeat("\u2028", 2000)} // six bytes each
	if b, err := socket.Pad(longest); err != nil || len(b) != 16384 {
		t.Fatalf("%d, %v", len(b), err)
	}
	if b, err := socket.Pad(struct{}{}); err != nil || len(b) != 512 || !json.Valid(b) {
		t.Fatalf("%s, %v", b, err)
	}
	for _, bad := range []any{nil, "x", []int{1}, make(chan int)} {
		if _, err := socket.Pad(bad); err == nil {
			t.Errorf("%T padded", bad)
		}
	}
}

func FuzzFill(f *testing.F) {
	f.Add([]byte(`{}`))
	f.Add([]byte("{ \n}"))
	f.Add([]byte(`{"a":"` + strings.Repeat("x", 497) + `"}`))
	f.Fuzz(func(t *testing.T, object []byte) {
		kept := bytes.Clone(object)
		b, err := socket.Fill(object)
		if !bytes.Equal(kept, object) {
			t.Fatal("input changed")
		}
		if err != nil {
			return
		}
		if n := len(b); n != 512 && n != 2048 && n != 8192 && n != 16384 {
			t.Fatalf("%d bytes", n)
		}
		if json.Valid(object) && !json.Valid(b) {
			t.Fatalf("%s became %s", object, b)
		}
	})
}

func BenchmarkPad(b *testing.B) {
	frame := said{Type: "message", Text: strings.Repeat("x", 200)}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := socket.Pad(frame); err != nil {
			b.Fatal(err)
		}
	}
}
