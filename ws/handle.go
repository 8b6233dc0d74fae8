package ws

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"path"
	"time"
	"unsafe"

	"github.com/handset-go/handset/internal/link"
)

// Upgrader holds the options of a server's sessions. Its zero value is ready
// and is what Handle uses. It must not be changed once it has been used: its
// sessions keep it. It may be shared by any number of goroutines. A copy of it is
// another Upgrader, without its sessions, and must not be made while it is in use.
// In tests, its sessions must be of one testing/synctest bubble at a time.
// Negative sizes and times, but for Heartbeat's, and patterns that path.Match
// cannot read, refuse every handshake with 500.
type Upgrader struct {
	// Subprotocols are those the server speaks. The first one the client lists
	// that is among them is agreed on (RFC 6455 §1.9); if none is, the session
	// has no subprotocol. Names are compared exactly.
	Subprotocols []string

	// OriginPatterns are the origins, beside the server's own, whose pages may
	// open sessions: patterns of path.Match, without regard to case, for the
	// origin's host, such as "*.example.com", with its port if it names one,
	// or for scheme and host, such as "https://example.com".
	// Over TLS a page of the server's own host that came by plain http needs a
	// pattern too. Requests without an Origin header, which do not
	// come from a browser, are always accepted (RFC 6455 §10.2).
	OriginPatterns []string

	// AllowAnyOrigin accepts pages from everywhere. With cookies for
	// authentication that lets any web site act for its visitors.
	AllowAnyOrigin bool

	// ManualPong leaves it to the application to answer pings, with
	// Session.Pong. They are delivered either way.
	ManualPong bool

	// Compression is how messages are compressed, for clients that offer it
	// (RFC 7692); its zero value is not at all. Frugal, Balanced and Dense
	// are ready-made.
	Compression Compression

	// SendBuffer is how many bytes, frame headers included, a session queues
	// for a peer that does not keep up; 0 means 64 KiB. A frame larger than all
	// of it is accepted when nothing is queued.
	SendBuffer int

	// WriteTimeout is how long a peer may take nothing of what is queued for
	// it before the session ends with ErrWriteTimeout; 0 means 30 s.
	WriteTimeout time.Duration

	// CloseTimeout is how long the closing handshake may take, from the first
	// Close frame in either direction, before the connection is closed without
	// it; 0 means 5 s.
	CloseTimeout time.Duration

	// Heartbeat finds peers that are gone without a word: it pings those that
	// are silent, and ends the sessions of those that stay so. It is on unless
	// one of its times is negative.
	Heartbeat Heartbeat

	// MaxSessions is how many sessions there may be at a time, handshakes
	// under way included: the next one is refused with 503. 0 means any
	// number.
	MaxSessions int

	// MessageTimeout is how long a message may take from its first byte to its
	// last, fragments and what comes between them included, so that no peer
	// holds a buffer for ever by trickling. A session whose peer takes longer
	// fails with ErrMessageTimeout, as early as a sixteenth before. Control frames
	// are no messages. Time in
	// which the program is busy with a piece counts too, but only ends the
	// session when it waits for more. 0 means any time.
	MessageTimeout time.Duration

	// KeepRequestValues has Session.Context carry the values of the request's
	// context, though not its cancellation. It is an option because it keeps
	// that context, and what it refers to, in memory for as long as the
	// session lasts: some 250 bytes with nothing but what net/http puts in it.
	KeepRequestValues bool

	// Trace is told what happens to the sessions; nil for nobody.
	Trace *Trace

	state unsafe.Pointer // *fleet; an atomic.Pointer may not be copied
}

const (
	defaultSendBuffer   = 64 << 10
	defaultWriteTimeout = 30 * time.Second
	defaultCloseTimeout = 5 * time.Second
)

// zero is the Upgrader of Handle.
var zero Upgrader

// Handle answers a WebSocket handshake with the options of the zero Upgrader.
// See Upgrader.Handle.
func Handle(w http.ResponseWriter, r *http.Request) (*Session, *MessageStream, error) {
	return zero.Handle(w, r)
}

