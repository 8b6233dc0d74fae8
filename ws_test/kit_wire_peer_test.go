package ws_test

import (
	"bufio"
	"crypto/subtle"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"testing"
	"time"
)

// wirePeer is the peer of a session. It sends frames by hand, valid or not.
type wirePeer struct {
	t      testing.TB
	conn   net.Conn
	on     side           // of the session; the other side is the peer's, and masks as that
	frames chan wireFrame // that the session has sent; closed after the last one
	err    error          // why nothing follows it

	deflates bool // it compresses data frames
	inflates bool // it decompresses messages, each by itself

	key    [4]byte // of the frame that is sent
	offset int     // in its payload
	masks  bool    // it has a mask
}

// newWirePeer returns the peer at its end of a connection, after the handshake.
func newWirePeer(t testing.TB, conn net.Conn, r *bufio.Reader, on side) *wirePeer {
	p := &wirePeer{t: t, conn: conn, on: on, frames: make(chan wireFrame, 16)}
	go p.read(r)
	return p
}

// send sends the frames of a step. An error shows in what the session does not answer:
// a session that has closed the connection takes nothing.
func (p *wirePeer) send(s wireStep) {
	var b []byte
	for _, f := range s.frames {
		if p.deflates {
			f = f.deflate()
		}
		b = p.appendFrame(b, f)
		if s.chop == eachFrame {
			_, _ = p.conn.Write(b)
			b = b[:0]
		}
	}
	for n := s.chop; n > 0 && len(b) > n; b = b[n:] {
		if _, err := p.conn.Write(b[:n]); err != nil {
			return
		}
	}
	if len(b) > 0 {
		_, _ = p.conn.Write(b)
	}
}

// appendFrame appends a frame with the mask that it has from the peer.
func (p *wirePeer) appendFrame(b []byte, f wireFrame) []byte {
	if !f.goesOn {
		h := header(f.first, uint64(len(f.payload)+f.rest))
		if f.length != "" {
			h = append(h[:1], f.length...)
		}
		p.offset, p.masks = 0, (p.on == serverSide) != f.wrongMask
		h[1] &^= 0x80
		if p.masks {
			h[1] |= 0x80
			p.key = [4]byte{0x37, 0xfa, byte(len(f.payload)), p.key[3] + 1}
			h = append(h, p.key[:]...)
		}
		b = append(b, h...)
	}
	b = append(b, f.payload...)
	if p.masks {
		mask(b[len(b)-len(f.payload):], p.key, p.offset)
	}
	p.offset += len(f.payload)
	return b
}

// mask masks a part of a payload that begins at offset (RFC 6455 §5.3).
func mask(b []byte, key [4]byte, offset int) {
	var keys [1024]byte
	for i := range min(len(keys), len(b)) {
		keys[i] = key[(offset+i)%4]
	}
	for len(b) > 0 {
		b = b[subtle.XORBytes(b, b, keys[:]):]
	}
}

// read reads the session's frames to the end.
func (p *wirePeer) read(r *bufio.Reader) {
	defer close(p.frames)
	var last [4]byte
	for {
		f, key, err := readWireFrame(r)
		switch {
		case err != nil:
			p.err = err
			return
		case (p.on == serverSide) != (key == nil):
			p.err = fmt.Errorf("the mask of frame %v is the other side's", f)
			return
		case key != nil && [4]byte(key) == last:
			p.err = fmt.Errorf("frame %v has the masking key of the one before", f)
			return
		case key != nil:
			last = [4]byte(key)
		}
		p.frames <- f
	}
}

// readWireFrame reads a frame, which must have its length in the shortest form, and its
// masking key, nil for none. The error is io.EOF only before the first byte.
func readWireFrame(r *bufio.Reader) (f wireFrame, key []byte, err error) {
	if f.first, err = r.ReadByte(); err != nil {
		return f, nil, err
	}
	defer func() {
		if err == io.EOF {
			err = io.ErrUnexpectedEOF
		}
	}()
	second, err := r.ReadByte()
	if err != nil {
		return f, nil, err
	}
	length := uint64(second & 0x7F)
	if length >= 126 {
		var extended [8]byte
		size := map[uint64]int{126: 2, 127: 8}[length]
		if _, err := io.ReadFull(r, extended[8-size:]); err != nil {
			return f, nil, err
		}
		length = binary.BigEndian.Uint64(extended[:])
		if size == 2 && length < 126 || size == 8 && length <= 0xFFFF {
			return f, nil, fmt.Errorf("length %d is not in its shortest form", length)
		}
	}
	if second&0x80 != 0 {
		key = make([]byte, 4)
		if _, err := io.ReadFull(r, key); err != nil {
			return f, nil, err
		}
	}
	payload := make([]byte, length)
	if _, err := io.ReadFull(r, payload); err != nil {
		return f, nil, err
	}
	if key != nil {
		mask(payload, [4]byte(key), 0)
	}
	f.payload = string(payload)
	return f, key, nil
}

// next is the session's next frame, or the error if there is none.
func (p *wirePeer) next() (wireFrame, error) {
	p.t.Helper()
	timer := time.NewTimer(testTimeout)
	defer timer.Stop()
	select {
	case f, ok := <-p.frames:
		if !ok {
			return f, p.err
		}
		if p.inflates {
			return f.inflate()
		}
		return f, nil
	case <-timer.C:
		return wireFrame{}, errors.New("the session sends nothing")
	}
}

// expect expects a frame.
func (p *wirePeer) expect(want wireFrame) {
	p.t.Helper()
	if f, err := p.next(); err != nil || f != want {
		p.t.Fatalf("the session sent %v, %v; want %v", f, err, want)
	}
}

// expectEnd expects the session to end its direction of the connection.
func (p *wirePeer) expectEnd() {
	p.t.Helper()
	if f, err := p.next(); err != io.EOF {
		p.t.Fatalf("the session sent %v, %v; want the end of the connection", f, err)
	}
}

// expectNothing expects that nothing has come, neither a frame nor the end.
func (p *wirePeer) expectNothing() {
	p.t.Helper()
	select {
	case f, ok := <-p.frames:
		p.t.Fatalf("the session sent %v, or ended: %t, %v; want nothing", f, !ok, p.err)
	default:
	}
}
