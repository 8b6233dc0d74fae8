package main

import (
	"context"
	"time"

	natsgo "github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/handset-go/handset/broker/nats"
	"github.com/handset-go/handset/group"
)

// openTimeout limits how long it takes to make a stream.
const openTimeout = 10 * time.Second

// openBroker returns a Broker with a connection of its own.
func openBroker(address string) (group.Broker, error) {
	conn, err := natsgo.Connect(address)
	if err != nil {
		return nil, err
	}
	return nats.New(conn, nats.Options{})
}

// openJetStream returns a JetStream with a connection of its own, for a stream in memory.
func openJetStream(address string) (group.Broker, error) {
	conn, err := natsgo.Connect(address)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), openTimeout)
	defer cancel()
	return nats.NewJetStream(ctx, conn, nats.JetStreamOptions{Storage: jetstream.MemoryStorage})
}
