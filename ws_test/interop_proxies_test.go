//go:build unix

package ws_test

import (
	"bytes"
	"context"
	"errors"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/handset-go/handset/internal/tooltest"
	"github.com/handset-go/handset/ws"
)

// Tinyproxy is an HTTP proxy.
func TestInteropTinyproxy(t *testing.T) {
	tinyproxy := tooltest.Program(t, "tinyproxy", "/usr/bin/tinyproxy")
	proxy := startProxy(t, "http", func(port string) []string {
		conf := filepath.Join(t.TempDir(), "tinyproxy.conf")
		lines := "Port " + port + "\nListen 127.0.0.1\nTimeout 60\nMaxClients 50\nBasicAuth anna geheim\n"
		if err := os.WriteFile(conf, []byte(lines), 0o600); err != nil {
			t.Fatal(err)
		}
		return []string{tinyproxy, "-d", "-c", conf}
	})
	expectProxy(t, proxy, func(err error) bool {
		var refusal *ws.HandshakeError
		return errors.As(err, &refusal) && refusal.Status == http.StatusUnauthorized // not 407, as RFC 9110 says
	})
}

// MicroSocks is a SOCKS5 proxy.
func TestInteropMicroSocks(t *testing.T) {
	microsocks := tooltest.Program(t, "microsocks")
	proxy := startProxy(t, "socks5", func(port string) []string {
		return []string{microsocks, "-i", "127.0.0.1", "-p", port, "-u", "anna", "-P", "geheim"}
	})
	expectProxy(t, proxy, func(err error) bool {
		return strings.Contains(err.Error(), "authentication failed")
	})
}

// startProxy runs a proxy, and returns its URL when it listens. It ends with the test.
func startProxy(t *testing.T, scheme string, command func(port string) []string) *url.URL {
	t.Helper()
	l := listen(t)
	addr := l.Addr().String()
	l.Close()
	_, port, _ := net.SplitHostPort(addr)
	ctx, cancel := context.WithTimeout(context.Background(), tooltest.Patience)
	t.Cleanup(cancel)
	args := command(port)
	cmd := exec.CommandContext(ctx, args[0], args[1:]...)
	var output bytes.Buffer
	cmd.Stdout, cmd.Stderr = &output, &output
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		_ = cmd.Wait() // with the status of the signal
		if t.Failed() {
			t.Logf("%v printed:\n%s", cmd, &output)
		}
	})
	waitUntil(t, args[0]+" listens", func() bool {
		conn, err := net.Dial("tcp", addr)
		if err == nil {
			conn.Close()
		}
		return err == nil
	})
	return &url.URL{Scheme: scheme, Host: addr, User: url.UserPassword("anna", "geheim")}
}

// expectProxy checks sessions through a proxy, and the error for a wrong password.
func expectProxy(t *testing.T, proxy *url.URL, isRefusal func(error) bool) {
	wrong := *proxy
	wrong.User = url.UserPassword("anna", "secret")
	for _, over := range []transport{{name: "ws"}, {name: "wss", tls: true}} {
		srv := serve(t, over, echoHandler(&ws.Upgrader{Compression: ws.Balanced()}))
		target := "ws" + strings.TrimPrefix(srv.URL, "http")
		t.Run(over.name, func(t *testing.T) {
			tr := trustingTransport(t)
			tr.Proxy = http.ProxyURL(proxy)
			session, stream := dialSession(t, &ws.Dialer{HTTPClient: &http.Client{Transport: tr}, Compression: ws.Balanced()}, target)
			expectConversation(t, session, stream)
		})
		t.Run(over.name+", the wrong password", func(t *testing.T) {
			tr := trustingTransport(t)
			tr.Proxy = http.ProxyURL(&wrong)
			_, _, err := (&ws.Dialer{HTTPClient: &http.Client{Transport: tr}}).Dial(testContext(t), target)
			if err == nil || !isRefusal(err) || strings.Contains(err.Error(), "secret") {
				t.Errorf("Dial returned %v", err)
			}
		})
	}
	recordPassed(t, map[string]string{"http": "Tinyproxy", "socks5": "MicroSocks"}[proxy.Scheme], proxy.Scheme)
}
