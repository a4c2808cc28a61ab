// Package disclose turns counts into the only numbers that ever leave the house. It holds the plan of
// tables, the rounding, the gate and the frozen forms of a release; it knows no database and no contact.
//
// The path: Tally counts contacts into the cells of the plan. Release takes the counts of a period that is
// over, rounds each population subset once (Fellegi 1975; the fixed random rounding of Statistics New
// Zealand and of Statistics Canada, with a larger base), lets the gate judge the result together with
// everything ever published, and gives a Publication whose bytes are frozen. The draws exist in memory only
// and die with the call.
//
// The gate proves, it does not estimate. An attacker who has every published table knows a system: each
// printed cell is a window of integers, and cells, margins, totals, coarser codes and shorter periods add up.
// A cell is safe when at least base different integers each belong to some whole solution of that system.
// The gate shows such solutions, one for each integer; what it cannot show in time counts as unsafe. So a
// cell that passes has that many possible values in fact, not in a relaxation. Bounds that propagation
// derives refute quickly what can never pass.
package disclose

import "fmt"

// The floors. They are constants: no setting, file or flag reaches them.
const (
	BaseS       = 5  // rounding base of tables about contacts
	BaseV       = 10 // of tables about possible victims, and of referrals
	LeastBatch  = 20 // contacts, or possible victims, that move counters together, and that a table of contacts needs
	LeastOneWay = 50 // possible victims of a year below which nothing about them is printed
	LeastTwoWay = 300
	LeastKinds  = 3  // kinds of contributor behind a cell that is shown
	EmbargoDays = 30 // between the end of a period and its release
	LeastDays   = 14 // what the embargo can be shortened to
	maxDraws    = 100
)

// Settings are what a house may choose, above the floors only.
type Settings struct {
	BaseS, BaseV, Batch, EmbargoDays int
}

// Standard gives what holds when nobody chooses.
func Standard() Settings {
	return Settings{BaseS: BaseS, BaseV: BaseV, Batch: LeastBatch, EmbargoDays: EmbargoDays}
}

// Code is a stable error, compared with errors.Is.
type Code string

// Error gives the code.
func (c Code) Error() string { return string(c) }

// The codes of releasing.
const (
	// ErrFloor says that a setting lies below a floor; the program does not start.
	ErrFloor Code = "below_floor"
	// ErrPeriod says that a period is none of this program's.
	ErrPeriod Code = "bad_period"
	// ErrNotOver says that a period is not over, or its embargo is not.
	ErrNotOver Code = "period_not_over"
	// ErrWithheld says that a table of a period cannot be shown.
	ErrWithheld Code = "withheld"
	// ErrUnknownTable says that a table is not in the plan.
	ErrUnknownTable Code = "unknown_table"
)

// Check refuses settings below a floor; the error names which, never a value.
func (s Settings) Check() error {
	for _, x := range []struct {
		name        string
		have, least int
	}{{"base of contacts", s.BaseS, BaseS}, {"base of possible victims", s.BaseV, BaseV}, {"batch", s.Batch, LeastBatch}, {"embargo", s.EmbargoDays, LeastDays}} {
		if x.have < x.least {
			return fmt.Errorf("check %s: %w", x.name, ErrFloor)
		}
	}
	return nil
}
