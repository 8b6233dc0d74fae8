package nats

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/handset-go/handset/group"
	"github.com/handset-go/handset/internal/machinetest"
	natsserver "github.com/nats-io/nats-server/v2/server"
	natsgo "github.com/nats-io/nats.go"
)

// While there is no server, Publish fails at once and nothing is sent later. When there is
// one again, every subscription has a gap and then receives.
func TestServerRestart(t *testing.T) {
	for _, test := range []struct {
		name    string
		stop    func(*natsserver.Server)
		options natsserver.Options
	}{
		{"after a shutdown", (*natsserver.Server).Shutdown, natsserver.Options{DontListen: true}},
		{"after lame duck mode", (*natsserver.Server).LameDuckShutdown, natsserver.Options{
			LameDuckDuration: 20 * time.Millisecond, LameDuckGracePeriod: 10 * time.Millisecond,
			Host: "127.0.0.1", Port: -1, // lame duck mode waits for the listener
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			server := newRestartable(t, test.options)
			a, b := newBroker(t, server.connect(t), Options{}), newBroker(t, server.connect(t), Options{})
			events, own := receive(t, b, "group"), receive(t, a, "group")
			publish(t, a, "group", "before")
			wantText(t, events, "before")
			wantText(t, own, "before")

			server.stop(test.stop)
			awaitLost(t, a.conn)
			for range 10 {
				if err := a.Publish(t.Context(), "group", []byte("lost")); !errors.Is(err, group.ErrUnavailable) {
					t.Fatalf("Publish without a server: %v", err)
				}
			}
			server.start(t)
			wantGap(t, events, errReconnected)
			wantGap(t, own, errReconnected)
			publish(t, a, "group", "after")
			wantText(t, events, "after")
			wantText(t, own, "after")
		})
	}
}

// Subscribe waits for the server, but not longer than its context.
func TestSubscribeWithoutServer(t *testing.T) {
	server := newRestartable(t, natsserver.Options{DontListen: true})
	b := newBroker(t, server.connect(t), Options{})
	server.stop((*natsserver.Server).Shutdown)
	awaitLost(t, b.conn)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if _, err := b.Subscribe(ctx, "group", func(group.Event) { t.Error("received") }); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Subscribe: %v", err)
	}
	subscribed := make(chan (<-chan group.Event))
	go func() { subscribed <- receive(t, b, "group") }()
	server.start(t)
	events := <-subscribed
	publish(t, b, "group", "message")
	for {
		if e := next(t, events); e.Gap == nil {
			if string(e.Data) != "message" {
				t.Errorf("received %q", e.Data)
			}
			return
		}
	}
}

// Calls return when their context ends, although bytes cannot be written and the nats.Conn
// is blocked by that.
func TestNetworkStalls(t *testing.T) {
	broker := startProcess(t, false)
	proxy := machinetest.StartProxy(t, broker.addr)
	conn, err := natsgo.Connect("nats://"+proxy.Addr, natsgo.MaxReconnects(-1), natsgo.FlusherTimeout(patience))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(conn.Close)
	b := newBroker(t, conn, Options{})
	subscribe(t, b, "group", func(group.Event) {})
	proxy.Stall()
	t.Cleanup(proxy.Resume)
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	var calls sync.WaitGroup
	for i := range 60 {
		calls.Go(func() {
			err := b.Publish(ctx, "group", make([]byte, i%2<<20))
			if !errors.Is(err, context.DeadlineExceeded) || errors.Is(err, group.ErrUnavailable) {
				t.Errorf("Publish: %v", err)
			}
		})
	}
	calls.Go(func() {
		if _, err := b.Subscribe(ctx, "other", func(group.Event) {}); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Subscribe: %v", err)
		}
	})
	returned := make(chan struct{})
	go func() {
		calls.Wait()
		close(returned)
	}()
	select {
	case <-returned:
	case <-time.After(patience / 2):
		t.Error("a call has not returned")
	}
}

// A subscription that is too slow receives what is pending, then a gap, then what is
// published later.
func TestSlowReceive(t *testing.T) {
	server := newRestartable(t, natsserver.Options{DontListen: true})
	b := newBroker(t, server.connect(t, natsgo.ErrorHandler(func(*natsgo.Conn, *natsgo.Subscription, error) {})), Options{PendingMessages: 10})
	received, release := make(chan group.Event, 1000), make(chan struct{})
	subscribe(t, b, "group", func(e group.Event) {
		received <- e
		<-release
	})
	other := receive(t, b, "group")
	for i := range 100 {
		publish(t, b, "group", fmt.Sprint(i))
		wantText(t, other, fmt.Sprint(i)) // a slow subscription costs the others nothing
	}
	close(release)
	for i := range 10 {
		wantText(t, received, fmt.Sprint(i))
	}
	wantGap(t, received, errSlow)
	publish(t, b, "group", "later")
	wantText(t, received, "later")
}

