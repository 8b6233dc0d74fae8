package ws

import (
	"cmp"
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"net/http"
	"runtime"
	"slices"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

// dialScript are the results of attempts, in order, and when the attempts were made. After
// the last one, attempts fail with errScriptEnded.
type dialScript struct {
	results  []dialResult
	began    time.Time
	at       []time.Duration
	attempts []Attempt
}

type dialResult func(ctx context.Context) (*Session, *MessageStream, error)

var errScriptEnded = errors.New("no more results")

func (d *dialScript) dial(ctx context.Context, a *Attempt) (*Session, *MessageStream, error) {
	d.at, d.attempts = append(d.at, time.Since(d.began)), append(d.attempts, *a)
	if len(d.results) == 0 {
		return nil, nil, errScriptEnded
	}
	result := d.results[0]
	d.results = d.results[1:]
	return result(ctx)
}

// redialer returns a Redialer whose attempts have the given results and whose delays are
// the limits themselves: 1, 2, 4 and 8 s, and then always 8 s.
func redialer(results ...dialResult) (*Redialer, *dialScript) {
	d := &dialScript{results: results, began: time.Now()}
	return &Redialer{
		BaseDelay: time.Second, MaxDelay: 8 * time.Second, dial: d.dial,
		random: func(limit time.Duration) time.Duration { return limit },
	}, d
}

func failing(err error) dialResult {
	return func(context.Context) (*Session, *MessageStream, error) { return nil, nil, err }
}

// serving returns a session whose peer is served by a function.
func serving(t *testing.T, u *Upgrader, peer func(net.Conn)) dialResult {
	return func(context.Context) (*Session, *MessageStream, error) {
		s, conn := startSession(t, u)
		go peer(conn)
		return s, s.stream(), nil
	}
}

// closing is a peer that closes the session after some time.
func closingPeer(after time.Duration, code CloseCode) func(net.Conn) {
	return func(conn net.Conn) {
		time.Sleep(after)
		go io.Copy(io.Discard, conn)
		payload := CloseReason{Code: code}.payload()
		_, _ = conn.Write(append([]byte{0x88, 0x80 | byte(len(payload)), 0, 0, 0, 0}, payload...))
	}
}

// lost is a peer that is lost after some time.
func lostPeer(after time.Duration) func(net.Conn) {
	return func(conn net.Conn) {
		time.Sleep(after)
		_ = conn.Close()
	}
}

// closesUnread is a peer that sends a message and a Close frame together, and then is lost
// or reads nothing.
func closesUnread(code CloseCode, lost bool) func(net.Conn) {
	return func(conn net.Conn) {
		_, _ = conn.Write(append([]byte{0x81, 0x80, 0, 0, 0, 0, 0x88, 0x82, 0, 0, 0, 0}, CloseReason{Code: code}.payload()...))
		if lost {
			_ = conn.Close()
		}
	}
}

// sendsUnread receives the message of closesUnread, and sends one itself, which ends the
// session.
func sendsUnread(s *Session, m *MessageStream) {
	_, _ = m.Recv(context.Background())
	synctest.Wait()
	_ = s.Text(context.Background(), "unread")
	<-s.Done()
}

// answering is a peer that answers a Close frame without a code.
func answeringPeer(conn net.Conn) {
	_, _ = io.ReadFull(conn, make([]byte, 2))
	_, _ = conn.Write([]byte{0x88, 0x80, 0, 0, 0, 0})
}

// drain receives until the stream has ended.
func drain(ctx context.Context, stream *MessageStream) {
	for range stream.All(ctx) {
	}
}

var errRefused = &net.OpError{Op: "dial", Err: syscall.ECONNREFUSED}

// expectAttempts checks the times of the attempts, in s.
func (d *dialScript) expectAttempts(t *testing.T, want ...float64) {
	t.Helper()
	var got []float64
	for _, at := range d.at {
		got = append(got, at.Seconds())
	}
	if !slices.Equal(got, want) {
		t.Errorf("attempts after %v s, want %v", got, want)
	}
}

func TestRedialDelays(t *testing.T) {
	short, long := 2*time.Second, 10*time.Second
	unavailable := &HandshakeError{Status: 503, Header: http.Header{"Retry-After": {"7"}}, Err: errors.New("busy")}
	for _, tt := range []struct {
		name    string
		results func(t *testing.T, u *Upgrader) []dialResult
		want    []float64
	}{
		{"failures", func(*testing.T, *Upgrader) []dialResult {
			return slices.Repeat([]dialResult{failing(errRefused)}, 6)
		}, []float64{0, 1, 3, 7, 15, 23, 31}},
		{"a session that lasts", func(t *testing.T, u *Upgrader) []dialResult {
			return []dialResult{failing(errRefused), failing(errRefused), serving(t, u, lostPeer(long)), failing(errRefused)}
		}, []float64{0, 1, 3, 14, 16}},
		{"sessions that do not last", func(t *testing.T, u *Upgrader) []dialResult {
			return slices.Repeat([]dialResult{serving(t, u, lostPeer(short))}, 4)
		}, []float64{0, 3, 7, 13, 23}},
		{"Retry-After", func(*testing.T, *Upgrader) []dialResult {
			return []dialResult{failing(unavailable), failing(unavailable), failing(errRefused)}
		}, []float64{0, 8, 17, 21}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r, d := redialer(tt.results(t, new(Upgrader))...)
				for _, stream := range r.All(t.Context()) {
					drain(t.Context(), stream)
				}
				if err := r.Err(); err != errScriptEnded {
					t.Errorf("ended with %v", err)
				}
				d.expectAttempts(t, tt.want...)
			})
		})
	}
}

