package agents

import (
	"strings"
	"testing"

	"adviceline/helpline"
)

// BenchmarkReadFrame reads a message as a console sends it, padded.
func BenchmarkReadFrame(b *testing.B) {
	const id = "0b0e7f0a-3f55-4d3c-9c2b-0d5b8a1c2d3e"
	data := []byte(`{"type":"say","ref":"` + id + `","contact":"` + id + `","cid":"` + id + `","text":"Onko teillä nyt turvallinen paikka?","pad":"` + strings.Repeat("0", 280) + `"}`)
	b.ReportAllocs()
	b.SetBytes(int64(len(data)))
	for b.Loop() {
		if _, err := readFrame(data); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkWriteFrame writes a message as a console gets it.
func BenchmarkWriteFrame(b *testing.B) {
	m := helpline.Message{Seq: 1_000_001, CID: "0b0e7f0a-3f55-4d3c-9c2b-0d5b8a1c2d3e", From: helpline.FromContact, Text: helpline.NewText(strings.Repeat("x", 60))}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := pad(messageOf(m)); err != nil {
			b.Fatal(err)
		}
	}
}
