package ws

import (
	"log"
	"net/http"
	"runtime/debug"
)

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
	go h.run(session, server)
}

// run is at the bottom of the stack of a session that waits, so its frame is small.
func (h *sessionHandler) run(session *Session, server *http.Server) {
	defer finish(session, server)
	h.serve(session, session.stream())
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
