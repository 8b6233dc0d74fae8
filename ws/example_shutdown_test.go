package ws_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os/signal"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/handset-go/handset/ws"
)

// On SIGTERM a server accepts no new connections, closes its sessions within
// ten seconds, and waits for its handlers, for which http.Server.Shutdown does
// not wait.
func ExampleShutdown() {
	defer ws.Reopen() // for the examples that follow
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	var handlers sync.WaitGroup
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		handlers.Add(1) // before Handle: http.Server.Shutdown waits until then
		defer handlers.Done()
		if _, stream, err := ws.Handle(w, r); err == nil {
			for range stream.All(context.Background()) {
			}
			fmt.Println("the handler has returned")
		}
	}))
	client := dialPeer(server)
	client.listen()

	stop() // as if the signal had come
	<-ctx.Done()

	grace, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	var group errgroup.Group
	group.Go(func() error { return server.Config.Shutdown(grace) })
	group.Go(func() error { return ws.Shutdown(grace) })
	err := group.Wait()
	handlers.Wait()
	fmt.Println("shut down:", err)
	fmt.Println("the client received", client.next())
	// Output:
	// the handler has returned
	// shut down: <nil>
	// the client received Close 1001 "server is shutting down"
}

// Shutdown waits until its context ends for a peer that does not answer the
// Close frame.
func ExampleUpgrader_Shutdown() {
	upgrader := &ws.Upgrader{Options: ws.Options{CloseTimeout: time.Minute}}
	session, _, client := connectSilent(upgrader)
	defer client.stop()

	ctx, cancel := context.WithTimeout(context.Background(), time.Millisecond)
	defer cancel()
	fmt.Println("shut down:", upgrader.Shutdown(ctx))
	<-session.Done()
	fmt.Println("the session:", session.Err())
	// Output:
	// shut down: context deadline exceeded
	// the session: ws: closed by shutdown
}

// Close does not wait for the peers.
func ExampleUpgrader_Close() {
	upgrader := new(ws.Upgrader)
	session, _, client := connect(upgrader)
	defer client.stop()

	_ = upgrader.Close()
	<-session.Done()
	fmt.Println("the session:", session.Err())
	fmt.Println("the client received", client.next())
	// Output:
	// the session: ws: closed by shutdown
	// the client received nothing more
}

// ErrShutdown distinguishes a session that the server ended from one that was
// closed by its peer or by the program.
func Example_errShutdown() {
	upgrader := new(ws.Upgrader)
	session, stream, client := connect(upgrader)
	defer client.stop()

	_ = upgrader.Close()
	_, err := stream.Recv(context.Background())
	fmt.Println("received:", errors.Is(err, ws.ErrShutdown))
	err = session.Text(context.Background(), "too late")
	fmt.Println("sent:", errors.Is(err, ws.ErrShutdown), errors.Is(err, ws.ErrClosed))
	// Output:
	// received: true
	// sent: true true
}
