package ws

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"

	"github.com/handset-go/handset/internal/frame"
)

// ErrClosed is returned by sends after Close, and after the session has ended.
// Compare with errors.Is: the error is a *CloseError if the session was closed, and
// otherwise wraps the reason for which the session ended, such as ErrWriteTimeout. It
// is also a net.ErrClosed.
var ErrClosed error = &closedError{}

var (
	// ErrMessageTooBig is returned once for a message that is longer than the
	// limit of an AggregatedStream. The stream continues with the next message.
	ErrMessageTooBig = errors.New("ws: message too big")
	// ErrBufferFull is returned by TrySend and TrySendPrepared if they would
	// have to wait. Nothing has been sent.
	ErrBufferFull = errors.New("ws: send buffer full")
	// ErrWriteTimeout ends a session whose peer has accepted no data for
	// Options.WriteTimeout.
	ErrWriteTimeout = errors.New("ws: write timeout")
	// ErrCloseTimeout ends a session whose peer has not answered our Close
	// frame, or has stopped accepting the data queued before it, for
	// Options.CloseTimeout. It does not end a client whose server has answered
	// and then does not close the connection.
	ErrCloseTimeout = errors.New("ws: close timeout")
	// ErrHeartbeatTimeout ends a session whose peer has been silent for
	// Heartbeat.Interval and then, after a Ping, for Heartbeat.Timeout.
	ErrHeartbeatTimeout = errors.New("ws: heartbeat timeout")
	// ErrMessageTimeout is wrapped by a *ProtocolError of ClosePolicyViolation
	// if the peer has not completed a message within Options.MessageTimeout.
	ErrMessageTimeout = errors.New("ws: message timeout")
	// ErrShutdown ends a session whose connection was closed by Close of its
	// Upgrader or Dialer, or by Shutdown after its context had ended. It is also
	// the error of Dial after either.
	ErrShutdown = errors.New("ws: closed by shutdown")
	// ErrAbandoned ends a session if the program references neither half any
	// more, for example because a handler panicked. See Session.
	ErrAbandoned = errors.New("ws: session abandoned: neither half is referenced any more")
	// ErrConcurrentRecv is returned to a second reader of a stream while a
	// Recv, a loop over All, Chan or Discard reads it. The first reader is not
	// affected.
	ErrConcurrentRecv = errors.New("ws: stream has another reader")
)

// Errors of wrong use, which programs need not distinguish.
var (
	errNilContext    = errors.New("ws: nil context")
	errNotUTF8       = errors.New("ws: text is not UTF-8")
	errLongControl   = errors.New("ws: control payload is longer than 125 bytes")
	errNoMessageOpen = errors.New("ws: no fragmented message to continue")
	errWriterClosed  = errors.New("ws: message writer is closed")

	errConcurrentFragment = errors.New("ws: another fragment of the message is being sent")
)

// A HandshakeError is returned when Handle refuses a handshake, or when the server
// refuses that of Dial.
//
// Of Handle, Status is 400, 403, 405 or 426 if the request is at fault; 501 if the
// ResponseWriter cannot be hijacked; 503 after Shutdown or Close, or
// beyond Upgrader.MaxSessions; and 500 if an option of the Upgrader is invalid or the
// connection could not be hijacked. It is also 500, but was not sent, if writing the
// response 101 failed or if another response had been started before Handle.
//
// Of Dial, Status is that of the server's response. It is a status of 300 to 399 for
// a redirect that is not followed, and 101 if the server agrees but its response
// violates RFC 6455 §4.1, for example because it selects a subprotocol that was not
// asked for. If an HTTP proxy refuses to connect to the server, Status and Header are
// those of its response, for example 407 if it requires a password, and Body is nil.
// If there is no response, because of the network, TLS or the context,
// Dial returns other errors.
type HandshakeError struct {
	Status int         // HTTP status, such as 403
	Header http.Header // that of the server's response; nil of Handle
	Body   []byte      // the first 1024 bytes of the server's response at most; nil of Handle
	Err    error       // the reason
}

// Error returns the status and the reason.
func (e *HandshakeError) Error() string {
	if e.Status == http.StatusSwitchingProtocols {
		return fmt.Sprintf("ws: invalid handshake response: %v", e.Err)
	}
	status := strconv.Itoa(e.Status)
	if text := http.StatusText(e.Status); text != "" { // empty for those of no RFC
		status += " " + text
	}
	return fmt.Sprintf("ws: handshake refused with %s: %v", status, e.Err)
}

// Unwrap returns Err.
func (e *HandshakeError) Unwrap() error { return e.Err }

// A ProtocolError is returned when the peer has violated the protocol, or a
// limit that the program has set. Receives return it from then on. Unless the
// session was closing already, the peer is sent a Close frame with Code and the
// text of Err (RFC 6455 §7.1.7), and Session.Err returns the ProtocolError after
// the end, unless something else ended the session before that frame was sent.
type ProtocolError struct {
	Code CloseCode // CloseProtocolError, CloseInvalidPayload, CloseMessageTooBig or ClosePolicyViolation
	Err  error     // the violation
}

// Error returns the code and the violation.
func (e *ProtocolError) Error() string {
	return fmt.Sprintf("ws: failed with %v: %s", e.Code, strings.TrimPrefix(fmt.Sprint(e.Err), "ws: "))
}

// Unwrap returns Err.
func (e *ProtocolError) Unwrap() error { return e.Err }

// violation returns err, an error of the packages frame and message, as a
// ProtocolError.
func violation(err error) *ProtocolError {
	var v *frame.Violation
	if errors.As(err, &v) {
		return &ProtocolError{Code: CloseCode(v.Code), Err: v}
	}
	return &ProtocolError{Code: CloseProtocolError, Err: err}
}

// closedError is ErrClosed with the reason for which the session ended, if there is
// one. It is used by pointer, because comparing two values would panic if their
// causes are not comparable.
type closedError struct{ cause error }

func (e *closedError) Error() string {
	if e.cause == nil {
		return "ws: session closed"
	}
	return "ws: session closed: " + strings.TrimPrefix(e.cause.Error(), "ws: ")
}

func (e *closedError) Is(target error) bool { return target == ErrClosed || target == net.ErrClosed }
func (e *closedError) Unwrap() error        { return e.cause }

// closedBy returns the error of sends on a session that has ended with cause.
func closedBy(cause error) error {
	if closed(cause) {
		return cause
	}
	return &closedError{cause}
}

// lostError is the error of a stream that has ended without a Close frame. It wraps
// io.ErrUnexpectedEOF and the cause. It is used by pointer, as closedError is.
type lostError struct{ cause error }

func (e *lostError) Error() string {
	if e.cause == io.ErrUnexpectedEOF {
		return "ws: connection lost: EOF without a Close frame"
	}
	return "ws: connection lost: " + strings.TrimPrefix(e.cause.Error(), "ws: ")
}

func (e *lostError) Unwrap() []error { return []error{io.ErrUnexpectedEOF, e.cause} }

// lostBy returns the error of a stream that has ended with cause.
func lostBy(cause error) error {
	if _, ok := cause.(*lostError); ok {
		return cause
	}
	if cause == io.EOF {
		cause = io.ErrUnexpectedEOF
	}
	return &lostError{cause}
}
