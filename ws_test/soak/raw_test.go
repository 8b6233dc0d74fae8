package soak

import (
	"bufio"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"time"

	"github.com/handset-go/handset/ws"
)

// A rawPeer is a client that writes frames itself.
type rawPeer struct {
	request
	net.Conn
	rng  *rand.Rand
	stop context.Context
}

// raw returns a visit of a client that performs the handshake and then does what f does,
// until the server ends the connection.
func raw(f func(*rawPeer) error) func(*clients, request) {
	return func(c *clients, r request) {
		conn, err := c.networks[r.over].dial(c.stop)
		if err != nil {
			c.failUnlessStopped(r, err)
			return
		}
		p := &rawPeer{r, conn, r.random(0), c.stop}
		defer p.Close()
		accepted, err := p.handshake()
		if !accepted {
			c.failUnlessStopped(r, err)
			return
		}
		c.counts.sessions.Add(1)
		err = f(p)
		report := report{ID: r.id, Behaviour: r.behaviour.name, Side: "client", Over: r.over, Dropped: true, Interrupted: c.stop.Err() != nil}
		if err != nil {
			report.Failure = err.Error()
		}
		c.results.add(report)
	}
}

// handshake performs the handshake, unless the server is being shut down.
func (p *rawPeer) handshake() (accepted bool, err error) {
	if _, err := io.WriteString(p, p.head()); err != nil {
		return false, fmt.Errorf("handshake: %w", err)
	}
	resp, err := http.ReadResponse(bufio.NewReaderSize(oneByte{p}, 16), nil)
	if err != nil {
		return false, fmt.Errorf("handshake: %w", err)
	}
	_ = resp.Body.Close()
	switch resp.StatusCode {
	case http.StatusSwitchingProtocols:
		return true, nil
	case http.StatusServiceUnavailable:
		return false, nil
	}
	return false, fmt.Errorf("handshake: %s", resp.Status)
}

func (p *rawPeer) head() string {
	return "GET /?" + p.query() + " HTTP/1.1\r\nHost: soak\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" +
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
}

// oneByte reads single bytes, so that nothing behind a response is read.
type oneByte struct{ io.Reader }

func (r oneByte) Read(b []byte) (int, error) { return r.Reader.Read(b[:min(len(b), 1)]) }

// frame writes a masked frame of a first byte.
func (p *rawPeer) frame(first byte, payload []byte) error {
	b := []byte{first, 0x80 | 126}
	b = binary.BigEndian.AppendUint16(b, uint16(len(payload)))
	if len(payload) < 126 {
		b = []byte{first, 0x80 | byte(len(payload))}
	}
	b = append(b, 0, 0, 0, 0) // the masking key
	_, err := p.Write(append(b, payload...))
	return err
}

// await reads until the server ends the connection, or closes it if the soak ends.
func (p *rawPeer) await() error {
	defer context.AfterFunc(p.stop, func() { _ = p.Close() })()
	_ = p.SetDeadline(time.Now().Add(patience))
	_, err := io.Copy(io.Discard, p)
	if e, ok := err.(net.Error); ok && e.Timeout() {
		return fmt.Errorf("the server does not end the connection: %w", err)
	}
	return nil
}

// violations are bytes that are not allowed.
var violations = []string{
	"\x81\x01a",                                                // without a mask
	"\xc1\x80\x00\x00\x00\x00",                                 // RSV1, which was not negotiated
	"\x83\x80\x00\x00\x00\x00",                                 // a reserved opcode
	"\x80\x80\x00\x00\x00\x00",                                 // a continuation of nothing
	"\x09\x80\x00\x00\x00\x00",                                 // a fragmented Ping
	"\x88\x81\x00\x00\x00\x00x",                                // a Close frame of one byte
	"\x88\x82\x00\x00\x00\x00\x00\x00",                         // code 0
	"\x81\x81\x00\x00\x00\x00\xff",                             // text that is not UTF-8
	"\x81\xff\xff\xff\xff\xff\xff\xff\xff\xff\x00\x00\x00\x00", // a length of 2^64-1
}

// violate sends what is not allowed, sometimes after valid messages.
func violate(p *rawPeer) error {
	s := stream{id: p.id << 4}
	for range p.rng.IntN(3) {
		if p.frame(0x82, s.message(ws.Binary, smallSize(p.rng), p.rng).Data) != nil {
			return nil
		}
		s.sent.Messages++
	}
	if _, err := io.WriteString(p, violations[p.rng.IntN(len(violations))]); err != nil {
		return nil
	}
	return p.await()
}

// silent reads, and answers nothing.
func silent(p *rawPeer) error { return p.await() }

// unread does not even read. The server has long ended the connection when it closes its
// end.
func unread(p *rawPeer) error {
	timer := time.NewTimer(40 * shortTime)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-p.stop.Done():
	}
	return nil
}

// incomplete sends a message bytewise and does not complete it.
func incomplete(p *rawPeer) error {
	if _, err := io.WriteString(p, "\x82\xfe\xff\xff\x00\x00\x00\x00"); err != nil {
		return nil
	}
	ticker := time.NewTicker(shortTime / 4)
	defer ticker.Stop()
	for until := time.Now().Add(patience); time.Now().Before(until); {
		select {
		case <-ticker.C:
			if _, err := p.Write(randomBytes[:1]); err != nil {
				return nil
			}
		case <-p.stop.Done():
			return nil
		}
	}
	return fmt.Errorf("the server accepts a message for %v", patience)
}

// loseInFrame closes the connection inside a frame.
func loseInFrame(p *rawPeer) error {
	_, _ = io.WriteString(p, "\x82\xfe\xff\xff\x00\x00\x00\x00 and so on")
	if p.rng.IntN(2) == 0 {
		newConn(p.Conn).reset()
	}
	return nil
}

// loseHandshake closes the connection inside the request, or after it.
func loseHandshake(c *clients, r request) {
	conn, err := c.networks[r.over].dial(c.stop)
	if err != nil {
		c.failUnlessStopped(r, err)
		return
	}
	p := &rawPeer{r, conn, r.random(0), c.stop}
	head := p.head()
	if p.rng.IntN(2) == 0 {
		head = head[:p.rng.IntN(len(head))]
	}
	_, _ = io.WriteString(p, head)
	if p.rng.IntN(2) == 0 {
		newConn(p.Conn).reset()
	}
	_ = p.Close()
	c.results.add(report{ID: r.id, Behaviour: r.behaviour.name, Side: "client", Over: r.over, Dropped: true})
}
