package nats_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"time"

	"github.com/handset-go/handset/broker/nats"
	"github.com/handset-go/handset/group"
	"github.com/handset-go/handset/ws"
	natsserver "github.com/nats-io/nats-server/v2/server"
	natsgo "github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// exampleDir returns a new directory that is removed after the tests.
func exampleDir() string {
	dir, err := os.MkdirTemp(nats.ExampleDir, "")
	if err != nil {
		log.Fatal(err)
	}
	return dir
}

// exampleServer starts a NATS server in this process.
func exampleServer(options *natsserver.Options) *natsserver.Server {
	options.DontListen, options.NoSigs = true, true
	server, err := natsserver.NewServer(options)
	if err != nil {
		log.Fatal(err)
	}
	server.Start()
	if !server.ReadyForConnections(10 * time.Second) {
		log.Fatal("the server does not start")
	}
	return server
}

func exampleConn(server *natsserver.Server) *natsgo.Conn {
	conn, err := natsgo.Connect("", natsgo.InProcessServer(server), natsgo.MaxReconnects(-1))
	if err != nil {
		log.Fatal(err)
	}
	return conn
}

// exampleClient connects a WebSocket client to a server, which passes the session to join,
// and waits for that. It also returns a function that ends both.
func exampleClient(join func(*ws.Session) error) (*ws.MessageStream, func()) {
	joined := make(chan error, 1)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		session, stream, err := ws.Handle(w, r)
		if err == nil {
			stream.Discard()
			err = join(session)
		}
		joined <- err
	}))
	session, stream, err := ws.Dial(context.Background(), "ws"+strings.TrimPrefix(server.URL, "http"))
	if err == nil {
		err = <-joined
	}
	if err != nil {
		log.Fatal(err)
	}
	return stream, func() {
		_ = session.Close(ws.CloseReason{})
		<-session.Done()
		server.Close()
	}
}

// Two servers, each with a connection of its own, send to each other's members.
func ExampleNew() {
	server := exampleServer(&natsserver.Options{})
	defer server.Shutdown()
	var all [2]*group.Groups
	for i := range all {
		conn := exampleConn(server)
		defer conn.Close()
		broker, err := nats.New(conn, nats.Options{})
		if err != nil {
			log.Fatal(err)
		}
		defer broker.Close()
		all[i] = group.New(broker, group.Options{
			Gap: func(name string, err error) { log.Printf("messages of %q may be missing: %v", name, err) },
		})
		defer all[i].Close()
	}
	ctx := context.Background()
	client, end := exampleClient(func(session *ws.Session) error { return all[0].Join(ctx, "chat", session) })
	defer end()
	if err := all[1].Publish(ctx, "chat", ws.Text, []byte("hello")); err != nil {
		log.Fatal(err)
	}
	message, err := client.Recv(ctx)
	fmt.Printf("%s %v\n", message.Data, err)
	// Output: hello <nil>
}

// exampleBroker returns a Broker for an example, and a function that ends it.
func exampleBroker() (*nats.Broker, *natsgo.Conn, func()) {
	server := exampleServer(&natsserver.Options{})
	conn := exampleConn(server)
	broker, err := nats.New(conn, nats.Options{Prefix: "example"})
	if err != nil {
		log.Fatal(err)
	}
	return broker, conn, func() {
		_ = broker.Close()
		conn.Close()
		server.Shutdown()
	}
}

// Without a connection, Publish fails at once.
func ExampleBroker_Publish() {
	broker, conn, end := exampleBroker()
	defer end()
	ctx := context.Background()
	fmt.Println(broker.Publish(ctx, "news", []byte("hello")))
	conn.Close()
	fmt.Println(errors.Is(broker.Publish(ctx, "news", []byte("lost")), group.ErrUnavailable))
	// Output:
	// <nil>
	// true
}

func ExampleBroker_Subscribe() {
	broker, _, end := exampleBroker()
	defer end()
	ctx := context.Background()
	received := make(chan string)
	subscription, err := broker.Subscribe(ctx, "news", func(e group.Event) { received <- string(e.Data) })
	if err != nil {
		log.Fatal(err)
	}
	defer subscription.Close()
	if err := broker.Publish(ctx, "news", []byte("hello")); err != nil {
		log.Fatal(err)
	}
	fmt.Println(<-received)
	// Output: hello
}

// The connection is still the program's.
func ExampleBroker_Close() {
	broker, conn, end := exampleBroker()
	defer end()
	fmt.Println(broker.Close())
	fmt.Println(broker.Publish(context.Background(), "news", nil))
	fmt.Println(conn.Status())
	// Output:
	// <nil>
	// nats: broker is closed: group: broker is unavailable
	// CONNECTED
}

// exampleJetStream returns a JetStream for an example, in which there are three messages, and
// a function that ends it.
func exampleJetStream() (*nats.JetStream, func()) {
	server := exampleServer(&natsserver.Options{JetStream: true, StoreDir: exampleDir()})
	conn := exampleConn(server)
	ctx := context.Background()
	broker, err := nats.NewJetStream(ctx, conn, nats.JetStreamOptions{Storage: jetstream.MemoryStorage})
	if err != nil {
		log.Fatal(err)
	}
	for _, text := range []string{"one", "two", "three"} {
		if err := broker.Publish(ctx, "news", []byte(text)); err != nil {
			log.Fatal(err)
		}
	}
	return broker, func() {
		_ = broker.Close()
		conn.Close()
		server.Shutdown()
	}
}

