package ws

import "strconv"

// CloseError is why a session ended whose closing handshake was completed (RFC
// 6455 §7.1.4). It is what Session.Err returns then, the cause of
// Session.Context, and the error of sends after Close, and is found by
// errors.As. It is an ErrClosed, and so a net.ErrClosed, by errors.Is.
type CloseError struct {
	// Received is what the peer's Close frame said. In the error of a send it
	// is the zero reason as long as that frame has not come.
	Received CloseReason
	// Sent is what our Close frame said. Its description may have been cut.
	Sent CloseReason
	// ByPeer is true if the peer's Close frame came before ours was sent.
	ByPeer bool
}

// Error says who closed the session, and with what codes and descriptions.
func (e *CloseError) Error() string {
	text := "ws: session closed: " + e.Sent.text()
	if e.ByPeer {
		text = "ws: session closed by the peer: " + e.Received.text()
	}
	switch {
	case e.ByPeer && e.Sent != e.Received:
		text += ", answered with " + e.Sent.text()
	case !e.ByPeer && e.Received != (CloseReason{}) && e.Received != e.Sent:
		text += ", answered with " + e.Received.text()
	}
	return text
}

// Unwrap returns ErrClosed, so that errors.Is finds that and net.ErrClosed.
func (e *CloseError) Unwrap() error { return ErrClosed }

// closed reports whether the error is the end of a closing handshake, and
// nothing worse.
func closed(err error) bool {
	_, ok := err.(*CloseError)
	return ok || err == ErrClosed
}

// withSent returns a copy, of nil too, that knows what our Close frame says. A
// CloseError does not change: it may be in somebody's hands.
func (e *CloseError) withSent(r CloseReason) *CloseError {
	c := e.copy()
	c.Sent = r
	return c
}

// withReceived is withSent for the peer's Close frame.
func (e *CloseError) withReceived(r CloseReason) *CloseError {
	c := e.copy()
	c.Received, c.ByPeer = r, e == nil
	return c
}

func (e *CloseError) copy() *CloseError {
	if e == nil {
		return new(CloseError)
	}
	c := *e
	return &c
}

// text is the code and the description, if there is one.
func (r CloseReason) text() string {
	if r.Description == "" {
		return r.Code.String()
	}
	return r.Code.String() + " " + strconv.Quote(r.Description)
}
