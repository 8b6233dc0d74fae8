package nats

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/handset-go/handset/group"
	"github.com/handset-go/handset/internal/machinetest"
	natsserver "github.com/nats-io/nats-server/v2/server"
	natsgo "github.com/nats-io/nats.go"
)

func TestMain(m *testing.M) {
	machinetest.Main(map[string]machinetest.Program{
		"nats-server": runServer,
		"core": machinetest.Server(func(address string) (group.Broker, error) {
			conn, err := dial(address)
			if err != nil {
				return nil, err
			}
			return New(conn, Options{})
		}),
		"jetstream": machinetest.Server(func(address string) (group.Broker, error) {
			conn, err := dial(address)
			if err != nil {
				return nil, err
			}
			ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
			defer cancel()
			return NewJetStream(ctx, conn, JetStreamOptions{History: 1000})
		}),
	})
	dir, err := os.MkdirTemp("", "handset-nats-")
	if err != nil {
		panic(err)
	}
	ExampleDir = dir
	code := m.Run()
	if left := goroutinesLeft(); code == 0 && left != "" {
		fmt.Fprintln(os.Stderr, "goroutines have outlived the tests:\n"+left)
		code = 1
	}
	_ = os.RemoveAll(dir)
	os.Exit(code)
}

// A serverInput is the input of the program nats-server.
type serverInput struct {
	Port     int
	StoreDir string // of JetStream, which is not enabled if it is empty
}

// runServer runs a NATS server that listens, as a program.
func runServer(text string, ready func(string)) error {
	var input serverInput
	if err := json.Unmarshal([]byte(text), &input); err != nil {
		return err
	}
	server, err := natsserver.NewServer(&natsserver.Options{
		Host: "127.0.0.1", Port: input.Port, NoSigs: true, JetStream: input.StoreDir != "", StoreDir: input.StoreDir,
	})
	if err != nil {
		return err
	}
	server.Start()
	if !server.ReadyForConnections(10 * time.Second) {
		return errors.New("the server does not start")
	}
	ready(server.Addr().String())
	server.WaitForShutdown()
	return errors.New("the server has stopped")
}

// A process is a NATS server in a process of its own, which can be killed and started
// again at the same address with the same data.
type process struct {
	*machinetest.Process
	addr  string
	input serverInput
}

// startProcess starts a server, with JetStream if stores.
func startProcess(t testing.TB, stores bool) *process {
	t.Helper()
	p := &process{input: serverInput{Port: -1}}
	if stores {
		p.input.StoreDir = t.TempDir()
	}
	p.start(t)
	p.addr = p.Output
	_, port, _ := net.SplitHostPort(p.addr)
	p.input.Port, _ = strconv.Atoi(port)
	return p
}

// start starts the server after it has been killed.
func (p *process) start(t testing.TB) {
	t.Helper()
	input, err := json.Marshal(p.input)
	if err != nil {
		t.Fatal(err)
	}
	p.Process = machinetest.StartProcess(t, "nats-server", string(input))
}

// quick makes connections notice quickly that a server is gone, and come back quickly.
var quick = []natsgo.Option{
	natsgo.MaxReconnects(-1), natsgo.ReconnectWait(20 * time.Millisecond), natsgo.ReconnectJitter(0, 0),
	natsgo.PingInterval(200 * time.Millisecond), natsgo.MaxPingsOutstanding(15), natsgo.Timeout(20 * time.Second), natsgo.ErrorHandler(func(*natsgo.Conn, *natsgo.Subscription, error) {}),
}

// dial connects to a server at an address.
func dial(address string) (*natsgo.Conn, error) { return natsgo.Connect("nats://"+address, quick...) }

// ExampleDir is where servers of examples keep the data of JetStream. It is removed at the end.
var ExampleDir string

// goroutinesLeft waits until no goroutine runs code of this package but the main one. It
// returns those that do not end.
func goroutinesLeft() (left string) {
	for range 2000 {
		left = ""
		buffer := make([]byte, 1<<20)
		for stack := range strings.SplitSeq(string(buffer[:runtime.Stack(buffer, true)]), "\n\n") {
			if strings.Contains(stack, "handset/broker/nats.(*") {
				left += stack + "\n\n"
			}
		}
		if left == "" {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	return left
}
