package group

import (
	"encoding/binary"
	"errors"

	"github.com/handset-go/handset/ws"
)

// An envelope is what a broker carries for a message:
//
//	kind   1 byte: 1 for Text, 2 for Binary; plus 128 if a sender follows
//	sender 16 bytes: the origin of the Groups and the id of the session
//	       that does not receive the message
//	data
type envelope struct {
	kind   ws.Kind
	origin uint64 // zero if there is no sender
	sender uint64
	data   []byte
}

const (
	envelopeText   = 1
	envelopeBinary = 2
	withSender     = 128
	senderSize     = 16
)

var errEnvelope = errors.New("group: message from the broker has no valid envelope")

// append appends the bytes of the envelope to b.
func (e *envelope) append(b []byte) []byte {
	kind := byte(envelopeText)
	if e.kind == ws.Binary {
		kind = envelopeBinary
	}
	if e.sender == 0 {
		return append(append(b, kind), e.data...)
	}
	b = append(b, kind|withSender)
	b = binary.BigEndian.AppendUint64(b, e.origin)
	b = binary.BigEndian.AppendUint64(b, e.sender)
	return append(b, e.data...)
}

// parseEnvelope returns the envelope in b. Its data is a part of b.
func parseEnvelope(b []byte) (envelope, error) {
	if len(b) == 0 {
		return envelope{}, errEnvelope
	}
	var e envelope
	switch b[0] &^ withSender {
	case envelopeText:
		e.kind = ws.Text
	case envelopeBinary:
		e.kind = ws.Binary
	default:
		return envelope{}, errEnvelope
	}
	e.data = b[1:]
	if b[0]&withSender != 0 {
		if len(e.data) < senderSize {
			return envelope{}, errEnvelope
		}
		e.origin = binary.BigEndian.Uint64(e.data)
		e.sender = binary.BigEndian.Uint64(e.data[8:])
		e.data = e.data[senderSize:]
	}
	return e, nil
}
