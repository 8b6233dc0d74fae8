package main

import (
	"context"
	"errors"

	natsgo "github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/handset-go/handset/internal/brokerbench"
)

// publish publishes without waiting for the server.
func publish(address, name string) (brokerbench.Publisher, error) {
	conn, err := natsgo.Connect(address)
	return func(_ context.Context, data []byte) error { return conn.Publish(name, data) }, err
}

// publishFlush waits until the server has processed the message, as a Broker does.
func publishFlush(address, name string) (brokerbench.Publisher, error) {
	conn, err := natsgo.Connect(address)
	return func(ctx context.Context, data []byte) error {
		return errors.Join(conn.Publish(name, data), conn.FlushWithContext(ctx))
	}, err
}

// subscribe receives by a plain subscription.
func subscribe(address, name string, receive func([]byte)) error {
	conn, err := natsgo.Connect(address)
	if err != nil {
		return err
	}
	_, err = conn.Subscribe(name, func(m *natsgo.Msg) { receive(m.Data) })
	return errors.Join(err, conn.Flush())
}

// store publishes to a stream and waits until that has stored the message, as a JetStream does.
func store(address, name string) (brokerbench.Publisher, error) {
	conn, err := natsgo.Connect(address)
	if err != nil {
		return nil, err
	}
	js, err := jetstream.New(conn)
	return func(ctx context.Context, data []byte) error {
		_, err := js.Publish(ctx, "stored."+name, data)
		return err
	}, err
}

// openStream makes a stream that stores in memory as many messages as that of a JetStream.
func openStream(address, name string) (*natsgo.Conn, jetstream.JetStream, error) {
	conn, err := natsgo.Connect(address)
	if err != nil {
		return nil, nil, err
	}
	js, err := jetstream.New(conn)
	if err != nil {
		return nil, nil, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), openTimeout)
	defer cancel()
	_, err = js.CreateStream(ctx, jetstream.StreamConfig{
		Name: name, Subjects: []string{"stored." + name}, Storage: jetstream.MemoryStorage, MaxMsgsPerSubject: 100, AllowDirect: true,
		RePublish: &jetstream.RePublish{Source: "stored." + name, Destination: "live." + name},
	})
	return conn, js, err
}

// subscribeStored receives what the stream publishes again, by a plain subscription.
func subscribeStored(address, name string, receive func([]byte)) error {
	conn, _, err := openStream(address, name)
	if err != nil {
		return err
	}
	_, err = conn.Subscribe("live."+name, func(m *natsgo.Msg) { receive(m.Data) })
	return errors.Join(err, conn.Flush())
}

// consume receives by an ordered consumer.
func consume(address, name string, receive func([]byte)) error {
	_, js, err := openStream(address, name)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), openTimeout)
	defer cancel()
	consumer, err := js.OrderedConsumer(ctx, name, jetstream.OrderedConsumerConfig{})
	if err != nil {
		return err
	}
	_, err = consumer.Consume(func(m jetstream.Msg) { receive(m.Data()) })
	return err
}
