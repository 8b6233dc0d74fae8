package ws

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"sync"
	"time"

	"github.com/handset-go/handset/internal/redial"
)

// A Redialer keeps a program connected to a server. A loop over All has one session
// per iteration, and dials again when the session has ended for a reason that may pass,
// such as a lost connection or a restart of the server. URL must be set. A Redialer must
// not be copied, or modified while a loop runs. One loop runs at a time.
//
// A reconnection is a new session, of which the server knows nothing. The library does
// not send again what was lost, because it cannot know what the peer has processed:
//
//   - A send that returned an error has sent nothing.
//   - If Session.Buffered returns 0 after the end, the operating system has accepted
//     all messages that were sent. Otherwise so many bytes of what was sent last have
//     not left; they include control frames of the library.
//   - A message that the operating system has accepted may still be lost with the
//     connection, or may have been received and processed.
//   - Every message that was received was received completely and in order, but
//     messages that the server has sent after the last of them are lost.
//
// So a program that must not lose or repeat a message numbers its messages and has the
// peer acknowledge them, keeps those that are not acknowledged, and begins each session
// with the number of the last message that it has received: its resume position. Before
// is called before each attempt and may set it in the URL or in a header.
type Redialer struct {
	// Dialer dials. Nil means a Dialer with the default options. When it is shut
	// down, the loop ends with ErrShutdown, at the latest at the next attempt.
	Dialer *Dialer
	// URL is the URL to dial.
	URL string

	// BaseDelay and MaxDelay limit the delay before an attempt. It is chosen at
	// random, so that the clients of a server do not all arrive at the same time
	// (RFC 6455 §7.2.3): first between 0 and BaseDelay. The upper limit doubles
	// with each further attempt, up to MaxDelay, until a session has lasted for
	// ResetAfter. If the server has sent Retry-After, that time, at most a day, is
	// added. Zero means 5 s and 60 s. The very first attempt is not delayed.
	BaseDelay, MaxDelay time.Duration

	// ResetAfter is how long a session must last for the next delay to be that of
	// a first attempt, at most BaseDelay. A server that accepts sessions and then
	// ends them at once is therefore not dialed more and more often. Zero means
	// 10 s.
	ResetAfter time.Duration

	// AttemptTimeout is how long an attempt may take: Before, connecting and the
	// handshake. A server that does not answer costs no more. Zero means 30 s.
	AttemptTimeout time.Duration

	// Before, if not nil, is called before each attempt and may change it, for
	// example to set a new token or the resume position. ctx ends with the
	// attempt. An error of Before is handled like an error of Dial: the loop goes
	// on if it is Retryable, such as an error of the network, and otherwise ends
	// with it.
	Before func(ctx context.Context, a *Attempt) error

	// Retry, if not nil, is called instead of Retryable with the error of an
	// attempt or of a session, and reports whether the loop goes on. It is not
	// called if the program has ended the session, or the loop, itself.
	Retry func(err error) bool

	dial   func(context.Context, *Attempt) (*Session, *MessageStream, error) // instead of that of Dialer, in tests
	random func(limit time.Duration) time.Duration                           // instead of clock.Random, in tests
	own    Dialer                                                            // if Dialer is nil

	mu      sync.Mutex
	running bool
	err     error // of the last loop
}

// An Attempt is an attempt of a Redialer to connect, before it is made.
type Attempt struct {
	Number int         // of attempts since the loop began or the last session ended, from 1
	URL    string      // Redialer.URL
	Header http.Header // a copy of Dialer.Header, never nil
	Err    error       // of the last attempt or session; nil for the first attempt of a loop
}

const (
	defaultResetAfter     = 10 * time.Second
	defaultAttemptTimeout = 30 * time.Second
)

var (
	errRedialTimes    = errors.New("ws: Redialer: negative ResetAfter or AttemptTimeout")
	errConcurrentLoop = errors.New("ws: Redialer has another loop")
)

