package redis_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/redis/rueidis"

	"github.com/handset-go/handset/broker/redis"
	"github.com/handset-go/handset/group"
)

// The server may be absent when the broker is made.
func TestBrokerServerAbsent(t *testing.T) {
	s := startServer(t)
	s.kill()
	b := newBroker(t, s.client(), redis.Options{})
	if err := b.Publish(within(t), "group", nil); !errors.Is(err, group.ErrUnavailable) {
		t.Errorf("Publish: %v, want ErrUnavailable", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := b.Subscribe(ctx, "group", func(group.Event) {}); !errors.Is(err, context.Canceled) {
		t.Errorf("Subscribe: %v, want that its context has ended", err)
	}
	subscribed := make(chan *recorder)
	go func() { subscribed <- subscribe(t, b, "group") }()
	s.start()
	r := <-subscribed
	publishSoon(t, b, "group", "message")
	wantTexts(t, r.untilText(t, "message"), "message")
}

func TestBrokerClose(t *testing.T) {
	s := startServer(t)
	client := s.client()
	for _, b := range []interface {
		group.Broker
		Close() error
	}{newBroker(t, client, redis.Options{}), newHistory(t, client, redis.HistoryOptions{})} {
		r := subscribe(t, b, "group")
		publish(t, b, "group", "message")
		r.untilText(t, "message")
		for range 2 {
			if err := b.Close(); err != nil {
				t.Errorf("Close: %v", err)
			}
		}
		if err := b.Publish(within(t), "group", nil); err != redis.ErrClosed {
			t.Errorf("Publish: %v, want ErrClosed", err)
		}
		if _, err := b.Subscribe(within(t), "group", func(group.Event) {}); err != redis.ErrClosed {
			t.Errorf("Subscribe: %v, want ErrClosed", err)
		}
		r.close()
		wantTexts(t, r.untilText(t, "message"), "message")
	}
	if err := client.Do(within(t), client.B().Ping().Build()).Error(); err != nil {
		t.Errorf("the client is closed, too: %v", err)
	}
	await(t, "the connections of the subscriptions are closed", func() bool {
		return !strings.Contains(s.do("CLIENT", "LIST", "TYPE", "pubsub"), "id=")
	})
}

// Servers and options that cannot be used.
func TestBrokerInvalid(t *testing.T) {
	if _, err := redis.New(nil, redis.Options{}); err == nil {
		t.Error("New succeeds without a client")
	}
	if _, err := redis.NewHistory(nil, redis.HistoryOptions{}); err == nil {
		t.Error("NewHistory succeeds without a client")
	}
	s := startServer(t, "--cluster-enabled", "yes")
	b := newBroker(t, s.client(), redis.Options{})
	if err := b.Publish(within(t), "group", nil); err == nil || !strings.Contains(err.Error(), "Cluster") {
		t.Errorf("Publish: %v, want that clusters are not supported", err)
	}
	if err := b.Publish(within(t), "group", make([]byte, 16<<20+1)); !errors.Is(err, group.ErrTooLarge) {
		t.Errorf("Publish: %v, want ErrTooLarge", err)
	}
}

// What Redis refuses for one group does not affect others.
func TestBrokerRefused(t *testing.T) {
	s := startServer(t)
	s.do("ACL", "SETUSER", "default", "resetchannels", "&handset:p:good*")
	b := newBroker(t, s.client(), redis.Options{})
	var calls sync.WaitGroup
	for i := range 20 {
		calls.Go(func() { subscribe(t, b, fmt.Sprint("good", i)) })
		calls.Go(func() {
			_, err := b.Subscribe(within(t), fmt.Sprint("bad", i), func(group.Event) {})
			if err == nil || !strings.Contains(err.Error(), "NOPERM") {
				t.Errorf("Subscribe: %v, want the answer of Redis", err)
			}
		})
	}
	calls.Wait()
	err := b.Publish(within(t), "bad", nil)
	if _, ok := rueidis.IsRedisErr(errors.Unwrap(err)); !ok || errors.Is(err, group.ErrUnavailable) {
		t.Errorf("Publish: %v, want the answer of Redis", err)
	}
}

// Subscriptions to few groups begin and end all the time.
func TestBrokerChurn(t *testing.T) {
	s := startServer(t)
	b := newBroker(t, s.client(), redis.Options{})
	var calls sync.WaitGroup
	for i := range 20 {
		calls.Go(func() {
			for n := range 30 {
				name := fmt.Sprint("group", (i+n)%3)
				r := subscribe(t, b, name)
				text := fmt.Sprint(i, " ", n)
				publish(t, b, name, text)
				if events := r.untilText(t, text); gaps(events) > 0 {
					t.Errorf("a gap of a healthy connection: %q", texts(events))
				}
				r.close()
			}
		})
	}
	calls.Wait()
	await(t, "no channel is subscribed to", func() bool { return s.do("PUBSUB", "CHANNELS") == "[]" })
}

// A slow subscription costs only itself.
func TestBrokerSlow(t *testing.T) {
	for _, test := range []struct {
		name    string
		options redis.Options
		gaps    int // at most: of the limit of all, the others free some meanwhile
	}{
		{"its own limit", redis.Options{PendingBytes: 100 << 10}, 1},
		{"the limit of all", redis.Options{TotalPendingBytes: 100 << 10}, 12},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := startServer(t)
			a, b := newBroker(t, s.client(), redis.Options{}), newBroker(t, s.client(), test.options)
			proceed := make(chan struct{})
			slow := subscribeWith(t, b, "slow", func(group.Event) { <-proceed })
			little := subscribeWith(t, b, "little", func(group.Event) { <-proceed })
			other := subscribe(t, b, "other")
			data := strings.Repeat("x", 10<<10)
			for i := range 20 {
				publish(t, a, "slow", data)
				text := fmt.Sprint(i, data)
				publish(t, a, "other", text)
				other.untilText(t, text) // it is fast
			}
			publish(t, a, "other", "last")
			if events := other.untilText(t, "last"); len(events) != 21 || gaps(events) > 0 {
				t.Errorf("the other subscription has received %s", summary(events))
			}
			for _, text := range []string{data, data, "last"} {
				publish(t, a, "little", text)
			}
			publish(t, b, "other", "all has arrived")
			other.untilText(t, "all has arrived")
			close(proceed)
			if events := little.untilText(t, "last"); len(events) != 3 {
				t.Errorf("a subscription with little in its queue has received %s", summary(events))
			}
			slow.untilGap(t, 1)
			publish(t, a, "slow", "last")
			events := slow.untilText(t, "last")
			if n := len(events) - gaps(events); gaps(events) > test.gaps || n < 6 || n > 12 {
				t.Errorf("the slow subscription has received %s", summary(events))
			}
			await(t, "the queues are empty", func() bool { return b.Queued() == 0 })
		})
	}
}

