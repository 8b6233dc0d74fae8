package ws_test

import (
	"bytes"
	"compress/flate"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"

	windowed "github.com/klauspost/compress/flate"
)

// wireDeflate compresses the messages of a wirePeer, and decompresses those of the
// session (RFC 7692 §7.2).
type wireDeflate struct {
	send, recv wireWindow // what the peer compresses with, and the session

	writer  deflater
	out     bytes.Buffer
	context []byte // that the session's next message may refer to
}

// wireWindow is what has been agreed on for one direction.
type wireWindow struct {
	alone bool // without context takeover
	bits  int
}

func newWireDeflate(send, recv wireWindow) *wireDeflate {
	d := &wireDeflate{send: send, recv: recv}
	if send.bits == 15 {
		d.writer, _ = flate.NewWriter(&d.out, 1)
	} else {
		d.writer, _ = windowed.NewWriterWindow(&d.out, 1<<send.bits)
	}
	return d
}

// compress returns a message as its payload.
func (d *wireDeflate) compress(message string) string {
	if d.send.alone {
		d.writer.Reset(&d.out)
	}
	_, _ = io.WriteString(d.writer, message)
	_ = d.writer.Flush()
	payload := strings.TrimSuffix(d.out.String(), deflateTail)
	d.out.Reset()
	return payload
}

// decompress returns a payload as the message.
func (d *wireDeflate) decompress(payload string) (string, error) {
	const end = "\x01\x00\x00\xff\xff" // a final block
	r := flate.NewReaderDict(strings.NewReader(payload+deflateTail+end), d.context)
	b, err := io.ReadAll(r)
	if !d.recv.alone {
		d.context = append(d.context, b...)
		d.context = d.context[max(len(d.context)-1<<d.recv.bits, 0):]
	}
	return string(b), err
}

// exchange sends a message in fragments of n bytes, or in one frame if n is 0, and expects
// the same message back. It reports whether that was compressed.
func (d *wireDeflate) exchange(p *wirePeer, message wireFrame, n int) (compressed bool) {
	p.t.Helper()
	payload := d.compress(message.payload)
	if n == 0 {
		n = len(payload) + 1
	}
	frames := inFragments(message.first&^fin, payload, n)
	frames[0].first |= rsv1
	p.send(sends(frames...))
	got, compressed, err := d.receive(p)
	if err != nil || got != message {
		p.t.Fatalf("the session sent %v, %v; want %v", got, err, message)
	}
	return compressed
}

// receive receives a message, which the session sends in one frame.
func (d *wireDeflate) receive(p *wirePeer) (f wireFrame, compressed bool, err error) {
	if f, err = p.next(); err != nil || f.first&rsv1 == 0 {
		return f, false, err
	}
	f.first &^= rsv1
	if op := f.first &^ fin; op != opText && op != opBinary {
		return f, true, fmt.Errorf("frame %#x is compressed", f.first)
	}
	if len(f.payload) == 0 { // RFC 7692 §7.2.3.6: an empty message is one byte
		return f, true, errors.New("the payload of a compressed message is empty")
	}
	f.payload, err = d.decompress(f.payload)
	return f, true, err
}

// wireDeflaters compress the messages of a wirePeer that agrees on no context takeover.
var wireDeflaters = sync.Pool{New: func() any {
	w, _ := flate.NewWriter(nil, 1)
	return w
}}

// deflate compresses a frame, if it is one of a message and whole. Every frame is
// compressed by itself, so that the session can decompress what has come.
func (f wireFrame) deflate() wireFrame {
	op := f.first & 0x0F
	if op > opBinary || f.first&0x70 != 0 || f.rest > 0 || f.goesOn || f.length != "" {
		return f
	}
	var out bytes.Buffer
	w := wireDeflaters.Get().(*flate.Writer)
	defer wireDeflaters.Put(w)
	w.Reset(&out)
	_, _ = io.WriteString(w, f.payload)
	_ = w.Flush()
	f.payload = out.String()
	if f.first&fin != 0 {
		f.payload = strings.TrimSuffix(f.payload, deflateTail)
	}
	if op != opContinuation {
		f.first |= rsv1
	}
	return f
}

// inflate decompresses a message of the session's, which must be in one frame. An empty
// one is one byte (RFC 7692 §7.2.3.6).
func (f wireFrame) inflate() (wireFrame, error) {
	if f.first&rsv1 == 0 {
		return f, nil
	}
	f.first &^= rsv1
	if op := f.first &^ fin; op != opText && op != opBinary || f.first&fin == 0 || f.payload == "" {
		return f, fmt.Errorf("frame %#x of %d bytes is compressed", f.first, len(f.payload))
	}
	d := wireDeflate{recv: wireWindow{alone: true, bits: 15}}
	var err error
	f.payload, err = d.decompress(f.payload)
	return f, err
}
