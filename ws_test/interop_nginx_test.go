//go:build unix

package ws_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/handset-go/handset/internal/tooltest"
	"github.com/handset-go/handset/ws"
)

// A session behind nginx is the same as one without.
func TestInteropNginxMixedMessages(t *testing.T) {
	nginx := tooltest.Program(t, "nginx", "/usr/sbin/nginx")
	for _, see := range tallyViews {
		t.Run(see.name, func(t *testing.T) {
			srv, tallies := talliedEcho(t, transports[0], see)
			client := dialNginx(t, startNginx(t, nginx, srv))
			total := talkMixed(t, client)
			total += expectMebibyte(t, client)
			if err := client.Close(4321, "that is all"); err != nil {
				t.Errorf("close: %v", err)
			}
			see.expectTally(t, await(t, tallies, "the session's end"), tally{
				messages: mixedMessages + 1, bytes: total, pings: mixedMessages / pingEvery, pongs: mixedMessages / pingEvery,
				closed: ws.CloseReason{Code: 4321, Description: "that is all"},
			})
		})
	}
}

func TestInteropNginxServerCloses(t *testing.T) {
	nginx := tooltest.Program(t, "nginx", "/usr/sbin/nginx")
	ended := make(chan error, 1)
	srv := serve(t, transports[0], http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		session, _, err := ws.Handle(w, r)
		if err != nil {
			t.Error(err)
			return
		}
		_ = session.Close(ws.CloseReason{Code: ws.CloseTryAgainLater, Description: "later"})
		<-session.Done()
		ended <- session.Err()
	}))
	client := dialNginx(t, startNginx(t, nginx, srv))
	_, _, err := client.Read(testContext(t))
	var closed websocket.CloseError
	if !errors.As(err, &closed) || closed.Code != websocket.StatusTryAgainLater || closed.Reason != "later" {
		t.Errorf("the client read %v, want code 1013 and its reason", err)
	}
	if err := await(t, ended, "the session's end"); !errors.Is(err, ws.ErrClosed) {
		t.Errorf("the session ended with %v", err)
	}
}

// The loss of a client is noticed through nginx.
func TestInteropNginxClientGone(t *testing.T) {
	nginx := tooltest.Program(t, "nginx", "/usr/sbin/nginx")
	srv, tallies := talliedEcho(t, transports[0], tallyViews[0])
	client := dialNginx(t, startNginx(t, nginx, srv))
	_ = client.CloseNow()
	if seen := await(t, tallies, "the session's end"); seen.err == nil {
		t.Errorf("the server saw %+v, want an error", seen)
	}
}

// expectMebibyte has 1 MiB echoed.
func expectMebibyte(t *testing.T, client *websocket.Conn) int {
	t.Helper()
	data := bytes.Repeat([]byte("handset!"), 1<<17)
	if err := client.Write(testContext(t), websocket.MessageBinary, data); err != nil {
		t.Fatal(err)
	}
	if _, got, err := client.Read(testContext(t)); err != nil || !bytes.Equal(got, data) {
		t.Errorf("1 MiB came back as %d bytes, error %v", len(got), err)
	}
	return len(data)
}

// nginxConf is the main part of a configuration. The rest is that of the guide.
const nginxConf = `
daemon off;
master_process MASTER;
pid nginx.pid;
error_log stderr notice;
events {}
http {
	access_log off;
	client_body_temp_path body;
	proxy_temp_path proxy;
	fastcgi_temp_path fastcgi;
	uwsgi_temp_path uwsgi;
	scgi_temp_path scgi;
	GUIDE
}
`

// startNginx runs nginx, with the configuration of the guide, in front of srv and
// returns the socket it listens on.
func startNginx(t *testing.T, nginx string, srv *httptest.Server) (socket string) {
	t.Helper()
	return startNginxWith(t, nginx, srv.Listener.Addr().String(), "")
}

// startNginxWith is startNginx with options of the listener and with edits of the
// configuration, which are pairs of strings as of strings.NewReplacer.
func startNginxWith(t *testing.T, nginx, upstream, listening string, edits ...string) (socket string) {
	t.Helper()
	dir := nginxDir(t)
	socket = filepath.Join(dir, "listen.sock")
	configureNginx(t, dir, "off", upstream, "unix:"+socket+" "+listening, edits...)
	runNginx(t, exec.Command(nginx, "-e", "stderr", "-p", dir, "-c", "nginx.conf"))
	return socket
}

// startNginxTCP is startNginxWith for a TCP port. Nginx inherits the listener,
// which it does with a master process alone.
func startNginxTCP(t *testing.T, nginx, upstream, listening string) (addr string) {
	t.Helper()
	dir, l := nginxDir(t), listen(t)
	defer l.Close()
	file, err := l.(*net.TCPListener).File()
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if err := syscall.SetNonblock(int(file.Fd()), true); err != nil {
		t.Fatal(err)
	}
	addr = l.Addr().String()
	configureNginx(t, dir, "on", upstream, addr+" "+listening)
	cmd := exec.Command(nginx, "-e", "stderr", "-p", dir, "-c", "nginx.conf")
	cmd.ExtraFiles, cmd.Env = []*os.File{file}, append(os.Environ(), "NGINX=3;")
	runNginx(t, cmd)
	return addr
}

