package ws_test

import (
	"bytes"
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/handset-go/handset/internal/interoptest"
	"github.com/handset-go/handset/internal/tooltest"
	"github.com/handset-go/handset/ws"
)

// Curl gets the response and the frames, as users see them who look for what is wrong
// with a server. It does not answer the Close frame.
func TestInteropCurl(t *testing.T) {
	curl := tooltest.Program(t, "curl")
	for _, over := range []transport{{name: "tcp"}, {name: "tls", tls: true}} {
		t.Run(over.name, func(t *testing.T) {
			u := &ws.Upgrader{Options: ws.Options{CloseTimeout: 100 * time.Millisecond}}
			srv := serve(t, over, u.Handler(greetAndClose))
			output, err := exec.Command(curl, "--silent", "--show-error", "--include", "--no-buffer", "--http1.1", "--insecure",
				"--max-time", "60", "--header", "Connection: Upgrade", "--header", "Upgrade: websocket",
				"--header", "Sec-WebSocket-Version: 13", "--header", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", srv.URL).Output()
			if !bytes.HasPrefix(output, []byte("HTTP/1.1 101 ")) ||
				!bytes.Contains(output, []byte("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")) ||
				!bytes.HasSuffix(output, []byte("\r\n\r\n\x81\x05hello\x88\x02\x03\xe8")) {
				t.Errorf("curl printed %q, %v", output, err)
			}
			recordPassed(t, "curl", "handshake, "+over.name)
		})
	}
	t.Run("ws", func(t *testing.T) {
		if !hasWebSocket(t, curl) {
			t.Skip("this curl has no ws in its protocols")
		}
		srv := serve(t, transports[0], (&ws.Upgrader{}).Handler(greetAndClose))
		output, err := exec.Command(curl, "--silent", "--show-error", "--no-buffer", "--max-time", "60",
			strings.Replace(srv.URL, "http", "ws", 1)).Output()
		if !bytes.HasPrefix(output, []byte("hello")) {
			t.Errorf("curl printed %q, %v", output, err)
		}
	})
}

func greetAndClose(session *ws.Session, _ *ws.MessageStream) {
	_ = session.Text(session.Context(), "hello")
	_ = session.Close(ws.CloseReason{Code: ws.CloseNormal})
}

// hasWebSocket reports whether a curl has been built with WebSocket.
func hasWebSocket(t *testing.T, curl string) bool {
	t.Helper()
	output, err := exec.Command(curl, "--version").Output()
	if err != nil {
		t.Fatal(err)
	}
	return regexp.MustCompile(`(?m)^Protocols:.* ws( |$)`).Match(output)
}

func recordPassed(t *testing.T, peer, step string) {
	t.Helper()
	if !t.Failed() {
		interoptest.Record(t, interoptest.Result{Peer: peer, Step: step})
	}
}
