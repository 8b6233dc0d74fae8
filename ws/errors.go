package ws

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"

	"github.com/handset-go/handset/internal/frame"
)

// ErrClosed is returned by every send after Close or after the session has
// ended. Compare with errors.Is: the error is a *CloseError if the session was
// closed, and if it ended without Close the error wraps the reason, such as
// ErrWriteTimeout. It is a net.ErrClosed.
var ErrClosed error = &closedError{}

var (
	// ErrMessageTooBig is returned once for a message longer than an
	// aggregate's limit. The stream goes on behind it.
	ErrMessageTooBig = errors.New("ws: message too big")
	// ErrBufferFull is returned by TrySend when Send would have to wait.
	// Nothing was sent.
	ErrBufferFull = errors.New("ws: send buffer full")
	// ErrWriteTimeout ends a session whose peer has taken nothing for
	// Upgrader.WriteTimeout.
	ErrWriteTimeout = errors.New("ws: write timeout")
	// ErrCloseTimeout ends a session whose peer did not answer Close, or stopped
	// taking what was queued before it, for Upgrader.CloseTimeout.
	ErrCloseTimeout = errors.New("ws: close timeout")
	// ErrHeartbeatTimeout ends a session whose peer has been silent for
	// Heartbeat.Interval, and has shown no sign of life for Heartbeat.Timeout
	// after a Ping.
	ErrHeartbeatTimeout = errors.New("ws: heartbeat timeout")
	// ErrMessageTimeout is what a *ProtocolError of ClosePolicyViolation wraps
	// when the peer has not finished a message in Upgrader.MessageTimeout.
	ErrMessageTimeout = errors.New("ws: message timeout")
	// ErrShutdown ends a session that was cut by Upgrader.Close, or by
	// Upgrader.Shutdown when its context ended.
	ErrShutdown = errors.New("ws: cut by shutdown")
	// ErrAbandoned ends a session to neither half of which the program refers
	// any more, such as one whose handler panicked. See Session.
	ErrAbandoned = errors.New("ws: session abandoned: neither half is referenced any more")
	// ErrConcurrentRecv is returned to a second reader of a stream that is
	// being read: by another Recv, an unfinished All, or Chan. The first
	// reader is not disturbed.
	ErrConcurrentRecv = errors.New("ws: stream has another reader")
)

// Errors of callers that no program is expected to tell apart.
var (
	errNilContext    = errors.New("ws: nil context")
	errNotUTF8       = errors.New("ws: text is not UTF-8")
	errLongControl   = errors.New("ws: control payload is longer than 125 bytes")
	errNoMessageOpen = errors.New("ws: no fragmented message to continue")
	errWriterClosed  = errors.New("ws: message writer is closed")

	errConcurrentFragment = errors.New("ws: another fragment of the message is being sent")
)

// HandshakeError is why Handle did not begin a session. Status is 400, 403,
// 405, 426, 501 if the ResponseWriter cannot be hijacked, or 503 after Shutdown or
// beyond Upgrader.MaxSessions. It is 500 if an option of the Upgrader makes no
// sense or the connection could not be taken; and, without having been sent, if
// the answer could not be written or another one had begun before Handle.
type HandshakeError struct {
	Status int   // of the answer, such as 403
	Err    error // what was wrong
}

// Error gives the status and what was wrong.
func (e *HandshakeError) Error() string {
	return fmt.Sprintf("ws: handshake refused with %d %s: %v", e.Status, http.StatusText(e.Status), e.Err)
}

// Unwrap returns Err.
func (e *HandshakeError) Unwrap() error { return e.Err }

// ProtocolError is how a peer broke the protocol, or the rules that the program
// has set for it. It is what receives return from then on, and Session.Err at the
// end. Unless the session was closing
// already, the peer has been sent a Close frame with this code and Err's text
// (RFC 6455 §7.1.7).
type ProtocolError struct {
	Code CloseCode // CloseProtocolError, CloseInvalidPayload, CloseMessageTooBig or ClosePolicyViolation
	Err  error     // what was wrong
}

// Error gives the code and what was wrong.
func (e *ProtocolError) Error() string {
	return fmt.Sprintf("ws: failed with %v: %s", e.Code, strings.TrimPrefix(fmt.Sprint(e.Err), "ws: "))
}

// Unwrap returns Err.
func (e *ProtocolError) Unwrap() error { return e.Err }

// violation makes a ProtocolError of what the frame package found.
func violation(err error) *ProtocolError {
	var v *frame.Violation
	if errors.As(err, &v) {
		return &ProtocolError{Code: CloseCode(v.Code), Err: v}
	}
	return &ProtocolError{Code: CloseProtocolError, Err: err}
}

// closedError is ErrClosed with the reason why, if there is one to tell. It is
// used by pointer, since two of them could not be compared otherwise if their
// causes cannot be.
type closedError struct{ cause error }

func (e *closedError) Error() string {
	if e.cause == nil {
		return "ws: session closed"
	}
	return "ws: session closed: " + strings.TrimPrefix(e.cause.Error(), "ws: ")
}

func (e *closedError) Is(target error) bool { return target == ErrClosed || target == net.ErrClosed }
func (e *closedError) Unwrap() error        { return e.cause }

// closedBy is the answer to sends on a session that ended because of cause.
func closedBy(cause error) error {
	if closed(cause) {
		return cause
	}
	return &closedError{cause}
}

// lostError is the end of a stream without a Close frame: it is an
// io.ErrUnexpectedEOF as much as its cause. It is used by pointer, as
// closedError is.
type lostError struct{ cause error }

func (e *lostError) Error() string {
	if e.cause == io.ErrUnexpectedEOF {
		return "ws: connection lost: EOF without a Close frame"
	}
	return "ws: connection lost: " + strings.TrimPrefix(e.cause.Error(), "ws: ")
}

func (e *lostError) Unwrap() []error { return []error{io.ErrUnexpectedEOF, e.cause} }

// lostBy is the error of a stream that ended because of cause.
func lostBy(cause error) error {
	if _, ok := cause.(*lostError); ok {
		return cause
	}
	if cause == io.EOF {
		cause = io.ErrUnexpectedEOF
	}
	return &lostError{cause}
}