// All returns the sessions as a sequence for a range loop. When the loop ends, Err
// returns the reason.
//
//	for session, stream := range redialer.All(ctx) {
//		for msg, err := range stream.Aggregate(1 << 20).All(ctx) {
//			…
//		}
//	}
//	if err := redialer.Err(); err != nil {
//		…
//	}
//
// The body of the loop serves one session and returns when its stream has ended. What
// happens then depends on how the session has ended:
//
//   - It was lost, or the server has closed it with a code that is Retryable: the loop
//     waits and dials again.
//   - The server has closed it with CloseNormal or without a code, or the program has
//     closed it with Session.Close: the loop ends without an error.
//   - Another reason: the loop ends with it as its error.
//   - The session is still open, because the body has returned early: it is closed
//     with the zero reason, and the loop dials again. So to replace a session by a new
//     one, use continue and do not call Session.Close.
//
// The last Close frame is answered as by Upgrader.Handler, and the next attempt waits
// until Done is closed, at most CloseTimeout. A break closes the session in the same
// way and ends the loop without an error. If the body panics or calls runtime.Goexit,
// the session is closed, and All does not wait for its end.
//
// When ctx ends, the attempt or the delay in progress ends, and the loop with the cause
// of ctx. A session that is open is left to the body, which may still send on it; pass
// ctx to its receives, so that the body returns. A second loop at the same time ends at
// once with an error. All starts no goroutine.
func (r *Redialer) All(ctx context.Context) iter.Seq2[*Session, *MessageStream] {
	return func(yield func(*Session, *MessageStream) bool) {
		if !r.begin() {
			return
		}
		var err error
		defer func() { r.end(err) }() // also if the body panics
		err = r.loop(ctx, yield)
	}
}

// Err returns the error that ended the last loop. It is nil while a loop runs, unless a
// second one has been refused, and if the loop ended without an error. If ctx has
// ended, it is the cause of ctx. It is safe for concurrent use.
func (r *Redialer) Err() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.err
}

// begin reports whether there is no other loop.
func (r *Redialer) begin() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.running {
		r.err = errConcurrentLoop
		return false
	}
	r.running, r.err = true, nil
	return true
}

func (r *Redialer) end(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.running, r.err = false, err
}

// redialing is the state of a loop.
type redialing struct {
	*Redialer
	ctx      context.Context
	delay    redial.Delay
	attempts int   // since the loop began or the last session ended
	last     error // of the last attempt or session
}

func (r *Redialer) loop(ctx context.Context, yield func(*Session, *MessageStream) bool) error {
	if ctx == nil {
		return errNilContext
	}
	if r.ResetAfter < 0 || r.AttemptTimeout < 0 {
		return errRedialTimes
	}
	delay, err := redial.NewDelay(r.BaseDelay, r.MaxDelay)
	if err != nil {
		return fmt.Errorf("ws: Redialer: %w", err)
	}
	l := &redialing{Redialer: r, ctx: ctx, delay: delay}
	for ctx.Err() == nil {
		again, err := l.once(yield)
		if !again && (err == nil || ctx.Err() == nil) {
			return err
		}
		l.last = err
		l.wait(l.delay.Next(l.random) + retryAfterOf(err))
	}
	return context.Cause(ctx)
}

// once makes an attempt and, if it succeeds, serves the session. It reports whether the
// loop goes on, and returns why the attempt or the session has ended.
func (l *redialing) once(yield func(*Session, *MessageStream) bool) (again bool, err error) {
	session, stream, err := l.attempt()
	if err != nil {
		return l.retries(err), err
	}
	l.attempts = 0
	began := time.Now()
	more, open := serve(session, stream, yield)
	if time.Since(began) >= cmp.Or(l.ResetAfter, defaultResetAfter) {
		l.delay.Reset()
	}
	stream.findClose()
	err, closedFirst := session.firstReason()
	switch {
	case !more:
		return false, nil
	case session.registry.isShutDown():
		return false, ErrShutdown
	case open:
		return true, err
	case closedFirst:
		return false, nil
	case l.retries(err):
		return true, err
	case normalClose(err):
		return false, nil
	}
	return false, err
}

