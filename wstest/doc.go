// Package wstest supports tests of WebSocket handlers and clients without a network. It
// has a server in memory, functions that connect one client or many to it, and a
// connected pair. Other functions receive what a test expects, and a Network makes
// connections slow or makes them fail.
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
//		wstest.ExpectText(t, stream, "hello")
//		wstest.ExpectClose(t, stream, 0) // without a code
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
// # Expectations
//
// The Expect functions receive the next message of a stream and compare it with what the
// test expects. If it differs, they fail the test with a text such as
// “wstest: received Close 1008 policy violation "too fast", want Text "hello"”.
//
// ExpectText, ExpectBinary, ExpectJSON and ExpectClose are for messages of one kind, and
// Expect is for any of them. ExpectNothing is for silence, and ExpectEnd for the error with
// which a stream ends. Recv returns a message for other checks. Pings and Pongs are skipped
// unless the test expects them. Each waits for at most 10 s, in a bubble by its clock;
// Within sets another limit. ExpectNothing waits for the time that it is given.
//
// A stream answers pings and Close frames only while the test receives from it. Collect
// reads a stream in the background and keeps what arrives until the test receives it.
//
// # Networks that fail
//
// All connections run over a Network: that of a Server, or that of the ends of a Pair.
// Here the connection fails in the middle of a message:
//
//	client, server := wstest.Pair(t, nil, nil)
//	client.Network.SetLatency(wstest.Both, 50*time.Millisecond)
//	client.Network.After(wstest.Down, 1000, client.Network.Reset) // after 1000 bytes
//	server.Session.Binary(ctx, make([]byte, 2000))
//	wstest.ExpectEnd(t, client.Stream, io.ErrUnexpectedEOF)
//
// SetLatency and SetRate make a network slow, and Split makes reads return few bytes. Stall
// makes bytes stop arriving until Resume. Reset makes connections fail with an error, Drop
// without a sign of it, and CloseWrite ends one direction of them. Network.Wrap and
// Network.Listener do the same for connections over real networks.
//
// # Many clients
//
// Server.DialN connects many clients at once, and Clients.Each runs a function for each of
// them at the same time. A failure names the client.
//
//	func testGreeting(t *testing.T, server *wstest.Server) {
//		clients := server.DialN(t, 100, nil)
//		clients.Each(t, func(tb testing.TB, i int, client wstest.Endpoint) {
//			wstest.ExpectText(tb, client.Stream, "hello")
//		})
//	}
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
// closed. Dial, Server.Dial, Server.DialN and Pair of this package use new ones if they
// are given none.
package wstest
