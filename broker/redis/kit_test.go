package redis_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/redis/rueidis"

	"github.com/handset-go/handset/broker/redis"
	"github.com/handset-go/handset/group"
	"github.com/handset-go/handset/internal/machinetest"
)

// patience is how long tests wait for what happens soon.
const patience = 20 * time.Second

// lacks skips a test, and says so, because a program is missing, unless HANDSET_INTEROP=1 says that all
// are there.
func lacks(t testing.TB, format string, args ...any) {
	t.Helper()
	if os.Getenv("HANDSET_INTEROP") == "1" {
		t.Fatalf(format, args...)
	}
	t.Skipf(format, args...)
}

// A server is a redis-server with a socket and data of its own.
type server struct {
	t      testing.TB
	dir    string
	args   []string
	cmd    *exec.Cmd
	output bytes.Buffer
}

// startServer starts a redis-server, which ends with the test. It stores nothing on disk
// unless the arguments, which are as in a configuration file, say so.
func startServer(t testing.TB, args ...string) *server {
	t.Helper()
	if os.Getenv("HANDSET_INTEROP") == "0" {
		t.Skip("tests with other programs are off: HANDSET_INTEROP=0")
	}
	if _, err := exec.LookPath("redis-server"); err != nil {
		lacks(t, "this test needs redis-server, which is not in PATH")
	}
	dir, err := os.MkdirTemp("", "redis") // the path of a socket is short
	if err != nil {
		t.Fatal(err)
	}
	s := &server{t: t, dir: dir, args: args}
	t.Cleanup(func() {
		s.kill()
		os.RemoveAll(dir)
	})
	s.start()
	return s
}

func (s *server) socket() string { return filepath.Join(s.dir, "s") }

// address returns the address of a server that was started with a port.
func (s *server) address() string {
	return "127.0.0.1:" + s.args[slices.Index(s.args, "--port")+1]
}

// freePort returns a port that nobody listens on.
func freePort(t testing.TB) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	_, port, _ := net.SplitHostPort(listener.Addr().String())
	return port
}

// start starts the server and waits until it answers.
func (s *server) start() {
	s.t.Helper()
	args := append([]string{"--port", "0", "--unixsocket", s.socket(), "--bind", "127.0.0.1", "--dir", s.dir, "--save", "", "--appendonly", "no"}, s.args...)
	s.cmd = exec.Command("redis-server", args...)
	s.cmd.Stdout, s.cmd.Stderr = &s.output, &s.output
	if err := s.cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	deadline := time.Now().Add(patience)
	for !s.answers() {
		if time.Now().After(deadline) {
			s.kill()
			s.t.Fatalf("redis-server does not answer: %s", &s.output)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// answers reports whether the server is ready.
func (s *server) answers() bool {
	conn, err := net.Dial("unix", s.socket())
	if err != nil {
		return false
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(time.Second))
	fmt.Fprint(conn, "PING\r\n")
	answer := make([]byte, 5)
	n, _ := conn.Read(answer)
	return string(answer[:n]) == "+PONG"
}

// kill kills the server, as a crash does.
func (s *server) kill() {
	if s.cmd != nil {
		s.cmd.Process.Kill()
		s.cmd.Wait()
		s.cmd = nil
	}
}

// do sends a command to the server by a connection of its own and returns what it answers.
func (s *server) do(args ...string) string {
	s.t.Helper()
	client := s.client()
	defer client.Close()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	reply, err := client.Do(ctx, client.B().Arbitrary(args[0]).Args(args[1:]...).Build()).ToAny()
	if err != nil {
		s.t.Fatalf("%q: %v", args, err)
	}
	return fmt.Sprint(reply)
}

// client returns a client that is closed when the test ends.
func (s *server) client() rueidis.Client {
	s.t.Helper()
	return newClient(s.t, "unix", s.socket())
}

// newClient returns a client of a server, which is closed when the test ends.
func newClient(t testing.TB, network, address string) rueidis.Client {
	t.Helper()
	client, err := connect(network, address)
	if client == nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	return client
}

// connect returns a client that soon notices when a server does not answer. The server
// may be absent; then there is an error, too.
func connect(network, address string) (rueidis.Client, error) {
	return connectWith(network, address, func(*rueidis.ClientOption) {})
}

// connectWith is connect with other options.
func connectWith(network, address string, change func(*rueidis.ClientOption)) (rueidis.Client, error) {
	options := rueidis.ClientOption{
		InitAddress:       []string{"redis.test:6379"},
		ForceSingleClient: true,
		DisableCache:      true,
		ConnWriteTimeout:  3 * time.Second,
		DialCtxFn: func(ctx context.Context, _ string, dialer *net.Dialer, _ *tls.Config) (net.Conn, error) {
			return dialer.DialContext(ctx, network, address)
		},
	}
	change(&options)
	return rueidis.NewClient(options)
}

// newBroker returns a Broker that ends with the test.
func newBroker(t testing.TB, client rueidis.Client, options redis.Options) *redis.Broker {
	t.Helper()
	b, err := redis.New(client, options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() })
	return b
}

// newHistory returns a HistoryBroker that ends with the test.
func newHistory(t testing.TB, client rueidis.Client, options redis.HistoryOptions) *redis.HistoryBroker {
	t.Helper()
	b, err := redis.NewHistory(client, options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() })
	return b
}

// within returns a context for what happens soon.
func within(t testing.TB) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	t.Cleanup(cancel)
	return ctx
}

// publish publishes a text, which must succeed.
func publish(t testing.TB, b group.Broker, name, text string) {
	t.Helper()
	if err := b.Publish(within(t), name, []byte(text)); err != nil {
		t.Fatalf("Publish: %v", err)
	}
}

// publishSoon publishes a text as soon as Redis can be reached.
func publishSoon(t testing.TB, b group.Broker, name, text string) {
	t.Helper()
	ctx := within(t)
	for {
		err := b.Publish(ctx, name, []byte(text))
		if err == nil {
			return
		}
		if ctx.Err() != nil {
			t.Fatalf("Publish: %v", err)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

func TestMain(m *testing.M) {
	machinetest.Main(machines)
	code := m.Run()
	if code == 0 {
		code = checkGoroutines()
	}
	os.Exit(code)
}

// checkGoroutines fails if goroutines of the package have outlived the tests.
func checkGoroutines() int {
	stacks := make([]byte, 1<<20)
	for deadline := time.Now().Add(patience); ; time.Sleep(10 * time.Millisecond) {
		n := 0
		for stack := range strings.SplitSeq(string(stacks[:runtime.Stack(stacks, true)]), "\n\n") {
			if strings.Contains(stack, "broker/redis.") {
				n++
			}
		}
		if n == 0 {
			return 0
		}
		if time.Now().After(deadline) {
			fmt.Fprintf(os.Stderr, "%d goroutines have outlived the tests:\n%s\n", n, stacks[:runtime.Stack(stacks, true)])
			return 1
		}
	}
}
