package brokerbench

import (
	"context"
	"net"
	"net/http"

	"github.com/handset-go/handset/ws"
)

// sendBuffer is large enough that no member is slow.
const sendBuffer = 16 << 20

// connect returns a server's session whose client, over TCP, passes messages to receive.
func connect(receive func([]byte)) (*ws.Session, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	accepted := make(chan *ws.Session, 1)
	upgrader := ws.Upgrader{Options: ws.Options{SendBuffer: sendBuffer}}
	go http.Serve(listener, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if session, stream, err := upgrader.Handle(w, r); err == nil {
			stream.Discard()
			accepted <- session
		}
	}))
	_, stream, err := ws.Dial(context.Background(), "ws://"+listener.Addr().String())
	if err != nil {
		return nil, err
	}
	go func() {
		for message, err := range stream.All(context.Background()) {
			if err != nil {
				return // messages that are missing are noticed
			}
			if message.Kind == ws.Binary {
				receive(message.Data)
			}
		}
	}()
	return <-accepted, nil
}
