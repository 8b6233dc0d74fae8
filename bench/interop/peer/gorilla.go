package main

import (
	"crypto/tls"
	"errors"
	"net/http"
	"net/url"
	"time"

	"github.com/gorilla/websocket"

	"github.com/handset-go/handset/internal/interoptest"
)

// gorillaConn is a connection of gorilla/websocket.
type gorillaConn struct {
	*websocket.Conn
	pongs []string // only the reader appends
}

// gorillaUpgrader has a small buffer, since every full buffer is sent as a fragment.
var gorillaUpgrader = websocket.Upgrader{
	EnableCompression: true, WriteBufferSize: 1000, Subprotocols: []string{interoptest.Subprotocol},
}

func acceptGorilla(w http.ResponseWriter, r *http.Request) (interoptest.Conn, error) {
	conn, err := gorillaUpgrader.Upgrade(w, r, nil)
	if err != nil {
		return nil, err
	}
	return newGorillaConn(conn, r.URL), nil
}

func dialGorilla(u *url.URL, config *tls.Config, protocols []string) (d dialed, err error) {
	dialer := websocket.Dialer{TLSClientConfig: config, EnableCompression: true, WriteBufferSize: 1000, Subprotocols: protocols}
	conn, response, err := dialer.Dial(u.String(), nil)
	if err != nil {
		if response != nil {
			d.status = response.StatusCode
		}
		return d, err
	}
	return dialed{conn: newGorillaConn(conn, u), protocol: conn.Subprotocol()}, nil
}

func newGorillaConn(conn *websocket.Conn, u *url.URL) *gorillaConn {
	c := &gorillaConn{Conn: conn}
	conn.SetReadLimit(int64(interoptest.Limit(u)))
	conn.SetPongHandler(func(payload string) error {
		c.pongs = append(c.pongs, payload)
		return nil
	})
	return c
}

func (c *gorillaConn) Receive() (text bool, data []byte, err error) {
	kind, data, err := c.ReadMessage()
	var closed *websocket.CloseError
	if errors.As(err, &closed) && closed.Code != websocket.CloseAbnormalClosure {
		err = &interoptest.ClosedError{Code: closed.Code, Reason: closed.Text}
	}
	return kind == websocket.TextMessage, data, err
}

func (c *gorillaConn) Send(text bool, data []byte, fragments int) error {
	kind := websocket.BinaryMessage
	if text {
		kind = websocket.TextMessage
	}
	if fragments == 1 {
		return c.WriteMessage(kind, data)
	}
	w, err := c.NextWriter(kind)
	if err != nil {
		return err
	}
	_, err = w.Write(data)
	return errors.Join(err, w.Close())
}

func (c *gorillaConn) Ping(payload string) error {
	return c.WriteControl(websocket.PingMessage, []byte(payload), time.Now().Add(time.Minute))
}

func (c *gorillaConn) Pongs() []string { return c.pongs }

func (c *gorillaConn) Close(code int, reason string) error {
	err := c.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(code, reason), time.Now().Add(time.Minute))
	for err == nil {
		_, _, err = c.Receive()
	}
	return err
}

func (c *gorillaConn) End() { _ = c.Conn.Close() }
