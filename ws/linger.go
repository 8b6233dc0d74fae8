package ws

import "time"

// lingerBlind is how long a peer that cannot be shown the end of what we send
// may go on sending.
const lingerBlind = 500 * time.Millisecond

// linger reads and drops what a peer that was failed still sends, so that the
// Close frame is not lost to a reset of the connection, until the peer closes
// or CloseTimeout strikes.
func (s *Session) linger() {
	if err := s.transport.CloseWrite(); err != nil {
		_ = s.transport.SetReadDeadline(time.Now().Add(min(s.registry.settings.closeTimeout, lingerBlind)))
	}
	place := new(dustbin)
	for {
		if _, err := s.transport.Read(place); err != nil {
			s.readLost(isEOF(err), err)
			return
		}
	}
}

// dustbin is a place for bytes that nobody wants.
type dustbin struct{ space []byte }

func (d *dustbin) Space(size int) []byte {
	if d.space == nil {
		d.space = make([]byte, size)
	}
	return d.space
}

func (d *dustbin) Release() { d.space = nil }
