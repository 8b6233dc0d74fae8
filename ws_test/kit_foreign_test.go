package ws_test

import (
	"encoding/pem"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/handset-go/handset/internal/tooltest"
	"github.com/handset-go/handset/ws"
)

// foreignReport is what the scripts of testdata/node and testdata/python print:
// the messages that came back the same, and the results of the
// pings and of the closing handshake.
type foreignReport struct {
	Messages, Fragmented, Bytes int
	Pongs                       int // that answered the client's pings
	Code                        int // of the server's Close frame
	Reason                      string
}

// foreignEcho runs a script against an echo server, over TCP and TLS and with
// both views of the stream, and compares what the two ends have seen.
func foreignEcho(t *testing.T, program, script string) {
	t.Helper()
	for _, over := range transports {
		for _, see := range tallyViews {
			foreignEchoWith(t, program, script, over, see, &ws.Upgrader{}, over.name+", "+see.name)
		}
	}
	for _, see := range tallyViews { // the clients offer compression by default
		for _, test := range compressions {
			u := &ws.Upgrader{Compression: test.c}
			foreignEchoWith(t, program, script, transports[0], see, u, test.name+", "+see.name)
		}
	}
}

// foreignEchoWith is foreignEcho for one view and one Upgrader.
func foreignEchoWith(t *testing.T, program, script string, over transport, see tallyView, u *ws.Upgrader, name string) {
	t.Run(name, func(t *testing.T) {
		srv, tallies := talliedEchoWith(t, over, see, u)
		var visit foreignReport
		tooltest.Report(t, &visit, program, append([]string{script}, foreignArgs(t, srv)...)...)
		if want := (foreignReport{
			Messages: mixedMessages, Fragmented: 334, Bytes: visit.Bytes, Pongs: 100,
			Code: 4321, Reason: "that is all",
		}); visit != want {
			t.Errorf("the client saw %+v, want %+v", visit, want)
		}
		see.expectTally(t, await(t, tallies, "the session's end"), tally{
			messages: mixedMessages, bytes: visit.Bytes, pings: 100, pongs: mixedMessages / pingEvery,
			closed: ws.CloseReason{Code: 4321, Description: "that is all"},
		})
	})
}

// foreignArgs are the URL and, for TLS, a file with the server's certificate.
func foreignArgs(t *testing.T, srv *httptest.Server) []string {
	t.Helper()
	args := []string{strings.Replace(srv.URL, "http", "ws", 1)}
	if srv.TLS == nil {
		return args
	}
	file := filepath.Join(t.TempDir(), "ca.pem")
	certificate := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: srv.Certificate().Raw})
	if err := os.WriteFile(file, certificate, 0o600); err != nil {
		t.Fatal(err)
	}
	return append(args, file)
}
