package ws_test

import (
	"crypto/subtle"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"slices"
	"sync"
)

// serverConn is the connection of a server that a test scripts as if it were a client:
// the frames that the test writes lose their masks, and so do those that it reads, which
// must have masks of different keys (RFC 6455 §5.1, §5.3). Frames that the test writes
// without a mask, which violates the protocol of a client, get one, which violates that of
// a server. As a server does, it closes the connection after the closing handshake
// (§7.1.1).
type serverConn struct {
	net.Conn

	read unmasking // of the only reader
	err  error     // of all reads from now on

	writing sync.Mutex
	written unmasking
	buffer  []byte

	stays bool // it does not close the connection

	mu             sync.Mutex
	sent, received bool // the Close frames
	closed         bool // after the closing handshake
}

// newServerConn returns a serverConn, with a CloseWrite if conn has one.
func newServerConn(conn net.Conn) net.Conn {
	c := &serverConn{Conn: conn, read: unmasking{strict: true}}
	if half, ok := conn.(closeWriter); ok {
		return struct {
			*serverConn
			closeWriter
		}{c, half}
	}
	return c
}

// NetConn returns the connection under c.
func (c *serverConn) NetConn() net.Conn { return c.Conn }

func (c *serverConn) Write(p []byte) (int, error) {
	c.writing.Lock()
	defer c.writing.Unlock()
	for part := range slices.Chunk(p, 256<<10) { // tests of memory write far more
		c.buffer = c.written.add(c.buffer[:0], part)
		if len(c.buffer) == 0 { // an empty write is a read of 0 bytes on a pipe
			continue
		}
		if _, err := c.Conn.Write(c.buffer); err != nil {
			return 0, err
		}
	}
	if c.written.closes {
		c.seen(&c.sent)
	}
	return len(p), nil
}

func (c *serverConn) Read(p []byte) (int, error) {
	for {
		if c.err != nil {
			return 0, c.err
		}
		n, err := c.Conn.Read(p)
		n = len(c.read.add(p[:0], p[:n]))
		if c.read.closes {
			c.seen(&c.received)
		}
		switch c.mu.Lock(); {
		case c.read.err != nil:
			err = c.read.err
			c.err = err
		case c.closed && errors.Is(err, io.ErrClosedPipe):
			err = io.EOF
		}
		c.mu.Unlock()
		if n > 0 || err != nil {
			return n, err
		}
	}
}

// seen records a Close frame. After both it closes the connection, for writing only if
// possible, so that the test can read whether anything follows.
func (c *serverConn) seen(frame *bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	*frame = true
	if c.stays || c.closed || !c.sent || !c.received {
		return
	}
	c.closed = true
	if half, ok := c.Conn.(closeWriter); ok {
		_ = half.CloseWrite()
	} else {
		_ = c.Conn.Close()
	}
}

// unmasking removes the masks of frames whose bytes come in any parts, and adds one to
// those that have none.
type unmasking struct {
	strict bool // frames must have a mask, and not the key of the frame before

	head   []byte // of the frame that has begun, with its key
	length uint64 // of the rest of its payload
	key    [4]byte
	begun  bool // its head is complete
	closes bool // there was a Close frame
	err    error
}

// add appends what src becomes to dst, which may be the beginning of src. The last byte of
// an empty frame stays the last: it comes when the key is complete.
func (u *unmasking) add(dst, src []byte) []byte {
	for len(src) > 0 {
		if !u.begun {
			dst = u.header(dst, src[0])
			src = src[1:]
		} else {
			n := int(min(uint64(len(src)), u.length))
			dst = append(dst, src[:n]...)
			u.unmask(dst[len(dst)-n:])
			src = src[n:]
			u.length -= uint64(n)
		}
		if u.begun && u.length == 0 {
			u.closes = u.closes || u.head[0]&0x0F == opClose
			u.begun, u.head = false, u.head[:0]
		}
	}
	return dst
}

// withoutPartialKey returns frames without a header at their end whose masking key is
// incomplete: without the key, the header is complete for a client, and not for a server.
func withoutPartialKey(frames []byte) []byte {
	var u unmasking
	u.add(nil, frames)
	if !u.begun && len(u.head) >= 2 {
		return frames[:len(frames)-len(u.head)]
	}
	return frames
}

// withWholeKey returns frames with the rest of the masking key of a header at their end, so
// that the header is complete for a server as it is, without the key, for a client. unmasking
// does not complete the header of an empty frame without the key.
func withWholeKey(frames []byte) []byte {
	var u unmasking
	u.add(nil, frames)
	if u.begun || len(u.head) < 2 || u.head[1] == 0x80 {
		return frames
	}
	end := 2
	switch u.head[1] & 0x7F {
	case 126:
		end = 4
	case 127:
		end = 10
	}
	if len(u.head) < end {
		return frames
	}
	return append(slices.Clone(frames), make([]byte, end+4-len(u.head))...)
}

// header takes a byte of a header.
func (u *unmasking) header(dst []byte, b byte) []byte {
	u.head = append(u.head, b)
	n := len(u.head)
	if n == 1 {
		return append(dst, b)
	}
	masked, end := u.head[1] >= 0x80, 2
	switch u.head[1] & 0x7F {
	case 126:
		end = 4
	case 127:
		end = 10
	}
	empty := u.head[1] == 0x80
	switch {
	case n == 2 && !empty:
		dst = append(dst, b^0x80)
	case n > 2 && n <= end:
		dst = append(dst, b)
	}
	switch {
	case masked && n == end+4:
		u.begin(end, [4]byte(u.head[end:]))
		if empty {
			dst = append(dst, 0)
		}
	case !masked && n == end:
		u.begin(end, [4]byte{})
		dst = append(dst, 0, 0, 0, 0)
	}
	return dst
}

// begin is called when a header is complete.
func (u *unmasking) begin(end int, key [4]byte) {
	if u.strict && key == u.key {
		u.err = errors.New("the session's frame is not masked, or has the key of the one before")
	}
	u.begun, u.key = true, key
	switch end {
	case 2:
		u.length = uint64(u.head[1] & 0x7F)
	case 4:
		u.length = uint64(binary.BigEndian.Uint16(u.head[2:]))
	default:
		u.length = binary.BigEndian.Uint64(u.head[2:])
	}
}

// unmask unmasks a part of a payload, in place, and turns the key for the next.
func (u *unmasking) unmask(b []byte) {
	var keys [256]byte
	for i := range min(len(keys), len(b)) {
		keys[i] = u.key[i%4]
	}
	for rest := b; len(rest) > 0; {
		n := subtle.XORBytes(rest, rest, keys[:])
		rest = rest[n:]
	}
	for range len(b) % 4 {
		u.key = [4]byte{u.key[1], u.key[2], u.key[3], u.key[0]}
	}
}
