package ws

import (
	"cmp"
	"errors"
	"log"
	"net/http"
	"runtime/debug"
	"sync/atomic"
	"time"

	"github.com/handset-go/handset/internal/frame"
)

// An Upgrader holds the options of a server. Its zero value is valid. An Upgrader
// must not be copied or modified after first use. It is safe for concurrent use. In
// tests, its sessions must belong to one testing/synctest bubble at a time.
//
// Handle answers 500, with a text that names the option, if an option is invalid: if
// a size or time is negative, except in Heartbeat, if Compression is invalid, if an
// origin pattern or a subprotocol cannot match anything, or if a subprotocol is there
// twice.
type Upgrader struct {
	// Subprotocols are the subprotocols that the server supports. The first one
	// in the client's list that is among them is selected (RFC 6455 §1.9). If
	// there is none, the session has no subprotocol. Names are compared
	// exactly. Each must be a token (RFC 9110 §5.6.2) and unique. If a handler
	// has set the header Sec-WebSocket-Protocol on the ResponseWriter before
	// Handle, that subprotocol is selected if the client lists it; otherwise
	// the header is ignored.
	Subprotocols []string

	// OriginPatterns are origins whose pages may open sessions, besides the
	// server's own (RFC 6455 §10.2). The server's own origin has the host and
	// port of the request's Host header and the scheme http, https, ws or wss.
	// Over TLS the scheme must be https or wss: a page of the same host that
	// was loaded without TLS, such as http://own.example, needs a pattern. A
	// server behind a proxy that terminates TLS accepts all four. The proxy
	// must pass on the client's Host header with its port ($http_host in
	// nginx). A request without an Origin header does not come from a browser
	// and is accepted.
	//
	// A pattern is a host, optionally with a scheme before it and a port after
	// it:
	//
	//	example.com                http, https, ws or wss, on the default port
	//	*.example.com              all subdomains, at any depth
	//	https://example.com        only https, which is advisable over TLS
	//	example.com:8080           only that port
	//	localhost:*                any port
	//	[::1]:3000                 an IPv6 address, in any spelling
	//	capacitor://localhost      the scheme of an app, which must be given
	//	chrome-extension://abcdef  that of a browser extension
	//	*                          any host and port, of http, https, ws and wss
	//	null                       a sandboxed frame of any site, among others
	//	file://                    files, in browsers that do not send null
	//
	// Scheme, host and port are patterns of path.Match, except for IPv6
	// addresses; null and schemes without a host match only themselves. Case
	// does not matter. The default port of a scheme is the same as no port, in
	// patterns and in origins: example.com:443 matches https://example.com. A
	// trailing dot makes a different host, as in browsers. Hosts that are not
	// ASCII are written in punycode, such as xn--bcher-kva.example, as browsers
	// send them. Origins without a host, such as null, match no pattern for
	// hosts, not even *. Malformed origins, such as example.com or
	// //example.com, which have no scheme, match no pattern.
	//
	// If a pattern is empty or has a space, a path, a trailing slash or
	// anything else that no origin has, every handshake is refused with 500.
	OriginPatterns []string

	// AllowAnyOrigin accepts pages of all origins. If cookies authenticate
	// users, any web site can then act for its visitors.
	AllowAnyOrigin bool

	// Compression configures permessage-deflate (RFC 7692), for clients that
	// offer it. The zero value disables compression. Frugal, Balanced and Dense
	// return common settings.
	Compression Compression

	// Options are the options of the sessions.
	Options

	// MaxSessions limits the number of sessions, including handshakes in
	// progress. Further handshakes are refused with 503. Zero means no limit.
	MaxSessions int

	// ShutdownWindow makes Shutdown close the sessions one by one, spread evenly
	// over that time, in random order, and with CloseServiceRestart instead of
	// CloseGoingAway. Clients that reconnect when they are closed then do not
	// all arrive at the same moment. New handshakes are refused from the
	// beginning, and sessions whose handshake is in progress are closed when
	// it completes. The context of Shutdown should allow ShutdownWindow and
	// CloseTimeout; when it ends, the remaining sessions end at once. Zero
	// means that all sessions are closed at once.
	ShutdownWindow time.Duration

	// KeepRequestValues makes Session.Context carry the values of the request's
	// context, but not its cancellation. That context, and what it references,
	// then stays in memory as long as the session: some 250 bytes if it has
	// only the values of net/http. A value that references the Session prevents
	// it from ending with ErrAbandoned.
	KeepRequestValues bool

	lists listOptions
	state atomic.Pointer[registry]
}

