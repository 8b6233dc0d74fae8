// Package closing is the end of a WebSocket connection (RFC 6455 §7.1) as a
// table: what each event means in each state, which state follows, and what is
// to be done. It is pure. It sends nothing, waits for nothing and knows no
// connection; package ws performs the actions and reports the events.
//
// A connection ends in one of four ways:
//
//	Open → CloseQueued → CloseSent → Ended            this side closes first (§7.1.2)
//	Open → CloseReceived → Answering → Ended          the peer closes first (§7.1.3)
//	Open → FailQueued → FailSent → Ended              the peer broke the protocol (§7.1.7)
//	Open → ReadClosed or WriteBroken → Ended          the connection was lost (§7.1.5, code 1006)
//
// If both sides close at the same time, CloseQueued is followed by Answering. On a
// client, CloseDone precedes Ended after the first two, because the server is to close
// the TCP connection first (§7.1.1). A connection that breaks, a timeout and Abort end it from any state.
package closing
