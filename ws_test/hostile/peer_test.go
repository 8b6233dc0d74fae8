package hostile_test

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"crypto/sha1"
	"encoding/base64"
)

// side is the side that is attacked.
type side string

const (
	server side = "server"
	client side = "client"
)

// scene is a victim and the ways to connect to it.
type scene struct {
	t  *testing.T
	on side
	v  *child
	s  settings

	received uint64 // bytes of frames, before the attack

	once     sync.Once
	listener net.Listener
}

// peer is the hostile end, or an honest one, of a connection to the victim.
type peer struct {
	net.Conn
	br      *bufio.Reader
	payload []byte // of the last frame
	on      side   // the side that is attacked: frames that are sent to a server are masked
}

// connectRaw connects to the victim, without a handshake: to its server, or from its client,
// which is dialling a session that does what the path says.
func (s *scene) connectRaw(path string) *peer {
	s.t.Helper()
	if s.on == client {
		return s.accept(path)
	}
	conn, err := net.DialTimeout("tcp", s.v.addr, testTimeout)
	if err != nil {
		s.t.Fatal(err)
	}
	if s.s.TLS {
		conn = tls.Client(conn, &tls.Config{InsecureSkipVerify: true})
	}
	return s.peer(conn)
}

func (s *scene) peer(conn net.Conn) *peer {
	s.t.Cleanup(func() { conn.Close() })
	return &peer{Conn: conn, br: bufio.NewReaderSize(conn, 512), on: s.on}
}

// listen returns the listener that the victim's client dials.
func (s *scene) listen() net.Listener {
	s.once.Do(func() {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			s.t.Fatal(err)
		}
		if s.s.TLS {
			certificate := httptest.NewUnstartedServer(nil)
			certificate.StartTLS()
			certificate.Close()
			l = tls.NewListener(l, certificate.TLS)
		}
		s.listener = l
		s.t.Cleanup(func() { l.Close() })
	})
	return s.listener
}

// accept has the victim dial once and accepts the connection.
func (s *scene) accept(path string) *peer {
	s.t.Helper()
	l := s.listen()
	scheme := "ws://"
	if s.s.TLS {
		scheme = "wss://"
	}
	s.v.do(order{Do: "dial", URL: scheme + l.Addr().String() + path, Count: 1})
	conn, err := l.Accept()
	if err != nil {
		s.t.Fatal(err)
	}
	return s.peer(conn)
}

// connect connects to the victim, and performs the handshake.
func (s *scene) connect(path string) *peer {
	s.t.Helper()
	p := s.connectRaw(path)
	_ = p.SetDeadline(time.Now().Add(testTimeout))
	var err error
	if s.on == server {
		err = p.request(path, s.s.Compression)
	} else {
		err = p.respond(s.s.Compression)
	}
	if err != nil {
		s.t.Fatalf("the handshake: %v", err)
	}
	_ = p.SetDeadline(time.Time{})
	return p
}

const deflateExtension = "Sec-WebSocket-Extensions: permessage-deflate; client_no_context_takeover; server_no_context_takeover\r\n"

// requestHead is a request for the handshake, but for the line that ends it.
func requestHead(path string, compression bool) string {
	head := "GET " + path + " HTTP/1.1\r\nHost: victim.example\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
	if compression {
		head += deflateExtension
	}
	return head
}

// request performs the handshake as a client.
func (p *peer) request(path string, compression bool) error {
	if _, err := io.WriteString(p, requestHead(path, compression)+"\r\n"); err != nil {
		return err
	}
	resp, err := http.ReadResponse(p.br, nil)
	if err != nil {
		return err
	}
	if resp.StatusCode != http.StatusSwitchingProtocols {
		return errors.New(resp.Status)
	}
	return nil
}

// responseHead is the response to a request, but for the line that ends it.
func responseHead(r *http.Request, compression bool) string {
	sum := sha1.Sum([]byte(r.Header.Get("Sec-WebSocket-Key") + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
	head := "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
		"Sec-WebSocket-Accept: " + base64.StdEncoding.EncodeToString(sum[:]) + "\r\n"
	if compression {
		head += deflateExtension
	}
	return head
}

// respond performs the handshake as a server.
func (p *peer) respond(compression bool) error {
	r, err := http.ReadRequest(p.br)
	if err != nil {
		return err
	}
	_, err = io.WriteString(p, responseHead(r, compression)+"\r\n")
	return err
}

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

// dialOwn connects to the listener that the victim dials.
func (s *scene) dialOwn() (net.Conn, error) { return net.Dial("tcp", s.listen().Addr().String()) }
