package ws_test

import (
	"bytes"
	"compress/flate"
	"encoding/binary"
	"io"
	"slices"
	"sync"
	"sync/atomic"

	windowed "github.com/klauspost/compress/flate"

	"github.com/handset-go/handset/ws"
)

// fuzzPeer is the peer of a fuzzed session, which sends what its script says.
type fuzzPeer struct {
	conn    *fuzzConn
	on      side // of the session
	most    int  // of what a read returns
	sent    []byte
	count   atomic.Int64 // of the bytes that are sent
	unmasks unmasking
	window  wireWindow
	writer  deflater // nil before the first message that is compressed
	out     bytes.Buffer
}

// mostSent bounds what the peer sends, and mostReads in how many reads that arrives, so that
// a run is short.
const (
	mostSent  = 400_000
	mostReads = 2000
)

// send sends frames. They are written as those of a client.
func (p *fuzzPeer) send(frames []byte) {
	if p.conn.ended || p.conn.broken || len(p.sent)+len(frames) > min(mostSent, mostReads*p.most) {
		return
	}
	p.sent = append(p.sent, frames...)
	p.count.Store(int64(len(p.sent)))
	if p.on == clientSide {
		frames = p.unmasks.add(nil, frames)
	}
	p.conn.change(func() { p.conn.in = append(p.conn.in, frames...) })
}

// flushers are the compressors of peers by their windows, which are too large to be made
// for every run.
var flushers [16]sync.Pool

// compress returns a message as its payload.
func (p *fuzzPeer) compress(message []byte) []byte {
	if p.writer == nil {
		p.writer, _ = flushers[p.window.bits].Get().(deflater)
		switch {
		case p.writer != nil:
			p.writer.Reset(&p.out)
		case p.window.bits == 15:
			p.writer, _ = flate.NewWriter(&p.out, 1)
		default:
			p.writer, _ = windowed.NewWriterWindow(&p.out, 1<<p.window.bits)
		}
	}
	if p.window.alone {
		p.writer.Reset(&p.out)
	}
	_, _ = p.writer.Write(message)
	_ = p.writer.Flush()
	payload := bytes.Clone(bytes.TrimSuffix(p.out.Bytes(), []byte(deflateTail)))
	p.out.Reset()
	return payload
}

// release gives the compressor back.
func (p *fuzzPeer) release() {
	if p.writer != nil {
		p.writer.Reset(io.Discard)
		flushers[p.window.bits].Put(p.writer)
	}
}

// The forms of a frame.
const (
	fuzzLong     = 1 << iota // its length is 16 bits long
	fuzzLonger               // its length is 64 bits long
	fuzzUnmasked             // it has no mask, or has one that it must not have
	fuzzDeflated             // its payload is compressed
	fuzzCut                  // it is shorter than its length says
	fuzzEndless              // the top bit of its length is set
)

// frame sends a frame of the input's, valid or not.
func (p *fuzzPeer) frame(in *fuzzInput) {
	first, form, payload := in.byte(), in.byte(), in.payload()
	if form&fuzzDeflated != 0 && p.window.bits > 0 {
		payload = p.compress(payload)
	}
	length := uint64(len(payload))
	if form&fuzzCut != 0 {
		length += uint64(in.byte())
	}
	h := header(first, length)
	switch {
	case form&fuzzEndless != 0:
		h = binary.BigEndian.AppendUint64([]byte{first, 0xFF}, length|1<<63)
	case form&fuzzLonger != 0:
		h = binary.BigEndian.AppendUint64([]byte{first, 0xFF}, length)
	case form&fuzzLong != 0 && length <= 0xFFFF:
		h = binary.BigEndian.AppendUint16([]byte{first, 0xFE}, uint16(length))
	}
	if form&fuzzUnmasked != 0 {
		h[1] &^= 0x80
		p.send(append(h, payload...))
		return
	}
	key := [4]byte{0x37, byte(len(p.sent)), 0x21, 0x3d}
	payload = slices.Clone(payload)
	mask(payload, key, 0)
	p.send(append(append(h, key[:]...), payload...))
}

// message sends a valid message of the input's, in fragments between which there are Pings.
func (p *fuzzPeer) message(in *fuzzInput) {
	how, payload := in.byte(), in.payload()
	first := byte(opBinary)
	if how&1 != 0 {
		first, payload = opText, bytes.ToValidUTF8(payload, []byte("?"))
	}
	if how&2 != 0 && p.window.bits > 0 {
		first, payload = first|rsv1, p.compress(payload)
	}
	n := max(1, len(payload)/(1+int(how>>4)))
	for how>>4 > 0 && len(payload) > n {
		p.send(masked(first, payload[:n]))
		first, payload = opContinuation, payload[n:]
		if how&4 != 0 {
			p.send(masked(fin|opPing, payload[:min(3, n, len(payload))]))
		}
	}
	p.send(masked(first|fin, payload))
}

// control sends a valid control frame of the input's.
func (p *fuzzPeer) control(in *fuzzInput) {
	kind, payload := in.byte(), in.payload()
	payload = payload[:min(len(payload), 120)]
	switch kind % 4 {
	case 0:
		p.send(masked(fin|opPong, payload))
	case 1:
		code := choose(in, []ws.CloseCode{1000, 1001, 1009, 1011, 3000, 4999})
		p.send(masked(fin|opClose, closePayload(uint16(code), string(bytes.ToValidUTF8(payload, nil)))))
	default:
		p.send(masked(fin|opPing, payload))
	}
}
