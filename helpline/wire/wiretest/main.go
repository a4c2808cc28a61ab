package wiretest

import (
	"flag"
	"fmt"
	"slices"
)

// Main runs a package's tests and then asks what is documented but was not met. It fails the run
// for what is left without a reason, and for a reason that is out of date.
type Main struct {
	Tests interface{ Run() int }
	Left  func() []string // of Unmet
	// Elsewhere says why something cannot be met by this package's tests.
	Elsewhere map[string]string
}

// Run gives the exit code. A run of a part of the tests is not asked.
func (m Main) Run() int {
	code := m.Tests.Run()
	for _, name := range []string{"test.run", "test.skip", "test.list", "test.fuzz", "test.bench"} {
		if f := flag.Lookup(name); f != nil && f.Value.String() != "" {
			return code
		}
	}
	left := m.Left()
	for _, what := range left {
		if m.Elsewhere[what] == "" {
			fmt.Println("documented, but no test meets it:", what)
			code = max(code, 1)
		}
	}
	for what := range m.Elsewhere {
		if !slices.Contains(left, what) {
			fmt.Println("said not to be met, but is:", what)
			code = max(code, 1)
		}
	}
	return code
}

// Must gives what was read; a document that cannot be read ends the test run.
func Must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}
