package ws_test

import (
	"encoding/binary"
	"io"
	"slices"
	"unicode/utf8"

	"github.com/handset-go/handset/ws"
)

// model computes what a stream must receive from a client's bytes, in the
// simplest way: it has all of them at once, and takes frame after frame.
type model struct {
	maxFrame   int // 0 for any
	maxMessage int // 0 for any

	events    []event
	err       error    // how the stream ends
	pongs     []string // the expected answers to pings
	open      ws.Kind  // of the message that is open, 0 for none
	payload   []byte   // of the open message
	sure      int      // how much of it came in whole frames
	skips     bool     // the open message was too big
	uncertain bool     // the last event comes only if the reads are small: it belongs to the frame that fails
	vague     bool     // anything may follow the events

	deflateModel
}

// event is a whole message, a control message, or with kind 0 the report of a
// message that is too big.
type event struct {
	kind   ws.Kind
	data   string
	reason ws.CloseReason
	at     int // how much of an open message came before a control message
}

// failure is the end of a stream with a *ws.ProtocolError.
type failure ws.CloseCode

func (f failure) Error() string { return ws.CloseCode(f).String() }

// naiveFrame is a frame, or as much of it as there is.
type naiveFrame struct {
	fin, control bool
	rsv1         bool // only if compression was agreed on, and only in the first frame of a message
	opcode       byte
	length       uint64
	payload      []byte
	whole        bool
}

// run reads b to its end.
func (m *model) run(b []byte) *model {
	for m.err == nil {
		f, rest, err := cutFrame(b, m.window.bits > 0)
		if err == nil {
			err = m.take(f)
		}
		m.err, b = err, rest
	}
	if m.open != 0 && m.compressed {
		m.vague, m.events = true, m.events[:m.begun]
	}
	return m
}

// cutFrame takes a frame off the front of b. A message may be compressed if that was agreed
// on.
func cutFrame(b []byte, compresses bool) (f naiveFrame, rest []byte, err error) {
	const lost, bad = "lost", "bad"
	verdict := func() string {
		if len(b) < 1 {
			return lost
		}
		f.fin, f.opcode, f.control = b[0] >= 0x80, b[0]&0xF, b[0]&0x8 != 0
		f.rsv1 = b[0]&rsv1 != 0 && compresses && (f.opcode == opText || f.opcode == opBinary)
		if b[0]&0x30 != 0 || b[0]&rsv1 != 0 && !f.rsv1 || !slices.Contains([]byte{0, 1, 2, 8, 9, 10}, f.opcode) || f.control && !f.fin {
			return bad
		}
		if len(b) < 2 {
			return lost
		}
		f.length = uint64(b[1] & 0x7F)
		if b[1] < 0x80 || f.control && f.length > 125 {
			return bad
		}
		b = b[2:]
		least := uint64(0)
		switch {
		case f.length == 126 && len(b) >= 2:
			f.length, b, least = uint64(binary.BigEndian.Uint16(b)), b[2:], 126
		case f.length == 127 && len(b) >= 8:
			f.length, b, least = binary.BigEndian.Uint64(b), b[8:], 65536
		case f.length >= 126:
			return lost
		}
		if f.length < least || f.length >= 1<<63 {
			return bad
		}
		if len(b) < 4 {
			return lost
		}
		return ""
	}()
	switch verdict {
	case lost:
		return f, nil, io.ErrUnexpectedEOF
	case bad:
		return f, nil, failure(1002)
	}
	key, b := b[:4], b[4:]
	f.whole = uint64(len(b)) >= f.length
	n := len(b)
	if f.whole {
		n = int(f.length)
	}
	for i, c := range b[:n] {
		f.payload = append(f.payload, c^key[i%4])
	}
	return f, b[n:], nil
}

// take takes the next frame and returns what ends the stream, if it does.
func (m *model) take(f naiveFrame) error {
	switch {
	case !f.control && (f.opcode == 0) != (m.open != 0):
		return failure(1002)
	case m.maxFrame > 0 && f.length > uint64(m.maxFrame):
		return failure(1009)
	case f.control && !f.whole:
		return io.ErrUnexpectedEOF
	case f.control:
		return m.control(f)
	}
	return m.data(f)
}

func (m *model) control(f naiveFrame) error {
	e := event{data: string(f.payload), at: len(m.payload)}
	if m.open != 0 && m.compressed {
		e.at = anywhere
	}
	switch f.opcode {
	case opPing:
		e.kind = ws.Ping
		m.pongs = append(m.pongs, e.data)
	case opPong:
		e.kind = ws.Pong
	case opClose:
		e.kind, e.data = ws.Close, ""
		if len(f.payload) == 1 {
			return failure(1002)
		}
		if len(f.payload) > 1 {
			code := binary.BigEndian.Uint16(f.payload)
			e.reason = ws.CloseReason{Code: ws.CloseCode(code), Description: string(f.payload[2:])}
			switch {
			case code < 1000, code > 1003 && code < 1007, code > 1014 && code < 3000, code > 4999:
				return failure(1002)
			case !utf8.Valid(f.payload[2:]):
				return failure(1007)
			}
		}
	}
	m.events = append(m.events, e)
	if e.kind == ws.Close {
		return io.EOF
	}
	return nil
}

func (m *model) data(f naiveFrame) error {
	switch f.opcode {
	case opText:
		m.open = ws.Text
	case opBinary:
		m.open = ws.Binary
	}
	if f.opcode != opContinuation {
		m.compressed, m.begun = f.rsv1, len(m.events)
	}
	if m.compressed {
		return m.dataDeflated(f)
	}
	tooBig := m.maxMessage > 0 && !m.skips && uint64(len(m.payload))+f.length > uint64(m.maxMessage)
	if tooBig {
		m.skips = true
		m.events = append(m.events, event{})
	}
	m.payload = append(m.payload, f.payload...)
	ok, whole := true, true
	if m.open == ws.Text {
		ok, whole = textSoFar(m.payload)
	}
	switch {
	case !ok, f.whole && f.fin && !whole:
		m.uncertain = tooBig
		return failure(1007)
	case !f.whole:
		m.uncertain = tooBig
		return io.ErrUnexpectedEOF
	}
	m.sure = len(m.payload)
	if f.fin {
		if !m.skips {
			m.events = append(m.events, event{kind: m.open, data: string(m.payload)})
		}
		m.open, m.payload, m.sure, m.skips = 0, nil, 0, false
	}
	return nil
}

// textSoFar reports whether b can begin a text in UTF-8, and is one.
func textSoFar(b []byte) (ok, whole bool) {
	if utf8.Valid(b) {
		return true, true
	}
	for cut := 1; cut <= min(3, len(b)); cut++ {
		head, tail := b[:len(b)-cut], string(b[len(b)-cut:])
		for _, second := range []string{"", "\x80", "\x90", "\xA0"} {
			for _, more := range []string{"", "\x80", "\x80\x80"} {
				if c, n := utf8.DecodeRuneInString(tail + second + more); c != utf8.RuneError && n > cut && utf8.Valid(head) {
					return true, false
				}
			}
		}
	}
	return false, false
}
