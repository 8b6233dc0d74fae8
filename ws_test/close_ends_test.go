package ws_test

import (
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/handset-go/handset/ws"
)

// end is a way for a session to end.
type end struct {
	name string
	u    *ws.Upgrader
	does func(*testing.T, *fixture) // returns when the end is certain

	session error         // of Err, equal or by errors.Is
	stream  error         // that a reader receives, by errors.Is
	counted ws.EndReason  // its key in Stats.Ends
	after   time.Duration // in synctest

	unread bool // may happen without a reader
	alone  bool // the test does not read the stream
}

// Every way for a session to end is the same in synctest and over TCP, and on both sides.
func TestEnd(t *testing.T) {
	t.Parallel()
	readers := map[string]func(*fixture) <-chan error{
		"Recv": func(s *fixture) <-chan error { return receiveAll(s.pair) },
		"All": func(s *fixture) <-chan error {
			got := make(chan error, 1)
			go func() {
				err := receiveFrom(context.Background(), s.stream, true, func(ws.Message) bool { return true })
				if err == nil {
					err = io.EOF // as a loop ends
				}
				got <- err
			}()
			return got
		},
		"no reader": nil,
	}
	for _, e := range allEnds {
		for where, play := range fixtures {
			for reader, read := range readers {
				if read == nil && !e.unread && !e.alone || read != nil && e.alone {
					continue
				}
				t.Run(e.name+"/"+where+"/"+reader, func(t *testing.T) {
					play(t, e.u, func(t *testing.T, s *fixture) { e.test(t, s, read) })
				})
			}
		}
	}
}

// test causes the end, and checks it in every place where it shows.
func (e *end) test(t *testing.T, s *fixture, read func(*fixture) <-chan error) {
	began, got := time.Now(), make(<-chan error)
	if read != nil {
		got = read(s)
	}
	e.does(t, s)
	await(t, s.session.Done(), "the session's end")
	if took := time.Since(began); s.synctest && took != e.after {
		t.Errorf("the end came after %v, want %v", took, e.after)
	}
	if err := s.session.Err(); !isError(err, e.session) {
		t.Errorf("the session ended with %v, want %v", err, e.session)
	}
	if read != nil {
		err := await(t, got, "the stream's end")
		if !isError(err, e.stream) || err != io.EOF && e.counted != ws.EndProtocolError && e.counted != ws.EndMessageTimeout && !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("the stream ended with %v, want %v", err, e.stream)
		}
		if _, again := s.stream.Recv(t.Context()); again != err {
			t.Errorf("the stream ended with %v and then %v", err, again)
		}
	}
	if cause := context.Cause(s.session.Context()); cause != s.session.Err() {
		t.Errorf("the context's cause is %v", cause)
	}
	expectSendsClosed(t, s.session)
	if stats := s.from.Stats(); stats.Sessions != 0 || len(stats.Ends) != 1 || stats.Ends[e.counted] != 1 {
		t.Errorf("counted %d sessions and %v, want one %q", stats.Sessions, stats.Ends, e.counted)
	}
}

// isError is errors.Is, but any two *ws.ProtocolError are the same.
func isError(err, want error) bool {
	if _, ok := want.(*ws.ProtocolError); ok {
		return errors.As(err, new(*ws.ProtocolError))
	}
	return errors.Is(err, want)
}

type closeWriter interface{ CloseWrite() error }

