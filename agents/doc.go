// Package agents is the adviser's side of the line: signing in, and the consoles.
//
// The path of one console:
//
//	signin.go        name and password -> session (opaque id in a cookie, only its hash is kept)
//	session.go       read from Redis or Postgres; a ticket of 30 s, good once, opens the socket
//	hub.go           the registry: one live console per adviser, told apart by connection epoch
//	hello.go         first frame -> ticket redeemed -> registered -> brought up -> welcome
//	frame.go         every later frame: read strictly, answered under its ref, in order
//	duty.go offer.go transfer.go danger.go conversation.go outcome.go    one step each, as everywhere in the house
//	referral.go disclosure.go    handing a matter on, and telling an authority without consent
//	list.go          who is ready, told anew when it changes
//	notice.go        what the queue tells a console unasked
//
// Who runs what: the socket's reader calls a console's frames one after the other, so a slow step
// delays that console alone. Deliver is called by the queue's one subscriber and never waits. A
// console that is being brought up, or that accepts, holds back what it could not yet place, and
// hands it out in order once it can; no lock is held while anything is sent or asked.
package agents
