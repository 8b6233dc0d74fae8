package simulation

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"time"
)

// wire observes one direction of a connection, between the two libraries, and checks the
// rules of RFC 6455 for a sequence of frames. It parses by itself.
type wire struct {
	flow     *flow
	head     []byte // of the HTTP message, and then of a frame
	open     bool   // the HTTP message is complete
	skip     uint64 // bytes of payload to come
	masked   [4]byte
	control  []byte // payload of a control frame
	opcode   byte
	in       bool // within a payload
	message  bool // a fragmented message is open
	frames   uint64
	data     uint64 // frames of data messages
	messages uint64
	bytes    uint64    // of frames
	longest  uint64    // payload
	closed   time.Time // when the Close frame was complete; zero before that
	reason   []byte    // payload of the Close frame
	pongs    int
	began    int64   // offset of the frame
	ends     []int64 // offsets of the ends of data messages
	quiet    int64   // no data message may begin at this offset or behind it; 0 if they may
}

func (w *wire) fail(format string, args ...any) {
	w.flow.connection.run.failf("wire %s: %s", w.flow.name, fmt.Sprintf(format, args...))
}

// fromClient reports whether the frames must be masked (§5.1).
func (w *wire) fromClient() bool { return w.flow == w.flow.connection.up }

func (w *wire) observe(p []byte) {
	end := w.flow.accepted + int64(len(p))
	for len(p) > 0 {
		switch {
		case !w.open:
			w.head = append(w.head, p...)
			i := bytes.Index(w.head, []byte("\r\n\r\n"))
			if i < 0 {
				return
			}
			p = bytes.Clone(w.head[i+4:])
			if !w.fromClient() && !bytes.HasPrefix(w.head, []byte("HTTP/1.1 101 ")) {
				return // the handshake was refused: this is the rest of the response
			}
			w.open, w.head = true, w.head[:0]
			continue
		case w.in:
			n := min(uint64(len(p)), w.skip)
			if w.opcode&8 != 0 {
				w.control = append(w.control, p[:n]...)
			}
			w.bytes += n
			p, w.skip = p[n:], w.skip-n
		default:
			if len(w.head) == 0 {
				w.began = end - int64(len(p))
			}
			w.bytes++
			w.head = append(w.head, p[0])
			p = p[1:]
			w.header()
		}
		if w.in && w.skip == 0 {
			w.in = false
			if w.opcode&8 == 0 && !w.message {
				w.ends = append(w.ends, end-int64(len(p)))
			}
			w.complete()
		}
	}
}

// header parses the header of a frame if it is complete (§5.2).
func (w *wire) header() {
	h := w.head
	need := 2
	if len(h) < need {
		return
	}
	length := uint64(h[1] & 127)
	switch length {
	case 126:
		need += 2
	case 127:
		need += 8
	}
	mask := h[1]&128 != 0
	if mask {
		need += 4
	}
	if len(h) < need {
		return
	}
	switch length {
	case 126:
		length = uint64(binary.BigEndian.Uint16(h[2:]))
	case 127:
		length = binary.BigEndian.Uint64(h[2:])
	}
	if mask {
		copy(w.masked[:], h[need-4:])
	}
	w.check(h[0], mask, length)
	w.opcode, w.skip, w.in = h[0]&15, length, true
	w.control, w.head = w.control[:0], w.head[:0]
}

// check checks the header of a frame.
func (w *wire) check(first byte, mask bool, length uint64) {
	fin, opcode := first&128 != 0, first&15
	switch {
	case !w.closed.IsZero():
		w.fail("a frame of opcode %d after the Close frame", opcode)
	case opcode < 8 && w.quiet > 0 && w.began >= w.quiet:
		w.fail("a message of a group that the session has left")
	case mask != w.fromClient():
		w.fail("masked: %v", mask)
	case first&0x30 != 0:
		w.fail("reserved bits in %#x", first)
	case first&0x40 != 0 && (!w.flow.connection.compresses || opcode != 1 && opcode != 2):
		w.fail("RSV1 in %#x", first)
	case opcode >= 8 && (!fin || length > 125 || opcode > 10):
		w.fail("control frame %#x of %d bytes", first, length)
	case opcode < 8 && (opcode == 0) != w.message || opcode > 2 && opcode < 8:
		w.fail("opcode %d, a message is open: %v", opcode, w.message)
	}
	w.frames++
	w.longest = max(w.longest, length)
	if opcode < 8 {
		w.data++
		w.message = !fin
		if fin {
			w.messages++
		}
	}
}

// complete is called when a frame is complete.
func (w *wire) complete() {
	if w.opcode&8 == 0 {
		return
	}
	if w.fromClient() {
		for i := range w.control {
			w.control[i] ^= w.masked[i%4]
		}
	}
	switch w.opcode {
	case 8:
		w.closed, w.reason = time.Now(), bytes.Clone(w.control)
	case 10:
		w.pongs++
	}
	if t := w.flow.connection.run.trace; t != nil {
		t.add("wire "+w.flow.name, fmt.Sprintf("opcode %d, %d bytes", w.opcode, len(w.control)))
	}
}
