package grouptest

import (
	"fmt"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/handset-go/handset/group"
)

// perPublisher is how many messages each of several publishers publishes.
const perPublisher = 100

func testEverySubscription(t *testing.T, a, b group.Broker) {
	name := t.Name()
	recorders := []*recorder{subscribe(t, a, name), subscribe(t, a, name), subscribe(t, b, name)}
	publish(t, a, name, "from a")
	publish(t, b, name, "from b")
	for _, r := range recorders {
		got := r.texts(t, 2)
		if got[0] == got[1] {
			t.Errorf("received %q", got)
		}
	}
	publish(t, a, name, "last")
	for _, r := range recorders {
		if got := r.texts(t, 3); got[2] != "last" {
			t.Errorf("received %q", got)
		}
	}
}

func testPublisherOrder(t *testing.T, a, b group.Broker) {
	name := t.Name()
	recorders := []*recorder{subscribe(t, a, name), subscribe(t, b, name), subscribe(t, b, name)}
	publishers := []group.Broker{a, b, a, b}
	publishAll(t, publishers, name, perPublisher)
	for _, r := range recorders {
		inOrder(t, r.texts(t, len(publishers)*perPublisher))
	}
}

// publishAll publishes n messages by each publisher at the same time, each with the number of
// its publisher and its own.
func publishAll(t *testing.T, publishers []group.Broker, name string, n int) {
	t.Helper()
	var group sync.WaitGroup
	for i, broker := range publishers {
		group.Go(func() {
			for k := range n {
				if err := publishWithin(broker, name, fmt.Appendf(nil, "%d %d", i, k)); err != nil {
					t.Errorf("Publish: %v", err)
					return
				}
			}
		})
	}
	group.Wait()
	if t.Failed() {
		t.FailNow()
	}
}

// inOrder checks that each publisher's messages are all there and in order.
func inOrder(t *testing.T, list []string) {
	t.Helper()
	next := map[string]int{}
	for i, text := range list {
		publisher, number, _ := strings.Cut(text, " ")
		if want := strconv.Itoa(next[publisher]); number != want {
			t.Fatalf("message %d is %q, want number %s of this publisher", i, text, want)
		}
		next[publisher]++
	}
}

// Many times, because a subscription that is not active at the server is often active
// a moment later.
func testAfterSubscribe(t *testing.T, a, b group.Broker) {
	for i := range 100 {
		name := t.Name() + strconv.Itoa(i)
		if i%2 == 1 {
			a, b = b, a
		}
		r := subscribe(t, b, name)
		publish(t, a, name, "first")
		if got := r.texts(t, 1); got[0] != "first" {
			t.Fatalf("received %q", got)
		}
		_ = r.closer.Close()
	}
}

func testSecondSubscription(t *testing.T, a, b group.Broker) {
	name := t.Name()
	subscribe(t, b, name)
	for i := range 50 {
		text := strconv.Itoa(i)
		publish(t, a, name, "before "+text)
		r := subscribe(t, b, name)
		publish(t, a, name, text)
		// A broker may deliver what was published just before the subscription.
		got := texts(r.until(t, "the message", func(events []group.Event) bool {
			return len(events) > 0 && string(events[len(events)-1].Data) == text || len(events) > 2
		}))
		if len(got) > 2 || got[0] != text && got[0] != "before "+text {
			t.Fatalf("received %q, want %q", got, text)
		}
		_ = r.closer.Close()
	}
}

// A subscription that is slow for a while receives all messages in order, or there is a
// gap where some are missing and it goes on.
func testSlow(t *testing.T, a, b group.Broker) {
	name := t.Name()
	release := make(chan struct{})
	r := subscribeWith(t, b, name, func(*recorder, group.Event) { <-release })
	published := make(chan struct{})
	go func() {
		defer close(published)
		publishNumbers(t, a, name, 3000)
	}()
	select {
	case <-published:
	case <-time.After(time.Second): // a broker in one process may wait for receive
	}
	close(release)
	<-published
	events := r.until(t, "the last message or a gap", func(events []group.Event) bool {
		return len(events) >= 3000 || gapIn(events) != nil
	})
	if gapIn(events) != nil {
		events = afterGap(t, r, a, name)
	}
	last := -1
	for i, e := range events {
		number, err := strconv.Atoi(string(e.Data))
		if e.Gap == nil && (err != nil || number <= last) {
			t.Fatalf("event %d is %q after %d", i, e.Data, last)
		}
		if e.Gap == nil {
			last = number
		}
	}
}

// afterGap publishes a message after the last gap, until one arrives, and returns all events.
func afterGap(t *testing.T, r *recorder, b group.Broker, name string) []group.Event {
	t.Helper()
	for number := 3000; ; number++ {
		text := strconv.Itoa(number)
		before, _ := r.snapshot()
		publish(t, b, name, text)
		events := r.until(t, text+" or another gap", func(events []group.Event) bool {
			return string(events[len(events)-1].Data) == text || gapIn(events[len(before):]) != nil
		})
		if string(events[len(events)-1].Data) == text {
			return events
		}
	}
}

// publishNumbers publishes the numbers below n.
func publishNumbers(t *testing.T, b group.Broker, name string, n int) {
	for i := range n {
		if err := publishWithin(b, name, []byte(strconv.Itoa(i))); err != nil {
			t.Errorf("Publish: %v", err)
			return
		}
	}
}
