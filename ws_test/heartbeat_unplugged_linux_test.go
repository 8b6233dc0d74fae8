package ws_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/handset-go/handset/ws"
)

// The network of these tests: a namespace behind a pair of virtual Ethernet devices.
const (
	namespace, nearLink, farLink = "handset-cut", "hs-near", "hs-far"
	nearAddr, farAddr            = "10.213.77.1", "10.213.77.2"
)

// unpluggedClient names the address of the server that this process is to be a client
// of, in the namespace.
const unpluggedClient = "HANDSET_CUT_CLIENT"

// TestUnpluggedClient is the client's half of the test below.
func TestUnpluggedClient(t *testing.T) {
	addr := os.Getenv(unpluggedClient)
	if addr == "" {
		t.Skip("this is half of another test")
	}
	c := dial(t, remoteServer(addr), "")
	<-c.pongs() // until the other half is done
}

func TestHeartbeatOfUnpluggedPeer(t *testing.T) {
	t.Parallel()
	linkNamespace(t)
	listener, err := net.Listen("tcp", nearAddr+":0")
	if err != nil {
		t.Fatal(err)
	}
	u := &ws.Upgrader{Options: ws.Options{Heartbeat: ws.Heartbeat{Interval: 300 * time.Millisecond, Timeout: 300 * time.Millisecond}}}
	sessions, ended := make(chan *ws.Session, 1), make(chan error, 1)
	srv := &httptest.Server{Listener: listener, Config: &http.Server{
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			session, stream, err := u.Handle(w, r)
			if err != nil {
				return
			}
			sessions <- session
			_, err = stream.Recv(context.Background())
			ended <- err
		})}}
	srv.Start()
	defer srv.Close()
	client := exec.Command("ip", "netns", "exec", namespace, os.Args[0], "-test.run=^TestUnpluggedClient$")
	client.Env = append(os.Environ(), unpluggedClient+"="+listener.Addr().String())
	if err := client.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		_ = client.Process.Kill()
		_ = client.Wait()
	}()
	session := await(t, sessions, "a session")
	for deadline := time.After(testTimeout); u.Stats().Pongs < 3; { // a silent peer that is there stays
		select {
		case err := <-ended:
			t.Fatalf("before the link went down the stream ended with %v", err)
		case <-deadline:
			t.Fatal("no Pong came")
		case <-time.After(time.Millisecond):
		}
	}
	if session.Latency() == 0 {
		t.Error("the latency is not known")
	}
	runCommand(t, "ip", "link", "set", nearLink, "down")
	began := time.Now()
	if err := await(t, ended, "the stream's end"); !errors.Is(err, ws.ErrHeartbeatTimeout) {
		t.Errorf("the stream ended with %v", err)
	}
	expectSessionEnd(t, session, ws.ErrHeartbeatTimeout)
	t.Logf("gone %v after the link went down", time.Since(began))
	if took := time.Since(began); took > testTimeout/3 { // 600 ms, and time for a slow machine
		t.Errorf("gone only after %v", took)
	}
}

// linkNamespace makes the namespace and connects it, if that is allowed.
func linkNamespace(t *testing.T) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("only root may change network links")
	}
	if _, err := exec.LookPath("ip"); err != nil {
		t.Skip("this test needs ip, which is not in PATH")
	}
	if out, err := exec.Command("ip", "netns", "add", namespace).CombinedOutput(); err != nil {
		t.Skipf("no namespace can be made here: %v %s", err, out)
	}
	t.Cleanup(func() { runCommand(t, "ip", "netns", "del", namespace) })
	if out, err := exec.Command("ip", "link", "add", nearLink, "type", "veth", "peer", "name", farLink, "netns", namespace).CombinedOutput(); err != nil {
		t.Skipf("no virtual link can be made here: %v %s", err, out)
	}
	t.Cleanup(func() { _ = exec.Command("ip", "link", "del", nearLink).Run() })
	runCommand(t, "ip", "addr", "add", nearAddr+"/24", "dev", nearLink)
	runCommand(t, "ip", "link", "set", nearLink, "up")
	runCommand(t, "ip", "-n", namespace, "addr", "add", farAddr+"/24", "dev", farLink)
	runCommand(t, "ip", "-n", namespace, "link", "set", farLink, "up")
}

func runCommand(t *testing.T, name string, args ...string) {
	t.Helper()
	if out, err := exec.Command(name, args...).CombinedOutput(); err != nil {
		t.Fatalf("%s %v: %v %s", name, args, err, out)
	}
}
