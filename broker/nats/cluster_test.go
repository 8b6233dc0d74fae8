package nats

import (
	"context"
	"fmt"
	"net"
	"net/url"
	"testing"
	"time"

	"github.com/handset-go/handset/group"
	"github.com/handset-go/handset/group/grouptest"
	natsserver "github.com/nats-io/nats-server/v2/server"
	natsgo "github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// newCluster starts three servers that are a cluster with JetStream.
func newCluster(t *testing.T) []*natsserver.Server {
	t.Helper()
	var routes []*url.URL
	var ports []int
	for range 3 {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer listener.Close()
		ports = append(ports, listener.Addr().(*net.TCPAddr).Port)
		routes = append(routes, &url.URL{Scheme: "nats", Host: listener.Addr().String()})
		_ = listener.Close()
	}
	var servers []*natsserver.Server
	for i, port := range ports {
		servers = append(servers, inProcess(t, natsserver.Options{
			ServerName: fmt.Sprint("server", i), Host: "127.0.0.1", Port: -1, JetStream: true, StoreDir: t.TempDir(),
			Cluster: natsserver.ClusterOpts{Name: "cluster", Host: "127.0.0.1", Port: port}, Routes: routes,
		}))
	}
	return servers
}

// With replicas, what one server has stored is read by way of others, which may be behind.
func TestJetStreamCluster(t *testing.T) {
	t.Parallel()
	servers := newCluster(t)
	options := JetStreamOptions{Storage: jetstream.MemoryStorage, Replicas: 3}
	first := connect(t, servers[0].ClientURL())
	awaitStream(t, first, options)
	open := func(t *testing.T) (group.Broker, group.Broker) {
		return newJetStream(t, connect(t, servers[1].ClientURL()), options), newJetStream(t, connect(t, servers[2].ClientURL()), options)
	}
	grouptest.TestHistory(t, open)
	t.Run("what is published elsewhere after Subscribe arrives", func(t *testing.T) {
		a, b := open(t)
		for i := range 60 {
			name := fmt.Sprint("group", i)
			events := receive(t, b, name)
			publish(t, a, name, "message") // nothing later tells that it was missed
			wantText(t, events, "message")
			a, b = b, a
		}
	})
}

// awaitStream makes the stream when the cluster has a leader.
func awaitStream(t *testing.T, conn *natsgo.Conn, options JetStreamOptions) {
	t.Helper()
	for deadline := time.Now().Add(patience); ; {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		b, err := NewJetStream(ctx, conn, options)
		cancel()
		if err == nil {
			_ = b.Close()
			return
		}
		if time.Now().After(deadline) {
			t.Fatal(err)
		}
	}
}
