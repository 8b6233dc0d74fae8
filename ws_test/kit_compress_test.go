package ws_test

import (
	"bufio"
	"bytes"
	"compress/flate"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	windowed "github.com/klauspost/compress/flate"

	"github.com/handset-go/handset/ws"
)

const rsv1 = 0x40

// deflateTail is what ends a flushed deflate stream and is left out of messages
// (RFC 7692 §7.2.1).
const deflateTail = "\x00\x00\xff\xff"

// compressedHello is a compressed "Hello" (RFC 7692 §7.2.3.1).
const compressedHello = "\xf2\x48\xcd\xc9\xc9\x07\x00"

// compressing is a pair that has agreed on compression, with a peer built on the
// standard library's compress/flate.
type compressing struct {
	*pair
	extensions        string // to the offer
	writer            deflater
	out               bytes.Buffer // of writer
	context           []byte       // the window of the session's next message
	peerNoTakeover    bool         // the peer's messages are compressed without takeover
	sessionNoTakeover bool         // the session's messages are compressed without takeover
}

// deflater is a compressor of the client's: the standard one, or one that keeps
// to a smaller window.
type deflater interface {
	io.Writer
	Flush() error
	Reset(io.Writer)
}

// connectCompressing returns a session whose peer makes an offer, or accepts that of a
// Dialer.
func (on side) connectCompressing(t testing.TB, over transport, u *ws.Upgrader, offer string) *compressing {
	t.Helper()
	if on == clientSide {
		return dialCompressing(t, over, newDialer(t, u))
	}
	u = copyOptions(u)
	p := &compressing{pair: new(pair)}
	began := make(chan error, 1)
	srv := serve(t, over, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var err error
		p.session, p.stream, err = u.Handle(w, r)
		began <- err
	}))
	conn, err := net.Dial("tcp", srv.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	if srv.TLS != nil {
		conn = tlsClient(srv, conn)
	}
	_ = conn.SetDeadline(time.Now().Add(conversationTimeout))
	p.client = &client{t: t, conn: conn, br: bufio.NewReader(conn)}
	p.extensions = p.offer(srv.Listener.Addr().String(), offer)
	if err := await(t, began, "the handshake"); err != nil {
		t.Fatal(err)
	}
	closedByCleanup(t, p.pair)
	p.agree(on)
	return p
}

// dialCompressing returns a session of a Dialer whose peer accepts its offer.
func dialCompressing(t testing.TB, over transport, d *ws.Dialer) *compressing {
	t.Helper()
	l := listen(t)
	if over.wrap {
		l = wrappingListener{l}
	}
	end, peer := bothEnds(t, l)
	p := &compressing{pair: new(pair)}
	p.session, p.stream, p.client = dialTo(t, d, end, peer, over.tls, func(offer string) string {
		p.extensions = acceptOffer(offer)
		return p.extensions
	})
	closedByCleanup(t, p.pair)
	p.agree(clientSide)
	return p
}

// acceptOffer is what a server answers that accepts the first offer as it is (RFC 7692
// §7.1): all of its parameters, but for one that only says that another is understood.
func acceptOffer(offer string) string {
	offer, _, _ = strings.Cut(offer, ",")
	var agreed []string
	for _, param := range strings.Split(offer, ";") {
		if param = strings.TrimSpace(param); param != "client_max_window_bits" {
			agreed = append(agreed, param)
		}
	}
	return strings.Join(agreed, "; ")
}

// agree has the peer compress as agreed.
func (p *compressing) agree(on side) {
	peer, session := "client", "server"
	if on == clientSide {
		peer, session = session, peer
	}
	p.peerNoTakeover = strings.Contains(p.extensions, peer+"_no_context_takeover")
	p.sessionNoTakeover = strings.Contains(p.extensions, session+"_no_context_takeover")
	p.writer, _ = flate.NewWriter(&p.out, 6)
	if _, bits, ok := strings.Cut(p.extensions, peer+"_max_window_bits="); ok {
		bits, _, _ = strings.Cut(bits, ";")
		n, _ := strconv.Atoi(bits)
		p.writer, _ = windowed.NewWriterWindow(&p.out, 1<<n)
	}
}

// offer does the handshake and returns the server's extensions.
func (c *client) offer(host, offer string) string {
	c.t.Helper()
	c.write([]byte("GET / HTTP/1.1\r\nHost: " + host +
		"\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n" +
		"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Extensions: " + offer + "\r\n\r\n"))
	resp, err := http.ReadResponse(c.br, nil)
	if err != nil || resp.StatusCode != http.StatusSwitchingProtocols {
		c.t.Fatalf("handshake: %v, %v", resp, err)
	}
	return resp.Header.Get("Sec-WebSocket-Extensions")
}

// deflated compresses a message as the peer does.
func (p *compressing) deflated(data []byte) []byte {
	if p.peerNoTakeover {
		p.writer.Reset(&p.out)
	}
	_, _ = p.writer.Write(data)
	_ = p.writer.Flush()
	b := bytes.Clone(bytes.TrimSuffix(p.out.Bytes(), []byte(deflateTail)))
	p.out.Reset()
	return b
}

