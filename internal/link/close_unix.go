//go:build unix

package link

// How a socket stands to its Close: closing it waits until no call is using it,
// and a Loop does so for as long as it runs.
const (
	atEase uint32 = iota
	inLoop
	shutInLoop // Loop is to close it at its end
	closed
)

func (c *polled) enterLoop() bool { return c.state.CompareAndSwap(atEase, inLoop) }

func (c *polled) leaveLoop() {
	if !c.state.CompareAndSwap(inLoop, atEase) {
		c.state.Store(closed)
		_ = c.socket.Close()
	}
}

// Close closes the socket. While Loop runs that would wait for Loop, perhaps
// from within it; so the socket is shut down, which ends every wait on it, and
// Loop closes it.
func (c *polled) Close() error {
	for {
		switch {
		case c.state.CompareAndSwap(atEase, closed) || c.state.Load() == closed:
			return c.socket.Close()
		case c.state.CompareAndSwap(inLoop, shutInLoop):
			_ = c.socket.CloseWrite()
			_ = c.socket.CloseRead()
			return nil
		case c.state.Load() == shutInLoop:
			return nil
		}
	}
}

// Abort is Close: a socket has no leave to take.
func (c *polled) Abort() error { return c.Close() }
