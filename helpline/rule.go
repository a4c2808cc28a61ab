package helpline

import "time"

// Priority is what a lane adds to a contact's wait: a credit at its arrival and a slope, the inverse of
// the wait that the lane aims at.
type Priority struct {
	Credit time.Duration
	Slope  int64
}

// Rule orders who waits (routing.md, The rule): priority = credit + slope x wait among the heads of
// the classes that an adviser serves. A chat is overdue after Overdue; overdue and danger then go by
// static keys, danger by its arrival less its credit, so that only finitely many ever pass.
type Rule struct {
	Lanes   map[Lane]Priority
	Overdue time.Duration
}

// DefaultRule gives the defaults of routing.md.
func DefaultRule() Rule {
	return Rule{
		Lanes: map[Lane]Priority{
			Danger: {30 * time.Minute, 5}, Continuation: {10 * time.Minute, 3}, Present: {2 * time.Minute, 3},
			SameDay: {2 * time.Minute, 3}, Ordinary: {0, 1},
		},
		Overdue: 20 * time.Minute,
	}
}

// Why is the reason of a decision, as its event keeps it: the rule that made it, the heads of the
// classes that were compared, and at most eight advisers passed over, with a count of the rest.
type Why struct {
	Rule   string   `json:"rule"` // arrival, slot, owner, transfer, plan, taken
	Heads  []Head   `json:"heads,omitempty"`
	Passed []Passed `json:"passed,omitempty"`
	Rest   int      `json:"rest,omitempty"`
}

// Head is the first of a class when a slot became free; its wait is in ms.
type Head struct {
	Class string `json:"class"`
	Wait  int64  `json:"wait_ms"`
}

// Passed is an adviser on duty who was not chosen: excluded, reserved, full, cooling, more_loaded,
// more_flexible or idle_later.
type Passed struct {
	Adviser string `json:"adviser"`
	Code    string `json:"code"`
}
