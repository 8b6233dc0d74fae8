//go:build unix

package ws_test

import (
	"crypto/tls"
	"fmt"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/handset-go/handset/internal/interoptest"
	"github.com/handset-go/handset/internal/tooltest"
)

// All peers of the table, in both roles and on all ways.
func TestInteropMatrix(t *testing.T) {
	tooltest.Wanted(t)
	all := peerCommands(tooltest.BuildGo(t, "../bench", "./interop/peer"))
	if os.Getenv("HANDSET_INTEROP_RESULTS") != "" {
		recordVersions(t)
	}
	for _, peer := range interoptest.Peers {
		if peer.Elsewhere {
			continue
		}
		t.Run(peer.Name, func(t *testing.T) {
			t.Parallel()
			commands := all[peer.Name]
			if peer.Client != nil {
				t.Run("client", func(t *testing.T) { testPeerClient(t, peer, commands.client(t)) })
			}
			if peer.Server != nil {
				t.Run("server", func(t *testing.T) { testPeerServer(t, peer, commands.server) })
			}
		})
	}
}

// testPeerServer connects to a peer's server on all ways.
func testPeerServer(t *testing.T, peer interoptest.Peer, command func(*testing.T) *exec.Cmd) {
	plain := foreignServers(t, transport{}, 1, command(t))[0]
	for _, way := range interoptest.Ways {
		if !peer.Server.Has(way) {
			continue
		}
		t.Run(way, func(t *testing.T) {
			server := *plain
			switch way {
			case interoptest.Direct:
			case interoptest.TLS:
				server = *foreignServers(t, transport{tls: true}, 1, command(t))[0]
			default:
				certificate, key, client := certificateFiles(t)
				server.Client = client
				server.URL = "wss://" + startTLSProxy(t, way, strings.TrimPrefix(plain.URL, "ws://"), certificate, key)
			}
			server.Role, server.Peer, server.Way = peer.Server, peer.Name, way
			server.Run(t)
		})
	}
}

// testPeerClient has a peer's client connect on all ways.
func testPeerClient(t *testing.T, peer interoptest.Peer, cmd *exec.Cmd) {
	certificate, key, _ := certificateFiles(t)
	pair, err := tls.LoadX509KeyPair(certificate, key)
	if err != nil {
		t.Fatal(err)
	}
	cmd.Args = append(cmd.Args, certificate)
	cmd.Env = append(cmd.Environ(), "NODE_EXTRA_CA_CERTS="+certificate)
	stdin, lines := startForeign(t, cmd)
	reports := make(chan interoptest.Report, reportsLimit)
	go readReports(lines, reports)
	for _, way := range interoptest.Ways {
		if !peer.Client.Has(way) {
			continue
		}
		t.Run(way, func(t *testing.T) {
			client := &interoptest.Client{Role: peer.Client, Peer: peer.Name, Way: way, Reports: reports}
			srv := httptest.NewUnstartedServer(client)
			srv.TLS = &tls.Config{Certificates: []tls.Certificate{pair}}
			start(t, transport{tls: way == interoptest.TLS}, srv)
			client.URL = strings.Replace(srv.URL, "http", "ws", 1)
			if way == interoptest.Nginx || way == interoptest.HAProxy {
				client.URL = "wss://" + startTLSProxy(t, way, srv.Listener.Addr().String(), certificate, key)
			}
			client.Connect = func(url string) {
				if _, err := fmt.Fprintln(stdin, url); err != nil {
					t.Error(err)
				}
			}
			client.Run(t)
		})
	}
}

// startTLSProxy runs a proxy with TLS in front of a server.
func startTLSProxy(t *testing.T, way, upstream, certificate, key string) (addr string) {
	t.Helper()
	if way == interoptest.Nginx {
		nginx := tooltest.Program(t, "nginx", "/usr/sbin/nginx")
		return startNginxTCP(t, nginx, upstream, "ssl; ssl_certificate "+certificate+"; ssl_certificate_key "+key)
	}
	haproxy := tooltest.Program(t, "haproxy", "/usr/sbin/haproxy")
	return startHAProxy(t, haproxy, upstream, "ssl crt "+joined(t, certificate, key))
}