// Handle answers a WebSocket handshake (RFC 6455 §4.2) and returns the session
// it begins: a half to send with and a half to receive from. The connection is
// theirs from then on, and the handler may return at once or stay. The server's
// timeouts no longer apply. The request's context is cancelled by net/http when
// the handler returns: what outlives it needs another one. Headers set on w
// before, such as cookies, are part of the answer.
//
// On an error, always a *HandshakeError, the client has been answered with its
// status, and there is nothing left to be done with w; only when w is nil or
// the connection could not be taken from the server, nobody could be answered.
func (u *Upgrader) Handle(w http.ResponseWriter, r *http.Request) (*Session, *MessageStream, error) {
	s, err := u.handle(w, r)
	if err != nil {
		u.refused(r, err)
		return nil, nil, err
	}
	if t := u.trace(); t.SessionStart != nil {
		t.SessionStart(s)
	}
	return s, s.stream(), nil
}

func (u *Upgrader) handle(w http.ResponseWriter, r *http.Request) (s *Session, err error) {
	if w == nil {
		return nil, &HandshakeError{http.StatusInternalServerError, errors.New("nil response writer")}
	}
	if r == nil {
		return nil, refuse(w, http.StatusInternalServerError, errors.New("nil request"))
	}
	if err := u.check(); err != nil {
		return nil, refuse(w, http.StatusInternalServerError, err)
	}
	f := u.fleet()
	if err = f.knock(w); err != nil {
		return nil, err
	}
	defer func() {
		if s == nil { // be it for a panic of the ResponseWriter's
			f.turnAway()
		}
	}()
	shake, err := u.accept(w, r)
	if err != nil {
		return nil, err
	}
	s = f.begin(shake.conn, early(shake.brw), shake.protocol, shake.compress)
	if u.KeepRequestValues {
		s.more().values = context.WithoutCancel(r.Context())
	}
	f.enter(s)
	return s, nil
}

// check finds options that make no sense.
func (u *Upgrader) check() error {
	if u.SendBuffer < 0 || u.WriteTimeout < 0 || u.CloseTimeout < 0 || u.MaxSessions < 0 || u.MessageTimeout < 0 {
		return errors.New("negative SendBuffer, WriteTimeout, CloseTimeout, MaxSessions or MessageTimeout")
	}
	if err := u.Compression.check(); err != nil {
		return err
	}
	for _, pattern := range u.OriginPatterns {
		if _, err := path.Match(pattern, ""); err != nil {
			return fmt.Errorf("origin pattern %q: %w", pattern, err)
		}
	}
	return nil
}

// begin makes a session of a connection whose handshake is done. early is what
// has already been read from it.
func (f *fleet) begin(conn net.Conn, early []byte, protocol *string, c *compression) *Session {
	_ = conn.SetDeadline(time.Time{}) // the server's ends with the handshake
	s := &Session{handset{conn: link.Of(conn), fleet: f, protocol: protocol, compression: c}}
	s.out.Init(or(f.upgrader.SendBuffer, defaultSendBuffer))
	s.heard.arrive()
	if len(early) > 0 {
		s.stream().receiver().Add(early)
	}
	return s
}

func (u *Upgrader) writeTimeout() time.Duration { return or(u.WriteTimeout, defaultWriteTimeout) }
func (u *Upgrader) closeTimeout() time.Duration { return or(u.CloseTimeout, defaultCloseTimeout) }

func or[T int | time.Duration](value, otherwise T) T {
	if value == 0 {
		return otherwise
	}
	return value
}

// early copies what the server has read beyond the request: a client may send
// its first frame together with the handshake. The server's buffers are not
// kept.
func early(brw *bufio.ReadWriter) []byte {
	if brw == nil || brw.Reader == nil {
		return nil
	}
	b, _ := brw.Reader.Peek(brw.Reader.Buffered())
	return b
}
