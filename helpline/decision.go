package helpline

import "time"

// Decision is one step of a contact as the ledger tells it afterwards: codes and advisers alone.
type Decision struct {
	At      time.Time
	Kind    string
	Adviser string // whom the step concerns, empty where nobody
	Alias   string // as the account has it now
	Reason  string
	Why     string // JSON (Why), with an offer
}
