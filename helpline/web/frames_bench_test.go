package web

import (
	"strings"
	"testing"

	"adviceline/helpline"
	"adviceline/helpline/strict"
)

// BenchmarkReadSay reads a message as a contact's page sends it, padded: its type, then all of it.
func BenchmarkReadSay(b *testing.B) {
	data := []byte(`{"type":"say","cid":"0b0e7f0a-3f55-4d3c-9c2b-0d5b8a1c2d3e","text":"Onko tämä turvallista?","pad":"` + strings.Repeat("0", 380) + `"}`)
	b.ReportAllocs()
	b.SetBytes(int64(len(data)))
	for b.Loop() {
		var f sayFrame
		if _, err := strict.Type(data); err != nil {
			b.Fatal(err)
		}
		if err := strict.Decode(data, &f); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkWriteMessage writes a message as a contact gets it.
func BenchmarkWriteMessage(b *testing.B) {
	f := messageFrame{
		Type: "message", Seq: 1_000_001, CID: "0b0e7f0a-3f55-4d3c-9c2b-0d5b8a1c2d3e", From: helpline.FromAdviser,
		Text: strings.Repeat("x", 60), At: "2026-11-24T03:00:00.000Z",
	}
	b.ReportAllocs()
	for b.Loop() {
		encode(f)
	}
}

// BenchmarkReadIntake reads the body of an intake.
func BenchmarkReadIntake(b *testing.B) {
	data := []byte(`{"request_id":"0b0e7f0a-3f55-4d3c-9c2b-0d5b8a1c2d3e","channel":"chat","page_language":"fi","talk_language":"fi","asks":"help"}`)
	b.ReportAllocs()
	b.SetBytes(int64(len(data)))
	for b.Loop() {
		var body intakeBody
		if err := strict.Decode(data, &body); err != nil {
			b.Fatal(err)
		}
	}
}
