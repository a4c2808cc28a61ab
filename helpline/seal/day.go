package seal

import (
	"strconv"
	"strings"
	"time"
)

// The classes of keys. Each but Staging has one key per day of death.
const (
	Live    = "live"    // the text of a conversation
	Number  = "number"  // a callback's number, ask_for and pretext
	Letter  = "letter"  // a referral's letter
	Card    = "card"    // a matter card
	Staging = "staging" // staged outcomes: one key per generation, not per day
)

// farthest is the longest life that a day key may be made for.
const farthest = 366 * 24 * time.Hour

// LiveDay gives the day of death of text that is written now: the day after tomorrow, UTC.
func LiveDay(now time.Time) time.Time { return midnight(now).AddDate(0, 0, 2) }

func midnight(t time.Time) time.Time {
	t = t.UTC()
	return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC)
}

// keyID names a key: "live-2026-11-25" or "staging-7". Its file is the same with ".key".
type keyID struct {
	text string
	over time.Time // the instant from which the key is dead; zero for a staging key
}

func dayID(class string, day time.Time) keyID {
	day = midnight(day)
	return keyID{text: class + "-" + day.Format(time.DateOnly), over: day.AddDate(0, 0, 1)}
}

func (id keyID) class() string {
	class, _, _ := strings.Cut(id.text, "-")
	return class
}

func (id keyID) file() string { return id.text + ".key" }

// dead tells whether the key's day is over at that instant.
func (id keyID) dead(at time.Time) bool { return !id.over.IsZero() && !at.Before(id.over) }

// parseID reads a key's name; it takes only what dayID and generationID write.
func parseID(text string) (keyID, bool) {
	class, rest, _ := strings.Cut(text, "-")
	if class == Staging {
		n, ok := parseGeneration(rest)
		return keyID{text: Staging + "-" + strconv.FormatUint(n, 10)}, ok
	}
	day, err := time.Parse(time.DateOnly, rest)
	if err != nil || !dayClass(class) {
		return keyID{}, false
	}
	return dayID(class, day), true
}

// parseFile reads the name of a file of the key folder. What publish leaves behind when its
// process dies counts as the file that it was to be: it holds the same key and must die with it.
func parseFile(name string) (id keyID, temp, ok bool) {
	if rest, hidden := strings.CutPrefix(name, "."); hidden {
		i := strings.LastIndexByte(rest, '.')
		if i < 0 {
			return keyID{}, false, false
		}
		name, temp = rest[:i], true
	}
	text, ok := strings.CutSuffix(name, ".key")
	if !ok {
		return keyID{}, false, false
	}
	id, ok = parseID(text)
	return id, temp, ok
}

func dayClass(class string) bool {
	switch class {
	case Live, Number, Letter, Card:
		return true
	}
	return false
}

// parseGeneration reads a generation: a decimal number from 1 on, in its shortest form.
func parseGeneration(text string) (uint64, bool) {
	n, err := strconv.ParseUint(text, 10, 63)
	return n, err == nil && n > 0 && strconv.FormatUint(n, 10) == text
}