// With the real random numbers, the delays are below the limits and differ.
func TestRedialJitter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var first []time.Duration
		for range 100 {
			r, d := redialer(failing(errRefused), failing(errRefused), failing(errRefused))
			r.random, r.MaxDelay = nil, 3*time.Second
			for range r.All(t.Context()) {
			}
			for i, limit := range []time.Duration{time.Second, 2 * time.Second, 3 * time.Second} {
				if delay := d.at[i+1] - d.at[i]; delay < 0 || delay >= limit {
					t.Errorf("delay %d is %v", i, delay)
				}
			}
			first = append(first, d.at[1])
		}
		if spread := slices.Max(first) - slices.Min(first); spread < time.Second/2 {
			t.Errorf("of 100 clients the first delays differ by %v at most", spread)
		}
	})
}

// How a session ends decides whether the loop goes on and what Err returns.
func TestRedialAfterSession(t *testing.T) {
	goesOn, normal := errScriptEnded, error(nil)
	closes := func(code CloseCode) func(net.Conn) { return closingPeer(0, code) }
	drains := func(s *Session, m *MessageStream) { drain(context.Background(), m) }
	closedBy := func(code CloseCode) error { return &CloseError{Received: CloseReason{Code: code}} }
	for _, tt := range []struct {
		name string
		peer func(net.Conn)
		body func(*Session, *MessageStream)
		want error

		closes bool // the loop waits for an answer to its Close frame
	}{
		{"lost", lostPeer(0), drains, goesOn, false},
		{"1000", closes(1000), drains, normal, false},
		{"no code", closes(0), drains, normal, false},
		{"1001", closes(1001), drains, goesOn, false},
		{"1011", closes(1011), drains, goesOn, false},
		{"1012", closes(1012), drains, goesOn, false},
		{"1013", closes(1013), drains, goesOn, false},
		{"1014", closes(1014), drains, goesOn, false},
		{"1002", closes(1002), drains, closedBy(1002), false},
		{"1003", closes(1003), drains, closedBy(1003), false},
		{"1007", closes(1007), drains, closedBy(1007), false},
		{"1008", closes(1008), drains, closedBy(1008), false},
		{"1009", closes(1009), drains, closedBy(1009), false},
		{"1010", closes(1010), drains, closedBy(1010), false},
		{"3000", closes(3000), drains, closedBy(3000), false},
		{"4999", closes(4999), drains, closedBy(4999), false},
		{"a protocol error", func(conn net.Conn) {
			go io.Copy(io.Discard, conn)
			_, _ = conn.Write([]byte{0x81, 0}) // not masked
			_ = conn.Close()
		}, drains, &ProtocolError{Code: CloseProtocolError}, false},
		{"1008, and then lost", func(conn net.Conn) {
			_, _ = conn.Write([]byte{0x88, 0x82, 0, 0, 0, 0, 0x03, 0xf0})
			_ = conn.Close()
		}, drains, closedBy(1008), false},
		{"1000, not received before a write failed", closesUnread(1000, true), sendsUnread, normal, false},
		{"1008, not received before a write failed", closesUnread(1008, true), sendsUnread, closedBy(1008), false},
		{"1000, not received before a write timeout", closesUnread(1000, false), sendsUnread, normal, false},
		{"1000, received after a write timeout", closesUnread(1000, false), func(s *Session, m *MessageStream) {
			sendsUnread(s, m)
			drains(s, m)
		}, normal, false},
		{"1012, not answered by the body", closes(1012), func(_ *Session, m *MessageStream) {
			_, _ = m.Recv(context.Background())
		}, goesOn, false},
		{"1012, answered by the body", closes(1012), func(s *Session, m *MessageStream) {
			_, _ = m.Recv(context.Background())
			_ = s.Close(CloseReason{Code: CloseNormal})
		}, goesOn, false},
		{"closed by the body", answeringPeer, func(s *Session, m *MessageStream) {
			_ = s.Close(CloseReason{})
			drains(s, m)
		}, normal, false},
		{"closed by the body, and then lost", lostPeer(time.Second), func(s *Session, m *MessageStream) {
			_ = s.Close(CloseReason{Code: CloseGoingAway})
		}, normal, false},
		{"closed by the body, not answered", func(conn net.Conn) { _, _ = io.Copy(io.Discard, conn) }, func(s *Session, m *MessageStream) {
			_ = s.Close(CloseReason{})
		}, normal, false},
		{"open when the body returns", answeringPeer, func(*Session, *MessageStream) {}, goesOn, false},
		{"open when the body returns, and not answered", func(net.Conn) {}, func(*Session, *MessageStream) {}, goesOn, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r, d := redialer(serving(t, new(Upgrader), tt.peer))
				for session, stream := range r.All(t.Context()) {
					tt.body(session, stream)
				}
				expectEnd(t, r.Err(), tt.want)
				switch {
				case tt.want != goesOn:
					d.expectAttempts(t, 0)
				case tt.closes:
					d.expectAttempts(t, 0, 5+1) // after CloseTimeout
				default:
					d.expectAttempts(t, 0, 1)
				}
			})
		})
	}
}

