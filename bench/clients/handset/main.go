// Command handset dials with this repository's library. How it receives is a flag:
// -view recv is Recv on the stream as it is, all is Aggregate and All, as in the
// README.
package main

import (
	"context"
	"flag"
	"log"

	"github.com/handset-go/handset/bench/internal/dial"
	"github.com/handset-go/handset/ws"
)

// aggregateLimit is above the largest message of the load.
const aggregateLimit = 16 << 20

var (
	dialer   ws.Dialer
	viewName = flag.String("view", "recv", "how to receive: recv or all")
)

// views are an echo in each way to write it.
var views = map[string]func(*ws.Session, *ws.MessageStream){
	"recv": echoRecv,
	"all":  echoAll,
}

func main() {
	flag.Parse()
	echo, found := views[*viewName]
	if !found {
		log.Fatalf("no view %q", *viewName)
	}
	dial.Main(func(url string) error { return open(url, echo) })
}

func open(url string, echo func(*ws.Session, *ws.MessageStream)) error {
	session, stream, err := dialer.Dial(context.Background(), url)
	if err != nil {
		return err
	}
	go echo(session, stream)
	return nil
}

func echoRecv(session *ws.Session, stream *ws.MessageStream) {
	defer session.Close(ws.CloseReason{})
	for {
		msg, err := stream.Recv(context.Background())
		if err != nil {
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

func echoAll(session *ws.Session, stream *ws.MessageStream) {
	defer session.Close(ws.CloseReason{})
	for msg, err := range stream.Aggregate(aggregateLimit).All(context.Background()) {
		if err != nil {
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
