package main

import (
	"context"
	"iter"
	"log"
	"net/http"

	"github.com/handset-go/handset/ws"
)

// The echoes in this file are whole programs as users write them, to measure
// what these cost: they share nothing with the others, since each function
// between the goroutine and the wait is part of the stack that an idle session
// keeps. The load leaves without a Close frame; main discards what they log about
// that.

// echoReadme is the README's program: Aggregate and All in a goroutine.
func echoReadme(w http.ResponseWriter, r *http.Request) {
	session, stream, err := upgrader.Handle(w, r)
	if err != nil {
		log.Print(err) // the client has had its HTTP error
		return
	}
	go func() {
		defer session.Close(ws.CloseReason{})
		for msg, err := range stream.Aggregate(1 << 20).All(context.Background()) {
			if err != nil {
				log.Print(err)
				return
			}
			switch msg.Kind {
			case ws.Text, ws.Binary:
				// msg.Data is valid until the loop goes on; msg.Clone() keeps it.
				if err := session.Send(context.Background(), msg); err != nil {
					return
				}
			case ws.Close:
				session.Close(msg.Reason)
			}
		}
	}()
}

// serveEcho is the same program for Upgrader.Handler.
func serveEcho(session *ws.Session, stream *ws.MessageStream) {
	for msg, err := range stream.Aggregate(1 << 20).All(context.Background()) {
		if err != nil {
			log.Print(err)
			return
		}
		switch msg.Kind {
		case ws.Text, ws.Binary:
			if err := session.Send(context.Background(), msg); err != nil {
				return
			}
		case ws.Close:
			session.Close(msg.Reason)
		}
	}
}

// callbacks are what an application does about each kind of message.
type callbacks struct {
	message func(context.Context, ws.Message) error
	pong    func([]byte)
	closed  func(ws.CloseReason) error
	failed  func(error)
}

// echoClosures is the README's program with an application's closures called
// from the loop.
func echoClosures(w http.ResponseWriter, r *http.Request) {
	session, stream, err := upgrader.Handle(w, r)
	if err != nil {
		log.Print(err)
		return
	}
	from, pongs := session.RemoteAddr(), 0
	on := callbacks{
		message: func(ctx context.Context, msg ws.Message) error { return session.Send(ctx, msg) },
		pong:    func([]byte) { pongs++ },
		closed:  session.Close,
		failed:  func(err error) { log.Printf("%v, %d pongs: %v", from, pongs, err) },
	}
	go func() {
		defer session.Close(ws.CloseReason{})
		dispatch(context.Background(), stream.Aggregate(1<<20).All(context.Background()), on)
	}()
}

// dispatch calls on for each of the messages.
func dispatch(ctx context.Context, messages iter.Seq2[ws.Message, error], on callbacks) {
	for msg, err := range messages {
		if err != nil {
			on.failed(err)
			return
		}
		switch msg.Kind {
		case ws.Text, ws.Binary:
			if err := on.message(ctx, msg); err != nil {
				on.failed(err)
				return
			}
		case ws.Pong:
			on.pong(msg.Data)
		case ws.Close:
			on.closed(msg.Reason)
		}
	}
}
