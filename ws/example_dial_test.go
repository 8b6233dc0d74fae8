package ws_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"time"

	"github.com/handset-go/handset/ws"
)

// A client sends a message and prints the answer.
func ExampleDial() {
	server := httptest.NewServer(ws.Handler(echo))
	defer server.Close()

	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second) // for the handshake
	defer cancel()
	session, stream, err := ws.Dial(ctx, server.URL) // such as "wss://example.com/echo"
	if err != nil {
		log.Fatal(err)
	}
	defer session.Close(ws.CloseReason{Code: ws.CloseNormal})

	if err := session.Text(ctx, "hello"); err != nil {
		log.Fatal(err)
	}
	msg, err := stream.Aggregate(1 << 20).Recv(ctx)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%v %q\n", msg.Kind, msg.Data)
	// Output: Text "hello"
}

// A Dialer holds the options of a client, here with those of its sessions.
func ExampleDialer_Dial() {
	upgrader := &ws.Upgrader{Subprotocols: []string{"chat.v1", "chat.v2"}, Compression: ws.Frugal()}
	received := make(chan string, 1)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, stream, err := upgrader.Handle(w, r); err == nil {
			received <- r.Header.Get("Authorization")
			_ = stream.Discard()
		}
	}))
	defer server.Close()

	dialer := &ws.Dialer{
		Header:       http.Header{"Authorization": {"Bearer secret"}},
		Subprotocols: []string{"chat.v2", "chat.v1"}, // most preferred first
		Compression:  ws.Frugal(),
		Options:      ws.Options{WriteTimeout: 10 * time.Second},
	}
	session, _, err := dialer.Dial(context.Background(), server.URL)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("the server received", <-received)
	fmt.Println("subprotocol", session.Subprotocol())
	session.Close(ws.CloseReason{Code: ws.CloseNormal})
	<-session.Done()
	// Output:
	// the server received Bearer secret
	// subprotocol chat.v2
}

// The Transport of the HTTPClient determines TLS: here the certificate of the test
// server is accepted.
func ExampleDialer_Dial_tls() {
	server := httptest.NewTLSServer(ws.Handler(echo))
	defer server.Close()

	roots := server.Client().Transport.(*http.Transport).TLSClientConfig
	dialer := &ws.Dialer{HTTPClient: &http.Client{Transport: &http.Transport{
		Proxy:           http.ProxyFromEnvironment, // as in http.DefaultTransport
		TLSClientConfig: roots,
	}}}
	session, stream, err := dialer.Dial(context.Background(), server.URL) // https, the same as wss
	if err != nil {
		log.Fatal(err)
	}
	defer session.Close(ws.CloseReason{Code: ws.CloseNormal})
	_ = session.Text(context.Background(), "over TLS")
	msg, err := stream.Recv(context.Background())
	fmt.Printf("%s %v\n", msg.Data, err)
	// Output: over TLS <nil>
}

// The Transport also determines how connections are made: here over a Unix socket. The
// host of the URL is only that of the request.
func ExampleDialer_Dial_unixSocket() {
	dir, err := os.MkdirTemp("", "ws")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	socket := filepath.Join(dir, "socket")
	listener, err := net.Listen("unix", socket)
	if err != nil {
		log.Fatal(err)
	}
	server := &http.Server{Handler: ws.Handler(echo)}
	go func() { _ = server.Serve(listener) }()
	defer server.Close()

	dialer := &ws.Dialer{HTTPClient: &http.Client{Transport: &http.Transport{
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, "unix", socket)
		},
	}}}
	session, stream, err := dialer.Dial(context.Background(), "ws://localhost/echo")
	if err != nil {
		log.Fatal(err)
	}
	defer session.Close(ws.CloseReason{Code: ws.CloseNormal})
	_ = session.Text(context.Background(), "over a Unix socket")
	msg, err := stream.Recv(context.Background())
	fmt.Printf("%s %v\n", msg.Data, err)
	// Output: over a Unix socket <nil>
}

// The error of a refused handshake has the status and the beginning of the body.
func ExampleHandshakeError_dial() {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Retry-After", "60")
		http.Error(w, "too many requests", http.StatusTooManyRequests)
	}))
	defer server.Close()

	_, _, err := ws.Dial(context.Background(), server.URL)
	fmt.Println(err)

	var refused *ws.HandshakeError
	if errors.As(err, &refused) {
		fmt.Printf("%d, Retry-After: %s\n%s", refused.Status, refused.Header.Get("Retry-After"), refused.Body)
	}
	// Output:
	// ws: handshake refused with 429 Too Many Requests: server says "too many requests"
	// 429, Retry-After: 60
	// too many requests
}

// dialTwice connects two sessions to a server that only reads.
func dialTwice(d *ws.Dialer) (first, second *ws.Session, stop func()) {
	server := httptest.NewServer(ws.Handler(func(_ *ws.Session, stream *ws.MessageStream) {
		for range stream.All(context.Background()) {
		}
	}))
	dial := func() *ws.Session {
		session, _, err := d.Dial(context.Background(), server.URL)
		if err != nil {
			log.Fatal(err)
		}
		return session
	}
	return dial(), dial(), func() { _ = d.Close(); server.Close() }
}

// The open sessions of a Dialer.
func ExampleDialer_Sessions() {
	dialer := new(ws.Dialer)
	first, second, stop := dialTwice(dialer)
	defer stop()

	first.Close(ws.CloseReason{Code: ws.CloseNormal})
	<-first.Done()
	for session := range dialer.Sessions() {
		fmt.Println("the second is open:", session == second)
	}
	// Output: the second is open: true
}

// The statistics of all sessions of a Dialer.
func ExampleDialer_Stats() {
	dialer := new(ws.Dialer)
	first, _, stop := dialTwice(dialer)
	defer stop()

	_ = first.Text(context.Background(), "hello")
	first.Close(ws.CloseReason{Code: ws.CloseNormal})
	<-first.Done()
	stats := dialer.Stats()
	fmt.Println("sessions now and ever:", stats.Sessions, stats.Total)
	fmt.Println("messages out:", stats.Out.Messages, "closes received:", stats.ClosesReceived)
	// Output:
	// sessions now and ever: 1 2
	// messages out: 1 closes received: map[1000 normal:1]
}

// A program closes its sessions before it exits.
func ExampleDialer_Shutdown() {
	dialer := new(ws.Dialer)
	first, second, stop := dialTwice(dialer)
	defer stop()

	grace, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	fmt.Println("shut down:", dialer.Shutdown(grace))
	fmt.Println(first.Err())
	fmt.Println(second.Err())
	_, _, err := dialer.Dial(context.Background(), "ws://localhost/")
	fmt.Println("later:", err)
	// Output:
	// shut down: <nil>
	// ws: session closed: 1001 going away "client is shutting down", answered with 1001 going away
	// ws: session closed: 1001 going away "client is shutting down", answered with 1001 going away
	// later: ws: closed by shutdown
}

// Close does not wait for the server.
func ExampleDialer_Close() {
	dialer := new(ws.Dialer)
	first, _, stop := dialTwice(dialer)
	defer stop()

	_ = dialer.Close()
	<-first.Done()
	fmt.Println(first.Err())
	// Output: ws: closed by shutdown
}
