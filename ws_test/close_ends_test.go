package ws_test

import (
	"context"
	"errors"
	"io"
	"testing"
	"time"

	"github.com/handset-go/handset/ws"
)

// moment is how long what is timed takes in these tests.
const moment = 60 * time.Millisecond

// end is a way for a session to end.
type end struct {
	name string
	u    ws.Upgrader
	does func(*testing.T, *scene) // returns when the end is sure to come

	session error         // that Err is, exactly or by errors.Is
	stream  error         // that a reader gets, by errors.Is
	counted string        // in Stats.Ends
	after   time.Duration // when time is fake

	unread bool // may come though nobody reads the stream
	alone  bool // the stream has no reader of the test's
}

func TestEveryEndIsTheSameInFakeTimeAndOverTCP(t *testing.T) {
	readers := map[string]func(*scene) <-chan error{
		"Recv": func(s *scene) <-chan error { return receiveAll(s.pair) },
		"All": func(s *scene) <-chan error {
			got := make(chan error, 1)
			go func() {
				err := receiveFrom(context.Background(), s.stream, true, func(ws.Message) bool { return true })
				if err == nil {
					err = io.EOF // as a loop says it
				}
				got <- err
			}()
			return got
		},
		"nobody": nil,
	}
	for _, e := range allEnds {
		for where, play := range scenes {
			for reader, read := range readers {
				if read == nil && !e.unread && !e.alone || read != nil && e.alone {
					continue
				}
				t.Run(e.name+"/"+where+"/"+reader, func(t *testing.T) {
					play(t, e.u, func(t *testing.T, s *scene) { e.test(t, s, read) })
				})
			}
		}
	}
}

// test has the end come, and looks at it from all sides.
func (e *end) test(t *testing.T, s *scene, read func(*scene) <-chan error) {
	began, got := time.Now(), make(<-chan error)
	if read != nil {
		got = read(s)
	}
	e.does(t, s)
	await(t, s.session.Done(), "the session's end")
	if took := time.Since(began); s.fake && took != e.after {
		t.Errorf("the end came after %v, want %v", took, e.after)
	}
	if err := s.session.Err(); !isError(err, e.session) {
		t.Errorf("the session ended with %v, want %v", err, e.session)
	}
	if read != nil {
		err := await(t, got, "the stream's end")
		if !isError(err, e.stream) || err != io.EOF && e.counted != "protocol error" && e.counted != "message timeout" && !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("the stream ended with %v, want %v", err, e.stream)
		}
		if _, again := s.stream.Recv(t.Context()); again != err {
			t.Errorf("the stream ended with %v and then %v", err, again)
		}
	}
	if cause := context.Cause(s.session.Context()); cause != s.session.Err() {
		t.Errorf("the context's cause is %v", cause)
	}
	expectAllClosed(t, s.session)
	if stats := s.u.Stats(); stats.Sessions != 0 || len(stats.Ends) != 1 || stats.Ends[e.counted] != 1 {
		t.Errorf("counted %d sessions and %v, want one %q", stats.Sessions, stats.Ends, e.counted)
	}
}

// isError is errors.Is, for which any *ws.ProtocolError is another.
func isError(err, want error) bool {
	if _, ok := want.(*ws.ProtocolError); ok {
		return errors.As(err, new(*ws.ProtocolError))
	}
	return errors.Is(err, want)
}

type closeWriter interface{ CloseWrite() error }

// shutDown calls Shutdown in a goroutine.
func shutDown(ctx context.Context, u *ws.Upgrader) <-chan error {
	down := make(chan error, 1)
	go func() { down <- u.Shutdown(ctx) }()
	return down
}

func expectDown(t *testing.T, down <-chan error, want error) {
	t.Helper()
	if err := await(t, down, "the end of Shutdown"); err != want {
		t.Errorf("Shutdown returned %v, want %v", err, want)
	}
}

// expectRefusal does a handshake, which must be refused for now.
func (s *scene) expectRefusal(status int) {
	s.t.Helper()
	if got, h := s.knock(); got != status || h.Get("Retry-After") == "" {
		s.t.Errorf("a handshake was answered with %d, Retry-After %q", got, h.Get("Retry-After"))
	}
}
