//go:build unix

package ws_test

import (
	"bufio"
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/handset-go/handset/ws"
)

// TestStoppedServer is the server of the test below, over the transport it is
// given, until its input ends.
func TestStoppedServer(t *testing.T) {
	name := childInput("StoppedServer")
	if name == "" {
		t.Skip("this is half of another test")
	}
	for _, over := range transports {
		if over.name != name {
			continue
		}
		u := &ws.Upgrader{Options: ws.Options{Heartbeat: ws.Heartbeat{Interval: 200 * time.Millisecond, Timeout: time.Second}}}
		var served atomic.Int32
		srv := serve(t, over, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			session, stream, err := u.Handle(w, r)
			if err != nil {
				return
			}
			if served.Add(1)%2 == 0 {
				stream.Chan() // waits in another way
				return
			}
			go func() { _ = echo(session, stream.Aggregate(0)) }()
		}))
		fmt.Println("address", srv.Listener.Addr())
		_, _ = bufio.NewReader(os.Stdin).ReadByte()
	}
}

// stoppable starts TestStoppedServer, and returns its address and a function that
// stops it for a while.
func stoppable(t *testing.T, over transport) (srv *httptest.Server, stop func(time.Duration)) {
	t.Helper()
	cmd := exec.Command(os.Args[0], "-test.run=^TestStoppedServer$", "-test.timeout=2m")
	cmd.Env = append(os.Environ(), "HANDSET_CHILD_StoppedServer="+over.name)
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = in.Close()
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if addr, ok := strings.CutPrefix(lines.Text(), "address "); ok {
			return remoteServer(addr), func(d time.Duration) {
				_ = cmd.Process.Signal(syscall.SIGSTOP)
				time.Sleep(d)
				_ = cmd.Process.Signal(syscall.SIGCONT)
			}
		}
	}
	t.Fatal("the server did not start")
	return nil, nil
}

// dialOtherProcess is dial for a server whose certificate is in another process.
func dialOtherProcess(t *testing.T, srv *httptest.Server, over transport) *client {
	t.Helper()
	conn, err := net.Dial("tcp", srv.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	if over.tls {
		conn = tls.Client(conn, &tls.Config{InsecureSkipVerify: true})
	}
	c, _ := handshakeOn(t, conn, request())
	return c
}

// Time in which the process is stopped does not count as silence of the peer.
// It is not parallel to other tests: its clients have a second to answer.
func TestHeartbeatAfterProcessPause(t *testing.T) {
	for _, over := range transports {
		t.Run(over.name, func(t *testing.T) {
			t.Parallel()
			srv, stop := stoppable(t, over)
			const clients = 5
			lost := make(chan error, clients)
			pings := make(chan int, 1000)
			for i := range clients {
				c := dialOtherProcess(t, srv, over)
				go func() {
					for {
						f, err := c.next()
						if err == nil && f.opcode() == opPing {
							_, err = c.conn.Write(masked(fin|opPong, f.payload))
							pings <- i
						}
						if err != nil {
							lost <- err
							return
						}
					}
				}()
			}
			awaitPings := func(n int) {
				t.Helper()
				for range n {
					select {
					case <-pings:
					case err := <-lost:
						t.Fatalf("a client was cut: %v", err)
					case <-time.After(testTimeout):
						t.Fatal("no ping came")
					}
				}
			}
			for range 2 {
				awaitPings(4 * clients)
				stop(3 * time.Second) // the heartbeat's times, more than twice
			}
			awaitPings(8 * clients) // all of them go on
		})
	}
}