// A session that joins receives the last messages.
func ExampleNewJetStream() {
	server := exampleServer(&natsserver.Options{JetStream: true, StoreDir: exampleDir()})
	defer server.Shutdown()
	conn := exampleConn(server)
	defer conn.Close()
	ctx := context.Background()
	broker, err := nats.NewJetStream(ctx, conn, nats.JetStreamOptions{History: 50, MaxAge: 24 * time.Hour, Storage: jetstream.MemoryStorage})
	if err != nil {
		log.Fatal(err)
	}
	defer broker.Close()
	groups := group.New(broker, group.Options{})
	defer groups.Close()
	for _, text := range []string{"one", "two", "three"} {
		if err := groups.Publish(ctx, "chat", ws.Text, []byte(text)); err != nil {
			log.Fatal(err)
		}
	}
	client, end := exampleClient(func(session *ws.Session) error {
		_, err := groups.JoinRecent(ctx, "chat", session, 2)
		return err
	})
	defer end()
	for range 2 {
		message, err := client.Recv(ctx)
		fmt.Printf("%s %v\n", message.Data, err)
	}
	// Output:
	// two <nil>
	// three <nil>
}

func ExampleJetStream_Publish() {
	broker, end := exampleJetStream()
	defer end()
	err := broker.Publish(context.Background(), "news", make([]byte, 2<<20))
	fmt.Println(errors.Is(err, group.ErrTooLarge))
	// Output: true
}

func ExampleJetStream_Subscribe() {
	broker, end := exampleJetStream()
	defer end()
	ctx := context.Background()
	received := make(chan string)
	subscription, err := broker.Subscribe(ctx, "news", func(e group.Event) {
		received <- fmt.Sprintf("%s at offset %d", e.Data, e.Position.Offset)
	})
	if err != nil {
		log.Fatal(err)
	}
	defer subscription.Close()
	if err := broker.Publish(ctx, "news", []byte("four")); err != nil {
		log.Fatal(err)
	}
	fmt.Println(<-received)
	// Output: four at offset 4
}

func ExampleJetStream_Recent() {
	broker, end := exampleJetStream()
	defer end()
	recent, newest, err := broker.Recent(context.Background(), "news", 2)
	if err != nil {
		log.Fatal(err)
	}
	for _, entry := range recent {
		fmt.Printf("%s at offset %d\n", entry.Data, entry.Position.Offset)
	}
	fmt.Println(newest.Offset)
	// Output:
	// two at offset 2
	// three at offset 3
	// 3
}

func ExampleJetStream_After() {
	broker, end := exampleJetStream()
	defer end()
	ctx := context.Background()
	_, position, err := broker.Recent(ctx, "news", 0)
	if err != nil {
		log.Fatal(err)
	}
	if err := broker.Publish(ctx, "news", []byte("four")); err != nil {
		log.Fatal(err)
	}
	missed, err := broker.After(ctx, "news", position, 10)
	fmt.Printf("%d %s %v\n", len(missed), missed[0].Data, err)
	position.Epoch = "another"
	_, err = broker.After(ctx, "news", position, 10)
	fmt.Println(errors.Is(err, group.ErrCannotResume))
	// Output:
	// 1 four <nil>
	// true
}

func ExampleJetStream_Close() {
	broker, end := exampleJetStream()
	defer end()
	fmt.Println(broker.Close())
	err := broker.Publish(context.Background(), "news", nil)
	fmt.Println(errors.Is(err, group.ErrUnavailable))
	// Output:
	// <nil>
	// true
}

func Example_errClosed() {
	server := exampleServer(&natsserver.Options{})
	defer server.Shutdown()
	conn := exampleConn(server)
	defer conn.Close()
	broker, _ := nats.New(conn, nats.Options{})
	_ = broker.Close()
	err := broker.Publish(context.Background(), "news", []byte("hello"))
	fmt.Println(err == nats.ErrClosed, err)
	// Output: true nats: broker is closed: group: broker is unavailable
}

// A stream of the name that is not suitable is not changed.
func Example_errStream() {
	server := exampleServer(&natsserver.Options{JetStream: true, StoreDir: exampleDir()})
	defer server.Shutdown()
	conn := exampleConn(server)
	defer conn.Close()
	ctx := context.Background()
	js, err := jetstream.New(conn)
	if err != nil {
		log.Fatal(err)
	}
	_, err = js.CreateStream(ctx, jetstream.StreamConfig{Name: "orders", Subjects: []string{"orders.*"}, Storage: jetstream.MemoryStorage})
	if err != nil {
		log.Fatal(err)
	}
	_, err = nats.NewJetStream(ctx, conn, nats.JetStreamOptions{Stream: "orders"})
	fmt.Println(errors.Is(err, nats.ErrStream))
	// Output: true
}
