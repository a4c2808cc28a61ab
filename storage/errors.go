package storage

import (
	"context"
	"errors"
	"io"
	"net"

	"github.com/jackc/pgx/v5/pgconn"

	"adviceline/helpline"
)

// The codes of storing.
const (
	// ErrUnavailable says that Postgres cannot be reached, is starting or stopping, or has no room.
	ErrUnavailable helpline.Code = "storage_unavailable"
	// ErrLedgerFull says that more events wait for the writer than it may hold.
	ErrLedgerFull helpline.Code = "ledger_full"
	// ErrLedgerStopped says that the writer has ended.
	ErrLedgerStopped helpline.Code = "ledger_stopped"
	// ErrMalformed says that the event can never be stored as it is.
	ErrMalformed helpline.Code = "malformed_event"
	// ErrNewerDatabase says that the database was migrated by a newer program than this one.
	ErrNewerDatabase helpline.Code = "database_newer_than_program"
	// ErrUnexpected stands for a failure of the program or the driver whose text may hold values.
	ErrUnexpected helpline.Code = "storage_unexpected"
)

// Refusal is an error of Postgres without anything but its SQLSTATE, as message, detail, hint and
// query may hold values of rows. It is ErrUnavailable where the state means that.
type Refusal struct{ State string }

// Error gives the SQLSTATE.
func (r Refusal) Error() string { return "postgres " + r.State }

// Is makes connection, resource and operator states (classes 08, 53, 57, but not a cancelled
// statement) equal to ErrUnavailable.
func (r Refusal) Is(target error) bool {
	return target == ErrUnavailable && r.State != "57014" && r.class("08", "53", "57")
}

func (r Refusal) class(classes ...string) bool {
	for _, c := range classes {
		if len(r.State) == 5 && r.State[:2] == c {
			return true
		}
	}
	return false
}

// bare strips an error of everything that may hold a value. Codes of the domain pass as they are.
func bare(err error) error {
	var code helpline.Code
	var refused *pgconn.PgError
	var connect *pgconn.ConnectError
	var known Refusal
	switch {
	case err == nil:
		return nil
	case errors.As(err, &code):
		return code
	case errors.As(err, &known):
		return known
	case errors.As(err, &refused):
		return Refusal{refused.Code}
	case errors.Is(err, context.Canceled):
		return context.Canceled
	case errors.Is(err, context.DeadlineExceeded):
		return context.DeadlineExceeded
	case errors.As(err, &connect), broken(err):
		return ErrUnavailable
	default:
		return ErrUnexpected
	}
}

// ofData tells a fault of the values (cardinality 21, data 22, integrity 23) from one of the service.
func ofData(err error) bool {
	var r Refusal
	return errors.As(err, &r) && r.class("21", "22", "23")
}

// broken tells that the connection failed, whatever was on it.
func broken(err error) bool {
	var n net.Error
	return errors.As(err, &n) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) ||
		errors.Is(err, net.ErrClosed) || pgconn.SafeToRetry(err)
}
