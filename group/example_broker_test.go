package group_test

import (
	"context"
	"errors"
	"fmt"
	"log"

	"github.com/handset-go/handset/group"
	"github.com/handset-go/handset/internal/exampletest"
	"github.com/handset-go/handset/ws"
)

func ExampleMemoryBroker_Publish() {
	broker := &group.MemoryBroker{}
	subscription, err := broker.Subscribe(context.Background(), "news", func(event group.Event) {
		fmt.Printf("%s\n", event.Data)
	})
	if err != nil {
		log.Fatal(err)
	}
	defer subscription.Close()
	if err := broker.Publish(context.Background(), "news", []byte("hello")); err != nil {
		log.Fatal(err)
	}
	// Output: hello
}

func ExampleMemoryBroker_Subscribe() {
	ctx := context.Background()
	broker := &group.MemoryBroker{}
	subscription, err := broker.Subscribe(ctx, "news", func(event group.Event) {
		fmt.Printf("%s\n", event.Data)
	})
	if err != nil {
		log.Fatal(err)
	}
	_ = broker.Publish(ctx, "news", []byte("while subscribed"))
	_ = subscription.Close()
	_ = broker.Publish(ctx, "news", []byte("later"))
	// Output: while subscribed
}

func ExampleMemoryBroker_Recent() {
	ctx := context.Background()
	broker := &group.MemoryBroker{History: 50}
	for _, text := range []string{"a", "b", "c"} {
		_ = broker.Publish(ctx, "news", []byte(text))
	}
	entries, position, err := broker.Recent(ctx, "news", 2)
	for _, entry := range entries {
		fmt.Printf("%s\n", entry.Data)
	}
	fmt.Println(position.Offset, err)
	// Output:
	// b
	// c
	// 3 <nil>
}

func ExampleMemoryBroker_After() {
	ctx := context.Background()
	broker := &group.MemoryBroker{History: 50}
	_ = broker.Publish(ctx, "news", []byte("a"))
	_, position, _ := broker.Recent(ctx, "news", 0)
	_ = broker.Publish(ctx, "news", []byte("b"))
	entries, err := broker.After(ctx, "news", position, 100)
	fmt.Printf("%s %v\n", entries[0].Data, err)
	// Output: b <nil>
}

// broken is a broker that a process cannot reach.
var broken = &fakeBroker{publish: func(context.Context, string, []byte) error {
	return fmt.Errorf("%w: connection refused", group.ErrUnavailable)
}}

func Example_errUnavailable() {
	groups := group.New(broken, group.Options{})
	err := groups.Publish(context.Background(), "news", ws.Text, []byte("hello"))
	fmt.Println(errors.Is(err, group.ErrUnavailable), err)
	// Output: true group: broker is unavailable: connection refused
}

// The members of this process receive a message although the broker is unavailable.
func Example_errLocalOnly() {
	t := new(exampletest.TB)
	defer t.End()
	session, client := connected(t)

	groups := group.New(broken, group.Options{LocalFallback: true})
	_ = groups.Join(context.Background(), "news", session)
	err := groups.Publish(context.Background(), "news", ws.Text, []byte("hello"))
	fmt.Println(errors.Is(err, group.ErrLocalOnly))
	fmt.Println(client.next())
	// Output:
	// true
	// Text "hello"
}

// Brokers limit the size of messages, NATS for example to 1 MB.
func Example_errTooLarge() {
	limited := &fakeBroker{publish: func(_ context.Context, _ string, data []byte) error {
		return fmt.Errorf("%w: %d bytes", group.ErrTooLarge, len(data))
	}}
	groups := group.New(limited, group.Options{})
	err := groups.Publish(context.Background(), "news", ws.Text, make([]byte, 99))
	fmt.Println(errors.Is(err, group.ErrTooLarge), err)
	// Output: true group: message is too large for the broker: 100 bytes
}
