package strict

import (
	"errors"
	"strings"
	"testing"
)

func TestOwnPassesOverWhatIsNewer(t *testing.T) {
	t.Parallel()
	var out struct {
		N    int64  `json:"n"`
		Kind string `json:"kind"`
	}
	if err := Own(`{"newer":[{"n":2}],"n":1764000000123,"kind":"message"}`, &out); err != nil || out.N != 1764000000123 || out.Kind != "message" {
		t.Fatalf("%+v %v", out, err)
	}
	for _, bad := range []string{``, `{"n":"sentinel"}`, `{"sentinel"`, `{} sentinel`} {
		if err := Own(bad, &out); !errors.Is(err, ErrMalformed) || strings.Contains(err.Error(), "sentinel") {
			t.Fatalf("%q gives %v", bad, err)
		}
	}
}