// nginxDir is not TempDir, whose path may be too long for a socket's.
func nginxDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "nginx")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}

func configureNginx(t *testing.T, dir, master, upstream, listening string, edits ...string) {
	t.Helper()
	guide := configuration(t, "docs/proxies/nginx.conf", append(edits,
		"listen 80;", "listen "+listening+";", "127.0.0.1:8080", upstream)...)
	conf := strings.NewReplacer("MASTER", master, "GUIDE", guide).Replace(nginxConf)
	if err := os.WriteFile(filepath.Join(dir, "nginx.conf"), []byte(conf), 0o600); err != nil {
		t.Fatal(err)
	}
}

// configuration returns a file of the repository in which strings are replaced, each of
// which must be there.
func configuration(t *testing.T, name string, edits ...string) string {
	t.Helper()
	text := read(t, name)
	for i := 0; i < len(edits); i += 2 {
		if !strings.Contains(text, edits[i]) {
			t.Fatalf("%s has no %q", name, edits[i])
		}
		text = strings.ReplaceAll(text, edits[i], edits[i+1])
	}
	return text
}

// runNginx returns when nginx listens; it ends with the test.
func runNginx(t *testing.T, cmd *exec.Cmd) {
	t.Helper()
	stderr, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	late := time.AfterFunc(tooltest.Patience, func() { _ = cmd.Process.Kill() })
	listening, ended := make(chan bool, 1), make(chan string, 1)
	go func() { ended <- nginxLog(bufio.NewScanner(stderr), listening) }()
	t.Cleanup(func() {
		late.Reset(tooltest.Patience)
		_ = cmd.Process.Signal(syscall.SIGTERM)
		log := <-ended
		late.Stop()
		if err := cmd.Wait(); err != nil {
			t.Errorf("nginx ended with %v:\n%s", err, log)
		}
	})
	select {
	case <-listening:
		late.Stop() // the tests have limits of their own
	case log := <-ended:
		ended <- log
		t.Fatalf("nginx did not start:\n%s", log)
	}
}

// nginxLog collects the log, and reports when nginx logs what system it is on:
// by then it has opened its sockets.
func nginxLog(lines *bufio.Scanner, listening chan<- bool) string {
	var log strings.Builder
	for lines.Scan() {
		log.WriteString(lines.Text() + "\n")
		if strings.Contains(lines.Text(), ": OS: ") {
			listening <- true
		}
	}
	return log.String()
}

// dialNginx connects as a page of the host that nginx serves would, which is not
// on the default port.
func dialNginx(t *testing.T, socket string) *websocket.Conn {
	t.Helper()
	transport := &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "unix", socket)
	}}
	client, _, err := websocket.Dial(testContext(t), "ws://proxied.example:8080/echo", &websocket.DialOptions{
		HTTPClient: &http.Client{Transport: transport},
		HTTPHeader: http.Header{"Origin": {"http://proxied.example:8080"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	client.SetReadLimit(-1)
	t.Cleanup(func() { _ = client.CloseNow() })
	return client
}

// With nginx's defaults the refusal names what to configure.
func TestInteropNginxDefaultsAreRefused(t *testing.T) {
	nginx := tooltest.Program(t, "nginx", "/usr/sbin/nginx")
	for version, says := range map[string]string{"1.0": "proxy_http_version 1.1", "1.1": "proxy_set_header Upgrade $http_upgrade"} {
		refused := make(chan error, 1)
		srv := serve(t, transports[0], http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			_, _, err := ws.Handle(w, r)
			refused <- err
		}))
		socket := startNginxWith(t, nginx, srv.Listener.Addr().String(), "", "proxy_http_version 1.1;", "proxy_http_version "+version+";",
			"proxy_set_header Upgrade $http_upgrade;", "", "proxy_set_header Connection $connection_upgrade;", "")
		conn, err := net.Dial("unix", socket)
		if err != nil {
			t.Fatal(err)
		}
		_, answer := handshakeOn(t, conn, request("Origin", "http://example.com"))
		body, _ := io.ReadAll(answer.Body)
		_ = conn.Close()
		if answer.StatusCode != 426 || answer.Header.Get("Upgrade") != "websocket" || !strings.Contains(string(body), says) {
			t.Errorf("HTTP/%s: answered with %s %v %q", version, answer.Status, answer.Header, body)
		}
		if err := await(t, refused, "Handle's error"); !strings.Contains(err.Error(), says) {
			t.Errorf("HTTP/%s: Handle returned %v", version, err)
		}
	}
}
