package group_test

import (
	"context"
	"fmt"
	"math"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/handset-go/handset/group"
	"github.com/handset-go/handset/group/grouptest"
)

func TestMemoryBrokerKeepsContract(t *testing.T) {
	for _, history := range []int{0, 100} {
		open := func(*testing.T) (a, b group.Broker) {
			broker := &group.MemoryBroker{History: history}
			return broker, broker
		}
		t.Run(fmt.Sprint("history=", history), func(t *testing.T) {
			grouptest.TestBroker(t, open)
			grouptest.TestOneOrder(t, open)
			if history > 0 {
				grouptest.TestHistory(t, open)
			}
		})
	}
}

// received returns the texts of entries, with their offsets.
func received(entries []group.Entry) (texts []string) {
	for _, e := range entries {
		texts = append(texts, fmt.Sprintf("%s %d", e.Data, e.Position.Offset))
	}
	return texts
}

func TestMemoryBrokerKeepsHistory(t *testing.T) {
	broker := &group.MemoryBroker{History: 3}
	for _, text := range []string{"a", "b", "c", "d"} {
		if err := broker.Publish(t.Context(), "x", []byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	entries, at, err := broker.Recent(t.Context(), "x", 2)
	if want := []string{"c 3", "d 4"}; err != nil || !slices.Equal(received(entries), want) || at != entries[1].Position {
		t.Errorf("Recent returns %q, %v, %v", received(entries), at, err)
	}
	for _, n := range []int{0, -1, math.MinInt} {
		if entries, _, err := broker.Recent(t.Context(), "x", n); len(entries) != 0 || err != nil {
			t.Errorf("Recent of %d returns %q, %v", n, received(entries), err)
		}
	}
	at.Offset = 1
	entries, err = broker.After(t.Context(), "x", at, 3)
	if want := []string{"b 2", "c 3", "d 4"}; err != nil || !slices.Equal(received(entries), want) {
		t.Errorf("After returns %q, %v", received(entries), err)
	}
}

// The history of a group that nobody uses is deleted after a time. Its positions are of a
// new epoch then.
func TestMemoryBrokerRetention(t *testing.T) {
	for _, test := range []struct {
		option, kept time.Duration
	}{{0, 5 * time.Minute}, {time.Second, time.Second}} {
		synctest.Test(t, func(t *testing.T) {
			broker := &group.MemoryBroker{History: 3, Retention: test.option}
			recent := func() (int, group.Position) {
				entries, at, err := broker.Recent(t.Context(), "x", 10)
				if err != nil {
					t.Error(err)
				}
				return len(entries), at
			}
			subscription, _ := broker.Subscribe(t.Context(), "x", func(group.Event) {})
			broker.Publish(t.Context(), "x", []byte("a"))
			time.Sleep(3 * test.kept)
			n, before := recent()
			subscription.Close()
			subscription.Close()
			time.Sleep(test.kept - 1)
			m, still := recent()
			time.Sleep(test.kept - 1)
			again, _ := recent()
			if n != 1 || m != 1 || again != 1 || still != before {
				t.Errorf("%d, %d and %d messages at %v and %v", n, m, again, before, still)
			}
			time.Sleep(test.kept + 1)
			synctest.Wait()
			n, after := recent()
			if n != 0 || after.Epoch == before.Epoch || after.Offset != 0 {
				t.Errorf("%d messages at %v, which was %v", n, after, before)
			}
			if _, err := broker.After(t.Context(), "x", before, 10); err != group.ErrCannotResume {
				t.Errorf("After returns %v", err)
			}
			time.Sleep(2 * test.kept) // the timer ends
		})
	}
}

func TestMemoryBrokerWithoutHistory(t *testing.T) {
	broker := new(group.MemoryBroker)
	var at group.Position
	subscription, err := broker.Subscribe(t.Context(), "x", func(event group.Event) { at = event.Position })
	if err != nil {
		t.Fatal(err)
	}
	defer subscription.Close()
	broker.Publish(t.Context(), "x", nil)
	entries, newest, err := broker.Recent(t.Context(), "x", 10)
	if len(entries) != 0 || !newest.IsZero() || !at.IsZero() || err != nil {
		t.Errorf("Recent returns %v, %v, %v; received %v", entries, newest, err, at)
	}
	if _, err := broker.After(t.Context(), "x", group.Position{}, 10); err != group.ErrCannotResume {
		t.Errorf("After returns %v", err)
	}
}

// A delivery that takes long holds up the publishers only when the queue is full, and
// only until their contexts end.
func TestMemoryBrokerQueueIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		broker := new(group.MemoryBroker)
		release := make(chan struct{})
		var delivered atomic.Int64
		subscription, _ := broker.Subscribe(t.Context(), "x", func(group.Event) {
			<-release
			delivered.Add(1)
		})
		defer subscription.Close()
		go broker.Publish(t.Context(), "x", nil)
		synctest.Wait()
		for range 256 {
			if err := broker.Publish(t.Context(), "x", nil); err != nil {
				t.Fatal(err)
			}
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := broker.Publish(ctx, "x", nil); err != context.DeadlineExceeded {
			t.Errorf("Publish returns %v", err)
		}
		waited := make(chan error)
		go func() { waited <- broker.Publish(t.Context(), "x", nil) }()
		synctest.Wait()
		if n := delivered.Load(); n != 0 {
			t.Fatalf("%d messages were delivered", n)
		}
		close(release)
		if err := <-waited; err != nil {
			t.Error(err)
		}
		synctest.Wait()
		if n := delivered.Load(); n != 258 {
			t.Errorf("%d messages were delivered", n)
		}
	})
}

