package ws_test

import (
	"bufio"
	"bytes"
	"cmp"
	"compress/flate"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"
	"unicode/utf8"

	"github.com/handset-go/handset/internal/deflatetest"
)

// wireMessages checks the order of a session's frames, and decompresses them.
type wireMessages struct {
	window   wireWindow // of the session; the bits are 0 without compression
	history  []byte
	first    byte // of the open message, 0 for none
	plain    []byte
	deflated []byte
	closed   bool
}

// written returns the frames that the session has written, decompressed. The error is
// io.EOF, or io.ErrUnexpectedEOF if the last one is not whole.
func (r *fuzzRun) written() (frames []wireFrame, err error) {
	in := bufio.NewReader(bytes.NewReader(r.conn.written()))
	m := wireMessages{window: r.options.agreement.session}
	for {
		f, key, err := readWireFrame(in)
		if err != nil {
			return frames, err
		}
		if (key != nil) != (r.options.on == clientSide) {
			return frames, errors.New("a frame has the mask of the other side")
		}
		if f, err = m.add(f); err != nil {
			return frames, fmt.Errorf("%w: %v", err, f)
		}
		frames = append(frames, f)
	}
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
		m.first, m.plain, m.deflated = f.first, nil, nil
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

// inflate decompresses the next frame of a message.
func (m *wireMessages) inflate(payload string, last bool) (string, error) {
	m.deflated = append(m.deflated, payload...)
	if last && len(m.deflated) == 0 { // RFC 7692 §7.2.3.6: an empty message is one byte
		return "", errors.New("a compressed message is empty")
	}
	all := m.deflated
	if last {
		all = append(bytes.Clone(all), deflateTail+"\x01\x00\x00\xff\xff"...)
	}
	r := inflaters.Get().(io.Reader)
	defer inflaters.Put(r)
	_ = r.(flate.Resetter).Reset(bytes.NewReader(all), m.history)
	plain, err := io.ReadAll(r)
	if !last && err == io.ErrUnexpectedEOF {
		err = nil
	}
	if err != nil || len(plain) < len(m.plain) {
		return "", fmt.Errorf("a frame cannot be decompressed: %w", err)
	}
	if size := 1 << m.window.bits; last && m.window.bits < 15 && len(m.deflated) <= 500 {
		if _, farthest, ok := deflatetest.Naive(m.deflated, m.history); !ok || farthest > size {
			return "", fmt.Errorf("a message refers %d bytes back", farthest)
		}
	}
	if last && !m.window.alone {
		m.history = append(m.history, plain...)
		m.history = m.history[max(0, len(m.history)-1<<15):]
	}
	return string(plain[len(m.plain):]), nil
}

// checkSettled checks that everything that was sent has been written, and the last Ping
// that was received been answered (RFC 6455 §5.5.3), if the peer takes everything and the
// session goes on.
func (r *fuzzRun) checkSettled() {
	if want := r.model(); r.hindered || r.mayBeClosed() || want.vague || want.err != io.ErrUnexpectedEOF {
		return
	}
	_, pongs := r.checkWritten(true)
	v := r.receiver
	ahead := v.owner == "Chan" && len(pongs) > 0 // it answers Pings that the program has not received yet
	if v.pinged && !r.options.upgrader.ManualPong && !ahead && (len(pongs) == 0 || pongs[len(pongs)-1] != v.lastPing) {
		r.errorf("the Ping %q was not answered: %q", v.lastPing, pongs)
	}
}

// checkWritten checks that the session has written what calls have sent, and nothing else
// but Pongs, which it returns. complete is whether it must have written everything.
func (r *fuzzRun) checkWritten(complete bool) (frames []wireFrame, pongs []string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	frames, err := r.written()
	if err != io.EOF && !(err == io.ErrUnexpectedEOF && !complete) {
		r.t.Errorf("behind %d frames the session has written: %v", len(frames), err)
		return frames, nil
	}
	senders := r.senders()
	var found []*fuzzSend
	for _, f := range frames {
		switch all := senders[f]; {
		case len(all) > 0:
			all[0].found = true
			found, senders[f] = append(found, all[0]), all[1:]
		case f.first == fin|opPong:
			pongs = append(pongs, f.payload)
		case f.first == fin|opPing && r.options.upgrader.Heartbeat != noHeartbeat:
			r.beats = true
		case f.first != fin|opClose:
			r.t.Errorf("the session has written %v, which no call has sent", f)
		}
	}
	r.checkOrder(found, complete)
	r.checkPongs(pongs)
	return frames, pongs
}

// senders returns the calls that have sent each frame, those first that have returned
// first.
func (r *fuzzRun) senders() map[wireFrame][]*fuzzSend {
	senders := map[wireFrame][]*fuzzSend{}
	for _, s := range r.sends {
		s.found = false
		if s.sent || s.maybe || s.ended == never {
			senders[s.frame] = append(senders[s.frame], s)
		}
	}
	for _, all := range senders {
		slices.SortStableFunc(all, func(a, b *fuzzSend) int { return cmp.Compare(a.ended, b.ended) })
	}
	return senders
}

// checkOrder checks that what one call has sent before the next began was written before
// it, and that only the last of what was sent is missing.
func (r *fuzzRun) checkOrder(found []*fuzzSend, complete bool) {
	earliest := never
	for i := len(found) - 1; i >= 0; i-- {
		if earliest < found[i].begun {
			r.t.Errorf("%v was written before what was sent before it", found[i].frame)
		}
		earliest = min(earliest, found[i].ended)
	}
	latest := 0
	for _, s := range found {
		latest = max(latest, s.begun)
	}
	for _, s := range r.sends {
		if s.sent && !s.found && (complete || s.ended < latest) {
			r.t.Errorf("%v was sent, and not written", s.frame)
		}
	}
}

// checkPongs checks that the Pongs of the library answer Pings, in their order.
func (r *fuzzRun) checkPongs(pongs []string) {
	want := r.model()
	for _, ping := range want.pongs {
		if len(pongs) > 0 && pongs[0] == ping && !r.options.upgrader.ManualPong {
			pongs = pongs[1:]
		}
	}
	if len(pongs) > 0 && !want.vague {
		r.t.Errorf("the Pongs %q answer nothing, or in another order", pongs)
	}
}
