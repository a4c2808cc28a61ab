package ops

import (
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
)

type secretError struct{}

func (secretError) Error() string { return "sentinel" }
func (secretError) Private()      {}

type open struct{}

func (open) LogValue() slog.Value { return slog.GroupValue(slog.String("token", "sentinel")) }

func TestTheLoggerHidesPrivateValues(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	log := NewLogger(&out, slog.LevelInfo).With("user_agent", "sentinel")
	log.Debug("below the level", "text", "sentinel")
	log.Info("seen", "ip", "sentinel", "User-Agent", "sentinel", "error", fmt.Errorf("do: %w", errors.Join(errors.New("a"), secretError{})),
		slog.Group("contact", "number", "sentinel", "lane", "chat"), "open", open{}, "plain", errors.New("plain error"))
	if s := out.String(); strings.Contains(s, "sentinel") || strings.Count(s, "\n") != 1 || !strings.Contains(s, `"lane":"chat"`) || !strings.Contains(s, "plain error") {
		t.Error(s)
	}
}
