package socket

import (
	"slices"
	"testing"
)

// The last two versions are served, so that a page and a node of two releases understand each other
// while a line is upgraded.
func TestLastTwoVersionsAreServed(t *testing.T) {
	t.Parallel()
	var want []int
	for v := max(1, Version-1); v <= Version; v++ {
		want = append(want, v)
	}
	if !slices.Equal(served, want) {
		t.Errorf("the versions %v are served, want %v", served, want)
	}
	for _, v := range []int{-1, 0, Version - 2, Version + 1} {
		if Serves(v) {
			t.Errorf("version %d is served", v)
		}
	}
}
