package ws_test

import (
	"bytes"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/handset-go/handset/internal/interoptest"
	"github.com/handset-go/handset/internal/tooltest"
)

// peerCommand are the commands that run a peer. Those of a server have the files of a
// certificate and its key as further arguments for TLS, and those of a client that of a
// certificate to trust.
type peerCommand struct {
	client, server func(*testing.T) *exec.Cmd
}

// peerCommands are those of all peers, by their names. The program goPeer is that of
// bench/interop/peer.
func peerCommands(goPeer string) map[string]peerCommand {
	library := func(name string) peerCommand {
		return peerCommand{
			client: func(*testing.T) *exec.Cmd { return exec.Command(goPeer, name, "client") },
			server: func(*testing.T) *exec.Cmd { return exec.Command(goPeer, name, "server") },
		}
	}
	return map[string]peerCommand{
		"coder/websocket":                      library("coder"),
		"coder/websocket, no context takeover": library("coder-no-takeover"),
		"gorilla/websocket":                    library("gorilla"),
		"lxzan/gws":                            library("gws"),
		"lxzan/gws, no context takeover":       library("gws-no-takeover"),
		"gobwas/ws":                            library("gobwas"),
		"ws of Node.js": {
			client: func(t *testing.T) *exec.Cmd { return nodeCommand(t, "client.mjs") },
			server: func(t *testing.T) *exec.Cmd { return nodeCommand(t, "server.mjs", "[{}]") },
		},
		"WebSocket of Node.js": {client: nodeOwnClient},
		"Chromium": {client: func(t *testing.T) *exec.Cmd {
			return tooltest.FindChromium(t).Command(filepath.Join("testdata", "chromium", "client.mjs"))
		}},
		"websockets of Python": {
			client: func(t *testing.T) *exec.Cmd { return pythonCommand(t, "client.py") },
			server: func(t *testing.T) *exec.Cmd {
				return pythonCommand(t, "server.py", jsonOf(t, []interoptest.Parameters{{}}))
			},
		},
		"aiohttp": {
			client: func(t *testing.T) *exec.Cmd { return pythonCommand(t, "aiohttp_peer.py", "client") },
			server: func(t *testing.T) *exec.Cmd { return pythonCommand(t, "aiohttp_peer.py", "server") },
		},
		"java.net.http": {client: javaClient},
		"tungstenite": {
			client: func(t *testing.T) *exec.Cmd { return tungstenite(t, "client") },
			server: func(t *testing.T) *exec.Cmd { return tungstenite(t, "server") },
		},
	}
}

// nodeOwnClient runs the client that uses no package, if Node has a WebSocket. It has one
// by default since its version 22, and by an option since 20.10.
func nodeOwnClient(t *testing.T) *exec.Cmd {
	t.Helper()
	cmd := nodeCommand(t, "own.mjs")
	const option = "--experimental-websocket"
	output, err := exec.Command(cmd.Path, "--print", "process.allowedNodeEnvironmentFlags.has('"+option+"')").Output()
	if err != nil {
		t.Fatal(err)
	}
	if bytes.HasPrefix(output, []byte("true")) {
		cmd.Args = append([]string{cmd.Args[0], option}, cmd.Args[1:]...)
	}
	return cmd
}

// javaClient runs a source file, for which it needs a JDK, of version 17 at least.
func javaClient(t *testing.T) *exec.Cmd {
	t.Helper()
	output, err := exec.Command(tooltest.Program(t, "javac"), "-version").CombinedOutput()
	if err != nil {
		t.Fatal(err)
	}
	version, _, _ := strings.Cut(strings.TrimPrefix(string(output), "javac "), ".")
	if n, _ := strconv.Atoi(strings.TrimSpace(version)); n < 17 {
		t.Skipf("this test needs a JDK of version 17, and this is %s", output)
	}
	return exec.Command(tooltest.Program(t, "java"), filepath.Join("testdata", "java", "Client.java"))
}

func tungstenite(t *testing.T, role string) *exec.Cmd {
	t.Helper()
	return exec.Command(tooltest.Rust(t, "../bench", "interop-tungstenite"), role)
}
