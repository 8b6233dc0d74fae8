package ws_test

import (
	"path/filepath"
	"testing"

	"github.com/handset-go/handset/internal/interoptest"
	"github.com/handset-go/handset/internal/tooltest"
)

// nodeServers and pythonServers start the server scripts.
func nodeServers(t *testing.T, over transport, options ...*interoptest.Parameters) []*interoptest.Server {
	t.Helper()
	node := tooltest.Program(t, "node")
	tooltest.Installed(t, filepath.Join("testdata", "node", "node_modules", "ws"))
	return foreignServers(t, over, node, filepath.Join("testdata", "node", "server.mjs"), options)
}

func pythonServers(t *testing.T, over transport, options ...*interoptest.Parameters) []*interoptest.Server {
	t.Helper()
	return foreignServers(t, over, python(t), filepath.Join("testdata", "python", "server.py"), options)
}

func TestInteropClientNode(t *testing.T) {
	for _, over := range plainAndTLS {
		t.Run(over.name, func(t *testing.T) {
			server := nodeServers(t, over, new(interoptest.Parameters))[0]
			server.Answers = [3]string{
				"permessage-deflate; server_no_context_takeover; client_no_context_takeover",
				"permessage-deflate; server_max_window_bits=12; client_max_window_bits=12",
				"permessage-deflate",
			}
			interoptest.Run(t, server)
		})
	}
}

func TestInteropClientPython(t *testing.T) {
	for _, over := range plainAndTLS {
		t.Run(over.name, func(t *testing.T) {
			server := pythonServers(t, over, new(interoptest.Parameters))[0]
			server.Answers = [3]string{
				"permessage-deflate; server_no_context_takeover; client_no_context_takeover",
				"permessage-deflate; server_max_window_bits=12; client_max_window_bits=12",
				"permessage-deflate",
			}
			interoptest.Run(t, server)
		})
	}
}
