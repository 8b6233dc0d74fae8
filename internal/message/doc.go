// Package message reads the messages of a WebSocket out of the bytes that arrive
// on its connection: frames, their order, fragments, compression, the UTF-8 of
// texts (RFC 6455 §5, RFC 7692). Bytes go in, and events come out.
//
// A Reader never waits and never reads by itself. It knows no connection, no
// goroutine and no clock. Whoever has bytes puts them in, on any goroutine, and
// asks for events until there is none:
//
//	n, err := conn.Read(r.Space(4096)) // or r.Add(b), if the bytes are there already
//	...
//	r.Arrived(n)
//	for {
//		ok, err := r.Next()
//		if !ok {
//			break // err says how the peer broke the protocol; if it is nil, more bytes are needed
//		}
//		handle(r.Event)
//	}
//	r.Release()
//
// A Reader must not be used by two goroutines at once, but each call may come from
// another one: from a goroutine that waits in a read, from one that serves many
// connections, or from a test. It reads as either side of a connection.
//
// # Views
//
// There are three ways to ask for the next event. The first two can be mixed:
//
//   - Next returns messages in bounded memory: one in a frame of up to ChunkSize
//     bytes is one event, any other one is several, each with a part of it.
//   - NextMessage returns whole messages up to a length, and ErrTooBig in place of
//     a longer one.
//   - NextControl returns control frames alone, and discards messages. It is for a
//     connection that is closing, and nothing else may be called after it.
//
// # Memory
//
// A Reader holds what has arrived and was not read, at most a chunk of inflated
// bytes, and what NextMessage has of the message that is arriving. All of it is in
// pooled buffers, which grow as bytes arrive, never by a length that a header
// announces. Between messages, after Release, it holds nothing but itself. If the
// caller has cleared Event too, Idle reports that the Reader can be Reset and used for
// another connection.
//
// The Data of an event is a slice of these buffers. It is valid until the next call
// of Next, NextMessage, NextControl, Space, Add, Release, Reset or Free; Detach
// makes it the caller's. The caller may change it.
//
// # Errors
//
// A peer that breaks the protocol gives a *frame.Violation, with the close code to
// fail the connection with (RFC 6455 §7.1.7), as soon as the bytes show it. It is
// returned again by every later call. After a Close frame, which is the last event,
// the error is io.EOF. In both cases the Reader has freed all that it held, and
// discards what still arrives.
package message
