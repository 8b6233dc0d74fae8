// Package grouptest tests implementations of group.Broker.
package grouptest

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/handset-go/handset/group"
)

// patience is how long a test waits for something that a healthy broker does soon.
const patience = 20 * time.Second

// An Open opens two brokers that are connected to the same server, as if they belonged
// to two processes. It may return the same broker twice if the broker works in one
// process only. It registers what closes them with t.Cleanup.
//
// A broker with a History stores at least 50 and at most 500 messages of each group.
type Open func(t *testing.T) (a, b group.Broker)

// TestBroker checks that brokers do what group.Broker demands. Each of its tests calls open once. Groups that one test uses are
// not used by another, but by the same test when it is repeated with the same server.
// No message may be lost while it runs: a gap is a failure, except after many messages
// have been published to a subscription that is too slow.
func TestBroker(t *testing.T, open Open) {
	t.Helper()
	run := func(name string, test func(t *testing.T, a, b group.Broker)) {
		t.Run(name, func(t *testing.T) {
			a, b := open(t)
			test(t, a, b)
		})
	}
	run("every subscription receives each message once", testEverySubscription)
	run("the order of each publisher is kept", testPublisherOrder)
	run("what is published after Subscribe arrives", testAfterSubscribe)
	run("a second subscription begins after Subscribe", testSecondSubscription)
	run("groups with odd names are distinct", testNames)
	run("data is what was published", testData)
	run("data is valid until receive returns", testDataValid)
	run("large data arrives whole or is refused", testLargeData)
	run("a slow subscription receives all or a gap", testSlow)
	run("nothing is received after Close", testClose)
	run("Close may be called from receive", testCloseFromReceive)
	run("a context limits Publish and Subscribe only", testContext)
	run("positions are zero without a History", testNoPositions)
}

// TestOneOrder checks that all subscriptions of a group receive its messages in the
// same order, which not every broker promises. TestHistory does it, too.
func TestOneOrder(t *testing.T, open Open) {
	t.Helper()
	a, b := open(t)
	name := t.Name()
	first, second, third := subscribe(t, a, name), subscribe(t, b, name), subscribe(t, b, name)
	publishAll(t, []group.Broker{a, b, a, b}, name, perPublisher)
	want := first.texts(t, 4*perPublisher)
	for _, r := range []*recorder{second, third} {
		if got := r.texts(t, len(want)); !slices.Equal(got, want) {
			t.Errorf("two subscriptions have received different orders:\n%q\n%q", want, got)
		}
	}
}

// deadline returns a context for a call that returns soon.
func deadline(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	t.Cleanup(cancel)
	return ctx
}

// publishWithin publishes one of many messages, each of which may take as long as one alone.
func publishWithin(b group.Broker, name string, data []byte) error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	return b.Publish(ctx, name, data)
}

// publish publishes a text, which must succeed.
func publish(t *testing.T, b group.Broker, name, text string) {
	t.Helper()
	if err := b.Publish(deadline(t), name, []byte(text)); err != nil {
		t.Fatalf("Publish: %v", err)
	}
}
