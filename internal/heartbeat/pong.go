package heartbeat

import "encoding/binary"

// A Mark begins the payload of the heartbeat's Pings, by which their Pongs are
// recognised. It must be random, so that no Pong of a program begins with it.
type Mark [8]byte

// payloadSize is the length of a Ping's payload: the mark, and when it was sent.
const payloadSize = len(Mark{}) + 8

// Payload returns the payload of the Ping that was sent at the given time, in a
// slice of its own.
func (m *Mark) Payload(sent int64) []byte {
	payload := append(make([]byte, 0, payloadSize), m[:]...)
	return binary.BigEndian.AppendUint64(payload, uint64(sent))
}

// Answer reports whether a Pong with the given payload answers one of the
// heartbeat's Pings. If it is the first to answer the last one, sent is when that
// was sent, otherwise 0. A Pong with an empty payload is taken for an answer
// while a Ping with an empty payload is unanswered.
func (p *Peer) Answer(mark *Mark, payload []byte) (own bool, sent int64) {
	last := p.last.Load()
	switch len(payload) {
	case 0:
		if last == nil || last.empty.Load() == 0 {
			return false, 0
		}
		if last.empty.Add(-1) > 0 { // it answers an earlier one
			return true, 0
		}
	case payloadSize:
		if Mark(payload[:len(mark)]) != *mark {
			return false, 0
		}
		if last == nil || last.sent == 0 || binary.BigEndian.Uint64(payload[len(mark):]) != uint64(last.sent) {
			return true, 0
		}
	default:
		return false, 0
	}
	if !p.last.CompareAndSwap(last, nil) {
		return true, 0
	}
	return true, last.sent
}
