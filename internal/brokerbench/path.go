// Package brokerbench measures how long messages take from one process to another by way
// of a broker, which is a third process, and how many there are in a second.
//
// A program that calls [Bench.Main] publishes, and starts itself a second time as the
// process that receives. The publisher writes the time of the monotonic clock, which all
// processes of a machine share, and a number into each message. When a message is delivered, the
// receiver records how old it is and checks its number. Every message has to arrive, once,
// and those of a publisher in order; otherwise the program fails.
package brokerbench

import (
	"context"

	"github.com/handset-go/handset/group"
	"github.com/handset-go/handset/ws"
)

// A Publisher publishes a message, which it may keep. It is called by several goroutines.
type Publisher func(ctx context.Context, data []byte) error

// A Path is a way of messages from the publishing process to the receiving one. What it
// opens is used until the process ends.
type Path struct {
	Title string
	Kind  string // of paths that are compared with each other
	Raw   bool   // whether the other paths of the kind are compared with this one

	// Publish connects the publishing process to the broker at an address. Messages are
	// published to a name that no other path has. Publish is called when Receive has returned
	// in the other process.
	Publish func(address, name string) (Publisher, error)

	// Receive connects the receiving process to the broker at an address. Each message that
	// is published after it has returned is passed to receive, by one goroutine at a time.
	Receive func(address, name string, receive func(data []byte)) error
}

// BrokerPath returns the path from Publish of a group.Broker to the function that is passed to
// Subscribe of another one.
func BrokerPath(title, kind string, open func(address string) (group.Broker, error)) Path {
	publish := func(address, name string) (Publisher, error) {
		broker, err := open(address)
		if err != nil {
			return nil, err
		}
		return func(ctx context.Context, data []byte) error { return broker.Publish(ctx, name, data) }, nil
	}
	receive := func(address, name string, receive func([]byte)) error {
		broker, err := open(address)
		if err != nil {
			return err
		}
		_, err = broker.Subscribe(context.Background(), name, func(e group.Event) {
			if e.Gap == nil { // messages that are missing are noticed
				receive(e.Data)
			}
		})
		return err
	}
	return Path{Title: title, Kind: kind, Publish: publish, Receive: receive}
}

// GroupsPath returns the path from Groups over a group.Broker to a WebSocket client that
// is a member of a group of other Groups.
func GroupsPath(title, kind string, open func(address string) (group.Broker, error)) Path {
	publish := func(address, name string) (Publisher, error) {
		broker, err := open(address)
		if err != nil {
			return nil, err
		}
		groups := group.New(broker, group.Options{})
		return func(ctx context.Context, data []byte) error { return groups.Publish(ctx, name, ws.Binary, data) }, nil
	}
	receive := func(address, name string, receive func([]byte)) error {
		broker, err := open(address)
		if err != nil {
			return err
		}
		session, err := connect(receive)
		if err != nil {
			return err
		}
		return group.New(broker, group.Options{}).Join(context.Background(), name, session)
	}
	return Path{Title: title, Kind: kind, Publish: publish, Receive: receive}
}

// ToSession returns a path as p that goes on to a WebSocket client: each message is sent to
// its session where p delivers it.
func (p Path) ToSession(title, kind string) Path {
	receive := func(address, name string, receive func([]byte)) error {
		session, err := connect(receive)
		if err != nil {
			return err
		}
		return p.Receive(address, name, func(data []byte) { _ = session.Binary(context.Background(), data) })
	}
	return Path{Title: title, Kind: kind, Raw: true, Publish: p.Publish, Receive: receive}
}