// A subscription that is closed takes no memory, whatever its queue had.
func TestBrokerCloseSlow(t *testing.T) {
	s := startServer(t)
	b := newBroker(t, s.client(), redis.Options{})
	proceed, started := make(chan struct{}), make(chan struct{}, 100)
	r := subscribeWith(t, b, "group", func(group.Event) { started <- struct{}{}; <-proceed })
	publish(t, b, "group", "1")
	<-started
	publishNumbers(t, b, "group", 2, 10)
	other := subscribe(t, b, "other")
	publish(t, b, "other", "after")
	other.untilText(t, "after") // so the queue has the rest
	proceed <- struct{}{}
	<-started // the second message
	r.close()
	close(proceed)
	await(t, "the queues are empty", func() bool { return b.Queued() == 0 })
	if len(started) > 0 {
		t.Error("receive was called after Close")
	}
}

// A subscription that Redis refuses for a time does not end.
func TestBrokerRefusedAgain(t *testing.T) {
	s := startServer(t)
	b := newBroker(t, s.client(), redis.Options{})
	r := subscribe(t, b, "group")
	s.do("ACL", "SETUSER", "default", "resetchannels") // closes the connection, too
	r.untilGap(t, 1)
	s.do("ACL", "SETUSER", "default", "allchannels")
	r.untilGap(t, 2)
	publish(t, b, "group", "after")
	r.untilText(t, "after")
}

// RESP2 has no way to tell subscriptions and answers apart on one connection.
func TestBrokerRESP2(t *testing.T) {
	s := startServer(t)
	client, err := connectWith("unix", s.socket(), func(o *rueidis.ClientOption) { o.AlwaysRESP2 = true })
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	b := newBroker(t, client, redis.Options{})
	if err := b.Publish(within(t), "group", nil); err == nil || !strings.Contains(err.Error(), "RESP3") {
		t.Errorf("Publish: %v, want that RESP3 is needed", err)
	}
}
