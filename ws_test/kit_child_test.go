package ws_test

import (
	"bytes"
	"net"
	"net/http/httptest"
	"os"
	"os/exec"
	"testing"
)

// childInput is the argument of a child process, "" in any other process.
func childInput(name string) string { return os.Getenv("HANDSET_CHILD_" + name) }

// startChild runs the test called Test plus name in a process of its own, for tests
// that need more descriptors than one process may have, or that end the process.
// The test runs only if input is not empty. done waits for its end and returns
// what it printed.
func startChild(t *testing.T, name, input string) (done func() (output string, err error)) {
	t.Helper()
	cmd := exec.Command(os.Args[0], "-test.run=^Test"+name+"$", "-test.timeout=2m")
	cmd.Env = append(os.Environ(), "HANDSET_CHILD_"+name+"="+input)
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

// remoteServer is a server in another process, for dial.
func remoteServer(addr string) *httptest.Server {
	return &httptest.Server{Listener: addrListener(addr)}
}

// addrListener is the listener of a server in another process.
type addrListener string

func (addrListener) Accept() (net.Conn, error) { return nil, net.ErrClosed }
func (addrListener) Close() error              { return nil }
func (a addrListener) Addr() net.Addr          { return a }
func (addrListener) Network() string           { return "tcp" }
func (a addrListener) String() string          { return string(a) }
