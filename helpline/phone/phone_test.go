package phone

import (
	"errors"
	"testing"

	"adviceline/helpline"
)

func TestNumbers(t *testing.T) {
	t.Parallel()
	r := NewRule(nil, "+358 295 463 177")
	for _, c := range []struct {
		text, want string
		shared     bool
	}{
		{"040 123 4567", "+358401234567", false},
		{"+358 40 123 4567", "+358401234567", false},
		{"00358401234567", "+358401234567", false},
		{"+358 (0)40-1234567", "+358401234567", false},
		{"09 310 1691", "+35893101691", true},
		{"+358 29 540 0000", "+358295400000", true}, // an authority's switchboard
		{"0295 419 600", "+358295419600", true},
		{"+46 70 123 45 67", "+46701234567", false},
		{"+372 5123 4567", "+37251234567", false},
		{"+380 50 123 4567", "+380501234567", false},
	} {
		got, shared, err := r.Read(c.text)
		if err != nil || got != c.want || shared != c.shared {
			t.Errorf("%q: %q shared=%t %v", c.text, got, shared, err)
		}
	}
	for what, text := range map[string]string{
		"emergency": "112", "emergency with a prefix": "+358112", "child line": "116111", "own line": "+358 295 463 177",
		"own line, national": "0295463177", "premium": "0600 12345", "service": "0700 123456", "free": "0800 123456",
		"satellite": "+8816 1234 5678", "inmarsat": "+870 773 123 456", "country not listed": "+53 5 1234567",
		"premium abroad": "+44 909 8790000", "too short": "040 12", "too long": "04012345678901234567890", "words": "call me",
		"extension": "09 310 1691 ext. 5", "two numbers": "0401234567, 0407654321", "empty": " ", "nul": "040123\x004567",
		"digits of another script": "٠٤٠١٢٣٤٥٦٧", "letters": "1-800-FLOWERS", "international freephone": "+800 1234 5678",
	} {
		if got, _, err := r.Read(text); !errors.Is(err, helpline.ErrNumberRefused) {
			t.Errorf("%s was read as %q, %v", what, got, err)
		}
	}
}

func TestCountriesAreTheLines(t *testing.T) {
	t.Parallel()
	if _, _, err := NewRule([]string{"FI"}).Read("+46 70 123 45 67"); !errors.Is(err, helpline.ErrNumberRefused) {
		t.Errorf("a country that is not listed: %v", err)
	}
}
