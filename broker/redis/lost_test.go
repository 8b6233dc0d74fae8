package redis_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/redis/rueidis"

	"github.com/handset-go/handset/broker/redis"
	"github.com/handset-go/handset/group"
	"github.com/handset-go/handset/internal/machinetest"
)

func TestLostRestart(t *testing.T) {
	s := startServer(t)
	a, b := newBroker(t, s.client(), redis.Options{}), newBroker(t, s.client(), redis.Options{})
	r := subscribe(t, b, "group")
	publish(t, a, "group", "before")
	r.untilText(t, "before")
	s.kill()
	awaitUnavailable(t, a)
	s.start()
	r.untilGap(t, 1)
	publishSoon(t, a, "group", "after")
	wantTexts(t, r.untilText(t, "after"), "before", "gap", "after")
}

// awaitUnavailable publishes until the broker knows that Redis cannot be reached.
func awaitUnavailable(t *testing.T, b group.Broker) {
	t.Helper()
	ctx := within(t)
	for {
		switch err := b.Publish(ctx, "group", []byte("lost")); {
		case errors.Is(err, group.ErrUnavailable):
			return
		case err == nil:
			t.Fatal("Publish succeeds without Redis")
		case ctx.Err() != nil:
			t.Fatalf("Publish: %v", err)
		}
	}
}

// What is published as soon as the gap is received arrives.
func TestLostGapMeansActive(t *testing.T) {
	s := startServer(t)
	a, b := newBroker(t, s.client(), redis.Options{}), newBroker(t, s.client(), redis.Options{})
	r := subscribe(t, b, "group")
	for i := range 5 {
		s.do("CLIENT", "KILL", "TYPE", "pubsub")
		r.untilGap(t, i+1)
		publish(t, a, "group", numbers(i, i)[0])
		r.untilText(t, numbers(i, i)[0])
	}
}

func TestLostManyGroups(t *testing.T) {
	const groups = 3000
	s := startServer(t)
	b := newBroker(t, s.client(), redis.Options{})
	names := numbers(1, groups)
	recorders := make([]*recorder, groups)
	var subscribing sync.WaitGroup
	for i, name := range names {
		subscribing.Go(func() { recorders[i] = subscribe(t, b, name) })
	}
	subscribing.Wait()
	if lines := strings.Count(strings.TrimSpace(s.do("CLIENT", "LIST", "TYPE", "pubsub")), "\n"); lines != 0 {
		t.Errorf("%d connections have subscriptions, want 1", lines+1)
	}
	begin := time.Now()
	s.do("CLIENT", "KILL", "TYPE", "pubsub")
	for i, r := range recorders {
		r.untilGap(t, 1)
		publish(t, b, names[i], "after")
	}
	for _, r := range recorders {
		wantTexts(t, r.untilText(t, "after"), "gap", "after")
	}
	t.Logf("%d groups were subscribed to again within %v", groups, time.Since(begin))
}

// Numbered messages during many cuts of the connections.
func TestLostCuts(t *testing.T) {
	s := startServer(t, "--port", freePort(t))
	for _, test := range []struct {
		name   string
		broker func(rueidis.Client) group.Broker
	}{
		{"Broker", func(c rueidis.Client) group.Broker { return newBroker(t, c, redis.Options{}) }},
		{"HistoryBroker", func(c rueidis.Client) group.Broker { return newHistory(t, c, redis.HistoryOptions{History: 1000}) }},
	} {
		t.Run(test.name, func(t *testing.T) {
			proxy := machinetest.StartProxy(t, s.address())
			a := test.broker(newClient(t, "tcp", machinetest.StartProxy(t, s.address()).Addr))
			b := test.broker(newClient(t, "tcp", proxy.Addr))
			r := subscribe(t, b, "group")
			accepted := map[int]bool{}
			n := 0
			for range 10 {
				proxy.Cut()
				for range 50 {
					n++
					accepted[n] = a.Publish(within(t), "group", []byte(numbers(n, n)[0])) == nil
				}
			}
			publishSoon(t, a, "group", "end")
			events := r.until(t, "the end", func(events []group.Event) bool {
				last := len(events) - 1
				return last >= 0 && (events[last].Gap != nil || string(events[last].Data) == "end")
			})
			checkNumbers(t, events, accepted)
			if _, ok := b.(group.History); ok && gaps(events) > 0 {
				t.Errorf("a gap although all is stored: %s", summary(events))
			}
		})
	}
}

