package message

import (
	"encoding/binary"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/handset-go/handset/internal/deflatetest"
	"github.com/handset-go/handset/internal/frame"
)

// model says what a Reader has to make of bytes, in the plainest way: with all of
// them at hand, one frame after the other, and compressed messages inflated by the
// standard library.
type model struct {
	side        frame.Side
	maxFrame    uint64
	compression bool
	takeover    bool
	limit       int // of whole messages, -1 for parts

	items []string
	end   string // "more", "EOF", or the close code of a violation
	sure  int    // how many items a Reader gives whatever the sizes of the reads
	loose bool   // where compressed data is found to be invalid is not known: any end after the sure items is right

	open       frame.Opcode // of the message that is open, 0 for none
	compressed bool
	payload    string // of the open message
	whole      int    // how much of it came in whole frames
	tooBig     bool
	started    int // how many items there were when the open message began
	history    []byte
	frames     int // whose header is valid
	messages   int // that came to their end
}

const more, eof, bad, invalid, big = "more", "EOF", "1002", "1007", "1009"

// run reads b to its end.
func (m *model) run(b []byte) *model {
	for m.end == "" {
		b = m.frame(b)
	}
	if m.open != 0 && m.compressed && !m.loose {
		m.sure, m.loose, m.end = m.started, true, "?"
	}
	if m.sure < len(m.items) && !m.loose {
		m.sure = len(m.items)
	}
	return m
}

// frame reads a frame off the front of b.
func (m *model) frame(b []byte) (rest []byte) {
	first, length, payload, end := m.header(b)
	if end != "" {
		m.end = end
		return nil
	}
	opcode, last := frame.Opcode(first&0x0F), first&fin != 0
	switch {
	case !opcode.Control() && (opcode == 0) != (m.open != 0):
		m.end = bad
		return nil
	case m.maxFrame > 0 && length > m.maxFrame:
		m.end = big
		return nil
	}
	m.frames++
	whole := uint64(len(payload)) >= length
	if whole {
		payload, rest = payload[:length], payload[length:]
	}
	plain := slices.Clone(payload)
	if m.side == frame.Server {
		key := b[len(b)-len(payload)-len(rest)-4:][:4]
		for i := range plain {
			plain[i] ^= key[i%4]
		}
	}
	switch {
	case opcode.Control() && !whole:
		m.end = more
	case opcode.Control():
		m.control(opcode, plain)
	default:
		m.data(first, length, string(plain), whole, last)
	}
	return rest
}

// header reads a frame's header. end says how the reading ends if it does there.
func (m *model) header(b []byte) (first byte, length uint64, payload []byte, end string) {
	if len(b) < 1 {
		return 0, 0, nil, more
	}
	first = b[0]
	opcode := first & 0x0F
	control, begins := opcode >= 8, opcode == 1 || opcode == 2
	if first&0x30 != 0 || first&0x40 != 0 && !(m.compression && begins) ||
		!slices.Contains([]byte{0, 1, 2, 8, 9, 10}, opcode) || control && first&fin == 0 {
		return first, 0, nil, bad
	}
	if len(b) < 2 {
		return first, 0, nil, more
	}
	length = uint64(b[1] & 0x7F)
	if (b[1] >= 0x80) != (m.side == frame.Server) || control && length > 125 {
		return first, 0, nil, bad
	}
	b = b[2:]
	least := uint64(0)
	switch {
	case length == 126 && len(b) >= 2:
		length, b, least = uint64(binary.BigEndian.Uint16(b)), b[2:], 126
	case length == 127 && len(b) >= 8:
		length, b, least = binary.BigEndian.Uint64(b), b[8:], 65536
	case length >= 126:
		return first, 0, nil, more
	}
	if length < least || length >= 1<<63 {
		return first, 0, nil, bad
	}
	if m.side == frame.Server {
		if len(b) < 4 {
			return first, 0, nil, more
		}
		b = b[4:]
	}
	return first, length, b, ""
}

