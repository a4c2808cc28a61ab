package storage

import (
	"sync"

	"adviceline/helpline"
)

// reports hands entries of the spool to the callbacks of the ledger, apart from the writer: a slow
// queue does not hold up Postgres. What does not fit is dropped; the drainers bring it again.
type reports struct {
	opt  LedgerOptions
	wake chan struct{}

	mu     sync.Mutex
	stored []string
	bad    map[helpline.Code][]string
}

func newReports(o LedgerOptions) *reports {
	return &reports{opt: o, wake: make(chan struct{}, 1), bad: map[helpline.Code][]string{}}
}

func (r *reports) committed(ids []string) {
	if r.opt.Committed == nil || len(ids) == 0 {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.stored) < r.opt.Queue {
		r.stored = append(r.stored, ids...)
	}
	signal(r.wake)
}

func (r *reports) refused(reason helpline.Code, ids []string) {
	if r.opt.Refused == nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.bad[reason]) < r.opt.Queue {
		r.bad[reason] = append(r.bad[reason], ids...)
	}
	signal(r.wake)
}

// run calls the callbacks until end is closed, and once more then.
func (r *reports) run(end <-chan struct{}) {
	for {
		select {
		case <-r.wake:
			r.deliver()
		case <-end:
			r.deliver()
			return
		}
	}
}

func (r *reports) deliver() {
	r.mu.Lock()
	stored, bad := r.stored, r.bad
	r.stored, r.bad = nil, map[helpline.Code][]string{}
	r.mu.Unlock()
	if len(stored) > 0 {
		r.opt.Committed(stored)
	}
	for reason, ids := range bad {
		r.opt.Refused(ids, reason)
	}
}
