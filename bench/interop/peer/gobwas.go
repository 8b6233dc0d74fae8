package main

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"

	"github.com/gobwas/ws"
	"github.com/gobwas/ws/wsutil"

	"github.com/handset-go/handset/internal/interoptest"
)

// gobwasConn is a connection whose frames are those of gobwas/ws.
type gobwasConn struct {
	net.Conn
	r     io.Reader // of Conn, what is buffered first
	side  ws.State  // of this end
	read  []wsutil.Message
	pongs []string
}

func acceptGobwas(w http.ResponseWriter, r *http.Request) (interoptest.Conn, error) {
	upgrader := ws.HTTPUpgrader{Protocol: func(p string) bool { return p == interoptest.Subprotocol }}
	conn, rw, _, err := upgrader.Upgrade(r, w)
	if err != nil {
		return nil, err
	}
	return &gobwasConn{Conn: conn, r: rw.Reader, side: ws.StateServerSide}, nil
}

func dialGobwas(u *url.URL, config *tls.Config, protocols []string) (d dialed, err error) {
	dialer := ws.Dialer{TLSConfig: config, Protocols: protocols}
	conn, buffered, handshake, err := dialer.Dial(context.Background(), u.String())
	var refused ws.StatusError
	if errors.As(err, &refused) {
		d.status = int(refused)
	}
	if err != nil {
		return d, err
	}
	c := &gobwasConn{Conn: conn, r: conn, side: ws.StateClientSide}
	if buffered != nil {
		c.r = buffered
	}
	return dialed{conn: c, protocol: handshake.Protocol}, nil
}

// write writes a frame, which a client masks.
func (c *gobwasConn) write(f ws.Frame) error {
	if c.side.ClientSide() {
		f = ws.MaskFrame(f)
	}
	return ws.WriteFrame(c.Conn, f)
}

func (c *gobwasConn) Receive() (text bool, data []byte, err error) {
	for {
		if len(c.read) == 0 {
			if c.read, err = wsutil.ReadMessage(c.r, c.side, nil); err != nil {
				return false, nil, err
			}
		}
		msg := c.read[0]
		c.read = c.read[1:]
		switch {
		case msg.OpCode == ws.OpPong:
			c.pongs = append(c.pongs, string(msg.Payload))
		case msg.OpCode.IsData():
			return msg.OpCode == ws.OpText, msg.Payload, nil
		default:
			err = wsutil.HandleControlMessage(c.Conn, c.side, msg)
		}
		var closed wsutil.ClosedError
		if errors.As(err, &closed) {
			err = &interoptest.ClosedError{Code: int(closed.Code), Reason: closed.Reason}
		}
		if err != nil {
			return false, nil, err
		}
	}
}

func (c *gobwasConn) Send(text bool, data []byte, fragments int) (err error) {
	op := ws.OpBinary
	if text {
		op = ws.OpText
	}
	for i, part := range interoptest.Fragments(data, fragments) {
		err = errors.Join(err, c.write(ws.NewFrame(op, i == fragments-1, part)))
		op = ws.OpContinuation
	}
	return err
}

func (c *gobwasConn) Ping(payload string) error {
	return c.write(ws.NewPingFrame([]byte(payload)))
}

func (c *gobwasConn) Pongs() []string { return c.pongs }

func (c *gobwasConn) Close(code int, reason string) error {
	body := ws.NewCloseFrameBody(ws.StatusCode(code), reason)
	err := c.write(ws.NewCloseFrame(body))
	for err == nil {
		_, _, err = c.Receive()
	}
	return err
}

func (c *gobwasConn) End() { _ = c.Conn.Close() }