// expectEnd checks the error of a loop. Of a CloseError it checks the code received, and
// of a ProtocolError the code.
func expectEnd(t *testing.T, got, want error) {
	t.Helper()
	switch want := want.(type) {
	case *CloseError:
		var closed *CloseError
		if !errors.As(got, &closed) || closed.Received.Code != want.Received.Code || !closed.ByPeer {
			t.Errorf("ended with %v, want code %v", got, want.Received.Code)
		}
	case *ProtocolError:
		var failed *ProtocolError
		if !errors.As(got, &failed) || failed.Code != want.Code {
			t.Errorf("ended with %v, want %v", got, want.Code)
		}
	default:
		if got != want {
			t.Errorf("ended with %v, want %v", got, want)
		}
	}
}

func TestRetryable(t *testing.T) {
	closedWith := func(code CloseCode) error { return &CloseError{Received: CloseReason{Code: code}, ByPeer: true} }
	for _, tt := range []struct {
		err  error
		want bool
	}{
		{nil, false},
		{errors.New("unknown"), false},
		{errRefused, true},
		{&dialError{errors.New("Bad Gateway")}, true},
		{&dialError{x509.UnknownAuthorityError{}}, false},
		{&dialError{context.Canceled}, false},
		{&dialError{context.DeadlineExceeded}, true},
		{lostBy(io.EOF), true},
		{lostBy(ErrWriteTimeout), true},
		{ErrWriteTimeout, true},
		{ErrHeartbeatTimeout, true},
		{ErrCloseTimeout, true},
		{ErrShutdown, false},
		{ErrAbandoned, false},
		{ErrClosed, false},
		{closedBy(ErrHeartbeatTimeout), true},
		{&ProtocolError{ClosePolicyViolation, ErrMessageTimeout}, false},
		{lostBy(&ProtocolError{CloseProtocolError, io.ErrUnexpectedEOF}), false},
		{&CloseError{Sent: CloseReason{Code: CloseServiceRestart}, Received: CloseReason{Code: CloseServiceRestart}}, false},
		{&HandshakeError{Status: 503, Err: io.EOF}, true},
		{fmt.Errorf("dial: %w", &HandshakeError{Status: 429, Err: io.EOF}), true},
		{&HandshakeError{Status: 401, Err: io.EOF}, false},
		{&HandshakeError{Status: 101, Err: io.EOF}, false},
		{closedWith(0), false},
		{closedWith(1000), false},
		{closedWith(1012), true},
		{closedBy(closedWith(1012)), true},
		{closedWith(2999), false},
	} {
		if got := Retryable(tt.err); got != tt.want {
			t.Errorf("%v: %v", tt.err, got)
		}
	}
}

