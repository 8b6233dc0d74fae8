package ws_test

import (
	"testing"

	"github.com/coder/websocket"

	"github.com/handset-go/handset/internal/interoptest"
	"github.com/handset-go/handset/internal/tooltest"
	"github.com/handset-go/handset/ws"
)

// balancedAnswers are those of a server with ws.Balanced to interoptest's offers.
var balancedAnswers = [3]string{
	"permessage-deflate; server_no_context_takeover; client_no_context_takeover; server_max_window_bits=12; client_max_window_bits=12",
	"permessage-deflate; server_max_window_bits=12; client_max_window_bits=12",
	"permessage-deflate; server_max_window_bits=12; client_max_window_bits=12",
}

// plainAndTLS are the transports that differ for a client.
var plainAndTLS = []transport{{name: "tcp"}, {name: "tls", tls: true}}

// The client of this library talks with its server as with those of others.
func TestInteropClientHandset(t *testing.T) {
	tooltest.Wanted(t)
	for _, over := range transports {
		t.Run(over.name, func(t *testing.T) {
			_, server := serveInterop(t, over, handsetAccepts(&ws.Upgrader{Compression: ws.Balanced()}))
			server.Answers = balancedAnswers
			interoptest.Run(t, server)
		})
	}
}

// Coder's server declines an offer that limits its window, and accepts the other.
func TestInteropClientCoder(t *testing.T) {
	tooltest.Wanted(t)
	const alone = "permessage-deflate; client_no_context_takeover; server_no_context_takeover"
	for _, over := range plainAndTLS {
		t.Run(over.name, func(t *testing.T) {
			for name, mode := range map[string]websocket.CompressionMode{
				"takeover": websocket.CompressionContextTakeover, "no takeover": websocket.CompressionNoContextTakeover,
			} {
				t.Run(name, func(t *testing.T) {
					_, server := serveInterop(t, over, coderAccepts(mode))
					server.Answers = [3]string{alone, "permessage-deflate; server_no_context_takeover", "permessage-deflate"}
					if mode == websocket.CompressionNoContextTakeover {
						server.Answers = [3]string{alone, alone, alone}
					}
					interoptest.Run(t, server)
				})
			}
		})
	}
}
