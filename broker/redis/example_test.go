package redis_test

import (
	"context"
	"errors"
	"fmt"
	"log"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/rueidis"

	"github.com/handset-go/handset/broker/redis"
	"github.com/handset-go/handset/group"
)

// exampleClient returns a client of a Redis server, and what closes both.
func exampleClient() (rueidis.Client, func()) {
	mini, err := miniredis.Run()
	if err != nil {
		log.Fatal(err)
	}
	mini.Server().SetPreHook(hello)
	client, err := connect("tcp", mini.Addr())
	if err != nil {
		log.Fatal(err)
	}
	return client, func() { client.Close(); mini.Close() }
}

func ExampleNew() {
	client, end := exampleClient() // rueidis.NewClient in a program
	defer end()
	broker, err := redis.New(client, redis.Options{Prefix: "my-program:"})
	if err != nil {
		log.Fatal(err)
	}
	defer broker.Close()
	groups := group.New(broker, group.Options{})
	fmt.Println(groups.Len("news"))
	// Output: 0
}

func ExampleBroker_Publish() {
	ctx := context.Background()
	client, end := exampleClient()
	defer end()
	broker, _ := redis.New(client, redis.Options{})
	defer broker.Close()

	received := make(chan string)
	subscription, _ := broker.Subscribe(ctx, "news", func(event group.Event) {
		received <- string(event.Data)
	})
	defer subscription.Close()
	if err := broker.Publish(ctx, "news", []byte("hello")); err != nil {
		log.Fatal(err)
	}
	fmt.Println(<-received)
	// Output: hello
}

func ExampleBroker_Subscribe() {
	ctx := context.Background()
	client, end := exampleClient()
	defer end()
	broker, _ := redis.New(client, redis.Options{})
	defer broker.Close()

	received := make(chan string)
	subscription, err := broker.Subscribe(ctx, "news", func(event group.Event) {
		if event.Gap != nil {
			received <- "messages may be missing here: " + event.Gap.Error()
			return
		}
		received <- string(event.Data)
	})
	if err != nil {
		log.Fatal(err)
	}
	_ = broker.Publish(ctx, "news", []byte("while subscribed"))
	fmt.Println(<-received)
	_ = subscription.Close()
	_ = broker.Publish(ctx, "news", []byte("later"))
	// Output: while subscribed
}

func ExampleBroker_Close() {
	client, end := exampleClient()
	defer end()
	broker, _ := redis.New(client, redis.Options{})
	_ = broker.Close()
	err := client.Do(context.Background(), client.B().Set().Key("key").Value("value").Build()).Error()
	fmt.Println("the client can still be used:", err == nil)
	// Output: the client can still be used: true
}

func ExampleNewHistory() {
	ctx := context.Background()
	client, end := exampleClient()
	defer end()
	broker, err := redis.NewHistory(client, redis.HistoryOptions{
		History: 50,
		Durable: true, // this server has no run_id by which restarts are noticed
	})
	if err != nil {
		log.Fatal(err)
	}
	defer broker.Close()
	_ = broker.Publish(ctx, "news", []byte("hello"))
	entries, _, _ := broker.Recent(ctx, "news", 10)
	fmt.Printf("%s\n", entries[0].Data)
	// Output: hello
}

// exampleHistory returns a HistoryBroker, and what closes it.
func exampleHistory() (*redis.HistoryBroker, func()) {
	client, end := exampleClient()
	broker, err := redis.NewHistory(client, redis.HistoryOptions{Durable: true})
	if err != nil {
		log.Fatal(err)
	}
	return broker, func() { broker.Close(); end() }
}

func ExampleHistoryBroker_Publish() {
	ctx := context.Background()
	broker, end := exampleHistory()
	defer end()
	received := make(chan group.Event)
	subscription, _ := broker.Subscribe(ctx, "news", func(event group.Event) { received <- event })
	defer subscription.Close()
	_ = broker.Publish(ctx, "news", []byte("hello"))
	event := <-received
	fmt.Printf("%s has offset %d\n", event.Data, event.Position.Offset)
	// Output: hello has offset 1
}

func ExampleHistoryBroker_Subscribe() {
	ctx := context.Background()
	broker, end := exampleHistory()
	defer end()
	received := make(chan string)
	subscription, err := broker.Subscribe(ctx, "news", func(event group.Event) {
		received <- string(event.Data)
	})
	if err != nil {
		log.Fatal(err)
	}
	defer subscription.Close()
	_ = broker.Publish(ctx, "news", []byte("hello"))
	fmt.Println(<-received)
	// Output: hello
}

func ExampleHistoryBroker_Close() {
	broker, end := exampleHistory()
	defer end()
	fmt.Println(broker.Close(), broker.Publish(context.Background(), "news", []byte("hello")))
	// Output: <nil> redis: broker is closed: group: broker is unavailable
}

func ExampleHistoryBroker_Recent() {
	ctx := context.Background()
	broker, end := exampleHistory()
	defer end()
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

func ExampleHistoryBroker_After() {
	ctx := context.Background()
	broker, end := exampleHistory()
	defer end()
	_, position, _ := broker.Recent(ctx, "news", 0)
	_ = broker.Publish(ctx, "news", []byte("hello"))
	entries, err := broker.After(ctx, "news", position, 100)
	fmt.Printf("%s %v\n", entries[0].Data, err)
	position.Epoch = "older"
	_, err = broker.After(ctx, "news", position, 100)
	fmt.Println(errors.Is(err, group.ErrCannotResume))
	// Output:
	// hello <nil>
	// true
}

func Example_errClosed() {
	client, end := exampleClient()
	defer end()
	broker, _ := redis.New(client, redis.Options{})
	_ = broker.Close()
	err := broker.Publish(context.Background(), "news", []byte("hello"))
	fmt.Println(err == redis.ErrClosed, err)
	// Output: true redis: broker is closed: group: broker is unavailable
}
