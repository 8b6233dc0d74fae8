package main

import (
	"bytes"
	"crypto/tls"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/lxzan/gws"

	"github.com/handset-go/handset/internal/interoptest"
)

// gwsConn is a connection of lxzan/gws, whose events are received by Receive.
type gwsConn struct {
	gws.BuiltinEventHandler
	*gws.Conn
	received chan gwsMessage
	ended    chan struct{}
	closed   error
	read     []string // payloads of Pongs, of the reader
	pongs    []string // those before the last message
}

type gwsMessage struct {
	text  bool
	data  []byte
	pongs []string
}

func gwsAccepts(takeover bool) func(http.ResponseWriter, *http.Request) (interoptest.Conn, error) {
	return func(w http.ResponseWriter, r *http.Request) (_ interoptest.Conn, err error) {
		c := newGwsConn()
		option := &gws.ServerOption{
			CheckUtf8Enabled:   r.URL.Path != "/invalid", // it checks what it sends, too
			ReadMaxPayloadSize: interoptest.Limit(r.URL),
			PermessageDeflate:  gwsDeflate(takeover),
		}
		if r.Header.Get("Sec-WebSocket-Protocol") != "" { // or gws refuses the handshake
			option.SubProtocols = []string{interoptest.Subprotocol}
		}
		if c.Conn, err = gws.NewUpgrader(c, option).Upgrade(w, r); err != nil {
			return nil, err
		}
		go c.ReadLoop()
		return c, nil
	}
}

func dialGws(u *url.URL, config *tls.Config, protocols []string) (d dialed, err error) {
	c, header := newGwsConn(), http.Header{}
	if protocols != nil {
		header.Set("Sec-WebSocket-Protocol", strings.Join(protocols, ", "))
	}
	conn, response, err := gws.NewClient(c, &gws.ClientOption{
		Addr: u.String(), RequestHeader: header, TlsConfig: config, PermessageDeflate: gwsDeflate(true),
		CheckUtf8Enabled: u.Path != "/invalid", ReadMaxPayloadSize: interoptest.Limit(u),
	})
	if err != nil {
		if response != nil {
			d.status = response.StatusCode
		}
		return d, err
	}
	c.Conn = conn
	go c.ReadLoop()
	return dialed{conn: c, protocol: conn.SubProtocol()}, nil
}

func newGwsConn() *gwsConn {
	return &gwsConn{received: make(chan gwsMessage), ended: make(chan struct{})}
}

func gwsDeflate(takeover bool) gws.PermessageDeflate {
	return gws.PermessageDeflate{
		Enabled: true, Threshold: 1, ServerContextTakeover: takeover, ClientContextTakeover: takeover,
		ServerMaxWindowBits: 15, ClientMaxWindowBits: 15,
	}
}

func (c *gwsConn) OnMessage(_ *gws.Conn, message *gws.Message) {
	c.received <- gwsMessage{message.Opcode == gws.OpcodeText, bytes.Clone(message.Bytes()), slices.Clone(c.read)}
	message.Close()
}

// OnPing answers with the payload, other than that of gws.BuiltinEventHandler.
func (c *gwsConn) OnPing(socket *gws.Conn, payload []byte) { _ = socket.WritePong(payload) }

func (c *gwsConn) OnPong(_ *gws.Conn, payload []byte) { c.read = append(c.read, string(payload)) }

func (c *gwsConn) OnClose(_ *gws.Conn, err error) {
	c.closed = err
	close(c.ended)
}

func (c *gwsConn) Receive() (text bool, data []byte, err error) {
	select {
	case m := <-c.received:
		c.pongs = m.pongs
		return m.text, m.data, nil
	case <-c.ended:
	}
	var closed *gws.CloseError
	if !errors.As(c.closed, &closed) {
		return false, nil, c.closed
	}
	if closed.Code == 0 {
		closed.Code = 1005
	}
	return false, nil, &interoptest.ClosedError{Code: int(closed.Code), Reason: string(closed.Reason)}
}

// Send sends long messages alone in fragments, which gws does by WriteFile only.
func (c *gwsConn) Send(text bool, data []byte, fragments int) error {
	kind := gws.OpcodeBinary
	if text {
		kind = gws.OpcodeText
	}
	if fragments == 1 {
		return c.WriteMessage(kind, data)
	}
	return c.WriteFile(kind, bytes.NewReader(data))
}

func (c *gwsConn) Ping(payload string) error { return c.WritePing([]byte(payload)) }

func (c *gwsConn) Pongs() []string { return c.pongs }

// Close does not wait for the client's Close frame, since gws closes the TCP connection
// with its own.
func (c *gwsConn) Close(code int, reason string) error {
	if err := c.WriteClose(uint16(code), []byte(reason)); err != nil {
		return err
	}
	return &interoptest.ClosedError{Code: code}
}

func (c *gwsConn) End() { _ = c.NetConn().Close() }
