// Package queue holds the live state of one line in Redis: who waits, who is offered what, who talks
// with whom, and the spool of events that the ledger has not committed yet.
//
// Each verb is one function of a Lua library (lua/<verb>.lua; client.go lists the parts that they share),
// called a script here. A script checks first and writes last, decides by Redis TIME, matches in the
// same step, appends its events to the spool, and publishes to the nodes that hold the sockets. There
// is no router and no leader. A node's scripts travel together (writer.go): what comes while a batch is
// on its way is the next one, and nothing is ever sent twice.
//
// Keys, all with the line's tag in front:
//
//	:meta            hash    incarnation, run_id, events (counter), offset, last, held, clock (tests), served: the
//	                         languages that accounts serve, any other is anybody's
//	:c:<contact>     hash    one leg; :s:<contact> its messages (stream, entry id seq-0), :m:<contact> cids
//	:a:<adviser>     hash    duty, load, console epoch and node; :legs:, :offers:, :parked: its contacts (sets)
//	:classes         hash    how many wait in each class; :w:<class> zset of them by original arrival
//	:serve:<group>   zset    advisers on duty in the order of choice (lua/class.lua, score)
//	:reserved        hash    which adviser keeps free for which call; :danger zset of danger nobody has taken
//	:handling        list    how long the last 50 legs took; :answered hash legs answered per hour
//	:number:<index>  string  the contact of a return number; :declined:<offer> who declined, for 10 min
//	:timers          zset    kind|id by instant; any node sweeps it
//	:spool           stream  events until the ledger has them; never trimmed, entries go by XDEL
//	:refused         stream  events that the ledger can never take, kept for a person to look at
//	:consoles        set     advisers who ever had a console; :phones those on the telephone
//	:counts:<day>    hash    heavy contacts, debriefs, forms that nobody wrote, of nobody; for 40 days
//	:relief          string  who took the shift over, and when
//	:roster          string  who is on duty and on call (JSON); :page:<group> the round of paging that runs there
//	:pages           set     groups with a round; :paged:<page> its group, for a day
//	:doubt:<socket>  string  since when the reconciler misses the lease of a socket
//	:nodes           hash    channel counters; :node:<node> the node's channel; :n:<node> its sockets; :evicted:<node> how often its lease was over
//	:session:, :ticket:      sign-ins; :ticket:<hash>:n the number that orders consoles of one adviser
package queue
