// Package ops holds what it takes to run the helpline: its settings, its logger, its metrics and
// its health. It knows nothing of the rooms that use it; they get its parts as values.
package ops
