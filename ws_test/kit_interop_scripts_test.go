package ws_test

import (
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/handset-go/handset/internal/interoptest"
	"github.com/handset-go/handset/internal/tooltest"
)

// nodeServers and pythonServers start the server scripts, which serve a port for each of
// the options of compression.
func nodeServers(t *testing.T, over transport, options ...*interoptest.Parameters) []*interoptest.Server {
	t.Helper()
	return foreignServers(t, over, len(options), nodeCommand(t, "server.mjs", jsonOf(t, options)))
}

func pythonServers(t *testing.T, over transport, options ...*interoptest.Parameters) []*interoptest.Server {
	t.Helper()
	return foreignServers(t, over, len(options), pythonCommand(t, "server.py", jsonOf(t, options)))
}

// nodeCommand runs a script of testdata.
func nodeCommand(t *testing.T, script string, args ...string) *exec.Cmd {
	t.Helper()
	node := tooltest.Program(t, "node")
	tooltest.Installed(t, filepath.Join("testdata", "node", "node_modules", "ws"))
	return exec.Command(node, append([]string{filepath.Join("testdata", "node", script)}, args...)...)
}

func pythonCommand(t *testing.T, script string, args ...string) *exec.Cmd {
	t.Helper()
	return exec.Command(python(t), append([]string{filepath.Join("testdata", "python", script)}, args...)...)
}