// attempt calls Before and dials.
func (l *redialing) attempt() (*Session, *MessageStream, error) {
	ctx, cancel := context.WithTimeout(l.ctx, cmp.Or(l.AttemptTimeout, defaultAttemptTimeout))
	defer cancel()
	l.attempts++
	dialer := cmp.Or(l.Dialer, &l.own)
	a := &Attempt{Number: l.attempts, URL: l.URL, Header: dialer.Header.Clone(), Err: l.last}
	if a.Header == nil {
		a.Header = make(http.Header)
	}
	if l.Before != nil {
		if err := l.Before(ctx, a); err != nil {
			return nil, nil, err
		}
	}
	if l.dial != nil {
		return l.dial(ctx, a)
	}
	return dialer.dial(ctx, a.URL, a.Header)
}

// serve runs the body of the loop for a session and waits until the session has ended.
// more is false if the body has left the loop; open reports whether the session was open
// when the body returned.
func serve(session *Session, stream *MessageStream, yield func(*Session, *MessageStream) bool) (more, open bool) {
	defer func() { _ = session.Close(CloseReason{}) }() // also if the body panics
	more = yield(session, stream)
	switch {
	case session.isAnswerDue():
		session.answerClose()
	case !session.isClosing():
		open = true
		_ = session.Close(CloseReason{})
	}
	<-session.Done()
	return more, open
}

// retries reports whether the loop goes on after err, which is not the program's doing.
func (l *redialing) retries(err error) bool {
	switch {
	case errors.Is(err, ErrShutdown), l.ctx.Err() != nil:
		return false
	case l.Retry != nil:
		return l.Retry(err)
	}
	return Retryable(err)
}

// wait waits for d or until the context ends.
func (l *redialing) wait(d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-l.ctx.Done():
	}
}

// retryAfterOf returns how long the server asks to wait before the next attempt, or 0.
func retryAfterOf(err error) time.Duration {
	var refused *HandshakeError
	if !errors.As(err, &refused) {
		return 0
	}
	return redial.RetryAfter(refused.Header, time.Now())
}

// Retryable reports whether a program should dial again after err, an error of Dial or
// of Session.Err. It is true
//
//   - if the connection was lost or could not be made: errors of the network, also a
//     name that was not found and a handshake that timed out; and ErrWriteTimeout,
//     ErrHeartbeatTimeout and ErrCloseTimeout;
//   - if the handshake was refused with the status 408, 425, 429 or 5xx;
//   - if the peer has closed the session with CloseGoingAway, CloseInternalError,
//     CloseServiceRestart, CloseTryAgainLater or CloseBadGateway.
//
// It is false for anything else, because a new attempt would fail in the same way or
// is not wanted: other statuses and codes, a certificate that is not valid, a
// *ProtocolError, ErrShutdown, a context that was cancelled, a session that the program
// has closed itself, errors that are not known, and nil.
func Retryable(err error) bool {
	var (
		closed  *CloseError
		refused *HandshakeError
		failed  *ProtocolError
		network *dialError
	)
	switch {
	case errors.As(err, &closed):
		return closed.ByPeer && retryableCode(closed.Received.Code)
	case errors.As(err, &refused):
		return redial.RetryableStatus(refused.Status)
	case errors.As(err, &failed), errors.Is(err, ErrShutdown), redial.Final(err):
		return false
	}
	return errors.As(err, &network) || redial.Lost(err) ||
		errors.Is(err, ErrWriteTimeout) || errors.Is(err, ErrHeartbeatTimeout) || errors.Is(err, ErrCloseTimeout)
}

// normalClose reports whether the peer has closed the session because it has served its
// purpose.
func normalClose(err error) bool {
	var closed *CloseError
	return errors.As(err, &closed) && (closed.Received.Code == CloseNormal || closed.Received.Code == 0)
}

func retryableCode(code CloseCode) bool {
	switch code {
	case CloseGoingAway, CloseInternalError, CloseServiceRestart, CloseTryAgainLater, CloseBadGateway:
		return true
	}
	return false
}
