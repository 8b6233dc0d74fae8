package nats

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/handset-go/handset/group"
	"github.com/handset-go/handset/internal/machinetest"
	natsserver "github.com/nats-io/nats-server/v2/server"
	natsgo "github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// newStore starts a server with JetStream.
func newStore(t testing.TB) *restartable {
	t.Helper()
	return newRestartable(t, natsserver.Options{DontListen: true, JetStream: true, StoreDir: t.TempDir()})
}

func streamOf(t testing.TB, conn *natsgo.Conn) (jetstream.JetStream, jetstream.Stream) {
	t.Helper()
	js, err := jetstream.New(conn)
	if err != nil {
		t.Fatal(err)
	}
	stream, err := js.Stream(t.Context(), "handset")
	if err != nil {
		t.Fatal(err)
	}
	return js, stream
}

// A subscription that was not connected receives what it has missed, in order, and
// without a gap if the stream still has it.
func TestJetStreamMissed(t *testing.T) {
	broker := startProcess(t, true)
	proxy := machinetest.StartProxy(t, broker.addr)
	connA, err := dial(broker.addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(connA.Close)
	connB, err := dial(proxy.Addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(connB.Close)
	a := newJetStream(t, connA, JetStreamOptions{History: 50})
	b := newJetStream(t, connB, JetStreamOptions{History: 50})
	events := receive(t, b, "group")
	publish(t, a, "group", "before")
	wantText(t, events, "before")

	for _, test := range []struct{ missed, gaps int }{{0, 0}, {1, 0}, {40, 0}, {60, 1}} {
		proxy.Stall()
		proxy.Cut()
		awaitLost(t, b.conn)
		for i := range test.missed {
			publish(t, a, "group", fmt.Sprint(i))
		}
		proxy.Resume()
		if test.gaps > 0 {
			wantGap(t, events, group.ErrCannotResume)
		} else {
			for i := range test.missed {
				wantText(t, events, fmt.Sprint(i))
			}
		}
		publish(t, a, "group", "after")
		wantText(t, events, "after")
	}
}

// Messages that were stored but did not arrive are read from the stream: when the next
// one arrives, or by the check.
func TestJetStreamNotArrived(t *testing.T) {
	store := newStore(t)
	b := newJetStream(t, store.connect(t), JetStreamOptions{})
	js, stream := streamOf(t, store.connect(t))
	events := receive(t, b, "group")
	publish(t, b, "group", "first")
	first := wantText(t, events, "first")

	config := stream.CachedInfo().Config
	silent := config
	silent.RePublish = nil
	storeOnly := func(text string) {
		t.Helper()
		if _, err := js.UpdateStream(t.Context(), silent); err != nil {
			t.Fatal(err)
		}
		publish(t, b, "group", text)
		if _, err := js.UpdateStream(t.Context(), config); err != nil {
			t.Fatal(err)
		}
	}
	storeOnly("second")
	publish(t, b, "group", "third")
	second := wantText(t, events, "second")
	wantText(t, events, "third")
	if second.Position.Offset != first.Position.Offset+1 || second.Position.Epoch != first.Position.Epoch {
		t.Errorf("positions %v and %v", first.Position, second.Position)
	}
	storeOnly("fourth")
	for range 2 { // a message may be on its way at the first check
		if err := b.checkOnce(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	wantText(t, events, "fourth")
}

// When the stream was deleted and made again, positions have another epoch.
func TestJetStreamEpoch(t *testing.T) {
	store := newStore(t)
	a, b := newJetStream(t, store.connect(t), JetStreamOptions{}), newJetStream(t, store.connect(t), JetStreamOptions{})
	js, _ := streamOf(t, store.connect(t))
	events := receive(t, b, "group")
	for range 3 {
		publish(t, a, "group", "old")
	}
	old := wantText(t, events, "old").Position
	wantText(t, events, "old")
	wantText(t, events, "old")

	if err := js.DeleteStream(t.Context(), "handset"); err != nil {
		t.Fatal(err)
	}
	if err := a.Publish(t.Context(), "group", []byte("nowhere")); !errors.Is(err, group.ErrUnavailable) {
		t.Errorf("Publish without a stream: %v", err)
	}
	newJetStream(t, store.connect(t), JetStreamOptions{}) // makes it again
	publish(t, a, "group", "new")
	wantGap(t, events, group.ErrCannotResume)
	publish(t, a, "group", "newer")
	position := wantText(t, events, "newer").Position
	if position.Epoch == old.Epoch || position.Offset != 2 {
		t.Errorf("the position is %v after %v", position, old)
	}
	if got, err := b.After(t.Context(), "group", old, 10); !errors.Is(err, group.ErrCannotResume) {
		t.Errorf("After: %d entries, %v", len(got), err)
	}
}

// A subscription that is slow reads from the stream what was dropped.
func TestJetStreamSlowReceive(t *testing.T) {
	store := newStore(t)
	ignore := natsgo.ErrorHandler(func(*natsgo.Conn, *natsgo.Subscription, error) {})
	b := newJetStream(t, store.connect(t, ignore), JetStreamOptions{Options: Options{PendingMessages: 10}})
	received, release := make(chan group.Event, 1000), make(chan struct{})
	subscribe(t, b, "group", func(e group.Event) {
		received <- e
		<-release
	})
	for i := range 50 {
		publish(t, b, "group", fmt.Sprint(i))
	}
	close(release)
	for i := range 50 {
		wantText(t, received, fmt.Sprint(i))
	}
}

// An existing stream is used if it is suitable, and not changed.
func TestJetStreamConfig(t *testing.T) {
	store := newStore(t)
	conn := store.connect(t)
	newJetStream(t, conn, JetStreamOptions{History: 7, MaxAge: time.Minute})
	newJetStream(t, conn, JetStreamOptions{History: 8, MaxAge: time.Hour})
	js, stream := streamOf(t, conn)
	if got := stream.CachedInfo().Config; got.MaxMsgsPerSubject != 7 || got.MaxAge != time.Minute {
		t.Errorf("the stream has been changed: %+v", got)
	}
	for name, change := range map[string]func(*jetstream.StreamConfig){
		"no republish":         func(c *jetstream.StreamConfig) { c.RePublish = nil },
		"headers only":         func(c *jetstream.StreamConfig) { c.RePublish.HeadersOnly = true },
		"no direct access":     func(c *jetstream.StreamConfig) { c.AllowDirect = false },
		"discard new":          func(c *jetstream.StreamConfig) { c.Discard = jetstream.DiscardNew },
		"other subjects":       func(c *jetstream.StreamConfig) { c.Subjects = []string{"other.stored.*", "more"} },
		"no limit per subject": func(c *jetstream.StreamConfig) { c.MaxMsgsPerSubject = -1 },
		"interest retention":   func(c *jetstream.StreamConfig) { c.Retention = jetstream.InterestPolicy },
		"no acknowledgements":  func(c *jetstream.StreamConfig) { c.NoAck = true },
	} {
		options := JetStreamOptions{Options: Options{Prefix: "other"}, Stream: "other", History: 10, MaxAge: time.Minute}
		config := options.config()
		change(&config)
		if _, err := js.CreateStream(t.Context(), config); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		b, err := NewJetStream(t.Context(), conn, options)
		if !errors.Is(err, ErrStream) {
			t.Errorf("%s: %v", name, err)
		}
		if err == nil {
			_ = b.Close()
		}
		if err := js.DeleteStream(t.Context(), "other"); err != nil {
			t.Fatal(err)
		}
	}
}

// Of several processes that begin at the same time, with different options, one makes the
// stream and the others use it.
func TestJetStreamMadeAtOnce(t *testing.T) {
	store := newStore(t)
	var calls sync.WaitGroup
	for i := range 20 {
		conn := store.connect(t)
		calls.Go(func() {
			b, err := NewJetStream(t.Context(), conn, JetStreamOptions{History: 1 + i})
			if err != nil {
				t.Error(err)
				return
			}
			_ = b.Close()
		})
	}
	calls.Wait()
}

// The permissions that the package comment lists suffice, and only who makes the stream
// needs that of making it.
func TestJetStreamPermissions(t *testing.T) {
	allowed := []string{"handset.stored.*", "$JS.API.STREAM.INFO.handset", "$JS.API.STREAM.MSG.GET.handset", "$JS.API.DIRECT.GET.handset"}
	user := func(name string, publish []string) *natsserver.User {
		return &natsserver.User{Username: name, Password: "password", Permissions: &natsserver.Permissions{
			Publish:   &natsserver.SubjectPermission{Allow: publish},
			Subscribe: &natsserver.SubjectPermission{Allow: []string{"handset.live.*", "_INBOX.>"}},
		}}
	}
	server := newRestartable(t, natsserver.Options{DontListen: true, JetStream: true, StoreDir: t.TempDir(), Users: []*natsserver.User{
		user("maker", append(slices.Clone(allowed), "$JS.API.STREAM.CREATE.handset")), user("user", allowed),
	}})
	ignore := natsgo.ErrorHandler(func(*natsgo.Conn, *natsgo.Subscription, error) {})
	newJetStream(t, server.connect(t, natsgo.UserInfo("maker", "password"), ignore), JetStreamOptions{})
	b := newJetStream(t, server.connect(t, natsgo.UserInfo("user", "password"), ignore), JetStreamOptions{})
	events := receive(t, b, "group")
	publish(t, b, "group", "one")
	wantText(t, events, "one")
	publish(t, b, "group", "two")
	wantText(t, events, "two")
	entries, _, err := b.Recent(t.Context(), "group", 10)
	if err != nil || len(entries) != 2 {
		t.Fatalf("Recent: %d messages, %v", len(entries), err)
	}
	if entries, err = b.After(t.Context(), "group", entries[0].Position, 10); err != nil || len(entries) != 1 {
		t.Errorf("After: %d messages, %v", len(entries), err)
	}
}

// Close leaves nothing at the server, and the connection open.
func TestJetStreamClose(t *testing.T) {
	store := newStore(t)
	conn := store.connect(t)
	b, err := NewJetStream(t.Context(), conn, JetStreamOptions{})
	if err != nil {
		t.Fatal(err)
	}
	events := receive(t, b, "group")
	publish(t, b, "group", "message")
	wantText(t, events, "message")
	_, stream := streamOf(t, store.connect(t))
	info, err := stream.Info(t.Context())
	if err != nil || info.State.Consumers != 0 {
		t.Errorf("%d consumers, %v", info.State.Consumers, err)
	}
	_ = b.Close()
	if n := conn.NumSubscriptions(); n > 1 { // one is that of the nats.Conn for its own requests
		t.Errorf("%d subscriptions are left", n)
	}
	if err := b.Publish(t.Context(), "group", nil); err != ErrClosed {
		t.Errorf("Publish after Close: %v", err)
	}
	if _, err := b.Subscribe(t.Context(), "group", func(group.Event) {}); err != ErrClosed {
		t.Errorf("Subscribe after Close: %v", err)
	}
	if _, _, err := b.Recent(t.Context(), "group", 1); err != ErrClosed {
		t.Errorf("Recent after Close: %v", err)
	}
	if err := conn.Flush(); err != nil {
		t.Error(err)
	}
}

// While there is no server, calls fail at once.
func TestJetStreamUnavailable(t *testing.T) {
	store := newStore(t)
	b := newJetStream(t, store.connect(t), JetStreamOptions{})
	events := receive(t, b, "group")
	publish(t, b, "group", "before")
	position := wantText(t, events, "before").Position
	store.stop((*natsserver.Server).Shutdown)
	awaitLost(t, b.conn)
	if err := b.Publish(t.Context(), "group", nil); !errors.Is(err, group.ErrUnavailable) {
		t.Errorf("Publish: %v", err)
	}
	if _, _, err := b.Recent(t.Context(), "group", 1); !errors.Is(err, group.ErrUnavailable) {
		t.Errorf("Recent: %v", err)
	}
	if _, err := b.After(t.Context(), "group", position, 1); !errors.Is(err, group.ErrUnavailable) || errors.Is(err, group.ErrCannotResume) {
		t.Errorf("After: %v", err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if _, err := b.Subscribe(ctx, "other", func(group.Event) {}); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Subscribe: %v", err)
	}
	store.start(t)
	awaitUp(t, b.conn)
	publish(t, b, "group", "after")
	wantText(t, events, "after")
}
