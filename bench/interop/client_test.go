//go:build unix

package interop

import (
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/handset-go/handset/bench/internal/proc"
	"github.com/handset-go/handset/bench/internal/suite"
	"github.com/handset-go/handset/internal/interoptest"
)

// reportsLimit is more than the connections of a test.
const reportsLimit = 1000

// run runs the tests of the client with a server, over TCP and TLS.
func run(t *testing.T, server interoptest.Server, accept func(http.ResponseWriter, *http.Request) (interoptest.Conn, error)) {
	for name, start := range map[string]func(http.Handler) *httptest.Server{"tcp": httptest.NewServer, "tls": httptest.NewTLSServer} {
		t.Run(name, func(t *testing.T) {
			server, reports := server, make(chan interoptest.Report, reportsLimit)
			srv := start(interoptest.Handler(accept, reports))
			t.Cleanup(srv.Close)
			server.URL, server.Client, server.Reports = strings.Replace(srv.URL, "http", "ws", 1), srv.Client(), reports
			interoptest.Run(t, &server)
		})
	}
}

// Gorilla's server answers every offer in the same way.
func TestInteropClientGorilla(t *testing.T) {
	const answer = "permessage-deflate; server_no_context_takeover; client_no_context_takeover"
	run(t, interoptest.Server{Answers: [3]string{answer, answer, answer}}, acceptGorilla)
}

// Gws's server divides the header at semicolons alone, so that it mixes up two offers.
func TestInteropClientGws(t *testing.T) {
	for _, takeover := range []bool{true, false} {
		t.Run(map[bool]string{true: "takeover", false: "no takeover"}[takeover], func(t *testing.T) {
			const alone = "permessage-deflate; server_no_context_takeover; client_no_context_takeover"
			server := interoptest.Server{ClosesAtOnce: true, Answers: [3]string{alone, alone, alone}}
			if takeover {
				server.Answers = [3]string{alone, "permessage-deflate; server_no_context_takeover", "permessage-deflate"}
			}
			run(t, server, gwsAccepts(takeover))
		})
	}
}

func TestInteropClientGobwas(t *testing.T) {
	run(t, interoptest.Server{}, acceptGobwas)
}

// The server of actix-ws is that of the bench. It closes the TCP connection up to 1 s
// after the closing handshake, for which the client waits (RFC 6455 §7.1.1). Building it takes minutes, which this
// test leaves to `make interop-tools`.
func TestInteropClientActix(t *testing.T) {
	const program = "../rust/target/release/bench-actix"
	if _, err := os.Stat(program); err != nil {
		if _, noCargo := exec.LookPath("cargo"); os.Getenv("HANDSET_INTEROP") == "1" && noCargo == nil {
			t.Fatalf("this test needs what make interop-tools builds: %v", err)
		}
		t.Skipf("this test needs what make interop-tools builds if there is a cargo: %v", err)
	}
	servers, err := suite.ServersNamed([]string{"actix"})
	if err != nil {
		t.Fatal(err)
	}
	built, err := servers[0].Build.Build("..")
	if err != nil {
		t.Fatal(err)
	}
	server, err := proc.Start(proc.Command{Args: built.Args, Core: proc.AnyCore})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Stop)
	interoptest.Run(t, &interoptest.Server{URL: "ws://" + server.Addr.String(), EchoOnly: true})
}
