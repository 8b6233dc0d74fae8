package main

import (
	"context"
	"crypto/tls"
	"errors"
	"net/http"
	"net/url"

	"github.com/coder/websocket"

	"github.com/handset-go/handset/internal/interoptest"
)

// coderConn is a connection of coder/websocket as an end of the interop tests.
type coderConn struct {
	*websocket.Conn
	pongs []string // only the reader appends
}

// coderMode is the mode of compression.
func coderMode(takeover bool) websocket.CompressionMode {
	if takeover {
		return websocket.CompressionContextTakeover
	}
	return websocket.CompressionNoContextTakeover
}

func coderAccepts(takeover bool) func(http.ResponseWriter, *http.Request) (interoptest.Conn, error) {
	return func(w http.ResponseWriter, r *http.Request) (interoptest.Conn, error) {
		c := new(coderConn)
		conn, err := websocket.Accept(w, r, &websocket.AcceptOptions{
			Subprotocols: []string{interoptest.Subprotocol}, CompressionMode: coderMode(takeover), CompressionThreshold: 1,
			OnPongReceived: c.onPong,
		})
		if err != nil {
			return nil, err
		}
		conn.SetReadLimit(int64(interoptest.Limit(r.URL)))
		c.Conn = conn
		return c, nil
	}
}

func dialCoder(u *url.URL, config *tls.Config, protocols []string) (d dialed, err error) {
	c := new(coderConn)
	conn, response, err := websocket.Dial(context.Background(), u.String(), &websocket.DialOptions{
		HTTPClient:   &http.Client{Transport: &http.Transport{TLSClientConfig: config}},
		Subprotocols: protocols, CompressionMode: coderMode(true), CompressionThreshold: 1, OnPongReceived: c.onPong,
	})
	if err != nil {
		if response != nil {
			d.status = response.StatusCode
		}
		return d, err
	}
	conn.SetReadLimit(int64(interoptest.Limit(u)))
	c.Conn = conn
	return dialed{conn: c, protocol: conn.Subprotocol()}, nil
}

func (c *coderConn) onPong(_ context.Context, payload []byte) {
	c.pongs = append(c.pongs, string(payload))
}

func (c *coderConn) Receive() (text bool, data []byte, err error) {
	kind, data, err := c.Read(context.Background())
	var closed websocket.CloseError
	if errors.As(err, &closed) {
		err = &interoptest.ClosedError{Code: int(closed.Code), Reason: closed.Reason}
	}
	return kind == websocket.MessageText, data, err
}

func (c *coderConn) Send(text bool, data []byte, fragments int) error {
	kind := websocket.MessageBinary
	if text {
		kind = websocket.MessageText
	}
	if fragments == 1 {
		return c.Write(context.Background(), kind, data)
	}
	w, err := c.Writer(context.Background(), kind)
	for _, part := range interoptest.Fragments(data, fragments) {
		if err == nil {
			_, err = w.Write(part)
		}
	}
	return errors.Join(err, w.Close())
}

// Ping does not wait for the Pong, which Read receives. Its payload is coder's.
func (c *coderConn) Ping(string) error {
	go func() { _ = c.Conn.Ping(context.Background()) }()
	return nil
}

func (c *coderConn) Pongs() []string { return c.pongs }

// Close returns the code alone, which coder compares with that of the client.
func (c *coderConn) Close(code int, reason string) error {
	if err := c.Conn.Close(websocket.StatusCode(code), reason); err != nil {
		return err
	}
	return &interoptest.ClosedError{Code: code}
}

func (c *coderConn) End() { _ = c.CloseNow() }
