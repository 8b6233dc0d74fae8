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

// A goroutine starts with a stack of 2 KiB, and keeps 4 KiB once it has needed them:
// that is half of what an idle session costs, and Chan has a second goroutine. In the
// child process a stack that grows is fatal, and the frames that were too large are
// printed.
func TestStackOfEchoIsTwoKiB(t *testing.T) {
	if raceDetector || testing.CoverMode() != "" || runtime.GOARCH != "amd64" {
		t.Skip("frames are of another size")
	}
	if how := childInput("StackOfEchoIsTwoKiB"); how != "" {
		echoWithinTwoKiB(t, echoLoops[how])
		return
	}
	for how := range echoLoops {
		t.Run(how, func(t *testing.T) {
			if output, err := startChild(t, "StackOfEchoIsTwoKiB", how)(); err != nil {
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
		p := connect(t, &ws.Upgrader{})
		go func() {
			<-begin[i]
			echo(p.session, p.stream)
		}()
		pairs[i] = p
	}
	for i, p := range pairs {
		if i == 1 { // other goroutines have the stacks they need
			defer debug.SetMaxStack(debug.SetMaxStack(3000))
		}
		close(begin[i])
		for range 100 {
			p.send(opText, "hello")
			p.expect(opText, "hello")
		}
	}
}
