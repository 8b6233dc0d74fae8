package ws_test

import (
	"testing"

	"github.com/handset-go/handset/internal/tooltest"
	"github.com/handset-go/handset/ws"
)

// The client of this library talks with its server as with those of others.
func TestInteropClientHandset(t *testing.T) {
	tooltest.Wanted(t)
	for _, over := range transports {
		t.Run(over.name, func(t *testing.T) {
			_, server := serveInterop(t, over, handsetAccepts(&ws.Upgrader{Compression: ws.Balanced()}))
			server.Run(t)
		})
	}
}
