package ws_test

import (
	"context"
	"errors"
	"net/http"

	"github.com/coder/websocket"

	"github.com/handset-go/handset/internal/interoptest"
)

// coderConn is a connection of coder/websocket as a server of the interop tests.
type coderConn struct {
	*websocket.Conn
	pongs []string // only the reader appends
}

func coderAccepts(mode websocket.CompressionMode) func(http.ResponseWriter, *http.Request) (interoptest.Conn, error) {
	return func(w http.ResponseWriter, r *http.Request) (interoptest.Conn, error) {
		c := new(coderConn)
		conn, err := websocket.Accept(w, r, &websocket.AcceptOptions{
			Subprotocols: []string{interoptest.Subprotocol}, CompressionMode: mode, CompressionThreshold: 1,
			OnPongReceived: func(_ context.Context, payload []byte) { c.pongs = append(c.pongs, string(payload)) },
		})
		if err != nil {
			return nil, err
		}
		conn.SetReadLimit(-1)
		c.Conn = conn
		return c, nil
	}
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
