package main

import (
	"github.com/handset-go/handset/broker/redis"
	"github.com/handset-go/handset/group"
	"github.com/handset-go/handset/internal/brokerbench"
)

// The kinds of paths that are compared with each other.
const (
	toFunction       = "function"
	storedToFunction = "function, stored"
	toSession        = "session"
	storedToSession  = "session, stored"
)

// paths returns what is measured.
func paths() []brokerbench.Path {
	plain := brokerbench.Path{Title: "rueidis: `PUBLISH`", Kind: toFunction, Raw: true, Publish: publisher(publish), Receive: subscribe}
	stored := brokerbench.Path{Title: "rueidis: script with `XADD` and `PUBLISH`", Kind: storedToFunction, Raw: true, Publish: publisher(store), Receive: subscribe}
	return []brokerbench.Path{
		plain,
		brokerbench.BrokerPath("`Broker`", toFunction, openBroker),
		stored,
		brokerbench.BrokerPath("`HistoryBroker`", storedToFunction, openHistory),
		plain.ToSession("rueidis: `PUBLISH` → function sends to a session", toSession),
		brokerbench.GroupsPath("Groups over `Broker`", toSession, openBroker),
		stored.ToSession("rueidis: script → function sends to a session", storedToSession),
		brokerbench.GroupsPath("Groups over `HistoryBroker`", storedToSession, openHistory),
	}
}

// openBroker returns a Broker with a client of its own.
func openBroker(address string) (group.Broker, error) {
	client, err := connect(address)
	if err != nil {
		return nil, err
	}
	return redis.New(client, redis.Options{})
}

// openHistory returns a HistoryBroker with a client of its own.
func openHistory(address string) (group.Broker, error) {
	client, err := connect(address)
	if err != nil {
		return nil, err
	}
	return redis.NewHistory(client, redis.HistoryOptions{})
}
