package ws

import (
	"cmp"
	"log"
	"net/http"
	"runtime/debug"
	"sync/atomic"
	"time"
)

// Upgrader holds the options of a server's sessions. Its zero value is ready
// and is what Handle uses. An Upgrader must not be copied or modified after first
// use. It is safe for concurrent use. In tests, its sessions must be of one
// testing/synctest bubble at a time.
// Negative sizes and times, but for Heartbeat's, and patterns and names of
// subprotocols that nothing could match, refuse every handshake with 500 and a
// text that says which it is.
type Upgrader struct {
	// Subprotocols are those the server speaks. The first one the client lists
	// that is among them is agreed on (RFC 6455 §1.9); if none is, the session
	// has no subprotocol. Names are compared exactly. Each is a token (RFC 9110
	// §5.6.2) and is there once. A handler that has set another one as the header
	// Sec-WebSocket-Protocol on the ResponseWriter before Handle has that agreed
	// on if the client lists it; otherwise the header is taken out of the answer.
	Subprotocols []string

	// OriginPatterns are the origins whose pages may open sessions, beside the
	// server's own (RFC 6455 §10.2). The server's own origin has the host and
	// port of the request's Host header and the scheme http, https, ws or wss.
	// Over TLS it has https or wss: a page of the same host that was loaded
	// without TLS, such as http://own.example or ws://own.example, needs a
	// pattern. A server behind a proxy that ends TLS accepts both. The proxy has
	// to pass on the client's Host, with its port ($http_host in nginx). Requests
	// without an Origin header do not come from a browser and are accepted.
	//
	// A pattern is a host, which may have a scheme before it and a port behind
	// it:
	//
	//	example.com                http, https, ws or wss, and its default port
	//	*.example.com              all subdomains, at any depth
	//	https://example.com        https alone, as is advisable over TLS
	//	example.com:8080           that port alone
	//	localhost:*                any port
	//	[::1]:3000                 an IPv6 address, however it is spelled
	//	capacitor://localhost      an app's scheme, which has to be named
	//	chrome-extension://abcdef  an extension's, too
	//	*                          every host and port, of http, https, ws and wss
	//	null                       a sandboxed frame on any site, among others
	//	file://                    files, where they do not send null
	//
	// Scheme, host and port are each a pattern of path.Match; an IPv6 address is
	// not, and null and schemes without a host match only themselves. Case does
	// not matter. A scheme's default port equals no port, in patterns and in
	// origins: example.com:443 matches https://example.com. A final dot makes
	// another host, as it does in browsers. Hosts that are not ASCII are written
	// in punycode, such as xn--bcher-kva.example, as browsers send them.
	// Origins without a host, such as null, match no pattern for hosts, not even
	// *. Origins that are malformed, such as example.com or //example.com, which
	// have no scheme, match no pattern at all.
	//
	// A pattern that is empty or has a blank, a path, a final slash or anything
	// else that no origin has refuses every handshake with 500.
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

	// WriteTimeout is how long a peer may take nothing of what is sent to it
	// before the session ends with ErrWriteTimeout; 0 means 30 s. A peer that
	// takes something, however slowly, keeps its session. On Linux, over TCP and
	// TLS, what counts is what the peer's TCP acknowledges. Elsewhere, and for a
	// net.Conn that does not show its socket, it is what the operating system
	// takes from the session, which for a slow peer comes in larger steps. The
	// session ends at most a quarter of the time late.
	WriteTimeout time.Duration

	// CloseTimeout is how long the peer may take to answer our Close frame after
	// that has left, before the session ends with ErrCloseTimeout; 0 means 5 s.
	// While the peer takes what is queued before the Close frame, as WriteTimeout
	// has it, the time does not begin. It also limits how long the application
	// may take to answer the peer's Close frame.
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
	// session lasts: some 250 bytes with nothing but what net/http puts in it. A
	// value that refers to the Session keeps it from being found abandoned.
	KeepRequestValues bool

	// Trace is told what happens to the sessions; nil for nobody.
	Trace *Trace

	// SessionStats has Session.Stats count what its session has sent and received.
	// It is an option because it takes 160 bytes more for each session.
	// Upgrader.Stats counts without it.
	SessionStats bool

	lists listOptions
	state atomic.Pointer[registry]
}

const (
	defaultSendBuffer   = 64 << 10
	defaultWriteTimeout = 30 * time.Second
	defaultCloseTimeout = 5 * time.Second
)

func (u *Upgrader) settings() settings {
	return settings{
		sendBuffer:   cmp.Or(u.SendBuffer, defaultSendBuffer),
		writeTimeout: u.writeTimeout(),
		closeTimeout: cmp.Or(u.CloseTimeout, defaultCloseTimeout),
		intervals:    u.intervals(),
		maxSessions:  u.MaxSessions,
		manualPong:   u.ManualPong,
		sessionStats: u.SessionStats,
		trace:        cmp.Or(u.Trace, &untraced),
	}
}

// intervals are the times that the options ask for.
func (u *Upgrader) intervals() (in intervals) {
	if h := u.Heartbeat; h.Interval >= 0 && h.Timeout >= 0 {
		in.interval = inMillis(cmp.Or(h.Interval, defaultHeartbeat))
		in.timeout = inMillis(cmp.Or(h.Timeout, defaultHeartbeat))
	}
	if u.MessageTimeout > 0 {
		in.message = inMillis(u.MessageTimeout)
	}
	return in
}

