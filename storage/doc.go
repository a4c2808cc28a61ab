// Package storage remembers in Postgres what the live state decided: the ledger of events and
// contacts, sealed outcomes until their flush, the accounts of the house and their sign-ins.
//
// The ledger has one writer per node and no timer. A commit takes whatever came while the last one
// ran, in one transaction:
//
//	incarnation  FOR SHARE: the fence; events of an older life of the queue are refused
//	event        append-only, ON CONFLICT DO NOTHING: a repeated event changes nothing
//	contact      the whole row, where the event is newer: any order of arrival builds the same row
//	staged       only what came with an event that is new, and only the latest of a contact
//
// Every transaction locks rows in that order of tables and in key order within one, so nodes wait for
// each other but never in a circle. staged comes last because the lock on the contact's row makes
// every other node's outcome of that contact visible by then.
//
// No error that leaves this package carries a value of a row: of what Postgres says only the SQLSTATE
// is kept.
package storage
