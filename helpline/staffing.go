package helpline

import "time"

// Staffing is how many advisers each hour of the week wants (Monday first, local time), so that a share of the
// contacts is answered within the target, and how many contacts came in such an hour.
type Staffing struct {
	Weeks    int // of the ledger
	Share    float64
	Target   time.Duration
	Advisers [7][24]int
	Contacts [7][24]float64
}