func TestRedialRetry(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		u := new(Upgrader)
		r, d := redialer(serving(t, u, closingPeer(0, 1000)), serving(t, u, closingPeer(0, 4000)), failing(errRefused))
		var asked []error
		r.Retry = func(err error) bool {
			asked = append(asked, err)
			return len(asked) < 3
		}
		for _, stream := range r.All(t.Context()) {
			drain(t.Context(), stream)
		}
		if r.Err() != error(errRefused) || len(d.at) != 3 || len(asked) != 3 || !normalClose(asked[0]) {
			t.Errorf("%d attempts, ended with %v, asked about %v", len(d.at), r.Err(), asked)
		}
	})
}

// Retry is not asked when the program has closed the session.
func TestRedialRetryNotAsked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, d := redialer(serving(t, new(Upgrader), answeringPeer))
		r.Retry = func(err error) bool { t.Errorf("asked about %v", err); return true }
		for session := range r.All(t.Context()) {
			_ = session.Close(CloseReason{})
		}
		if r.Err() != nil || len(d.at) != 1 {
			t.Errorf("%d attempts, ended with %v", len(d.at), r.Err())
		}
	})
}

func TestRedialBefore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		u := new(Upgrader)
		r, d := redialer(failing(errRefused), failing(errRefused), serving(t, u, lostPeer(0)), failing(errRefused))
		r.URL, r.Dialer = "ws://example.com/feed", &Dialer{Header: http.Header{"Origin": {"https://example.com"}}}
		calls := 0
		r.Before = func(ctx context.Context, a *Attempt) error {
			if deadline, ok := ctx.Deadline(); !ok || time.Until(deadline) != 30*time.Second {
				t.Errorf("the attempt has the deadline %v", deadline)
			}
			if a.URL != "ws://example.com/feed" || a.Header.Get("Token") != "" || a.Header.Get("Origin") == "" {
				t.Errorf("%+v is not that of a new attempt", a)
			}
			calls++
			a.URL += fmt.Sprint("?after=", calls)
			a.Header.Set("Token", fmt.Sprint(calls))
			return nil
		}
		for _, stream := range r.All(t.Context()) {
			drain(t.Context(), stream)
		}
		var got []string
		for _, a := range d.attempts {
			got = append(got, fmt.Sprint(a.Number, a.URL[len("ws://example.com/feed"):], a.Header.Get("Token"), a.Err != nil))
		}
		if want := []string{"1?after=11false", "2?after=22true", "3?after=33true", "1?after=44true", "2?after=55true"}; !slices.Equal(got, want) {
			t.Errorf("attempts %q, want %q", got, want)
		}
		if !errors.Is(d.attempts[3].Err, io.ErrUnexpectedEOF) || d.attempts[4].Err != error(errRefused) || len(r.Dialer.Header) != 1 {
			t.Errorf("attempts %+v; the Dialer's headers are %v", d.attempts, r.Dialer.Header)
		}
	})
}

