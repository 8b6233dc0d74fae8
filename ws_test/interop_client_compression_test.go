package ws_test

import (
	"cmp"
	"testing"
)

// Node's ws declines an offer of a window that is smaller than its own option, and then
// accepts the one that does not limit the windows.
func TestInteropClientNodeCompression(t *testing.T) {
	clientMatrix(t, nodeServers, func(c clientCase) agreement {
		a := agreement{
			ServerAlone: c.client.ServerAlone || c.server.ServerAlone,
			ClientAlone: c.client.ClientAlone || c.server.ClientAlone,
			ServerBits:  cmp.Or(c.server.ServerBits, c.client.ServerBits),
			ClientBits:  cmp.Or(c.server.ClientBits, c.client.ClientBits),
		}
		if c.server.ServerBits > c.client.ServerBits || c.server.ClientBits > c.client.ClientBits {
			a.ServerAlone = a.ServerAlone || c.client.ServerBits < 15
			a.ServerBits, a.ClientBits = cmp.Or(c.server.ServerBits, 15), cmp.Or(c.server.ClientBits, 15)
		}
		return a
	})
}

// Python's websockets takes the smaller window of the two.
func TestInteropClientPythonCompression(t *testing.T) {
	clientMatrix(t, pythonServers, func(c clientCase) agreement {
		return agreement{
			ServerAlone: c.client.ServerAlone || c.server.ServerAlone,
			ClientAlone: c.client.ClientAlone || c.server.ClientAlone,
			ServerBits:  min(cmp.Or(c.server.ServerBits, 15), c.client.ServerBits),
			ClientBits:  min(cmp.Or(c.server.ClientBits, 15), c.client.ClientBits),
		}
	})
}
