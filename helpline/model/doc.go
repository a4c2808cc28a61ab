// Package model is the reference model of routing: the same rule as the queue's scripts, in memory
// and in one thread, without Redis. It is the only second implementation: the oracle of the queue's
// random walk, the engine of `adviceline simulate`, and the fake for the tests of other rooms.
//
// A Model is a deterministic state machine. Each verb takes its instant (ms, never before the one of
// the verb before), checks everything, then writes, matches in the same step, and gives codes and
// events as the script of that name does. Nothing is read from a clock, nothing is drawn by chance,
// and no decision looks at the order of a map. The files have the names of the steps:
//
//	intake        Enqueue, Resume, Serve (the languages that accounts serve)
//	waiting       ContactUp, ContactDown, View, Leave, Positions, Status
//	rule, match   who is before whom; seek, feed, offer, withdraw, rematch
//	reserve       calls, which need an adviser whose slots are all free
//	offer         Accept, Decline, the offer that nobody answers
//	conversation  Say, History, Typing, End
//	outcome       Record, Draft, Owed
//	duty          ConsoleUp, ConsoleDown, Duty, the adviser who stays away
//	transfer      Transfer, Requeue, Handover, Park, Take
//	danger        what falls silent in danger stays open; CloseDanger
//	hold          Hold, Plan, Assign, Unhold: many contacts meet many advisers
//	sweep, due    timers
//
// Sockets are the callers': a node and its lease are not part of the model. Simulate drives a Router,
// which a Model is, with what a Scenario says, and measures KPIs; package theory gives the figures
// that they are held to. What people wrote is kept only as the sealed string that came in.
//
// A Model is for one goroutine; Fake wraps it for tests that run several.
package model