// An error of Before is handled like one of Dial.
func TestRedialBeforeFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, d := redialer()
		loggedOut, calls := errors.New("logged out"), 0
		r.Before = func(context.Context, *Attempt) error {
			if calls++; calls < 3 {
				return errRefused
			}
			return loggedOut
		}
		for range r.All(t.Context()) {
		}
		if took := time.Since(d.began); r.Err() != loggedOut || calls != 3 || len(d.at) != 0 || took != 3*time.Second {
			t.Errorf("ended with %v after %d calls and %d attempts in %v", r.Err(), calls, len(d.at), took)
		}
	})
}

// A server that does not answer costs AttemptTimeout.
func TestRedialAttemptTimeout(t *testing.T) {
	for _, timeout := range []time.Duration{0, time.Minute} {
		synctest.Test(t, func(t *testing.T) {
			r, d := redialer(func(ctx context.Context) (*Session, *MessageStream, error) {
				<-ctx.Done()
				return nil, nil, &dialError{ctx.Err()}
			})
			r.AttemptTimeout = timeout
			for range r.All(t.Context()) {
			}
			d.expectAttempts(t, 0, cmp.Or(timeout, 30*time.Second).Seconds()+1)
		})
	}
}

var errStopped = errors.New("stopped")

// The end of the context ends whatever the loop waits for.
func TestRedialContextEnds(t *testing.T) {
	for _, tt := range []struct {
		name   string
		result func(*testing.T) dialResult
		body   func(ctx context.Context, s *Session, m *MessageStream)
		want   error
		after  time.Duration
	}{
		{name: "a delay", want: errStopped, after: 500 * time.Millisecond, result: func(*testing.T) dialResult { return failing(errRefused) }},
		{name: "an attempt", want: errStopped, after: 500 * time.Millisecond, result: func(*testing.T) dialResult {
			return func(ctx context.Context) (*Session, *MessageStream, error) {
				<-ctx.Done()
				return nil, nil, &dialError{ctx.Err()}
			}
		}},
		{
			name: "a receive", want: errStopped, after: 500 * time.Millisecond,
			result: func(t *testing.T) dialResult { return serving(t, new(Upgrader), answeringPeer) },
			body:   func(ctx context.Context, _ *Session, m *MessageStream) { drain(ctx, m) },
		},
		{
			name: "a receive that does not have it", want: errStopped, after: 2 * time.Second,
			result: func(t *testing.T) dialResult { return serving(t, new(Upgrader), lostPeer(2*time.Second)) },
			body:   func(_ context.Context, _ *Session, m *MessageStream) { drain(context.Background(), m) },
		},
		{
			name: "a session that the body then closes", want: nil, after: 500 * time.Millisecond,
			result: func(t *testing.T) dialResult { return serving(t, new(Upgrader), answeringPeer) },
			body: func(ctx context.Context, s *Session, m *MessageStream) {
				drain(ctx, m)
				_ = s.Close(CloseReason{})
			},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithCancelCause(t.Context())
				defer cancel(nil)
				r, d := redialer(tt.result(t))
				r.Retry = func(err error) bool {
					if ctx.Err() != nil {
						t.Errorf("asked about %v after the end of the context", err)
					}
					return Retryable(err)
				}
				time.AfterFunc(500*time.Millisecond, func() { cancel(errStopped) })
				for session, stream := range r.All(ctx) {
					tt.body(ctx, session, stream)
				}
				if took := time.Since(d.began); r.Err() != tt.want || took != tt.after || len(d.at) != 1 {
					t.Errorf("ended with %v after %v and %d attempts", r.Err(), took, len(d.at))
				}
				for range r.All(ctx) {
					t.Error("a session after the end of the context")
				}
				if r.Err() != errStopped || len(d.at) != 1 {
					t.Errorf("then ended with %v after %d attempts", r.Err(), len(d.at))
				}
			})
		})
	}
}

