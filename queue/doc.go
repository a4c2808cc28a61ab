// Package queue holds the live state of one line in Redis: who waits, who is offered what, who talks
// with whom, and the spool of events that the ledger has not committed yet.
//
// Each verb is one Lua script (lua/<verb>.lua behind lua/prelude.lua and, where it can free a slot or
// bring a contact, lua/match.lua). A script checks first and writes last, decides by Redis TIME,
// matches in the same step, appends its events to the spool, and publishes to the nodes that hold
// the sockets. There is no router and no leader. A node's scripts travel together (writer.go): what
// comes while a batch is on its way is the next one, and nothing is ever sent twice.
//
// Keys, all with the line's tag in front:
//
//	:meta            hash    incarnation, run_id, events (counter), offset, last
//	:c:<contact>     hash    one leg; :s:<contact> its messages (stream, entry id seq-0), :m:<contact> cids
//	:a:<adviser>     hash    duty, load, console epoch and node; :legs:, :offers: its contacts (sets)
//	:w:<lang>|<lane> zset    waiting contacts of a class by original arrival; :waiting all of them
//	:ready:<lang>    zset    advisers with a free slot by the instant they became idle; :duty:<lang> all on duty
//	:o:<offer>       string  the offer's contact; :number:<index> the contact of a return number
//	:timers          zset    kind|id by instant; any node sweeps it
//	:spool           stream  events until the ledger has them; never trimmed, entries go by XDEL
//	:refused         stream  events that the ledger can never take, kept for a person to look at
//	:nodes           hash    channel counters; :node:<node> the node's channel; :n:<node> its sockets; :evicted:<node> how often its lease was over
//	:session:, :ticket:      sign-ins
package queue