var allEnds = []end{
	// The peer goes away.
	{name: "reset", session: syscall.ECONNRESET, stream: syscall.ECONNRESET, counted: ws.EndConnectionLost,
		does: func(t *testing.T, s *fixture) { resetConn(s.client) }},
	{name: "FIN without a Close", session: io.ErrUnexpectedEOF, stream: io.ErrUnexpectedEOF, counted: ws.EndConnectionLost,
		does: func(t *testing.T, s *fixture) { _ = s.conn.Close() }},
	{name: "FIN inside a frame", session: io.ErrUnexpectedEOF, stream: io.ErrUnexpectedEOF, counted: ws.EndConnectionLost,
		does: func(t *testing.T, s *fixture) {
			s.write(masked(fin|opText, []byte("half of it"))[:9])
			_ = s.conn.Close()
		}},
	{name: "FIN inside a message", session: io.ErrUnexpectedEOF, stream: io.ErrUnexpectedEOF, counted: ws.EndConnectionLost,
		does: func(t *testing.T, s *fixture) {
			s.write(masked(opText, []byte("once upon a time")))
			_ = s.conn.Close()
		}},
	{name: "writing side shut", session: io.ErrUnexpectedEOF, stream: io.ErrUnexpectedEOF, counted: ws.EndConnectionLost,
		does: func(t *testing.T, s *fixture) { _ = s.conn.(closeWriter).CloseWrite(); s.expectEnd() }},
	{name: "writing side shut inside a frame", session: io.ErrUnexpectedEOF, stream: io.ErrUnexpectedEOF, counted: ws.EndConnectionLost,
		does: func(t *testing.T, s *fixture) {
			s.write(masked(fin|opText, []byte("half of it"))[:9])
			_ = s.conn.(closeWriter).CloseWrite()
			s.expectEnd()
		}},

	// The peer stays and does not do its part.
	{name: "stalled peer", u: &ws.Upgrader{Options: ws.Options{WriteTimeout: time.Second}}, unread: true, // of the handshake, too
		session: ws.ErrWriteTimeout, stream: ws.ErrWriteTimeout, counted: ws.EndWriteTimeout, after: time.Second,
		does: func(t *testing.T, s *fixture) {
			for err := error(nil); err == nil; {
				if err = s.session.Binary(testContext(t), make([]byte, 10_000)); err != nil && !errors.Is(err, ws.ErrWriteTimeout) {
					t.Errorf("a send returned %v", err)
				}
			}
		}},
	{name: "network cut", u: &ws.Upgrader{Options: ws.Options{Heartbeat: ws.Heartbeat{Interval: shortWait, Timeout: shortWait}}},
		session: ws.ErrHeartbeatTimeout, stream: ws.ErrHeartbeatTimeout, counted: ws.EndHeartbeatTimeout, after: 2 * shortWait,
		does: func(*testing.T, *fixture) {}},
	{name: "message never finished", u: &ws.Upgrader{Options: ws.Options{MessageTimeout: shortWait}},
		session: ws.ErrMessageTimeout, stream: ws.ErrMessageTimeout, counted: ws.EndMessageTimeout, after: shortWait,
		does: func(t *testing.T, s *fixture) {
			s.write(masked(opText, []byte("once upon a time")))
			s.expectClose(1008)
			_ = s.conn.Close()
		}},
	{name: "protocol broken", session: &ws.ProtocolError{}, stream: &ws.ProtocolError{}, counted: ws.EndProtocolError,
		does: func(t *testing.T, s *fixture) {
			s.write([]byte{fin | 0x70 | opText, 0x80})
			s.expectClose(1002)
			_ = s.conn.Close()
		}},
	{name: "protocol broken by a peer that stays", u: &ws.Upgrader{Options: ws.Options{CloseTimeout: shortWait}}, after: shortWait,
		session: &ws.ProtocolError{}, stream: &ws.ProtocolError{}, counted: ws.EndProtocolError,
		does: func(t *testing.T, s *fixture) {
			s.write([]byte{fin | 0x70 | opText, 0x80})
			s.expectClose(1002)
		}},
	{name: "data for Discard that refuses it", alone: true, session: &ws.ProtocolError{}, stream: &ws.ProtocolError{}, counted: ws.EndProtocolError,
		does: func(t *testing.T, s *fixture) {
			_ = s.stream.RefuseData().Discard()
			s.send(opPing, "hello?")
			s.expect(opPong, "hello?")
			s.send(opText, "data")
			s.expectClose(1008)
			_ = s.conn.Close()
		}},
	{name: "data for Discard", alone: true, session: ws.ErrClosed, stream: io.EOF, counted: ws.EndClosed,
		does: func(t *testing.T, s *fixture) {
			_ = s.stream.Discard()
			s.send(opText, "data")
			s.write(closeFrame(4000))
			s.expectClose(4000)
			s.expectEnd()
		}},

	// One of the sides closes.
	{name: "closed by the peer", session: ws.ErrClosed, stream: io.EOF, counted: ws.EndClosed,
		does: func(t *testing.T, s *fixture) {
			s.write(closeFrame(4000))
			s.expectClose(4000)
			s.expectEnd()
		}},
	{name: "closed by both", unread: true, session: ws.ErrClosed, stream: io.EOF, counted: ws.EndClosed,
		does: func(t *testing.T, s *fixture) {
			_ = s.session.Close(ws.CloseReason{Code: 4000})
			s.expectClose(4000)
			s.write(closeFrame(4000))
			s.expectEnd()
		}},
	{name: "closed on a peer that does not answer", u: &ws.Upgrader{Options: ws.Options{CloseTimeout: shortWait}}, unread: true,
		session: ws.ErrCloseTimeout, stream: ws.ErrCloseTimeout, counted: ws.EndCloseTimeout, after: shortWait,
		does: func(t *testing.T, s *fixture) {
			_ = s.session.Close(ws.CloseReason{Code: 4000})
			s.expectClose(4000)
			s.expectEnd()
		}},
	{name: "closed on a peer that does not read", u: &ws.Upgrader{Options: ws.Options{CloseTimeout: shortWait}}, unread: true,
		session: ws.ErrCloseTimeout, stream: ws.ErrCloseTimeout, counted: ws.EndCloseTimeout, after: shortWait,
		does: func(t *testing.T, s *fixture) {
			fillQueue(t, s.session, strings.Repeat("x", 10_000))
			_ = s.session.Close(ws.CloseReason{Code: 4000})
		}},
	{name: "closed on a peer that resets", unread: true,
		session: io.ErrUnexpectedEOF, stream: io.ErrUnexpectedEOF, counted: ws.EndConnectionLost,
		does: func(t *testing.T, s *fixture) {
			_ = s.session.Close(ws.CloseReason{Code: 4000})
			s.expectClose(4000)
			resetConn(s.client)
		}},

	// The Upgrader or the Dialer shuts down.
	{name: "Shutdown", u: &ws.Upgrader{Options: ws.Options{CloseTimeout: testTimeout}}, unread: true, session: ws.ErrClosed, stream: io.EOF, counted: ws.EndClosed,
		does: func(t *testing.T, s *fixture) {
			down := startShutdown(testContext(t), s.from)
			s.expectClose(1001)
			s.refuses()
			s.write(closeFrame(1001))
			s.expectEnd()
			expectShutdown(t, down, nil)
			s.refuses()
		}},
	{name: "Shutdown with a peer that does not answer", u: &ws.Upgrader{Options: ws.Options{CloseTimeout: shortWait}}, unread: true,
		session: ws.ErrCloseTimeout, stream: ws.ErrCloseTimeout, counted: ws.EndCloseTimeout, after: shortWait,
		does: func(t *testing.T, s *fixture) {
			down := startShutdown(testContext(t), s.from)
			s.expectClose(1001)
			s.expectEnd()
			expectShutdown(t, down, nil)
		}},
	{name: "Shutdown with a peer that does not read", u: &ws.Upgrader{Options: ws.Options{CloseTimeout: shortWait}}, unread: true,
		session: ws.ErrCloseTimeout, stream: ws.ErrCloseTimeout, counted: ws.EndCloseTimeout, after: shortWait,
		does: func(t *testing.T, s *fixture) {
			fillQueue(t, s.session, strings.Repeat("x", 10_000))
			expectShutdown(t, startShutdown(testContext(t), s.from), nil)
		}},
	{name: "Shutdown with a peer that resets", unread: true,
		session: io.ErrUnexpectedEOF, stream: io.ErrUnexpectedEOF, counted: ws.EndConnectionLost,
		does: func(t *testing.T, s *fixture) {
			down := startShutdown(testContext(t), s.from)
			s.expectClose(1001)
			resetConn(s.client)
			expectShutdown(t, down, nil)
		}},
	{name: "Shutdown whose context ends first", u: &ws.Upgrader{Options: ws.Options{CloseTimeout: time.Hour}}, unread: true,
		session: ws.ErrShutdown, stream: ws.ErrShutdown, counted: ws.EndShutdown, after: shortWait,
		does: func(t *testing.T, s *fixture) {
			ctx, cancel := context.WithTimeout(t.Context(), shortWait)
			defer cancel()
			down := startShutdown(ctx, s.from)
			s.expectClose(1001)
			s.expectEnd()
			expectShutdown(t, down, context.DeadlineExceeded)
			s.refuses()
		}},
	{name: "Shutdown that Close brings to its end", u: &ws.Upgrader{Options: ws.Options{CloseTimeout: time.Hour}}, unread: true,
		session: ws.ErrShutdown, stream: ws.ErrShutdown, counted: ws.EndShutdown,
		does: func(t *testing.T, s *fixture) {
			down := startShutdown(testContext(t), s.from)
			s.expectClose(1001)
			_ = s.from.Close()
			expectShutdown(t, down, nil)
		}},
	{name: "cut", u: &ws.Upgrader{Options: ws.Options{CloseTimeout: time.Hour}}, unread: true,
		session: ws.ErrShutdown, stream: ws.ErrShutdown, counted: ws.EndShutdown,
		does: func(t *testing.T, s *fixture) {
			if err := s.from.Close(); err != nil {
				t.Errorf("Close returned %v", err)
			}
			s.expectEnd()
			s.refuses()
		}},
	{name: "cut with a full queue", u: &ws.Upgrader{Options: ws.Options{CloseTimeout: time.Hour}}, unread: true,
		session: ws.ErrShutdown, stream: ws.ErrShutdown, counted: ws.EndShutdown,
		does: func(t *testing.T, s *fixture) {
			fillQueue(t, s.session, strings.Repeat("x", 10_000))
			_ = s.from.Close()
		}},
}

// The table has every end that Stats counts.
func TestEndTableIsComplete(t *testing.T) {
	var counted []ws.EndReason
	for _, e := range allEnds {
		counted = append(counted, e.counted)
	}
	slices.Sort(counted)
	want := []ws.EndReason{ws.EndClosed, ws.EndConnectionLost, ws.EndProtocolError, ws.EndWriteTimeout,
		ws.EndCloseTimeout, ws.EndHeartbeatTimeout, ws.EndMessageTimeout, ws.EndShutdown}
	if got := slices.Compact(counted); !slices.Equal(got, want) {
		t.Errorf("tested are %q, want %q", got, want)
	}
}