// compressedFrames is a compressed message in the given number of fragments.
func (p *compressing) compressedFrames(op byte, data []byte, fragments int) (b []byte) {
	compressed, first := p.deflated(data), op|rsv1
	for i := range fragments {
		if i == fragments-1 {
			first |= fin
		}
		b = append(b, masked(first, compressed[i*len(compressed)/fragments:(i+1)*len(compressed)/fragments])...)
		first = opContinuation
	}
	return b
}

// message reads the server's next data message, and reports whether it was
// compressed.
func (p *compressing) message() (op byte, data []byte, compressed bool, err error) {
	for {
		f, err := p.next()
		if err != nil {
			return 0, nil, false, err
		}
		if f.opcode() >= opClose {
			if f.first != fin|f.opcode() {
				return 0, nil, false, fmt.Errorf("control frame %#x", f.first)
			}
			continue
		}
		if begins := f.opcode() != opContinuation; begins != (op == 0) || !begins && f.first&rsv1 != 0 {
			return 0, nil, false, fmt.Errorf("frame %#x out of place", f.first)
		} else if begins {
			op, compressed = f.opcode(), f.first&rsv1 != 0
		}
		data = append(data, f.payload...)
		if f.first&fin != 0 {
			break
		}
	}
	if compressed {
		data, err = p.inflated(data)
	}
	return op, data, compressed, err
}

// inflated inflates a message of the server's.
func (p *compressing) inflated(compressed []byte) ([]byte, error) {
	const end = "\x01\x00\x00\xff\xff" // a final block
	r := flate.NewReaderDict(io.MultiReader(bytes.NewReader(compressed), strings.NewReader(deflateTail+end)), p.context)
	data, err := io.ReadAll(r)
	if !p.sessionNoTakeover {
		p.context = append(p.context, data...)
		p.context = p.context[max(len(p.context)-1<<15, 0):]
	}
	return data, err
}

// expectMessage reads the next message, which must be the given one.
func (p *compressing) expectMessage(op byte, want []byte) (compressed bool) {
	p.t.Helper()
	gotOp, got, compressed, err := p.message()
	if err != nil || gotOp != op || !bytes.Equal(got, want) {
		p.t.Fatalf("got message %#x of %d bytes, %v; want %#x of %d bytes", gotOp, len(got), err, op, len(want))
	}
	return compressed
}

// overCompressions runs a test on both sides over every transport, without compression and
// with compression, both without and with takeover.
func overCompressions(t *testing.T, u *ws.Upgrader, test func(t *testing.T, over transport, p *compressing)) {
	t.Helper()
	eachSide(t, func(t *testing.T, on side) {
		t.Parallel()
		for _, over := range transports {
			if raceDetector && on == clientSide && over != transports[0] {
				continue // with which it takes ten times as long
			}
			for _, agreed := range []struct {
				name, offer string
				c           ws.Compression
			}{{name: "plain"}, {"alone", "permessage-deflate", ws.Frugal()}, {"takeover", "permessage-deflate; client_max_window_bits", ws.Balanced()}} {
				t.Run(over.name+","+agreed.name, func(t *testing.T) {
					u := copyOptions(u)
					u.Compression = agreed.c
					test(t, over, on.connectCompressing(t, over, u, agreed.offer))
				})
			}
		}
	})
}

// expectSent reads the next message, which must be the given one, and in one
// frame if nothing compresses it.
func (p *compressing) expectSent(op byte, want []byte) {
	p.t.Helper()
	if p.extensions == "" {
		p.expect(op, string(want))
	} else {
		p.expectMessage(op, want)
	}
}

// compressions are the options that the tests run with, and what they negotiate.
var compressions = []struct {
	name    string
	c       ws.Compression
	offer   string
	answers string
}{
	{"frugal", ws.Frugal(), "permessage-deflate", "permessage-deflate; server_no_context_takeover; client_no_context_takeover"},
	{"balanced", ws.Balanced(), "permessage-deflate; client_max_window_bits", "permessage-deflate; server_max_window_bits=12; client_max_window_bits=12"},
	{"dense", ws.Dense(), "permessage-deflate", "permessage-deflate"},
	{"to send only", ws.Compression{Level: 9, SendTakeover: true, SendWindowBits: 9}, `permessage-deflate; server_max_window_bits="10"`,
		"permessage-deflate; client_no_context_takeover; server_max_window_bits=9"},
	{"to receive only", ws.Compression{Level: 1, RecvTakeover: true}, "permessage-deflate; x=1, permessage-deflate; server_max_window_bits=8",
		"permessage-deflate; server_no_context_takeover; server_max_window_bits=8"},
}

// newOfflineCompressing returns a client whose frames are collected and not sent.
func newOfflineCompressing(c ws.Compression, bits int) *compressing {
	p := &compressing{peerNoTakeover: !c.RecvTakeover, sessionNoTakeover: !c.SendTakeover}
	if bits == 15 {
		p.writer, _ = flate.NewWriter(&p.out, 1)
	} else {
		p.writer, _ = windowed.NewWriterWindow(&p.out, 1<<bits)
	}
	return p
}
