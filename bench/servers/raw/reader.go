package main

import (
	"encoding/binary"
	"net"
	"unicode/utf8"
)

const (
	finBit  = 0x80
	opText  = 0x1
	opClose = 0x8
	maskLen = 4

	smallRead = 4 << 10  // the buffer of a new reader
	largeRead = 64 << 10 // what it grows to if its reads are full
)

// reader turns what the client sends into what is sent back, in the one buffer
// it has. A frame as a server sends it lacks the mask, so the echoes of a read
// always fit where its frames were.
type reader struct {
	conn net.Conn
	buf  []byte
	end  int // what buf holds of unread input is buf[:end]
	used int // and of that, what the last next has turned into echoes

	message []byte // a fragmented message so far
	opcode  byte   // of that message

	key [1024]byte // a mask, repeated
}

func newReader(conn net.Conn, early []byte) *reader {
	r := &reader{conn: conn, buf: make([]byte, smallRead)}
	r.end = copy(r.buf, early)
	return r
}

// next reads once, or more often if no frame is complete, and returns the
// echoes of all complete messages.
func (r *reader) next() (echoes []byte, ok bool) {
	r.end = copy(r.buf, r.buf[r.used:r.end])
	r.used = 0
	for {
		if r.end > 0 {
			if echoes, ok := r.take(); !ok || len(echoes) > 0 {
				return echoes, ok
			}
			r.end = copy(r.buf, r.buf[r.used:r.end])
			r.used = 0
		}
		n, err := r.conn.Read(r.buf[r.end:])
		if err != nil {
			return nil, false
		}
		if r.end += n; r.end == len(r.buf) {
			r.grow(min(2*len(r.buf), largeRead))
		}
	}
}

// take turns the complete frames of buf into echoes.
func (r *reader) take() (echoes []byte, ok bool) {
	first := -1 // where the first echo begins
	out := 0    // where the last one ends
	for {
		header, size, ok := parse(r.buf[r.used:r.end])
		if !ok {
			break
		}
		if whole := header + size; whole > r.end-r.used {
			r.grow(whole)
			break
		}
		start := r.used + header
		payload, head := r.buf[start:start+size], r.buf[r.used:start-maskLen]
		opcode, fragment := head[0]&0x0f, head[0]&finBit == 0 || head[0]&0x0f == 0
		if fragment && first >= 0 {
			break // first the echoes of what came before it
		}
		r.unmask(payload, r.buf[start-maskLen:start])
		r.used = start + size
		if fragment {
			if echo, ok := r.assemble(head[0], payload); !ok || echo != nil {
				return echo, ok
			}
			continue
		}
		if opcode == opClose || opcode == opText && !utf8.Valid(payload) {
			return nil, false
		}
		head[1] &= 0x7f
		if first < 0 {
			first = start - len(head) // nothing to move: the header slides up to its payload
			out = first
		}
		out += copy(r.buf[out:], head)
		if out != start {
			copy(r.buf[out:], payload)
		}
		out += size
	}
	if first < 0 {
		return nil, true
	}
	return r.buf[first:out], true
}

// grow makes room for a frame that is larger than the buffer.
func (r *reader) grow(whole int) {
	if whole <= len(r.buf) {
		return
	}
	grown := make([]byte, whole)
	r.end = copy(grown, r.buf[r.used:r.end])
	r.buf, r.used = grown, 0
}

// assemble collects a fragment, and returns the echo of a message that ends
// with it.
func (r *reader) assemble(first byte, payload []byte) (echo []byte, ok bool) {
	const room = 10 // for the header
	if opcode := first & 0x0f; opcode != 0 {
		r.opcode = opcode
		r.message = append(r.message[:0], make([]byte, room)...)
	}
	r.message = append(r.message, payload...)
	if first&finBit == 0 {
		return nil, true
	}
	body := r.message[room:]
	if r.opcode == opText && !utf8.Valid(body) {
		return nil, false
	}
	head := appendHeader(make([]byte, 0, room), finBit|r.opcode, len(body))
	copy(r.message[room-len(head):], head)
	return r.message[room-len(head):], true
}

func appendHeader(dst []byte, first byte, size int) []byte {
	switch {
	case size < 126:
		return append(dst, first, byte(size))
	case size <= 0xffff:
		return binary.BigEndian.AppendUint16(append(dst, first, 126), uint16(size))
	default:
		return binary.BigEndian.AppendUint64(append(dst, first, 127), uint64(size))
	}
}

// parse reads a masked frame's header: its length with the mask, and the
// payload's.
func parse(b []byte) (header, size int, ok bool) {
	if len(b) < 2 {
		return 0, 0, false
	}
	header, size = 2, int(b[1]&0x7f)
	switch {
	case size == 126 && len(b) >= 4:
		header, size = 4, int(binary.BigEndian.Uint16(b[2:]))
	case size == 127 && len(b) >= 10:
		header, size = 10, int(binary.BigEndian.Uint64(b[2:]))
	case size >= 126:
		return 0, 0, false
	}
	header += maskLen
	return header, size, len(b) >= header
}
