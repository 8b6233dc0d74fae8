package ws

import (
	"context"
	"errors"
)

var errUnwanted = errors.New("data for a session that only sends")

// Discard reads the stream in a goroutine of its own, for a program that only
// sends: pings are answered, the heartbeat hears the peer, and its Close is
// answered. A data message, which such a program does not expect, fails the
// session with a *ProtocolError of ClosePolicyViolation; after AllowData it is
// dropped as it arrives. Discard does not block. It returns ErrConcurrentRecv if
// the stream has a reader, which Discard is from now on, until the session ends.
func (m *MessageStream) Discard() error {
	if m.conn == nil { // not from Handle
		return ErrClosed
	}
	drained, err := m.turn.try()
	if err != nil {
		return err
	}
	go m.discard(drained)
	return nil
}

// AllowData has Discard drop data messages. It must be called before Discard,
// and returns the stream itself.
func (m *MessageStream) AllowData() *MessageStream {
	m.more().allowsData = true
	return m
}

// discard reads until the end. It has the turn, unless drained tells when that
// may be taken.
func (m *MessageStream) discard(drained <-chan struct{}) {
	if drained != nil && m.turn.take(context.Background()) != nil {
		return
	}
	allowed := m.more().allowsData
	m.loop(context.Background(), m, func(msg Message, err error) bool {
		switch {
		case err != nil:
			return false
		case msg.Kind == Ping, msg.Kind == Pong, msg.Kind == Close, allowed:
			return true
		}
		m.broken(&ProtocolError{ClosePolicyViolation, errUnwanted})
		return false
	})
}