// Options are the options of a session, on either side. They are part of an Upgrader
// and of a Dialer. The zero value is valid.
type Options struct {
	// SendBuffer is the size of the send queue of a session in bytes, including
	// frame headers. Zero means 64 KiB. A larger frame is accepted when the
	// queue is empty. A session whose peer reads nothing may take more than
	// twice as much memory, 144 KiB if it is zero: what is being written stays
	// until all of it is, and buffers have a few sizes.
	SendBuffer int

	// WriteTimeout is how long a peer may accept no data before the session
	// ends with ErrWriteTimeout. Zero means 30 s. A peer that accepts data,
	// however slowly, keeps its session. On Linux, over TCP and TLS, data is
	// accepted when the peer's TCP acknowledges it. On other systems, and for a
	// net.Conn that does not expose its socket, it is accepted when the
	// operating system takes it from the session, which for a slow peer happens
	// in larger steps. The session ends late by at most a quarter of the time.
	// On a server, WriteTimeout also limits writing the response 101.
	WriteTimeout time.Duration

	// CloseTimeout is how long the peer may take to answer our Close frame
	// before the session ends with ErrCloseTimeout. Zero means 5 s. The time
	// starts when the Close frame has been written, or when the peer stops
	// accepting the data queued before it, as defined for WriteTimeout.
	// CloseTimeout also limits how long the application may take to answer the
	// peer's Close frame, and how long a client waits, after both Close frames,
	// for the server to close the connection.
	CloseTimeout time.Duration

	// Heartbeat detects peers that are gone without having closed the
	// connection: it pings silent peers, and ends their sessions if they stay
	// silent. It is on unless one of its times is negative.
	Heartbeat Heartbeat

	// MessageTimeout is how long a message may take from its first byte to its
	// last, including its fragments and control frames between them, so that a
	// slow peer cannot occupy a buffer forever. A session that exceeds it fails
	// with ErrMessageTimeout, early by at most a sixteenth of the time. Control
	// frames are not limited. Time in which the program processes a chunk
	// counts, but the session fails only when the program waits for more. Zero
	// means no limit.
	MessageTimeout time.Duration

	// ManualPong leaves it to the application to answer pings, with
	// Session.Pong. Pings are delivered in either case.
	ManualPong bool

	// Trace, if not nil, has functions that are called on session events.
	Trace *Trace

	// SessionStats makes Session.Stats count what the session sends and
	// receives. This needs 160 bytes more for each session. Upgrader.Stats and
	// Dialer.Stats count in either case.
	SessionStats bool
}

const (
	defaultSendBuffer   = 64 << 10
	defaultWriteTimeout = 30 * time.Second
	defaultCloseTimeout = 5 * time.Second
)

// check returns an error if an option is invalid.
func (o *Options) check() error {
	if o.SendBuffer < 0 || o.WriteTimeout < 0 || o.CloseTimeout < 0 || o.MessageTimeout < 0 {
		return errors.New("negative SendBuffer, WriteTimeout, CloseTimeout or MessageTimeout")
	}
	return nil
}

// settings returns the options with the defaults, for sessions of the given side.
func (o *Options) settings(side frame.Side) settings {
	return settings{
		side:         side,
		sendBuffer:   cmp.Or(o.SendBuffer, defaultSendBuffer),
		writeTimeout: o.writeTimeout(),
		closeTimeout: cmp.Or(o.CloseTimeout, defaultCloseTimeout),
		intervals:    o.intervals(),
		manualPong:   o.ManualPong,
		sessionStats: o.SessionStats,
		trace:        cmp.Or(o.Trace, &untraced),
	}
}

