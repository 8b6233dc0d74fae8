package ws

import (
	"context"
	"errors"
)

var errUnwanted = errors.New("data for a session that only sends")

// Discard reads the stream in a goroutine of its own and drops data messages as
// they arrive, for a program that only sends: pings are answered, the heartbeat
// hears the peer, and its Close is answered. After RefuseData a data message
// fails the session instead. Discard does not block. It returns ErrConcurrentRecv
// if the stream has a reader, which Discard is from now on, until the session
// ends.
func (m *MessageStream) Discard() error {
	if m.transport == nil { // not from Handle
		return ErrClosed
	}
	drained, err := m.turn.try()
	if err != nil {
		return err
	}
	go m.discard(drained)
	return nil
}

// RefuseData has Discard fail the session of a peer that sends a data message,
// with a *ProtocolError of ClosePolicyViolation. It must be called before
// Discard, and returns the stream itself.
func (m *MessageStream) RefuseData() *MessageStream {
	m.more().refusesData = true
	return m
}

// discard reads until the end. It has the turn, unless drained has to stop
// first.
func (m *MessageStream) discard(drained *reader) {
	if drained != nil {
		if _, err := m.turn.take(context.Background()); err != nil {
			return
		}
	}
	refuses := m.more().refusesData
	l := loop{stream: m, ctx: context.Background(), view: m, hasTurn: true}
	l.run(func(msg Message, err error) bool {
		switch {
		case err != nil:
			return false
		case msg.Kind == Ping, msg.Kind == Pong, msg.Kind == Close, !refuses:
			return true
		}
		m.broken(&ProtocolError{ClosePolicyViolation, errUnwanted})
		return false
	})
}
