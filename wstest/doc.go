// Package wstest supports tests of WebSocket handlers and clients without a network. It
// has a server in memory, functions that connect to it, and a connected pair.
//
// No port is opened, so tests may run in parallel and inside a bubble of
// testing/synctest, in which timeouts take no time. A connection behaves like a
// TCP connection: it buffers up to 64 KiB in each direction, a write waits while
// the buffer is full, and what was written before a close can still be read.
//
// Everything is closed when the test ends.
//
//	func greet(session *ws.Session, stream *ws.MessageStream) {
//		session.Text(context.Background(), "hello")
//	}
//
//	func TestGreet(t *testing.T) {
//		_, stream := wstest.Dial(t, ws.Handler(greet))
//		msg, err := stream.Recv(t.Context())
//		if err != nil || string(msg.Data) != "hello" {
//			t.Errorf("received %q, %v", msg.Data, err)
//		}
//	}
//
// Pair returns both ends, here in a bubble of testing/synctest:
//
//	synctest.Test(t, func(t *testing.T) {
//		_, server := wstest.Pair(t, &ws.Upgrader{Options: ws.Options{CloseTimeout: time.Minute}}, nil)
//		server.Session.Close(ws.CloseReason{}) // the client does not answer
//		<-server.Session.Done()                // after a minute of the bubble's clock
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
// Parallel bubbles must not share an Upgrader or a Dialer, nor use the package-level
// ws.Handle, ws.Handler and ws.Dial, because the timer of an Upgrader or Dialer belongs
// to the bubble of its first session. If another bubble uses it, the runtime ends the
// program with a stack that contains mustBeTheSameForAllSessionsOfAnUpgrader. If there
// are sessions outside of all bubbles, Handle and Dial fail inside a bubble, with an
// error that says so. Successive bubbles may share an Upgrader or a Dialer if the
// sessions of the previous bubble have ended, that is, if their Done channels are
// closed. Dial, Server.Dial and Pair of this package use new ones if they are given
// none.
package wstest
