package nats

import (
	"testing"
	"time"

	"github.com/handset-go/handset/group"
	"github.com/handset-go/handset/group/grouptest"
	natsserver "github.com/nats-io/nats-server/v2/server"
	natsgo "github.com/nats-io/nats.go"
)

// inProcess starts a server in this process.
func inProcess(t testing.TB, options natsserver.Options) *natsserver.Server {
	t.Helper()
	options.NoSigs = true
	server, err := natsserver.NewServer(&options)
	if err != nil {
		t.Fatal(err)
	}
	server.Start()
	t.Cleanup(func() {
		server.Shutdown()
		server.WaitForShutdown()
	})
	if !server.ReadyForConnections(10 * time.Second) {
		t.Fatal("the server does not start")
	}
	return server
}

// connect connects to a server.
func connect(t testing.TB, url string, options ...natsgo.Option) *natsgo.Conn {
	t.Helper()
	conn, err := natsgo.Connect(url, append([]natsgo.Option{
		natsgo.MaxReconnects(-1), natsgo.Timeout(patience), natsgo.ReconnectWait(20 * time.Millisecond), natsgo.ReconnectJitter(0, 0),
	}, options...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(conn.Close)
	return conn
}

// newBroker returns a Broker that ends with the test.
func newBroker(t testing.TB, conn *natsgo.Conn, options Options) *Broker {
	t.Helper()
	b, err := New(conn, options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = b.Close() })
	return b
}

func TestBroker(t *testing.T) {
	server := inProcess(t, natsserver.Options{DontListen: true})
	grouptest.TestBroker(t, func(t *testing.T) (group.Broker, group.Broker) {
		return newBroker(t, connect(t, "", natsgo.InProcessServer(server)), Options{}),
			newBroker(t, connect(t, "", natsgo.InProcessServer(server)), Options{})
	})
}
