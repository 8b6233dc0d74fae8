package ws_test

import (
	"bytes"
	"net"
	"net/http/httptest"
	"os"
	"os/exec"
	"testing"
)

// told is what a child is told, "" for who is none.
func childInput(name string) string { return os.Getenv("HANDSET_CHILD_" + name) }

// child runs one of this binary's tests in a process of its own, as a test that
// needs twice as many descriptors as a process may have, or that ends the
// process. Its name, without Test, tells it from others; what it is told makes it
// run. done waits for its end and returns what it printed.
func startChild(t *testing.T, name, tell string) (done func() (output string, err error)) {
	t.Helper()
	cmd := exec.Command(os.Args[0], "-test.run=^Test"+name+"$", "-test.timeout=2m")
	cmd.Env = append(os.Environ(), "HANDSET_CHILD_"+name+"="+tell)
	var output bytes.Buffer
	cmd.Stdout, cmd.Stderr = &output, &output
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill() })
	return func() (string, error) {
		err := cmd.Wait()
		if bytes.Contains(output.Bytes(), []byte("no tests to run")) {
			t.Errorf("there is no Test%s", name)
		}
		return output.String(), err
	}
}

// elsewhere is a server in another process, for dial.
func remoteServer(addr string) *httptest.Server {
	return &httptest.Server{Listener: addrListener(addr)}
}

// addressed is a listener that is elsewhere.
type addrListener string

func (addrListener) Accept() (net.Conn, error) { return nil, net.ErrClosed }
func (addrListener) Close() error              { return nil }
func (a addrListener) Addr() net.Addr          { return a }
func (addrListener) Network() string           { return "tcp" }
func (a addrListener) String() string          { return string(a) }