func (m *model) control(opcode frame.Opcode, payload []byte) {
	at := 0
	switch {
	case m.limit < 0 && m.compressed && m.open != 0:
		at = anywhere
	case m.limit < 0:
		at = len(m.payload)
	}
	if opcode != frame.Close {
		m.items = append(m.items, item(opcode, string(payload), 0, "", at))
		return
	}
	code, reason, err := frame.ParseClose(payload)
	if err != nil {
		m.end = describe(err)
		return
	}
	m.items = append(m.items, item(opcode, "", code, reason, at))
	m.end = eof
}

func (m *model) data(first byte, length uint64, payload string, whole, last bool) {
	if m.open == 0 {
		m.open, m.compressed, m.started = frame.Opcode(first&0x0F), first&rsv1 != 0, len(m.items)
		m.payload, m.whole, m.tooBig = "", 0, false
	}
	if m.compressed {
		m.dataCompressed(payload, whole, last)
		return
	}
	sure := len(m.items)
	if m.limit >= 0 && !m.tooBig && uint64(len(m.payload))+length > uint64(m.limit) {
		m.tooBig = true
		m.items = append(m.items, tooBigItem)
	}
	m.payload += payload
	ok, ends := true, true
	if m.open == frame.Text {
		ok, ends = textSoFar(m.payload)
	}
	switch {
	case !ok, whole && last && !ends:
		m.end, m.sure, m.loose = invalid, sure, true // the report only if the payload comes later than its header
		return
	case !whole:
		m.end = more
		return
	}
	m.whole = len(m.payload)
	if last {
		m.finish(m.payload)
	}
}

// dataCompressed is data for a compressed message, which is inflated when it is whole.
func (m *model) dataCompressed(payload string, whole, last bool) {
	m.payload += payload
	if whole && !last {
		return
	}
	history := m.history
	if !m.takeover {
		history = nil
	}
	inflated, ok := deflatetest.StandardAccepts([]byte(m.payload), history)
	tooBig := m.limit >= 0 && len(inflated) > m.limit
	if !whole || !ok || m.open == frame.Text && !utf8.Valid(inflated) || tooBig && len(m.items) > m.started {
		m.sure, m.loose, m.end = m.started, true, "?"
		return
	}
	m.history = append(m.history, inflated...)
	if tooBig {
		m.tooBig = true
		m.items = append(m.items, tooBigItem)
	}
	m.finish(string(inflated))
}

func (m *model) finish(payload string) {
	if !m.tooBig {
		m.items = append(m.items, item(m.open, payload, 0, "", 0))
	}
	m.messages++
	m.open, m.payload, m.whole = 0, "", 0
}

// allows reports whether a Reader may have made this of the bytes.
func (m *model) allows(s transcript) bool {
	n := len(s.items)
	if m.loose {
		return n >= m.sure && slices.EqualFunc(s.items[:m.sure], m.items[:m.sure], sameItem) && (m.end == "?" || describe(s.err) == m.end && n <= len(m.items))
	}
	return slices.EqualFunc(s.items, m.items, sameItem) && describe(s.err) == m.end && m.allowsOpen(s.open)
}

// anywhere is where a control frame comes among the fragments of a compressed
// message: how much of that can be inflated by then is not the model's business.
const anywhere = -1

// sameItem reports whether an item is what the model wants.
func sameItem(got, want string) bool {
	before, is := strings.CutSuffix(want, "@-1")
	return got == want || is && strings.HasPrefix(got, before+"@")
}

// allowsOpen reports whether Next may have returned this of the open message.
func (m *model) allowsOpen(open string) bool {
	return m.limit >= 0 || m.open == 0 || len(open) >= m.whole && strings.HasPrefix(m.payload, open)
}

// textSoFar reports whether s can begin a text in UTF-8, and is one.
func textSoFar(s string) (ok, ends bool) {
	if utf8.ValidString(s) {
		return true, true
	}
	for cut := 1; cut <= min(3, len(s)); cut++ {
		head, tail := s[:len(s)-cut], s[len(s)-cut:]
		for _, second := range []string{"", "\x80", "\x90", "\xA0"} {
			for _, more := range []string{"", "\x80", "\x80\x80"} {
				if c, n := utf8.DecodeRuneInString(tail + second + more); c != utf8.RuneError && n > cut && utf8.ValidString(head) {
					return true, false
				}
			}
		}
	}
	return false, false
}
