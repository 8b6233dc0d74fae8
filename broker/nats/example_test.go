package nats_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net/http"
	"os"
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

// A chat room for each path, on any number of servers.
func ExampleNew() {
	conn, err := natsgo.Connect(natsgo.DefaultURL, natsgo.MaxReconnects(-1))
	if err != nil {
		fmt.Println("there is no server")
		return
	}
	defer conn.Close()
	broker, err := nats.New(conn, nats.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer broker.Close()
	groups := group.New(broker, group.Options{
		Gap: func(name string, err error) { log.Printf("messages of %q may be missing: %v", name, err) },
	})
	http.HandleFunc("/chat/", func(w http.ResponseWriter, r *http.Request) {
		session, stream, err := ws.Handle(w, r)
		if err != nil {
			return
		}
		if err := groups.Join(r.Context(), r.URL.Path, session); err != nil {
			_ = session.Close(ws.CloseReason{Code: ws.CloseInternalError})
			return
		}
		for message, err := range stream.Aggregate(0).All(r.Context()) {
			if err != nil || message.Kind != ws.Text {
				break
			}
			_ = groups.Publish(r.Context(), r.URL.Path, message.Kind, message.Data)
		}
	})
	log.Print(http.ListenAndServe("127.0.0.1:8080", nil))
}

func ExampleBroker_Publish() {
	server := exampleServer(&natsserver.Options{})
	defer server.Shutdown()
	conn := exampleConn(server)
	defer conn.Close()
	broker, err := nats.New(conn, nats.Options{Prefix: "example"})
	if err != nil {
		log.Fatal(err)
	}
	defer broker.Close()
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

	conn.Close()
	fmt.Println(errors.Is(broker.Publish(ctx, "news", []byte("lost")), group.ErrUnavailable))
	// Output:
	// hello
	// true
}

func ExampleNewJetStream() {
	server := exampleServer(&natsserver.Options{JetStream: true, StoreDir: exampleDir()})
	defer server.Shutdown()
	conn := exampleConn(server)
	defer conn.Close()
	ctx := context.Background()
	broker, err := nats.NewJetStream(ctx, conn, nats.JetStreamOptions{History: 100, Storage: jetstream.MemoryStorage})
	if err != nil {
		log.Fatal(err)
	}
	defer broker.Close()
	for _, text := range []string{"one", "two", "three"} {
		if err := broker.Publish(ctx, "news", []byte(text)); err != nil {
			log.Fatal(err)
		}
	}
	recent, newest, err := broker.Recent(ctx, "news", 2)
	if err != nil {
		log.Fatal(err)
	}
	for _, entry := range recent {
		fmt.Printf("%s at offset %d\n", entry.Data, entry.Position.Offset)
	}
	missed, err := broker.After(ctx, "news", newest, 10)
	fmt.Println(len(missed), err)
	// Output:
	// two at offset 2
	// three at offset 3
	// 0 <nil>
}

// A stream of the name that is not suitable is not changed.
func ExampleErrStream() {
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
