package ws

import "context"

// scope is a session's context.
type scope struct {
	context.Context
	cancel context.CancelCauseFunc
}

// Context returns a context that is cancelled when the session has ended, just
// after Done is closed, with what Err returns as its cause (context.Cause). It is
// the same one each time, does not block, and is made when it is first asked for:
// a session that is not asked has none. Receiving and sending with it, or with one
// made from it, loses nothing: see Recv.
//
// It is not the request's context, which net/http cancels when the handler
// returns. With Upgrader.KeepRequestValues it carries that one's values.
func (s *Session) Context() context.Context {
	x := s.more()
	c := x.scope.Load()
	if c == nil {
		c = x.newScope()
	}
	if err := s.Err(); err != nil { // which end may be about to say
		c.cancel(err)
	}
	return c
}

// newScope makes the session's context, unless somebody is faster.
func (x *extra) newScope() *scope {
	values := x.values
	if values == nil {
		values = context.Background()
	}
	ctx, cancel := context.WithCancelCause(values)
	if !x.scope.CompareAndSwap(nil, &scope{ctx, cancel}) {
		cancel(nil)
	}
	return x.scope.Load()
}

// endContext cancels the session's context, if there is one.
func (s *Session) endContext(cause error) {
	if x := s.extra.Load(); x != nil {
		if c := x.scope.Load(); c != nil {
			c.cancel(cause)
		}
	}
}
