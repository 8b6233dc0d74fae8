package main

import (
	"context"
	"errors"
	"net"
	"net/http"

	"github.com/redis/rueidis"

	"github.com/handset-go/handset/broker/redis"
	"github.com/handset-go/handset/group"
	"github.com/handset-go/handset/ws"
)

// A target carries messages from publish to receive by two clients of Redis.
type target struct {
	name string
	to   string // what the messages are delivered to
	raw  bool   // what others of the same kind are compared with
	open func(ctx context.Context, s *server, receive func([]byte)) (publish publisher, end func(), err error)
}

// A publisher publishes a message and waits for the answer of Redis.
type publisher func(ctx context.Context, data []byte) error

var targets = []target{
	{"rueidis: PUBLISH", "function", true, openRaw(rawPublish)},
	{"Broker", "function", false, openBroker(plain)},
	{"rueidis: script with XADD and PUBLISH", "function, stored", true, openRaw(rawScript)},
	{"HistoryBroker", "function, stored", false, openBroker(history)},
	{"rueidis: PUBLISH; received messages are sent to a session", "session", true, openRawSession(rawPublish)},
	{"Groups over Broker", "session", false, openGroups(plain)},
	{"rueidis: script; received messages are sent to a session", "session, stored", true, openRawSession(rawScript)},
	{"Groups over HistoryBroker", "session, stored", false, openGroups(history)},
}

// A broker is one that can be closed.
type broker interface {
	group.Broker
	Close() error
}

func plain(c rueidis.Client) (broker, error) { return redis.New(c, redis.Options{}) }

func history(c rueidis.Client) (broker, error) { return redis.NewHistory(c, redis.HistoryOptions{}) }

// clients returns two clients and what closes them.
func clients(s *server) (a, b rueidis.Client, end func(), err error) {
	a, errA := s.client()
	b, errB := s.client()
	if err := errors.Join(errA, errB); err != nil {
		return nil, nil, nil, err
	}
	return a, b, func() { a.Close(); b.Close() }, nil
}

// rawPublish is the command that publishes a message.
func rawPublish(c rueidis.Client, data []byte) rueidis.Completed {
	return c.B().Publish().Channel("channel").Message(rueidis.BinaryString(data)).Build()
}

// rawScript is the command that also stores the message, with nothing else that a
// HistoryBroker does. Redis keeps the text of the script.
func rawScript(c rueidis.Client, data []byte) rueidis.Completed {
	return c.B().Eval().Script(storeLua).Numkeys(1).Key("stream").Arg(rueidis.BinaryString(data)).Build()
}

const storeLua = `
redis.call('XADD', KEYS[1], 'MAXLEN', '~', 100, '*', 'd', ARGV[1])
redis.call('PUBLISH', 'channel', ARGV[1])
return 1`

// openRaw uses rueidis alone.
func openRaw(command func(rueidis.Client, []byte) rueidis.Completed) func(context.Context, *server, func([]byte)) (publisher, func(), error) {
	return func(ctx context.Context, s *server, receive func([]byte)) (publisher, func(), error) {
		a, b, end, err := clients(s)
		if err != nil {
			return nil, nil, err
		}
		ctx, cancel := context.WithCancel(ctx)
		confirmed, done := make(chan struct{}, 1), make(chan struct{})
		go func() {
			defer close(done)
			hooked := rueidis.WithOnSubscriptionHook(ctx, func(rueidis.PubSubSubscription) { confirmed <- struct{}{} })
			_ = b.Receive(hooked, b.B().Subscribe().Channel("channel").Build(), func(m rueidis.PubSubMessage) {
				receive([]byte(m.Message))
			})
		}()
		<-confirmed
		publish := func(ctx context.Context, data []byte) error { return a.Do(ctx, command(a, data)).Error() }
		return publish, func() { cancel(); <-done; end() }, nil
	}
}

// openBroker uses two brokers.
func openBroker(open func(rueidis.Client) (broker, error)) func(context.Context, *server, func([]byte)) (publisher, func(), error) {
	return func(ctx context.Context, s *server, receive func([]byte)) (publisher, func(), error) {
		a, b, end, err := openBrokers(s, open)
		if err != nil {
			return nil, nil, err
		}
		_, err = b.Subscribe(ctx, "group", func(e group.Event) {
			if e.Gap == nil {
				receive(e.Data)
			}
		})
		publish := func(ctx context.Context, data []byte) error { return a.Publish(ctx, "group", data) }
		return publish, end, err
	}
}

// openBrokers opens two brokers.
func openBrokers(s *server, open func(rueidis.Client) (broker, error)) (a, b broker, end func(), err error) {
	clientA, clientB, closeClients, err := clients(s)
	if err != nil {
		return nil, nil, nil, err
	}
	a, errA := open(clientA)
	b, errB := open(clientB)
	return a, b, func() { a.Close(); b.Close(); closeClients() }, errors.Join(errA, errB)
}

// openRawSession sends what rueidis receives to a session.
func openRawSession(command func(rueidis.Client, []byte) rueidis.Completed) func(context.Context, *server, func([]byte)) (publisher, func(), error) {
	return func(ctx context.Context, s *server, receive func([]byte)) (publisher, func(), error) {
		session, endSession, err := connect(ctx, receive)
		if err != nil {
			return nil, nil, err
		}
		publish, end, err := openRaw(command)(ctx, s, func(data []byte) { _ = session.Binary(ctx, data) })
		return publish, func() { end(); endSession() }, err
	}
}

// openGroups sends to a member by Groups.
func openGroups(open func(rueidis.Client) (broker, error)) func(context.Context, *server, func([]byte)) (publisher, func(), error) {
	return func(ctx context.Context, s *server, receive func([]byte)) (publisher, func(), error) {
		session, endSession, err := connect(ctx, receive)
		if err != nil {
			return nil, nil, err
		}
		a, b, endBrokers, err := openBrokers(s, open)
		if err != nil {
			return nil, nil, err
		}
		from, to := group.New(a, group.Options{}), group.New(b, group.Options{})
		err = to.Join(ctx, "group", session)
		publish := func(ctx context.Context, data []byte) error { return from.Publish(ctx, "group", ws.Binary, data) }
		return publish, func() { from.Close(); to.Close(); endBrokers(); endSession() }, err
	}
}

// connect returns a server's session whose client, over TCP, calls receive for messages.
func connect(ctx context.Context, receive func([]byte)) (*ws.Session, func(), error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, nil, err
	}
	accepted := make(chan *ws.Session, 1)
	upgrader := ws.Upgrader{Options: ws.Options{SendBuffer: 16 << 20}} // so that no member is slow
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if session, stream, err := upgrader.Handle(w, r); err == nil {
			stream.Discard()
			accepted <- session
		}
	})}
	go server.Serve(listener)
	client, stream, err := ws.Dial(ctx, "ws://"+listener.Addr().String())
	if err != nil {
		return nil, nil, err
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for message, err := range stream.All(context.Background()) {
			if err != nil {
				return
			}
			if message.Kind == ws.Binary {
				receive(message.Data)
			}
		}
	}()
	session := <-accepted
	return session, func() { _ = client.Close(ws.CloseReason{}); <-done; _ = server.Close() }, nil
}