// Redis closes the connection of a subscriber that does not read.
func TestLostOutputBuffer(t *testing.T) {
	s := startServer(t, "--port", freePort(t), "--client-output-buffer-limit", "pubsub 1mb 0 0")
	proxy := machinetest.StartProxy(t, s.address())
	a, b := newBroker(t, s.client(), redis.Options{}), newBroker(t, newClient(t, "tcp", proxy.Addr), redis.Options{})
	r := subscribe(t, b, "group")
	proxy.Stall()
	data := strings.Repeat("x", 1<<20)
	for range 20 { // more than the sockets between them hold
		publish(t, a, "group", data)
	}
	proxy.Resume()
	r.untilGap(t, 1)
	publish(t, a, "group", "after")
	r.untilText(t, "after")
}

// While Redis does not answer, calls end with their context, however many there are.
func TestLostStalled(t *testing.T) {
	s := startServer(t, "--port", freePort(t))
	proxy := machinetest.StartProxy(t, s.address())
	b := newBroker(t, newClient(t, "tcp", proxy.Addr), redis.Options{})
	r := subscribe(t, b, "group")
	publish(t, b, "group", "before")
	r.untilText(t, "before")
	proxy.Stall()
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	begin := time.Now()
	var calls sync.WaitGroup
	for range 1500 { // more than rueidis queues
		calls.Go(func() {
			if err := b.Publish(ctx, "group", []byte("lost")); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("Publish: %v, want that its context has ended", err)
			}
		})
		calls.Go(func() {
			if _, err := b.Subscribe(ctx, "other", func(group.Event) {}); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("Subscribe: %v, want that its context has ended", err)
			}
		})
	}
	calls.Wait()
	if d := time.Since(begin); d > patience {
		t.Errorf("the calls have ended after %v", d)
	}
	proxy.Cut()
	proxy.Resume()
	r.untilGap(t, 1)
	publishSoon(t, b, "group", "after")
	r.untilText(t, "after")
}

// A pause that nobody notices loses nothing; a long one is noticed.
func TestLostPause(t *testing.T) {
	s := startServer(t, "--port", freePort(t))
	proxy := machinetest.StartProxy(t, s.address())
	a, b := newBroker(t, s.client(), redis.Options{}), newBroker(t, newClient(t, "tcp", proxy.Addr), redis.Options{})
	r := subscribe(t, b, "group")
	proxy.Stall()
	publish(t, a, "group", "1")
	proxy.Resume()
	wantTexts(t, r.untilText(t, "1"), "1")
	proxy.Stall()
	publish(t, a, "group", "2")
	awaitNotConnected(t, b)
	proxy.Cut()
	proxy.Resume()
	r.untilGap(t, 1)
	publish(t, a, "group", "3")
	r.untilText(t, "3")
}

// awaitNotConnected waits until the client has given up the connection.
func awaitNotConnected(t *testing.T, b group.Broker) {
	t.Helper()
	if err := b.Publish(within(t), "other", nil); err == nil {
		t.Fatal("Publish succeeds without Redis")
	}
}

// A server that becomes a replica without closing its connections is left.
func TestLostRole(t *testing.T) {
	old := redis.SetCheckInterval(20 * time.Millisecond)
	t.Cleanup(func() { redis.SetCheckInterval(old) }) // after the Broker is closed
	s := startServer(t)
	b := newBroker(t, s.client(), redis.Options{})
	r := subscribe(t, b, "group")
	s.do("REPLICAOF", "127.0.0.1", "1")
	await(t, "nothing is published to a replica", func() bool {
		return errors.Is(b.Publish(within(t), "group", []byte("lost")), group.ErrUnavailable)
	})
	await(t, "the subscription leaves a replica", func() bool { return s.do("PUBSUB", "CHANNELS") == "[]" })
	s.do("REPLICAOF", "NO", "ONE")
	publishSoon(t, b, "group", "after")
	r.untilGap(t, 1)
}
