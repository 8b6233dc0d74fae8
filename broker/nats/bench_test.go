package nats

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/handset-go/handset/group"
	"github.com/handset-go/handset/ws"
	natsgo "github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// BenchmarkLatency measures the time from publishing a message at one connection to a
// server in another process, until it is received by way of another connection, in turns:
// raw by a plain subscription; hand by a WebSocket client of a plain subscription,
// after a publisher that waits for the server; group by a WebSocket client that is a
// member of a group. Times are in µs. The ratios are those of group to the others.
func BenchmarkLatency(b *testing.B) {
	b.Run("core", func(b *testing.B) { benchmarkLatency(b, newCorePaths(b)) })
	b.Run("jetstream", func(b *testing.B) { benchmarkLatency(b, newJetStreamPaths(b)) })
}

// BenchmarkThroughput publishes from 64 goroutines, and ends when all has been received.
func BenchmarkThroughput(b *testing.B) {
	b.Run("core", func(b *testing.B) { benchmarkThroughput(b, newCorePaths(b)) })
	b.Run("jetstream", func(b *testing.B) { benchmarkThroughput(b, newJetStreamPaths(b)) })
}

const benchPublishers = 64

// benchData is what is published.
var benchData = []byte(strings.Repeat("x", 125))

// A benchPath is a way from a publisher to a receiver. received has a value for each message.
type benchPath struct {
	name     string
	publish  func() error
	received chan time.Time
}

func newCorePaths(b *testing.B) []*benchPath {
	server := startProcess(b, false)
	from, to := benchConn(b, server), benchConn(b, server)
	raw := &benchPath{name: "raw", received: make(chan time.Time, 1<<16)}
	raw.publish = func() error { return from.Publish("raw", benchData) }
	if _, err := to.Subscribe("raw", func(*natsgo.Msg) { raw.received <- time.Now() }); err != nil {
		b.Fatal(err)
	}
	hand := newClientPath(b, "hand", func(session *ws.Session) error {
		_, err := to.Subscribe("hand", func(m *natsgo.Msg) { _ = session.Binary(context.Background(), m.Data) })
		return errors.Join(err, to.Flush())
	})
	hand.publish = func() error { return errors.Join(from.Publish("hand", benchData), from.Flush()) }
	return []*benchPath{raw, hand, newGroupPath(b, newBroker(b, from, Options{}), newBroker(b, to, Options{}))}
}

func newJetStreamPaths(b *testing.B) []*benchPath {
	server := startProcess(b, true)
	from, to := benchConn(b, server), benchConn(b, server)
	publisher, _ := jetstream.New(from)
	consumers, _ := jetstream.New(to)
	_, err := publisher.CreateStream(b.Context(), jetstream.StreamConfig{Name: "raw", Subjects: []string{"raw.*"}, Storage: jetstream.MemoryStorage})
	if err != nil {
		b.Fatal(err)
	}
	consume := func(subject string, f func(jetstream.Msg)) error {
		consumer, err := consumers.OrderedConsumer(b.Context(), "raw", jetstream.OrderedConsumerConfig{FilterSubjects: []string{subject}})
		if err != nil {
			return err
		}
		consuming, err := consumer.Consume(f)
		if err == nil {
			b.Cleanup(consuming.Stop)
		}
		return err
	}
	publish := func(subject string) func() error {
		return func() error {
			_, err := publisher.Publish(context.Background(), subject, benchData)
			return err
		}
	}
	raw := &benchPath{name: "raw", publish: publish("raw.raw"), received: make(chan time.Time, 1<<16)}
	if err := consume("raw.raw", func(jetstream.Msg) { raw.received <- time.Now() }); err != nil {
		b.Fatal(err)
	}
	hand := newClientPath(b, "hand", func(session *ws.Session) error {
		return consume("raw.hand", func(m jetstream.Msg) { _ = session.Binary(context.Background(), m.Data()) })
	})
	hand.publish = publish("raw.hand")
	options := JetStreamOptions{Storage: jetstream.MemoryStorage}
	return []*benchPath{raw, hand, newGroupPath(b, newJetStream(b, from, options), newJetStream(b, to, options))}
}

func benchConn(b *testing.B, server *process) *natsgo.Conn {
	conn, err := natsgo.Connect("nats://" + server.addr)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(conn.Close)
	return conn
}

// newGroupPath returns the path from the groups of one broker to a client of another's.
func newGroupPath(b *testing.B, from, to group.Broker) *benchPath {
	publisher, members := group.New(from, group.Options{}), group.New(to, group.Options{})
	b.Cleanup(func() { _, _ = publisher.Close(), members.Close() })
	path := newClientPath(b, "group", func(session *ws.Session) error { return members.Join(context.Background(), "group", session) })
	path.publish = func() error { return publisher.Publish(context.Background(), "group", ws.Binary, benchData) }
	return path
}

// newClientPath returns a path to a WebSocket client, whose session is passed to join.
func newClientPath(b *testing.B, name string, join func(*ws.Session) error) *benchPath {
	path := &benchPath{name: name, received: make(chan time.Time, 1<<16)}
	upgrader := &ws.Upgrader{Options: ws.Options{SendBuffer: 16 << 20}}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		session, stream, err := upgrader.Handle(w, r)
		if err != nil {
			b.Error(err)
			return
		}
		if err := join(session); err != nil {
			b.Error(err)
		}
		stream.Discard()
		_ = session.Text(context.Background(), "joined")
	}))
	b.Cleanup(server.Close)
	session, stream, err := ws.Dial(b.Context(), "ws"+strings.TrimPrefix(server.URL, "http"))
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = session.Close(ws.CloseReason{}); <-session.Done() })
	if _, err := stream.Recv(b.Context()); err != nil {
		b.Fatal(err)
	}
	go func() {
		for _, err := range stream.All(context.Background()) {
			if err != nil {
				return
			}
			path.received <- time.Now()
		}
	}()
	return path
}

func benchmarkLatency(b *testing.B, paths []*benchPath) {
	times := make([][]time.Duration, len(paths))
	for b.Loop() {
		for i, path := range paths {
			begin := time.Now()
			if err := path.publish(); err != nil {
				b.Fatal(err)
			}
			times[i] = append(times[i], (<-path.received).Sub(begin))
		}
	}
	for _, list := range times {
		slices.Sort(list)
	}
	for _, percent := range []int{50, 99} {
		at := func(i int) float64 { return float64(times[i][len(times[i])*percent/100].Nanoseconds()) / 1000 }
		for i, path := range paths {
			b.ReportMetric(at(i), fmt.Sprintf("%s-p%d", path.name, percent))
		}
		b.ReportMetric(at(2)/at(0), fmt.Sprintf("/raw-p%d", percent))
		b.ReportMetric(at(2)/at(1), fmt.Sprintf("/hand-p%d", percent))
	}
	b.ReportMetric(0, "ns/op")
}

func benchmarkThroughput(b *testing.B, paths []*benchPath) {
	for b.Loop() {
		for _, path := range paths {
			b.ReportMetric(path.throughput(b, 20_000), path.name+"-msg/s")
		}
	}
	b.ReportMetric(0, "ns/op")
}

// throughput publishes n messages and returns how many arrive in a second.
func (p *benchPath) throughput(b *testing.B, n int) float64 {
	begin := time.Now()
	var publishers sync.WaitGroup
	for range benchPublishers {
		publishers.Go(func() {
			for range n / benchPublishers {
				if err := p.publish(); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	var last time.Time
	for range n / benchPublishers * benchPublishers {
		last = <-p.received
	}
	publishers.Wait()
	return float64(n) / last.Sub(begin).Seconds()
}