// The server's refusals are errors, also of many calls at the same time.
func TestPermissions(t *testing.T) {
	server := newRestartable(t, natsserver.Options{DontListen: true, Users: []*natsserver.User{{
		Username: "user", Password: "password", Permissions: &natsserver.Permissions{
			Publish:   &natsserver.SubjectPermission{Deny: []string{"handset.group.mute"}},
			Subscribe: &natsserver.SubjectPermission{Deny: []string{"handset.group.hidden"}},
		},
	}}})
	ignore := natsgo.ErrorHandler(func(*natsgo.Conn, *natsgo.Subscription, error) {})
	b := newBroker(t, server.connect(t, natsgo.UserInfo("user", "password"), ignore), Options{})
	var calls sync.WaitGroup
	for i := range 20 {
		calls.Go(func() {
			if _, err := b.Subscribe(t.Context(), "hidden", func(group.Event) {}); !errors.Is(err, natsgo.ErrPermissionViolation) {
				t.Errorf("Subscribe: %v", err)
			}
		})
		calls.Go(func() {
			name := fmt.Sprint("visible", i)
			events := receive(t, b, name)
			publish(t, b, name, "message")
			wantText(t, events, "message")
		})
	}
	calls.Wait()
	err := b.Publish(t.Context(), "mute", []byte("message"))
	if !errors.Is(err, natsgo.ErrPermissionViolation) || errors.Is(err, group.ErrUnavailable) {
		t.Errorf("Publish: %v", err)
	}
	publish(t, b, "visible", "message")
}

// The program's own callbacks go on working, and its connection stays open.
func TestConnectionIsTheProgram(t *testing.T) {
	server := newRestartable(t, natsserver.Options{DontListen: true})
	reconnected, disconnected := make(chan struct{}, 10), make(chan struct{}, 10)
	conn := server.connect(t, natsgo.ReconnectHandler(func(*natsgo.Conn) { reconnected <- struct{}{} }),
		natsgo.DisconnectErrHandler(func(*natsgo.Conn, error) { disconnected <- struct{}{} }))
	b, err := New(conn, Options{})
	if err != nil {
		t.Fatal(err)
	}
	events := receive(t, b, "group")
	server.stop((*natsserver.Server).Shutdown)
	<-disconnected
	server.start(t)
	<-reconnected
	wantGap(t, events, errReconnected)
	_ = b.Close()
	_ = b.Close()
	if err := b.Publish(t.Context(), "group", nil); !errors.Is(err, group.ErrUnavailable) {
		t.Errorf("Publish after Close: %v", err)
	}
	if _, err := b.Subscribe(t.Context(), "group", func(group.Event) {}); !errors.Is(err, group.ErrUnavailable) {
		t.Errorf("Subscribe after Close: %v", err)
	}
	if err := conn.Flush(); err != nil {
		t.Errorf("the connection: %v", err)
	}
	if n := conn.NumSubscriptions(); n > 0 {
		t.Errorf("%d subscriptions are left", n)
	}
}

// Subscriptions that are made while the Broker is closed do not stay.
func TestCloseDuringSubscribe(t *testing.T) {
	server := newRestartable(t, natsserver.Options{DontListen: true})
	conn := server.connect(t)
	for range 20 {
		b, err := New(conn, Options{})
		if err != nil {
			t.Fatal(err)
		}
		var calls sync.WaitGroup
		for i := range 10 {
			calls.Go(func() {
				if closer, err := b.Subscribe(t.Context(), fmt.Sprint(i), func(group.Event) {}); err != nil && closer != nil {
					t.Errorf("%v, %v", closer, err)
				}
			})
		}
		_ = b.Close()
		calls.Wait()
	}
	for deadline := time.Now().Add(patience); conn.NumSubscriptions() > 0; runtime.Gosched() { // abandoned ones end later
		if time.Now().After(deadline) {
			t.Fatalf("%d subscriptions are left", conn.NumSubscriptions())
		}
	}
}

// A connection that does not come back is reported.
func TestConnectionIsClosed(t *testing.T) {
	server := newRestartable(t, natsserver.Options{DontListen: true})
	conn := server.connect(t)
	b := newBroker(t, conn, Options{})
	events := receive(t, b, "group")
	conn.Close()
	wantGap(t, events, errConnClosed)
	if err := b.Publish(t.Context(), "group", nil); !errors.Is(err, group.ErrUnavailable) {
		t.Errorf("Publish: %v", err)
	}
	if _, err := b.Subscribe(t.Context(), "group", func(group.Event) {}); err == nil {
		t.Error("Subscribe has succeeded")
	}
}

func TestInvalidOptions(t *testing.T) {
	if _, err := New(nil, Options{}); err == nil {
		t.Error("a nil connection is accepted")
	}
	if _, err := NewJetStream(t.Context(), nil, JetStreamOptions{}); err == nil {
		t.Error("a nil connection is accepted")
	}
	for _, prefix := range []string{".", "a.", ".a", "a..b", "*", "a.>", "a b", "é", "$SYS"} {
		if _, err := New(new(natsgo.Conn), Options{Prefix: prefix}); err == nil {
			t.Errorf("the prefix %q is accepted", prefix)
		}
	}
}
