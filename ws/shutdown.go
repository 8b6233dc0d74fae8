package ws

import "context"

// goodbye is what a server that goes down says to everyone.
var goodbye = CloseReason{Code: CloseGoingAway, Description: "server is shutting down"}

// Shutdown ends the sessions of the package's own Handle. See
// Upgrader.Shutdown.
func Shutdown(ctx context.Context) error { return zero.Shutdown(ctx) }

// Shutdown ends the Upgrader's sessions with a goodbye. From now on handshakes
// are refused with 503, Retry-After and a *HandshakeError. Every session, those
// whose handshakes are under way included, is closed as by Session.Close with
// CloseGoingAway: what it had queued leaves first, and its peer has
// Upgrader.CloseTimeout to answer.
//
// Shutdown waits until all sessions have ended and then returns nil. If ctx ends
// before, it cuts those that are left, which end with ErrShutdown, and returns
// ctx's error.
//
// http.Server.Shutdown knows nothing of connections that have become sessions,
// and does not wait for their handlers: it returns at once while they are in
// the middle of a message. Call both, at the same time, since it may wait for
// other connections. Neither waits for what a handler, or a goroutine that it
// started, does after its session has ended; a program that exits then needs a
// sync.WaitGroup, as in the example. Any number of goroutines may call Shutdown,
// and again later. There is no way back.
func (u *Upgrader) Shutdown(ctx context.Context) error {
	if ctx == nil {
		return errNilContext
	}
	f := u.registry()
	f.shut(false)
	f.endAbandoned() // those of a bubble, in which no timer may be going to strike
	f.each(func(s *Session) { _ = s.Close(goodbye) })
	gone := f.allGone()
	select {
	case <-gone:
		return nil
	case <-ctx.Done():
	}
	select {
	case <-gone: // in the same moment
		return nil
	default:
	}
	f.cutAll()
	return ctx.Err()
}

// Close cuts the Upgrader's sessions without a goodbye: they end with
// ErrShutdown, what they had queued is lost, and handshakes are refused from now
// on as by Shutdown. It waits for no peer and returns nil. Any number of
// goroutines may call it, also during Shutdown, which it brings to its end.
func (u *Upgrader) Close() error {
	u.registry().cutAll()
	return nil
}

func (f *registry) cutAll() {
	f.shut(true)
	f.endAbandoned()
	f.each(func(s *Session) { s.end(ErrShutdown) })
}
