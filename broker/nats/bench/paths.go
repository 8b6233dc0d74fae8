package main

import (
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
	core := brokerbench.Path{Title: "nats.go: `Publish` → callback", Kind: toFunction, Raw: true, Publish: publish, Receive: subscribe}
	flushed := brokerbench.Path{Title: "nats.go: `Publish`, `Flush` → callback", Kind: toFunction, Publish: publishFlush, Receive: subscribe}
	stored := brokerbench.Path{Title: "nats.go: `js.Publish` → callback for what the stream republishes", Kind: storedToFunction, Raw: true, Publish: store, Receive: subscribeStored}
	consumed := brokerbench.Path{Title: "nats.go: `js.Publish` → ordered consumer", Kind: storedToFunction, Publish: store, Receive: consume}
	return []brokerbench.Path{
		core,
		flushed,
		brokerbench.BrokerPath("`Broker`", toFunction, openBroker),
		stored,
		consumed,
		brokerbench.BrokerPath("`JetStream`", storedToFunction, openJetStream),
		flushed.ToSession("nats.go: `Publish`, `Flush` → callback sends to a session", toSession),
		brokerbench.GroupsPath("Groups over `Broker`", toSession, openBroker),
		stored.ToSession("nats.go: `js.Publish` → callback sends to a session", storedToSession),
		brokerbench.GroupsPath("Groups over `JetStream`", storedToSession, openJetStream),
	}
}
