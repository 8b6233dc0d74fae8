package nats

import (
	"testing"

	"github.com/handset-go/handset/group"
	"github.com/handset-go/handset/group/grouptest"
	natsserver "github.com/nats-io/nats-server/v2/server"
	natsgo "github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// newJetStream returns a JetStream that ends with the test.
func newJetStream(t testing.TB, conn *natsgo.Conn, options JetStreamOptions) *JetStream {
	t.Helper()
	b, err := NewJetStream(t.Context(), conn, options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = b.Close() })
	return b
}

func TestJetStream(t *testing.T) {
	server := inProcess(t, natsserver.Options{DontListen: true, JetStream: true, StoreDir: t.TempDir()})
	open := func(t *testing.T) (group.Broker, group.Broker) {
		options := JetStreamOptions{Storage: jetstream.MemoryStorage}
		return newJetStream(t, connect(t, "", natsgo.InProcessServer(server)), options),
			newJetStream(t, connect(t, "", natsgo.InProcessServer(server)), options)
	}
	t.Run("Broker", func(t *testing.T) { grouptest.TestBroker(t, open) })
	t.Run("History", func(t *testing.T) { grouptest.TestHistory(t, open) })
	t.Run("OneOrder", func(t *testing.T) { grouptest.TestOneOrder(t, open) })
}
