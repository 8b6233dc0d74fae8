package main

import (
	"context"
	"crypto/sha1" // EVALSHA names scripts by it
	"encoding/hex"

	"github.com/redis/rueidis"

	"github.com/handset-go/handset/internal/brokerbench"
)

// publisher returns what connects a client and publishes by a command.
func publisher(command func(c rueidis.Client, name string, data []byte) rueidis.Completed) func(address, name string) (brokerbench.Publisher, error) {
	return func(address, name string) (brokerbench.Publisher, error) {
		client, err := connect(address)
		return func(ctx context.Context, data []byte) error {
			return client.Do(ctx, command(client, name, data)).Error()
		}, err
	}
}

// publish is the command that publishes a message.
func publish(c rueidis.Client, name string, data []byte) rueidis.Completed {
	return c.B().Publish().Channel(name).Message(rueidis.BinaryString(data)).Build()
}

// storeLua stores and publishes a message, and does nothing else that a HistoryBroker does.
const storeLua = `
redis.call('XADD', KEYS[1], 'MAXLEN', '~', 100, '*', 'd', ARGV[1])
redis.call('PUBLISH', ARGV[2], ARGV[1])
return 1`

// storeSHA names the script, which subscribe loads.
var storeSHA = func() string { sum := sha1.Sum([]byte(storeLua)); return hex.EncodeToString(sum[:]) }()

// store is the command that publishes a message and stores it.
func store(c rueidis.Client, name string, data []byte) rueidis.Completed {
	return c.B().Evalsha().Sha1(storeSHA).Numkeys(1).Key("stream:"+name).Arg(rueidis.BinaryString(data), name).Build()
}

// subscribe receives what is published to a channel.
func subscribe(address, name string, receive func([]byte)) error {
	client, err := connect(address)
	if err != nil {
		return err
	}
	ctx := context.Background()
	if err := client.Do(ctx, client.B().ScriptLoad().Script(storeLua).Build()).Error(); err != nil {
		return err
	}
	confirmed, failed := make(chan struct{}, 1), make(chan error, 1)
	go func() {
		hooked := rueidis.WithOnSubscriptionHook(ctx, func(rueidis.PubSubSubscription) { confirmed <- struct{}{} })
		failed <- client.Receive(hooked, client.B().Subscribe().Channel(name).Build(), func(m rueidis.PubSubMessage) {
			receive([]byte(m.Message))
		})
	}()
	select {
	case <-confirmed:
		return nil
	case err := <-failed:
		return err
	}
}
