// Package socket keeps connections that stay: the pumps for both sides of a conversation.
//
// Each connection has one goroutine that reads and one that writes, and nothing else: with a
// WebSocket the HTTP handler returns after the upgrade, write buffers come from a pool, and the
// queue of outgoing frames exists only while there are frames. Where a proxy lets no WebSocket
// through, the same connection travels on a streamed answer (stream.go), whose handler is the
// writer. Nothing here knows what a frame means; a Handler does. How a connection ends:
//
//   - The reader ends when the peer closes, falls silent or breaks the protocol; it asks for the
//     fitting close code and goes.
//   - The writer ends when the reader has ended or a close was asked for and written. It waits
//     for the reader, shuts the connection, calls Handler.Closed and leaves the Registry.
//
// Every write has a deadline and every wait an end, so a Registry that closes all is empty
// within the write wait, a linger of a second, and the time that a Handler takes to heed its context.
package socket

import "errors"

// Close codes of the wire protocol. After those up to CodeDeadPeer the client comes back; after
// the others it does not.
const (
	CodeEnded       = 1000 // the contact or console ended as asked
	CodeNodeStops   = 1001 // this node stops, or failed at a frame
	CodeBinary      = 1003 // a frame was binary
	CodeMalformed   = 1007 // a frame was not UTF-8, or not what its type demands
	CodeTooBig      = 1009 // a frame was over the read limit
	CodeNoHello     = 4400 // no hello in time, or a bad one
	CodeTooSlow     = 4408 // the peer does not read what it is sent
	CodeDeadPeer    = 4409 // the peer answers no pings
	CodeReplaced    = 4501 // a newer socket took this one's place
	CodeDeadToken   = 4503 // the token is unknown or dead
	CodeSignedOut   = 4504 // the session ended
	CodeTicketSpent = 4505 // the ticket is unknown, used or expired
)

// Stop is the error with which a Handler closes its connection: a code of this package and a
// fixed code word. Any other error of a Handler closes with CodeNodeStops.
type Stop struct {
	Code   int
	Reason string
}

// Error gives the reason.
func (s Stop) Error() string { return "close socket: " + s.Reason }

// codeWord lets only a short code word into a close frame, so that no text can slip into it.
func codeWord(reason string) string {
	if len(reason) > 32 {
		return ""
	}
	for _, c := range []byte(reason) {
		if (c < 'a' || c > 'z') && c != '_' {
			return ""
		}
	}
	return reason
}

func stopOf(err error) Stop {
	if stop, ok := errors.AsType[Stop](err); ok {
		return stop
	}
	return Stop{Code: CodeNodeStops, Reason: "failed"}
}
