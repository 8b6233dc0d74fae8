package main

import (
	"context"
	"errors"
	"time"

	natsgo "github.com/nats-io/nats.go"
	"github.com/redis/rueidis"

	"github.com/handset-go/handset/broker/nats"
	"github.com/handset-go/handset/broker/redis"
	"github.com/handset-go/handset/group"
)

const (
	openTimeout = 10 * time.Second // to connect to a broker
	retention   = 24 * time.Hour   // how long NATS and Redis store messages
)

// brokers carry what is said, which they store, and notices, which nobody needs later.
type brokers struct {
	messages group.History
	notices  group.Broker
	close    func()
}

// openBrokers connects to NATS or to Redis. Without a URL, the brokers are those of a
// chat that has one server only.
func openBrokers(ctx context.Context, natsURL, redisURL string) (*brokers, error) {
	ctx, cancel := context.WithTimeout(ctx, openTimeout)
	defer cancel()
	switch {
	case natsURL != "" && redisURL != "":
		return nil, errors.New("chat: there can be -nats or -redis, but not both")
	case natsURL != "":
		return openNATS(ctx, natsURL)
	case redisURL != "":
		return openRedis(redisURL)
	}
	return &brokers{&group.MemoryBroker{History: history}, new(group.MemoryBroker), func() {}}, nil
}

// openNATS uses JetStream, the part of a NATS server that stores messages.
func openNATS(ctx context.Context, url string) (*brokers, error) {
	conn, err := natsgo.Connect(url, natsgo.Name("chat"), natsgo.MaxReconnects(-1))
	if err != nil {
		return nil, err
	}
	messages, err := nats.NewJetStream(ctx, conn, nats.JetStreamOptions{
		Options: nats.Options{Prefix: "chat.messages"}, Stream: "chat", History: history, MaxAge: retention,
	})
	if err != nil {
		conn.Close()
		return nil, err
	}
	notices, err := nats.New(conn, nats.Options{Prefix: "chat.notices"})
	if err != nil {
		_ = messages.Close()
		conn.Close()
		return nil, err
	}
	return &brokers{messages, notices, func() {
		_ = notices.Close()
		_ = messages.Close()
		conn.Close()
	}}, nil
}

func openRedis(url string) (*brokers, error) {
	options, err := rueidis.ParseURL(url)
	if err != nil {
		return nil, err
	}
	client, err := rueidis.NewClient(options)
	if err != nil {
		return nil, err
	}
	messages, err := redis.NewHistory(client, redis.HistoryOptions{
		Options: redis.Options{Prefix: "chat:messages:"}, History: history, Retention: retention,
	})
	if err != nil {
		client.Close()
		return nil, err
	}
	notices, err := redis.New(client, redis.Options{Prefix: "chat:notices:"})
	if err != nil {
		_ = messages.Close()
		client.Close()
		return nil, err
	}
	return &brokers{messages, notices, func() {
		_ = notices.Close()
		_ = messages.Close()
		client.Close()
	}}, nil
}
