package ws_test

import (
	"context"
	"runtime"
	"runtime/debug"
	"testing"

	"github.com/handset-go/handset/ws"
)

// echoLoops are echoes as programs write them.
var echoLoops = map[string]func(*ws.Session, *ws.MessageStream){
	"Recv": func(session *ws.Session, stream *ws.MessageStream) {
		for {
			msg, err := stream.Recv(context.Background())
			if err != nil {
				return
			}
			if err := session.Send(context.Background(), msg); err != nil {
				return
			}
		}
	},
	"All": func(session *ws.Session, stream *ws.MessageStream) {
		for msg, err := range stream.All(context.Background()) {
			if err != nil {
				return
			}
			if err := session.Send(context.Background(), msg); err != nil {
				return
			}
		}
	},
	"Chan": func(session *ws.Session, stream *ws.MessageStream) {
		for msg := range stream.Chan() {
			if err := session.Send(context.Background(), msg); err != nil {
				return
			}
		}
	},
	"AggregateChan": func(session *ws.Session, stream *ws.MessageStream) {
		for msg := range stream.Aggregate(1 << 20).Chan() {
			if err := session.Send(context.Background(), msg); err != nil {
				return
			}
		}
	},
	"Aggregate": func(session *ws.Session, stream *ws.MessageStream) {
		for msg, err := range stream.Aggregate(1 << 20).All(context.Background()) {
			if err != nil {
				return
			}
			switch msg.Kind {
			case ws.Text, ws.Binary:
				if err := session.Send(context.Background(), msg); err != nil {
					return
				}
			case ws.Close:
				_ = session.Close(msg.Reason)
			}
		}
	},
}

// A goroutine begins with a stack of 2 KiB, and keeps the 4 KiB that it once has
// needed: that is half of what an idle session costs. Behind a channel there is a
// second one. In the child a stack that
// grows ends the process, and prints the frames that were too large.
func TestAnEchosStackStaysAtTwoKiB(t *testing.T) {
	if raced || testing.CoverMode() != "" || runtime.GOARCH != "amd64" {
		t.Skip("frames are of another size")
	}
	if how := told("AnEchosStackStaysAtTwoKiB"); how != "" {
		echoWithinTwoKiB(t, echoLoops[how])
		return
	}
	for how := range echoLoops {
		t.Run(how, func(t *testing.T) {
			if output, err := child(t, "AnEchosStackStaysAtTwoKiB", how)(); err != nil {
				t.Fatalf("%v\n%s", err, output)
			}
		})
	}
}

func echoWithinTwoKiB(t *testing.T, echo func(*ws.Session, *ws.MessageStream)) {
	runtime.GOMAXPROCS(1)
	debug.SetGCPercent(-1) // what is pooled stays there
	var pairs [2]*pair
	begin := [2]chan struct{}{make(chan struct{}), make(chan struct{})}
	for i := range pairs {
		p := connect(t, ws.Upgrader{})
		go func() {
			<-begin[i]
			echo(p.session, p.stream)
		}()
		pairs[i] = p
	}
	for i, p := range pairs {
		if i == 1 { // whoever else is at work has the stack it needs
			defer debug.SetMaxStack(debug.SetMaxStack(3000))
		}
		close(begin[i])
		for range 100 {
			p.send(opText, "hello")
			p.expect(opText, "hello")
		}
	}
}
