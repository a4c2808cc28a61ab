package agents

import (
	"bytes"
	"errors"
	"testing"
)

func FuzzFrame(f *testing.F) {
	const id = "0b0e7f0a-3f55-4d3c-9c2b-0d5b8a1c2d3e"
	for kind := range steps {
		f.Add([]byte(`{"type":"` + kind + `","ref":"` + id + `"}`))
	}
	f.Add([]byte(`{"type":"say","ref":"` + id + `","contact":"` + id + `","cid":"` + id + `","text":"\ud83d\ude00","pad":"0"}`))
	f.Add([]byte(`{"type":"draft","ref":"` + id + `","contact":"` + id + `","version":1,"outcome":{"topic":"x"}}`))
	f.Add([]byte(`{"type":"hello","v":1,"ticket":"x","after":{"` + id + `":1},"holds":[{"contact":"` + id + `","epoch":1}]}`))
	f.Add([]byte(`{"ref":1}`))
	f.Add([]byte(`[`))
	f.Fuzz(func(t *testing.T, data []byte) {
		kept := bytes.Clone(data)
		r, err := readFrame(data)
		_, helloErr := readHello(data)
		if !bytes.Equal(kept, data) {
			t.Fatal("input changed")
		}
		if err == nil {
			sound(t, kept, r)
			return
		}
		bad, ok := errors.AsType[fault](err)
		switch {
		case !ok && (!errors.Is(err, errNotJSON) || helloErr == nil):
			t.Fatal(err)
		case ok && (bad.code == "" || bad.ref != "" && !canonical(bad.ref)):
			t.Fatalf("%+v", bad)
		}
	})
}

// sound holds a frame that was read to what the steps rely on.
func sound(t *testing.T, data []byte, r *request) {
	t.Helper()
	if !canonical(r.ref) || steps[r.kind].read == nil || r.run == nil {
		t.Fatalf("%+v", r)
	}
	if again, err := readFrame(data); err != nil || again.print != r.print {
		t.Fatalf("read differently again: %v", err)
	}
}
