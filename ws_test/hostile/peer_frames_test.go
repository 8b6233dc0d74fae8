package hostile_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"testing"
	"time"
)

// The first bytes of frames (RFC 6455 §5.2).
const (
	fin  = 0x80
	rsv1 = 0x40

	continuation = 0x0
	text         = 0x1
	binaryFrame  = 0x2
	closing      = 0x8
	ping         = 0x9
	pong         = 0xA
)

// key masks what is sent to a server.
var key = [4]byte{0x37, 0xfa, 0x21, 0x3d}

// header is a frame's header for the victim.
func (s side) header(first byte, length int) []byte {
	b := []byte{first}
	switch {
	case length <= 125:
		b = append(b, byte(length))
	case length <= 0xFFFF:
		b = binary.BigEndian.AppendUint16(append(b, 126), uint16(length))
	default:
		b = binary.BigEndian.AppendUint64(append(b, 127), uint64(length))
	}
	if s == server {
		b[1] |= 0x80
		b = append(b, key[:]...)
	}
	return b
}

// frame is a frame for the victim.
func (s side) frame(first byte, payload []byte) []byte {
	b := append(s.header(first, len(payload)), payload...)
	if s == server {
		mask(b[len(b)-len(payload):], key)
	}
	return b
}

func mask(payload []byte, key [4]byte) {
	for i := range payload {
		payload[i] ^= key[i%4]
	}
}

// closeFrame is a Close frame for the victim.
func (s side) closeFrame(code uint16) []byte {
	return s.frame(fin|closing, binary.BigEndian.AppendUint16(nil, code))
}

// next reads a frame. The payload is valid until the next call.
func (p *peer) next() (first byte, payload []byte, err error) {
	var b [8]byte
	if _, err = io.ReadFull(p.br, b[:2]); err != nil {
		return 0, nil, err
	}
	first, masked, length := b[0], b[1]&0x80 != 0, uint64(b[1]&0x7F)
	switch length {
	case 126:
		_, err = io.ReadFull(p.br, b[:2])
		length = uint64(binary.BigEndian.Uint16(b[:]))
	case 127:
		_, err = io.ReadFull(p.br, b[:8])
		length = binary.BigEndian.Uint64(b[:])
	}
	var key [4]byte
	if masked && err == nil {
		_, err = io.ReadFull(p.br, key[:])
	}
	if err != nil || length > limit+1024 {
		return 0, nil, fmt.Errorf("a frame of %d bytes: %w", length, errors.Join(err, io.ErrUnexpectedEOF))
	}
	p.payload = slices.Grow(p.payload[:0], int(length))[:length]
	_, err = io.ReadFull(p.br, p.payload)
	mask(p.payload, key)
	return first, p.payload, err
}

// await reads until a frame of that kind, with a payload that begins so.
func (p *peer) await(opcode byte, begin string) ([]byte, error) {
	for {
		first, payload, err := p.next()
		if err != nil {
			return nil, err
		}
		if first&0x0F == opcode && strings.HasPrefix(string(payload), begin) {
			return payload, nil
		}
	}
}

// closes reads until the victim's Close frame, which must have the code, or none for 0.
func closes(code int) func(*peer) error {
	return func(p *peer) error {
		_ = p.SetReadDeadline(time.Now().Add(testTimeout))
		payload, err := p.await(closing, "")
		if err != nil {
			return fmt.Errorf("instead of the Close frame: %w", err)
		}
		got := 0
		if len(payload) >= 2 {
			got = int(binary.BigEndian.Uint16(payload))
		}
		if got != code {
			return fmt.Errorf("closed with %d %q, want %d", got, payload, code)
		}
		return nil
	}
}

// stays closes the session, which must still be open.
func stays(p *peer) error {
	if _, err := p.Write(p.on.closeFrame(1000)); err != nil {
		return err
	}
	return closes(1000)(p)
}

// lost reads until the victim has ended the connection.
func lost(p *peer) error {
	_ = p.SetReadDeadline(time.Now().Add(testTimeout))
	if _, err := io.Copy(io.Discard, p.br); errors.Is(err, os.ErrDeadlineExceeded) {
		return err
	}
	return nil
}

// leave closes the session and the connection.
func (p *peer) leave(t *testing.T) {
	t.Helper()
	if err := stays(p); err != nil {
		t.Error(err)
	}
	p.Close()
}

// blockSize is about how much is written at once.
const blockSize = 32 << 10

// flood writes frames again and again, until n bytes are written or the victim has ended
// the connection. It reads meanwhile what the victim sends, and returns when the victim has
// received everything. The frames count as units.
func (p *peer) flood(frames []byte, units, n int) (did sent) {
	ended := make(chan struct{})
	go func() {
		_, _ = p.await(pong, "end of flood")
		close(ended)
	}()
	did = p.write(frames, units, n)
	p.mark()
	<-ended
	return did
}

// unread is flood, but reads only afterwards.
func (p *peer) unread(frames []byte, units, n int) (did sent) {
	did = p.write(frames, units, n)
	p.mark()
	_, _ = p.await(pong, "end of flood")
	return did
}

// mark sends the Ping whose answer says that all before it has been received.
func (p *peer) mark() { _, _ = p.Write(p.on.frame(fin|ping, []byte("end of flood"))) }

// write writes frames again and again.
func (p *peer) write(frames []byte, units, n int) (did sent) {
	times := max(blockSize/len(frames), 1)
	block := repeatedFrames(frames, blockSize)
	_ = p.SetDeadline(time.Now().Add(2 * testTimeout))
	for did.bytes < n {
		m, err := p.Write(block)
		did.bytes += m
		did.units += times * units * m / len(block)
		if err != nil {
			break
		}
	}
	return did
}

// repeatedFrames is about n bytes of frames, at least one time.
func repeatedFrames(frames []byte, n int) []byte { return bytes.Repeat(frames, max(n/len(frames), 1)) }