// intervals returns the times for the checks, with the defaults.
func (o *Options) intervals() (in intervals) {
	if h := o.Heartbeat; h.Interval >= 0 && h.Timeout >= 0 {
		in.interval = inMillis(cmp.Or(h.Interval, defaultHeartbeat))
		in.timeout = inMillis(cmp.Or(h.Timeout, defaultHeartbeat))
	}
	if o.MessageTimeout > 0 {
		in.message = inMillis(o.MessageTimeout)
	}
	return in
}

func (o *Options) writeTimeout() time.Duration {
	return cmp.Or(o.WriteTimeout, defaultWriteTimeout)
}

// registry returns the Upgrader's registry. The first call makes it and reads the
// options.
func (u *Upgrader) registry() *registry {
	if r := u.state.Load(); r != nil {
		return r
	}
	u.state.CompareAndSwap(nil, newRegistry(u.settings(frame.Server), u.MaxSessions))
	return u.state.Load()
}

// defaultUpgrader is the Upgrader of the package-level functions.
var defaultUpgrader Upgrader

// Handle calls Upgrader.Handle of an Upgrader that has the default options and
// that all callers share.
func Handle(w http.ResponseWriter, r *http.Request) (*Session, *MessageStream, error) {
	return defaultUpgrader.Handle(w, r)
}

// Handle performs the opening handshake (RFC 6455 §4.2) and returns the two
// halves of the session. The handler may return at once or stay. The program
// must keep a reference to one of the halves; otherwise the session ends with
// ErrAbandoned. The server's timeouts no longer apply. net/http cancels the
// request's context when the handler returns; Session.Context lasts as long as
// the session.
//
// Headers that were set on w before, such as cookies, are part of the response,
// except those of the handshake (Connection, Upgrade and Sec-WebSocket-*) and
// those of a body. The response is written to the hijacked connection, not
// through w. Middleware can therefore neither compress nor delay it, and does
// not see the status 101.
//
// The error is always a *HandshakeError. Handle has then answered the client
// with its Status, over HTTP/1.1 with "Connection: close", and the handler must
// not write to w. There are exceptions. Nothing is written if w or its Header
// is nil, or if the connection was hijacked before, for example by another
// Handle, whose session continues. The connection is closed without a response
// of Handle if writing the response 101 fails, or if another response was
// started before Handle: by WriteHeader, Write or Flush, through any wrapper
// that has a method Unwrap or Written. Handle cannot detect a response that
// middleware has only buffered; it is lost.
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

// Handler calls Upgrader.Handler of the Upgrader that the package-level Handle
// uses.
func Handler(serve func(*Session, *MessageStream)) http.Handler {
	return defaultUpgrader.Handler(serve)
}

// Handler returns an http.Handler that performs the handshake, as Handle does, and
// calls serve for each session in its own goroutine. The handler itself returns at
// once, so that the session does not keep the buffers and the stack of net/http. If
// the handshake is refused, the client has been answered and serve is not called;
// Trace.HandshakeRefused is called with the error.
//
// The session is closed when serve returns, as by Session.Close: with the code of the
// peer's Close frame if that has not been answered, and otherwise with the zero
// reason. If serve panics, the session is closed with CloseInternalError, and the
// panic is logged to the ErrorLog of the server, as in net/http, unless it is
// http.ErrAbortHandler. Handler panics if serve is nil.
//
// To serve a session with values from the request, call Handle. Upgrader.Shutdown
// closes the sessions and waits until serve has returned for each of them.
// http.Server.Shutdown does neither.
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
	registry, serves := h.upgrader.registry(), false
	registry.beginServing() // before the session begins, and may end
	defer func() {
		if !serves { // also if w panics, or Trace.SessionStart
			registry.done()
		}
	}()
	session, _, err := h.upgrader.Handle(w, r)
	if err != nil {
		return
	}
	serves = true
	server, _ := r.Context().Value(http.ServerContextKey).(*http.Server)
	go func() {
		defer finish(session, server)
		h.serve(session, session.stream())
	}()
}

// finish closes the session after serve has returned or panicked.
func finish(session *Session, server *http.Server) {
	defer session.registry.done()
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

// logf logs as the server logs panics of its handlers.
func logf(server *http.Server, format string, args ...any) {
	if server != nil && server.ErrorLog != nil {
		server.ErrorLog.Printf(format, args...)
	} else {
		log.Printf(format, args...)
	}
}
