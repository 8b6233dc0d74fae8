package main

import (
	"context"
	"errors"
	"io"
	"iter"
	"log"
	"net/http"

	"github.com/handset-go/handset/ws"
)

// stream is what MessageStream and AggregatedStream have in common.
type stream interface {
	Recv(context.Context) (ws.Message, error)
	All(context.Context) iter.Seq2[ws.Message, error]
	Chan() <-chan ws.Message
	Err() error
}

// views are an echo in each way to write it.
var views = map[string]http.HandlerFunc{
	"recv":     handle(echoRecv),
	"all":      handle(echoAll),
	"chan":     handle(echoChan),
	"readme":   echoReadme,
	"handler":  upgrader.Handler(serveEcho).ServeHTTP,
	"closures": echoClosures,
}

func echoRecv(session *ws.Session, stream stream) {
	for {
		msg, err := stream.Recv(context.Background())
		if err != nil {
			report(err)
			return
		}
		switch msg.Kind {
		case ws.Ping, ws.Pong: // answered by the library
		case ws.Close:
			session.Close(msg.Reason)
		default:
			if err := session.Send(context.Background(), msg); err != nil {
				return
			}
		}
	}
}

func echoAll(session *ws.Session, stream stream) {
	for msg, err := range stream.All(context.Background()) {
		if err != nil {
			report(err)
			return
		}
		switch msg.Kind {
		case ws.Ping, ws.Pong: // answered by the library
		case ws.Close:
			session.Close(msg.Reason)
		default:
			if err := session.Send(context.Background(), msg); err != nil {
				return
			}
		}
	}
}

func echoChan(session *ws.Session, stream stream) {
	for msg := range stream.Chan() {
		switch msg.Kind {
		case ws.Ping, ws.Pong: // answered by the library
		case ws.Close:
			session.Close(msg.Reason)
		default:
			if err := session.Send(context.Background(), msg); err != nil {
				return
			}
		}
	}
	report(stream.Err())
}

// report keeps quiet about clients that left without a word: the load does.
func report(err error) {
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		log.Print(err)
	}
}
