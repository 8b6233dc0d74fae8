package ws_test

import (
	"unicode/utf8"

	"github.com/handset-go/handset/internal/deflatetest"
	"github.com/handset-go/handset/ws"
)

// deflateModel is what a model needs for compressed messages.
type deflateModel struct {
	window     wireWindow // of the peer; the bits are 0 without compression
	history    []byte     // that the next message may refer to
	compressed bool       // the open message is
	deflated   []byte     // as much of it as has come, compressed
	begun      int        // how many events there were before it
}

// anywhere is where a control message comes among the chunks of a compressed message: how
// much of that can be decompressed by then is not the model's business.
const anywhere = -1

// dataDeflated is data for a compressed message, which is decompressed when it is whole. A
// message that is not valid, or that does not come to its end, makes the model vague: where
// a session notices that depends on how it arrives.
func (m *model) dataDeflated(f naiveFrame) error {
	m.deflated = append(m.deflated, f.payload...)
	if f.whole && !f.fin {
		return nil
	}
	message, ok := m.inflate(m.deflated)
	tooBig := m.maxMessage > 0 && len(message) > m.maxMessage
	whole := m.begun == len(m.events) // no control message came between its frames
	switch {
	case !f.whole, !ok, m.open == ws.Text && !utf8.Valid(message), tooBig && !whole:
		m.vague, m.events = true, m.events[:m.begun]
		return failure(1007)
	case tooBig:
		m.events = append(m.events, event{})
	default:
		m.events = append(m.events, event{kind: m.open, data: string(message)})
	}
	m.history = append(m.history, message...)
	if m.window.alone {
		m.history = nil
	}
	m.open, m.deflated = 0, nil
	return nil
}

// inflate decompresses a message. A window that is too small for all there is to refer to
// takes the naive decoder, which is slow. ok is false if that would take too long.
func (m *model) inflate(deflated []byte) (message []byte, ok bool) {
	if m.window.bits == 15 {
		return deflatetest.StandardAccepts(deflated, m.history[max(0, len(m.history)-1<<15):])
	}
	message, ok = deflatetest.StandardAccepts(deflated, m.history)
	if size := 1 << m.window.bits; ok && len(m.history)+len(message) > size {
		if len(deflated) > 500 {
			return message, false
		}
		_, farthest, _ := deflatetest.Naive(deflated, m.history)
		ok = farthest <= size
	}
	return message, ok
}
