package grouptest

import (
	"context"
	"testing"

	"github.com/handset-go/handset/group"
)

func testClose(t *testing.T, a, b group.Broker) {
	name := t.Name()
	stays := subscribe(t, b, name)
	for i := range 20 {
		r := subscribe(t, b, name)
		publish(t, a, name, "before")
		r.messages(t, 1)
		if err := r.closer.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
		publish(t, a, name, "after")
		stays.messages(t, 2*i+2)
		r.messages(t, 1)
		_ = r.closer.Close() // a second time is harmless
	}
}

func testCloseFromReceive(t *testing.T, a, b group.Broker) {
	name := t.Name()
	stays := subscribe(t, b, name)
	closing := make(chan struct{})
	r := subscribeWith(t, b, name, func(r *recorder, _ group.Event) {
		<-closing
		if err := r.closer.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
	published := make(chan struct{})
	go func() { // a broker in one process may wait for receive
		defer close(published)
		publishNumbers(t, a, name, 10)
	}()
	r.until(t, "the first message", func(events []group.Event) bool { return len(events) > 0 })
	close(closing)
	<-published
	stays.messages(t, 10)
	publish(t, b, name, "after")
	stays.messages(t, 11)
	if got := r.texts(t, 1); got[0] != "0" {
		t.Errorf("received %q", got)
	}
}

func testContext(t *testing.T, a, b group.Broker) {
	name := t.Name()
	ended, cancel := context.WithCancel(context.Background())
	var r recorder
	r.t, r.changed = t, make(chan struct{})
	closer, err := b.Subscribe(ended, name, r.add)
	if err != nil {
		t.Fatalf("Subscribe: %v", err)
	}
	defer closer.Close()
	cancel()
	publish(t, a, name, "after the context of Subscribe")
	r.messages(t, 1)

	// Both calls return soon, with an error or not.
	var other recorder
	other.t, other.changed = t, make(chan struct{})
	if closer, err := b.Subscribe(ended, name, other.add); err == nil {
		_ = closer.Close()
	}
	already, _ := other.snapshot()
	err = a.Publish(ended, name, []byte("with a context that has ended"))
	publish(t, a, name, "last")
	events := r.until(t, "the last message", func(events []group.Event) bool {
		return string(events[len(events)-1].Data) == "last"
	})
	if err == nil && len(events) != 3 || len(events) > 3 {
		t.Errorf("Publish has returned %v, and %q has been received", err, texts(events))
	}
	if late, _ := other.snapshot(); len(late) > len(already) {
		t.Errorf("a closed subscription has received %q", texts(late))
	}
}
