package ws_test

import (
	"bufio"
	"bytes"
	"compress/flate"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/handset-go/handset/internal/deflatetest"
)

// wireMessages checks the order of a session's frames, and decompresses them.
type wireMessages struct {
	window   wireWindow // of the session; the bits are 0 without compression
	history  []byte     // the last 32 KiB that a frame may refer to
	before   []byte     // what the open message may refer to
	first    byte       // of the open message, 0 for none
	plain    []byte
	deflated []byte
	closed   bool
}

// fuzzWritten is what a session has written, as far as it was read.
type fuzzWritten struct {
	wireMessages
	frames []wireFrame
	read   int   // bytes
	err    error // of a frame that is wrong
}

// written returns the frames that the session has written, decompressed. The error is
// io.EOF, or io.ErrUnexpectedEOF if the last one is not whole.
func (r *fuzzRun) written() (frames []wireFrame, err error) {
	w, all := &r.wire, r.conn.written()
	w.window = r.options.agreement.session
	rest := bytes.NewReader(all[w.read:])
	for in := bufio.NewReader(rest); w.err == nil; w.read = len(all) - rest.Len() - in.Buffered() {
		f, key, err := readWireFrame(in)
		switch {
		case err == io.EOF, err == io.ErrUnexpectedEOF:
			return w.frames, err
		case err != nil:
			w.err = err
		case (key != nil) != (r.options.on == clientSide):
			w.err = errors.New("a frame has the mask of the other side")
		default:
			if f, err = w.add(f); err != nil {
				w.err = fmt.Errorf("%w: %v", err, f)
			}
		}
		if w.err == nil {
			w.frames = append(w.frames, f)
		}
	}
	return w.frames, w.err
}

// add returns a frame decompressed.
func (m *wireMessages) add(f wireFrame) (wireFrame, error) {
	op := f.first & 0x0F
	switch {
	case m.closed:
		return f, errors.New("a frame behind a Close frame")
	case f.first&0x30 != 0:
		return f, errors.New("reserved bits")
	case op >= opClose:
		m.closed = op == opClose
		return f, checkControl(f)
	case op > opBinary, (op == opContinuation) != (m.first != 0):
		return f, errors.New("a frame of another message")
	case op == opContinuation && f.first&rsv1 != 0, f.first&rsv1 != 0 && m.window.bits == 0:
		return f, errors.New("a frame must not be compressed")
	case op != opContinuation:
		m.first, m.plain, m.deflated, m.before = f.first, nil, nil, m.history
	}
	last := f.first&fin != 0
	if m.first&rsv1 != 0 {
		var err error
		if f.payload, err = m.inflate(f.payload, last); err != nil {
			return f, err
		}
		f.first &^= rsv1
	}
	m.plain = append(m.plain, f.payload...)
	if !last {
		return f, nil
	}
	if m.first&0x0F == opText && !utf8.Valid(m.plain) {
		return f, errors.New("a text is not UTF-8")
	}
	m.first = 0
	return f, nil
}

// checkControl checks a control frame by itself.
func checkControl(f wireFrame) error {
	switch op := f.first & 0x0F; {
	case op > opPong || f.first&0xF0 != fin || len(f.payload) > 125:
		return errors.New("a control frame is not valid")
	case op == opClose && len(f.payload) > 0:
		if code := (serverFrame{payload: []byte(f.payload)}).closeCode(); !fuzzCloses(closeReasonOf(f.payload)) || len(f.payload) == 1 {
			return fmt.Errorf("a Close frame of code %d is not valid", code)
		}
	}
	return nil
}

var inflaters = sync.Pool{New: func() any { return flate.NewReader(nil) }}

// inflate decompresses the next frame of a message. The library ends the block of each
// fragment, so that the peer can decompress it when it arrives.
func (m *wireMessages) inflate(payload string, last bool) (string, error) {
	m.deflated = append(m.deflated, payload...)
	if last && len(m.deflated) == 0 { // RFC 7692 §7.2.3.6: an empty message is one byte
		return "", errors.New("a compressed message is empty")
	}
	if last {
		payload += deflateTail
	}
	r := inflaters.Get().(io.Reader)
	defer inflaters.Put(r)
	_ = r.(flate.Resetter).Reset(strings.NewReader(payload+"\x01\x00\x00\xff\xff"), m.history)
	plain, err := io.ReadAll(r)
	if err != nil {
		return "", fmt.Errorf("a frame cannot be decompressed: %w", err)
	}
	if size := 1 << m.window.bits; last && m.window.bits < 15 && len(m.deflated) <= 500 {
		if _, farthest, ok := deflatetest.Naive(m.deflated, m.before); !ok || farthest > size {
			return "", fmt.Errorf("a message refers %d bytes back", farthest)
		}
	}
	m.history = append(m.history, plain...)
	m.history = m.history[max(0, len(m.history)-1<<15):]
	if last && m.window.alone {
		m.history = nil
	}
	return string(plain), nil
}
