// Package wstest supports tests of WebSocket handlers without a network. It has a
// server in memory, coder/websocket's client for it, and a connected pair of a
// client and a session.
//
// No port is opened, so tests may run in parallel and inside a bubble of
// testing/synctest, in which timeouts take no time. A connection behaves like a
// TCP connection: it buffers up to 64 KiB in each direction, a write waits while
// the buffer is full, and what was written before a close can still be read.
//
// Everything is closed when the test ends.
//
//	synctest.Test(t, func(t *testing.T) {
//		_, session, _ := wstest.Pair(t, &ws.Upgrader{Options: ws.Options{CloseTimeout: time.Minute}})
//		session.Close(ws.CloseReason{}) // the client does not answer
//		<-session.Done()                // after a minute of the bubble's clock
//	})
//
// # Data that is kept for too long
//
// In a program that imports wstest, the Data of a message from Recv or All is
// overwritten as soon as it is no longer valid, in all sessions, also those over a
// network. A test then detects code that should have called Message.Clone. In other
// programs the bytes change only when their memory is used again.
//
// # Bubbles
//
// Parallel bubbles must not share an Upgrader, nor use the package-level ws.Handle
// and ws.Handler, because the timer of an Upgrader belongs to the bubble of its
// first session. If another bubble uses the Upgrader, the runtime ends the program
// with a stack that contains mustBeTheSameForAllSessionsOfAnUpgrader. If there are
// sessions outside of all bubbles, Handle fails inside a bubble, with an error that
// says so. Successive bubbles may share an Upgrader if the sessions of the previous
// bubble have ended, that is, if their Done channels are closed.
package wstest
