// Package wstest lets tests of WebSocket handlers run without a network: a
// server in memory, coder/websocket's client to talk to it, and for those who
// test less than a handler the two ends of one connection.
//
// Nothing here opens a port, so tests run side by side and inside a bubble of
// testing/synctest, where timeouts of half a minute pass in no time. A
// connection behaves as one over TCP does: each direction holds 64 KiB that
// were written and not yet read, a write waits when they are full, and a peer
// that has gone leaves its last bytes behind.
//
// Everything is closed when the test ends.
//
// A program that imports wstest finds out when it keeps the Data of a message for
// too long: in all its sessions, those over a network too, the bytes are
// overwritten with a text that says so as soon as the next message is asked for.
// Elsewhere they stay until something else needs their memory, so that the
// mistake shows only at times.
//
// Bubbles that run side by side, as those of parallel tests do, must not share an
// Upgrader, nor the one behind ws.Handle, since the timer that looks after its
// sessions belongs to the bubble in which the first of them began. A handler
// under test is best given its Upgrader. When another bubble touches one, the
// runtime ends the program, and the stack that it prints names
// mustBeTheSameForAllSessionsOfAnUpgrader; with sessions outside of all bubbles,
// Handle refuses those inside one, and the error says so. One bubble after
// another is fine, once the sessions of the one before have ended: when their Done
// is closed, which is a moment after their peers have seen the end.
//
//	synctest.Test(t, func(t *testing.T) {
//		_, session, _ := wstest.Pair(t, &ws.Upgrader{CloseTimeout: time.Minute})
//		session.Close(ws.CloseReason{}) // which the client does not answer
//		<-session.Done()                // a minute later, and at once
//	})
package wstest
