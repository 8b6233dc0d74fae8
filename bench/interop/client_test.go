//go:build unix

package interop

import (
	"os"
	"testing"

	"github.com/handset-go/handset/bench/internal/proc"
	"github.com/handset-go/handset/bench/internal/suite"
	"github.com/handset-go/handset/internal/interoptest"
	"github.com/handset-go/handset/internal/tooltest"
)

// The server of actix-ws is that of the bench, and must have been built for it, which takes
// some minutes. It closes the TCP connection up to 1 s after the closing handshake, for which
// the client waits (RFC 6455 §7.1.1).
func TestInteropClientActix(t *testing.T) {
	tooltest.Wanted(t)
	if _, err := os.Stat("../rust/target/release/bench-actix"); err != nil {
		t.Skipf("this test needs the server that cargo build --release makes in bench/rust: %v", err)
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
	actix := interoptest.PeerNamed("actix-ws")
	(&interoptest.Server{Role: actix.Server, Peer: actix.Name, Way: interoptest.Direct, URL: "ws://" + server.Addr.String()}).Run(t)
}
