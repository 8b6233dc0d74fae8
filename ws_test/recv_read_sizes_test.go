package ws_test

import (
	"fmt"
	"net"
	"slices"
	"sync/atomic"
	"testing"

	"github.com/handset-go/handset/ws"
)

// splitWriter is a session that reads what its client writes in parts of a
// chosen size.
type splitWriter struct {
	*pair
	limit *atomic.Int64 // of a read of the server's, nil where writes decide
}

// write writes b so that the session reads it in parts of the given size.
func (p *splitWriter) write(b []byte, size int) {
	if p.limit != nil {
		p.limit.Store(int64(size))
		size = len(b)
	}
	for len(b) > 0 {
		n := min(size, len(b))
		if _, err := p.conn.Write(b[:n]); err != nil {
			p.t.Errorf("client write: %v", err)
			return
		}
		b = b[n:]
	}
}

// splitWriters are ways to have bytes read in parts: as packets of a polled
// socket, as segments that TCP may join, through a wrapper that reads no
// more than it should, and as TLS records. Those of a large frame are tried in
// the given sizes, those of a small one in every size.
var splitWriters = []struct {
	name    string
	connect func(t *testing.T, on side) *splitWriter
	large   []int
}{
	{"polled packets", func(t *testing.T, on side) *splitWriter {
		return &splitWriter{pair: on.connectUnix(t, "unixpacket", &ws.Upgrader{}, nil)}
	}, []int{1}}, // a larger one might not fit the rest of a buffer, and be cut
	{"polled", func(t *testing.T, on side) *splitWriter {
		return &splitWriter{pair: on.connect(t, &ws.Upgrader{})}
	}, []int{3, 5, 4095, 4096, 4097, 65535, 65537, 100_000}},
	{"wrapped", connectLimitedReads, []int{1, 1, 3, 511, 512, 513, 4096, 16384, 65535, 100_000}},
	{"tls", func(t *testing.T, on side) *splitWriter {
		return &splitWriter{pair: on.connectOver(t, transport{tls: true}, &ws.Upgrader{})}
	}, []int{11, 511, 4096, 16383, 16384, 100_000}},
}

// limitingListener limits what a read of its connections brings.
type limitingListener struct {
	net.Listener
	limit *atomic.Int64
}

func (l limitingListener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return limitedConn{c, l.limit}, nil
}

type limitedConn struct {
	net.Conn
	limit *atomic.Int64
}

func (c limitedConn) Read(p []byte) (int, error) {
	return c.Conn.Read(p[:min(int64(len(p)), c.limit.Load())])
}

// lengthBoundaries are the lengths at which headers, and chunks, begin to differ.
var lengthBoundaries = []int{0, 125, 126, 127, 65535, 65536, 65537}

// A message arrives the same whatever the sizes of the reads.
func TestReadSizesOfMessage(t *testing.T) {
	eachSide(t, func(t *testing.T, on side) {
		t.Parallel()
		for _, way := range splitWriters {
			t.Run(way.name, func(t *testing.T) {
				p := way.connect(t, on)
				for _, n := range lengthBoundaries {
					frame := masked(fin|opText, mixedText(n))
					sizes := way.large
					switch {
					case n <= 127:
						sizes = upTo(len(frame))
					case (raceDetector || on == clientSide) && n != 65536: // with which single bytes take too long
						sizes = slices.DeleteFunc(slices.Clone(sizes), func(size int) bool { return size == 1 })
					}
					for i, size := range sizes {
						c := &conversation{maxMessage: i % 2 * (n + 1)} // chunks, and whole messages
						done := make(chan struct{})
						go func() { defer close(done); p.write(frame, size) }()
						c.receiveOnce(t, p.stream)
						<-done
						if got := c.events[0]; got.kind != ws.Text || got.data != string(mixedText(n)) {
							t.Fatalf("len=%d,size=%d,%v: %s", n, size, c, show(c.events, 0))
						}
					}
				}
			})
		}
	})
}

// upTo is 1 to n.
func upTo(n int) (all []int) {
	for i := range n {
		all = append(all, i+1)
	}
	return all
}

// receiveOnce receives one message, whole or in chunks.
func (c *conversation) receiveOnce(t *testing.T, stream *ws.MessageStream) {
	t.Helper()
	var l view = stream
	if c.maxMessage > 0 {
		l = stream.Aggregate(c.maxMessage)
	}
	for len(c.events) == 0 {
		if c.record(l.Recv(testContext(t))); c.err != nil {
			t.Fatalf("%v, with %d bytes of the message", c.err, len(c.payload))
		}
	}
}

// Fragments arrive the same whatever the sizes of the reads.
func TestReadSizesOfFragments(t *testing.T) {
	eachSide(t, func(t *testing.T, on side) {
		talk := masked(opText, []byte("aé€"))
		talk = append(talk, masked(fin|opPing, []byte("in between"))...)
		talk = append(talk, masked(opContinuation, []byte("\xF0\x9F"))...)
		talk = append(talk, masked(opContinuation, nil)...)
		talk = append(talk, masked(fin|opContinuation, []byte("\x98\x80!"))...)
		for _, way := range splitWriters {
			t.Run(way.name, func(t *testing.T) {
				p := way.connect(t, on)
				for _, size := range upTo(len(talk)) {
					p.write(talk, size)
					c := new(conversation)
					for len(c.events) < 2 && c.err == nil {
						c.record(p.stream.Recv(testContext(t)))
					}
					want := []event{{kind: ws.Ping, data: "in between", at: 6}, {kind: ws.Text, data: "aé€😀!"}}
					if fmt.Sprint(c.events) != fmt.Sprint(want) {
						t.Fatalf("size=%d: received %v, %v; want %v", size, c.events, c.err, want)
					}
				}
			})
		}
	})
}
