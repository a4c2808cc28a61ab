package helpline

// Code is a stable error: the word that a client sees in "code" and that errors.Is compares.
// The edge maps each to a status and a close code; nothing else of an error ever leaves the house.
type Code string

// Error gives the code itself, which never holds input.
func (c Code) Error() string { return string(c) }

// The codes of the domain. The edge adds those that only it can meet (malformed, bad_origin, ...).
const (
	// ErrNotFound answers for an unknown, a finished and another's contact alike.
	ErrNotFound Code = "not_found"
	// ErrRequestReused says that a request id came again with another body.
	ErrRequestReused Code = "request_reused"
	// ErrOfferGone says that the offer was taken back, has expired or was never this adviser's.
	ErrOfferGone Code = "offer_gone"
	// ErrNotFree says that the adviser asked for has no slot now, or is not on duty.
	ErrNotFree Code = "not_free"
	// ErrLastReady says that nobody else is ready for a language of the adviser who wants to stop; with
	// a confirmation they may.
	ErrLastReady Code = "last_ready"
	// ErrTooSoon says that the step may be taken later, not yet.
	ErrTooSoon Code = "too_soon"
	// ErrTriesUsed says that the adviser has tried as many numbers as one may in an hour.
	ErrTriesUsed Code = "tries_used"
	// ErrStaleDraft says that a newer draft is stored.
	ErrStaleDraft Code = "stale_draft"
	// ErrConsoleReplaced says that a newer console of the same adviser is live.
	ErrConsoleReplaced Code = "console_replaced"
	// ErrTooMany says that a side sent more than it may: five messages a second, 2,000 in all.
	ErrTooMany Code = "too_many"
	// ErrQueueUnavailable says that Redis cannot be reached or may not be used.
	ErrQueueUnavailable Code = "queue_unavailable"
	// ErrOldIncarnation says that an event comes from a life of the queue that is over by the ledger.
	ErrOldIncarnation Code = "old_incarnation"
	// ErrLineClosed says that the line takes no new contacts now.
	ErrLineClosed Code = "line_closed"
	// ErrCallbackUnavailable says that this line takes no callback requests.
	ErrCallbackUnavailable Code = "callback_unavailable"
	// ErrNumberRefused says that the line does not call this number, whatever the reason.
	ErrNumberRefused Code = "number_refused"
	// ErrWindowsRefused says that windows of a callback are too many, too short, past, too far or overlap,
	// or that a time lies outside them.
	ErrWindowsRefused Code = "windows_refused"
	// ErrKeysGone says that sealed text cannot be opened or made: its day key is not there.
	ErrKeysGone Code = "keys_unavailable"
	// ErrInvalid says that a value is not one of its code list or out of bounds.
	ErrInvalid Code = "invalid_value"
	// ErrBusy says that the step had no answer in time; it is safe to send it again.
	ErrBusy Code = "busy"
)
