//go:build unix

package ws_test

import (
	"bytes"
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/handset-go/handset/internal/interoptest"
	"github.com/handset-go/handset/internal/tooltest"
	"github.com/handset-go/handset/ws"
)

// proxiedHost is the host that the proxies serve, which httptest's certificate has.
const proxiedHost = "example.com"

// behindProxy runs the interop tests of the client with a server behind a proxy, which
// start runs, with TLS to the client and without. The files are empty without TLS.
func behindProxy(t *testing.T, start func(t *testing.T, srv *httptest.Server, certificate, key string) (network, addr string)) {
	for _, scheme := range []string{"ws", "wss"} {
		t.Run(scheme, func(t *testing.T) {
			srv, server := serveInterop(t, transports[0], handsetAccepts(&ws.Upgrader{Compression: ws.Balanced()}))
			var certificate, key string
			if scheme == "wss" {
				certificate, key, server.Client = certificateFiles(t)
			}
			network, addr := start(t, srv, certificate, key)
			var transport *http.Transport
			if base, ok := server.Client.Transport.(*http.Transport); ok {
				transport = base.Clone()
			} else {
				transport = new(http.Transport)
			}
			transport.DialContext = func(ctx context.Context, _, _ string) (net.Conn, error) {
				return new(net.Dialer).DialContext(ctx, network, addr)
			}
			server.Way = interoptest.Nginx // or HAProxy
			server.URL, server.Client = scheme+"://"+proxiedHost, &http.Client{Transport: transport}
			server.Run(t)
		})
	}
}

func TestInteropClientNginx(t *testing.T) {
	nginx := tooltest.Program(t, "nginx", "/usr/sbin/nginx")
	behindProxy(t, func(t *testing.T, srv *httptest.Server, certificate, key string) (network, addr string) {
		listening := ""
		if certificate != "" {
			listening = "ssl; ssl_certificate " + certificate + "; ssl_certificate_key " + key
		}
		return "unix", startNginxWith(t, nginx, srv.Listener.Addr().String(), listening)
	})
}

func TestInteropClientHAProxy(t *testing.T) {
	haproxy := tooltest.Program(t, "haproxy", "/usr/sbin/haproxy")
	behindProxy(t, func(t *testing.T, srv *httptest.Server, certificate, key string) (network, addr string) {
		listening := ""
		if certificate != "" {
			listening = "ssl crt " + joined(t, certificate, key)
		}
		return "tcp", startHAProxy(t, haproxy, srv.Listener.Addr().String(), listening)
	})
}

// joined writes a file that has the contents of others.
func joined(t *testing.T, files ...string) string {
	t.Helper()
	var all []byte
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, b...)
	}
	file := filepath.Join(t.TempDir(), "joined.pem")
	if err := os.WriteFile(file, all, 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// startHAProxy runs HAProxy, with the configuration of the guide and edits of it, in
// front of srv until the test ends. It inherits the listener, so that connections to
// it wait until it accepts them.
func startHAProxy(t *testing.T, haproxy, upstream, listening string, edits ...string) (addr string) {
	t.Helper()
	conf := filepath.Join(t.TempDir(), "haproxy.cfg")
	text := configuration(t, "docs/proxies/haproxy.cfg", append(edits,
		"bind :80", "bind fd@3 "+listening, "127.0.0.1:8080", upstream)...)
	if err := os.WriteFile(conf, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	l := listen(t)
	defer l.Close()
	file, err := l.(*net.TCPListener).File()
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	cmd := exec.Command(haproxy, "-db", "-f", conf)
	cmd.ExtraFiles = []*os.File{file}
	cmd.WaitDelay = 5 * time.Second
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		late := time.AfterFunc(tooltest.Patience, func() { _ = cmd.Process.Kill() })
		defer late.Stop()
		_ = cmd.Process.Signal(syscall.SIGTERM)
		_ = cmd.Wait() // it ends with the signal
		if t.Failed() {
			t.Logf("haproxy: %s", &stderr)
		}
	})
	return l.Addr().String()
}
