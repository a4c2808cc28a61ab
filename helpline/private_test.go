package helpline

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
)

func TestTextNeverPrints(t *testing.T) {
	t.Parallel()
	const sentinel = "SENTINEL-31"
	text := NewText(sentinel)
	message := Message{Text: text}
	var log bytes.Buffer
	slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "text", text, "message", message)
	slog.New(slog.NewTextHandler(&log, nil)).Info("x", "text", text, "message", message)
	encoded, err := json.Marshal(message)
	if err != nil {
		t.Fatal(err)
	}
	printed := fmt.Sprintf("%s %v %+v %#v %q %x %d %v %+v", text, text, text, text, text, text, text, message, &message)
	failure := fmt.Errorf("wrapped: %v %w", text, errors.New("x"))
	for _, out := range []string{log.String(), string(encoded), printed, failure.Error()} {
		if strings.Contains(out, sentinel) || strings.Contains(out, fmt.Sprintf("%x", sentinel)) {
			t.Fatalf("private text printed: %s", out)
		}
	}
	if text.Reveal() != sentinel {
		t.Fatal("text lost")
	}
}

func TestLaneIsNeverRaisedByRole(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		in   Intake
		want Lane
	}{
		{Intake{Urgency: "emergency", Present: true}, Danger},
		{Intake{Present: true, Role: "authority"}, Present},
		{Intake{Child: true}, SameDay},
		{Intake{Urgency: "same_day"}, SameDay},
		{Intake{Urgency: "soon", Role: "authority", Organisation: "police"}, Ordinary},
		{Intake{}, Ordinary},
	} {
		if got := c.in.Lane(); got != c.want {
			t.Errorf("%+v is %s, want %s", c.in, got, c.want)
		}
	}
}
