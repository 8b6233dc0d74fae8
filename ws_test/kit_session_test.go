package ws_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/handset-go/handset/ws"
)

// expectSessionEnd waits for the session's end, which must have the given cause.
func expectSessionEnd(t *testing.T, s *ws.Session, cause error) {
	t.Helper()
	await(t, s.Done(), "the session's end")
	if err := s.Err(); !errors.Is(err, cause) {
		t.Fatalf("the session ended with %v, want %v", err, cause)
	}
}

// expectSendsClosed checks that nothing can be sent.
func expectSendsClosed(t *testing.T, s *ws.Session) {
	t.Helper()
	ctx := context.Background()
	w := s.Writer(ctx, ws.Text)
	_, _ = w.Write([]byte("x"))
	for name, err := range map[string]error{
		"Text": s.Text(ctx, "x"), "TextBytes": s.TextBytes(ctx, nil), "Binary": s.Binary(ctx, nil),
		"Ping": s.Ping(ctx, nil), "Pong": s.Pong(ctx, nil),
		"Send":         s.Send(ctx, ws.Message{Kind: ws.Text}),
		"TrySend":      s.TrySend(ws.Message{Kind: ws.Binary}),
		"Continuation": s.Continuation(ctx, ws.FirstText, nil),
		"Writer":       w.Close(),
	} {
		if !errors.Is(err, ws.ErrClosed) || !errors.Is(err, net.ErrClosed) {
			t.Errorf("%s: got %v, want an ErrClosed that is a net.ErrClosed", name, err)
		}
	}
	if err := s.Close(ws.CloseReason{}); err != nil {
		t.Errorf("Close again: %v", err)
	}
}

func expectViolation(t *testing.T, err error, code ws.CloseCode) {
	t.Helper()
	var failed *ws.ProtocolError
	if !errors.As(err, &failed) || failed.Code != code || failed.Err == nil {
		t.Fatalf("got %v, want a ProtocolError of %v", err, code)
	}
}

// expectNoSessions checks that an endpoint has no session to wait for.
func expectNoSessions(t *testing.T, from endpoint) {
	t.Helper()
	if err := from.Shutdown(testContext(t)); err != nil {
		t.Errorf("Shutdown returned %v", err)
	}
}

// startShutdown calls Shutdown in a goroutine.
func startShutdown(ctx context.Context, from endpoint) <-chan error {
	down := make(chan error, 1)
	go func() { down <- from.Shutdown(ctx) }()
	return down
}

func expectShutdown(t *testing.T, down <-chan error, want error) {
	t.Helper()
	if err := await(t, down, "the end of Shutdown"); err != want {
		t.Errorf("Shutdown returned %v, want %v", err, want)
	}
}

// noHeartbeat disables the heartbeat, for peers that read nothing or are silent for
// long.
var noHeartbeat = ws.Heartbeat{Interval: -1}

type contextKey struct{}

// startSession starts a session whose peer reads everything.
func startSession(t testing.TB, from endpoint) *ws.Session {
	t.Helper()
	session, peer := startSessionWithPeer(t, from)
	go func() { _, _ = io.Copy(io.Discard, peer) }()
	return session
}

func startSessionWithPeer(t testing.TB, from endpoint) (*ws.Session, net.Conn) {
	t.Helper()
	end, peer := net.Pipe()
	session, _ := begin(t, from, end, nil)
	return session, peer
}

// pipePair is a session on an unbuffered pipe, and the other end of the pipe.
type pipePair struct {
	*pair
	end    net.Conn
	status int // of the handshake's answer
	header http.Header
}

// endsAfter returns how long it takes the session to end for the given reason.
func (p *pair) endsAfter(t *testing.T, reason error) string {
	t.Helper()
	start := time.Now()
	<-p.session.Done()
	if err := p.session.Err(); err != reason {
		t.Errorf("session ended with %v, want %v", err, reason)
	}
	return time.Since(start).String()
}

// pipeOf returns a session of an endpoint on an unbuffered pipe.
func pipeOf(t testing.TB, from endpoint) *pair {
	t.Helper()
	end, peer := net.Pipe()
	session, stream := begin(t, from, end, nil)
	return closedByCleanup(t, &pair{sideOf(from).peer(t, peer), session, stream})
}

// connectPipe does a handshake with the given headers added to it.
func connectPipe(t *testing.T, u *ws.Upgrader, header ...string) pipePair {
	t.Helper()
	server, end := net.Pipe()
	t.Cleanup(func() { server.Close(); end.Close() })
	r := httptest.NewRequest(http.MethodGet, "http://example.com/", nil)
	for i, name := range []string{"Connection", "Upgrade", "Sec-WebSocket-Version", "Sec-WebSocket-Key"} {
		r.Header.Set(name, []string{"Upgrade", "websocket", "13", "dGhlIHNhbXBsZSBub25jZQ=="}[i])
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	r = r.WithContext(context.WithValue(r.Context(), contextKey{}, "kept"))
	w := &responseWriter{conn: server}
	session, stream, err := u.Handle(w, r)
	var refused *ws.HandshakeError
	switch {
	case err == nil:
		t.Cleanup(func() { end.Close(); session.Close(ws.CloseReason{}); <-session.Done() })
		return pipePair{&pair{session: session, stream: stream}, end, w.response.status, w.response.header}
	case errors.As(err, &refused):
		return pipePair{nil, end, refused.Status, w.Header()}
	}
	t.Fatal(err)
	panic("unreachable")
}

// derivedContexts are contexts that end with the session.
var derivedContexts = map[string]func(t *testing.T, s *ws.Session) context.Context{
	"Context": func(_ *testing.T, s *ws.Session) context.Context { return s.Context() },
	"WithValue": func(_ *testing.T, s *ws.Session) context.Context {
		return context.WithValue(s.Context(), contextKey{}, 1)
	},
	"WithTimeout": func(t *testing.T, s *ws.Session) context.Context { return cancelled(t, s.Context()) },
	"merged": func(t *testing.T, s *ws.Session) context.Context {
		ctx, cancel := context.WithCancel(t.Context())
		context.AfterFunc(s.Context(), cancel)
		return ctx
	},
}

func cancelled(t *testing.T, parent context.Context) context.Context {
	ctx, cancel := context.WithTimeout(parent, time.Hour)
	t.Cleanup(cancel)
	return ctx
}
