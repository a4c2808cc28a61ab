package codes

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestFirstLines(t *testing.T) {
	t.Parallel()
	var missing []string
	for _, code := range Language.Codes() {
		if _, ok := firstLines[code]; !ok {
			missing = append(missing, code)
		}
	}
	if !slices.Equal(missing, []string{"bin", "smn", "sms", "mul", "und"}) {
		t.Errorf("without a first line: %v", missing)
	}
	for code, l := range firstLines {
		if !strings.Contains(l.Text, "112") || utf8.RuneCountInString(l.Text) > 240 || l.Reviewed != slices.Contains([]string{"fi", "sv", "en", "fse", "fss"}, code) {
			t.Errorf("%s: %+v", code, l)
		}
	}
	if code, l := FirstLineIn("bin", "", "sv"); code != "sv" || !strings.HasPrefix(l.Text, "Hej") {
		t.Errorf("Edo on a Swedish page is greeted in %q", code)
	}
	if code, _ := FirstLineIn("sms"); code != "en" {
		t.Errorf("greeted in %q", code)
	}
	if code, _ := FirstLineIn("so", "ar", "fi"); code != "so" {
		t.Errorf("greeted in %q", code)
	}
}