// registry returns the Upgrader's registry, which is made, and the options read,
// at the first call.
func (u *Upgrader) registry() *registry {
	if r := u.state.Load(); r != nil {
		return r
	}
	r := &registry{settings: u.settings()}
	r.checks.check = r.check
	u.state.CompareAndSwap(nil, r)
	return u.state.Load()
}

func (u *Upgrader) writeTimeout() time.Duration {
	return cmp.Or(u.WriteTimeout, defaultWriteTimeout)
}

// zero is the Upgrader of the package-level functions.
var zero Upgrader

// Handle answers a WebSocket handshake with the options of the zero Upgrader.
// See Upgrader.Handle.
func Handle(w http.ResponseWriter, r *http.Request) (*Session, *MessageStream, error) {
	return zero.Handle(w, r)
}

// Handle answers a WebSocket handshake (RFC 6455 §4.2) and returns the session
// it begins: a half to send with and a half to receive from. The connection is
// theirs from then on, and the handler may return at once or stay. Somebody has to
// keep one of the halves: a session that nobody refers to, such as that of a
// handler that has panicked, ends with ErrAbandoned. The server's
// timeouts no longer apply. The request's context is cancelled by net/http when
// the handler returns: what outlives it needs another one.
//
// Headers set on w before, such as cookies, are part of the answer, except those
// that the handshake sets (Connection, Upgrade and Sec-WebSocket-*) and those of
// a body. The answer is written on the connection itself, after Hijack, and not
// through w: a middleware that compresses or delays does not touch it, and one
// that logs sees a hijacked connection rather than the status 101. The client has
// WriteTimeout to take it.
//
// On an error, always a *HandshakeError, the client has been answered with its
// status, over HTTP/1.1 with Connection: close, and there is nothing left to be
// done with w. Nobody is answered if w or its Header is nil, or if the connection
// has been hijacked before, such as by another Handle, whose session goes on. The
// connection is closed without an answer of Handle's if writing the 101 fails or w has been written to
// before: by WriteHeader, Write or Flush, through any wrapper with an Unwrap or
// Written method. What a middleware has kept back of such an answer is unknown to
// Handle, and lost.
func (u *Upgrader) Handle(w http.ResponseWriter, r *http.Request) (*Session, *MessageStream, error) {
	s, err := u.handle(w, r)
	if err != nil {
		u.refused(r, err)
		return nil, nil, err
	}
	if t := s.trace(); t.SessionStart != nil {
		t.SessionStart(s)
	}
	return s, s.stream(), nil
}

// Handler returns an http.Handler that serves each session with a call of serve,
// with the options of the zero Upgrader. See Upgrader.Handler.
func Handler(serve func(*Session, *MessageStream)) http.Handler { return zero.Handler(serve) }

// Handler returns an http.Handler that answers handshakes, as Handle does, and
// calls serve for each session, in a goroutine of its own: the handler itself
// returns at once, so that a session does not hold the buffers and the stack that
// net/http needs for a request. A client whose handshake is refused has been
// answered, and serve is not called; Trace.HandshakeRefused tells why.
//
// The session is closed when serve returns, as by Session.Close with the zero
// reason, or with the code of the peer's Close frame if that has not been answered.
// If serve panics, the panic is logged to the server's ErrorLog, as net/http does,
// unless it is http.ErrAbortHandler, and the session is closed with
// CloseInternalError; the program goes on. Handler panics if serve is nil.
//
// A serve that needs the request, to authenticate it for example, is called by a
// handler that calls Handle. http.Server.Shutdown does not wait for serve:
// Upgrader.Shutdown ends the sessions.
func (u *Upgrader) Handler(serve func(*Session, *MessageStream)) http.Handler {
	if serve == nil {
		panic("ws: nil serve")
	}
	return &sessionHandler{u, serve}
}

type sessionHandler struct {
	upgrader *Upgrader
	serve    func(*Session, *MessageStream)
}

func (h *sessionHandler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	session, _, err := h.upgrader.Handle(w, r)
	if err != nil {
		return
	}
	server, _ := r.Context().Value(http.ServerContextKey).(*http.Server)
	go func() {
		defer finish(session, server)
		h.serve(session, session.stream())
	}()
}

// finish closes the session of a serve that has returned or panicked.
func finish(session *Session, server *http.Server) {
	panicked := recover()
	switch {
	case panicked == nil && session.isAnswerDue():
		session.answerClose()
	case panicked == nil:
		_ = session.Close(CloseReason{})
	default:
		if panicked != http.ErrAbortHandler {
			logf(server, "ws: panic serving %v: %v\n%s", session.RemoteAddr(), panicked, debug.Stack())
		}
		_ = session.Close(CloseReason{Code: CloseInternalError})
	}
}

// logf logs where the server logs the panics of its handlers.
func logf(server *http.Server, format string, args ...any) {
	if server != nil && server.ErrorLog != nil {
		server.ErrorLog.Printf(format, args...)
	} else {
		log.Printf(format, args...)
	}
}