// A subscription may be closed, and messages may be published, while one is delivered.
func TestMemoryBrokerReceiveCallsBroker(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		broker := new(group.MemoryBroker)
		var texts []string
		closed := make(chan func() error, 1)
		subscription, _ := broker.Subscribe(t.Context(), "x", func(event group.Event) {
			texts = append(texts, string(event.Data))
			switch string(event.Data) {
			case "a":
				broker.Publish(t.Context(), "x", []byte("b"))
			case "b":
				(<-closed)()
			}
		})
		closed <- subscription.Close
		broker.Publish(t.Context(), "x", []byte("a"))
		synctest.Wait()
		broker.Publish(t.Context(), "x", []byte("c"))
		synctest.Wait()
		if !slices.Equal(texts, []string{"a", "b"}) {
			t.Errorf("received %q", texts)
		}
	})
}

// A subscriber that panics, in a goroutine that recovers as those of net/http do, does not
// stop the deliveries of the group.
func TestMemoryBrokerReceivePanics(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		broker := new(group.MemoryBroker)
		var texts []string
		subscription, _ := broker.Subscribe(t.Context(), "x", func(event group.Event) {
			texts = append(texts, string(event.Data))
			if string(event.Data) == "a" {
				broker.Publish(t.Context(), "x", []byte("b"))
				panic("in receive")
			}
		})
		defer subscription.Close()
		func() {
			defer func() { _ = recover() }()
			broker.Publish(t.Context(), "x", []byte("a"))
		}()
		synctest.Wait()
		broker.Publish(t.Context(), "x", []byte("c"))
		if !slices.Equal(texts, []string{"a", "b", "c"}) {
			t.Errorf("received %q", texts)
		}
	})
}

// What it costs to publish does not depend on how many messages are stored.
func TestMemoryBrokerLongHistory(t *testing.T) {
	publisher := func(history int) func() time.Duration {
		broker := &group.MemoryBroker{History: history}
		publish := func(n int) time.Duration {
			began := time.Now()
			for range n {
				if err := broker.Publish(t.Context(), "x", nil); err != nil {
					t.Fatal(err)
				}
			}
			return time.Since(began)
		}
		publish(history)
		return func() time.Duration { return publish(200) }
	}
	if short, long := leastOfBoth(publisher(100), publisher(50_000)); long > 20*short {
		t.Errorf("200 messages cost %v with a history of 100 and %v with one of 50,000", short, long)
	}
}