// However the body leaves the loop, the session is closed and another loop may begin.
func TestRedialLeavesLoop(t *testing.T) {
	for name, leave := range map[string]func(r *Redialer, each func(*Session)){
		"break": func(r *Redialer, each func(*Session)) {
			for session := range r.All(context.Background()) {
				each(session)
				break
			}
		},
		"panic": func(r *Redialer, each func(*Session)) {
			defer func() { _ = recover() }()
			for session := range r.All(context.Background()) {
				each(session)
				panic("in the body")
			}
		},
		"Goexit": func(r *Redialer, each func(*Session)) {
			left := make(chan struct{})
			go func() {
				defer close(left)
				for session := range r.All(context.Background()) {
					each(session)
					runtime.Goexit()
				}
			}()
			<-left
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				u := new(Upgrader)
				r, d := redialer(serving(t, u, answeringPeer), serving(t, u, answeringPeer))
				for range 2 {
					var session *Session
					leave(r, func(s *Session) { session = s })
					<-session.Done()
					if err := session.Err(); !closed(err) || r.Err() != nil {
						t.Errorf("the session ended with %v, the loop with %v", err, r.Err())
					}
				}
				d.expectAttempts(t, 0, 0)
			})
		})
	}
}

func TestRedialConcurrentLoop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, _ := redialer(serving(t, new(Upgrader), closingPeer(time.Second, 1000)))
		for _, stream := range r.All(t.Context()) {
			for range r.All(t.Context()) {
				t.Error("a second loop has a session")
			}
			if r.Err() != errConcurrentLoop {
				t.Errorf("the second loop ended with %v", r.Err())
			}
			drain(t.Context(), stream)
		}
		if r.Err() != nil {
			t.Errorf("the first loop ended with %v", r.Err())
		}
	})
}

func TestRedialInvalid(t *testing.T) {
	var none context.Context
	for name, tt := range map[string]struct {
		r   *Redialer
		ctx context.Context
	}{
		"BaseDelay":                {&Redialer{BaseDelay: -1}, t.Context()},
		"MaxDelay":                 {&Redialer{MaxDelay: math.MinInt64}, t.Context()},
		"MaxDelay below BaseDelay": {&Redialer{BaseDelay: time.Minute, MaxDelay: time.Second}, t.Context()},
		"ResetAfter":               {&Redialer{ResetAfter: -1}, t.Context()},
		"AttemptTimeout":           {&Redialer{AttemptTimeout: -1}, t.Context()},
		"no URL":                   {&Redialer{}, t.Context()},
		"a URL":                    {&Redialer{URL: "ftp://example.com"}, t.Context()},
		"a context":                {&Redialer{URL: "ws://example.com"}, none},
	} {
		for range tt.r.All(tt.ctx) {
			t.Errorf("%s: a session", name)
		}
		if err := tt.r.Err(); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

// When its Dialer is closed, the loop ends.
func TestRedialShutdown(t *testing.T) {
	for name, shut := range map[string]func(*Upgrader){
		"Close":    func(u *Upgrader) { _ = u.Close() },
		"Shutdown": func(u *Upgrader) { _ = u.Shutdown(context.Background()) },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				u := new(Upgrader)
				r, d := redialer(serving(t, u, answeringPeer))
				r.Retry = func(err error) bool { return true }
				for _, stream := range r.All(t.Context()) {
					go shut(u)
					drain(t.Context(), stream)
				}
				if r.Err() != ErrShutdown || len(d.at) != 1 {
					t.Errorf("ended with %v after %d attempts", r.Err(), len(d.at))
				}
			})
		})
	}
	d := new(Dialer)
	_ = d.Close()
	r := &Redialer{Dialer: d, URL: "ws://example.com", Retry: func(error) bool { return true }}
	for range r.All(t.Context()) {
		t.Error("a session of a Dialer that is closed")
	}
	if err := r.Err(); !errors.Is(err, ErrShutdown) {
		t.Errorf("ended with %v", err)
	}
}
