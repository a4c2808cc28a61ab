// Package helpline is the domain: what a contact is, which steps it goes through, and who decides.
//
// The path of one contact, the same word in every room:
//
//	intake        the page posts codes; Line.Admit derives id and token, makes a data key, and one
//	              script queues the contact; the 201 waits until the fact is durable
//	waiting       place in the line, leave (exit, done, cancel), return by number
//	offer         the same script that brought a contact or freed a slot offers it to one adviser;
//	              accept makes the owner, decline and expiry put the contact back at its original arrival
//	conversation  each message is sealed, numbered by one script and published to the other side's node
//	callback      instead of a conversation: the number sealed in Postgres, the leg scheduled in Redis, due
//	              inside its windows, tried by code; Postgres brings back what Redis loses
//	matter        who wants to go on later takes a number; a card without identity lies sealed under it for
//	              14 days, for the next adviser who is told the number
//	outcome       coded answers, sealed and staged; what was said is destroyed
//
// Who decides what:
//
//	Redis     the live state. One script per verb, atomic and idempotent, by Redis TIME. Every step
//	          appends its event to the spool in the same script.
//	Postgres  what was. One writer per node commits events in batches; (incarnation, number) makes
//	          repetition harmless; each event carries the whole row, so order does not matter.
//	The line  three facts are acknowledged only when durable: the contact exists, who accepted,
//	          how it ended. Everything else follows.
//
// Rooms: helpline/web (HTTP, pages, the contact's socket), agents (consoles, sign-in), queue
// (Redis), storage (Postgres), ops (settings, logs, metrics, local services), cmd (wiring). They meet
// here and nowhere else; this package imports the standard library only.
package helpline
