package ws_test

import (
	"context"
	"errors"
	"iter"
	"log"
	"runtime"
	"runtime/debug"
	"strings"
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
			if msg.Kind != ws.Text {
				continue
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
			if msg.Kind != ws.Text {
				continue
			}
			if err := session.Send(context.Background(), msg); err != nil {
				return
			}
		}
	},
	"Chan": func(session *ws.Session, stream *ws.MessageStream) {
		for msg := range stream.Chan() {
			if msg.Kind != ws.Text {
				continue
			}
			if err := session.Send(context.Background(), msg); err != nil {
				return
			}
		}
	},
	"AggregateChan": func(session *ws.Session, stream *ws.MessageStream) {
		for msg := range stream.Aggregate(1 << 20).Chan() {
			if msg.Kind != ws.Text {
				continue
			}
			if err := session.Send(context.Background(), msg); err != nil {
				return
			}
		}
	},
	"README":   echoReadme,
	"Closures": echoClosures,
}

// echoReadme is the first program of README.md.
func echoReadme(session *ws.Session, stream *ws.MessageStream) {
	ctx := context.Background()
	for msg, err := range stream.Aggregate(1 << 20).All(ctx) {
		if err != nil {
			log.Print(err)
			return
		}
		if msg.Kind == ws.Text || msg.Kind == ws.Binary {
			if err := session.Send(ctx, msg); err != nil {
				log.Print(err)
				return
			}
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

func newCallbacks(session *ws.Session) callbacks {
	from, pongs := session.RemoteAddr(), 0
	return callbacks{
		message: func(ctx context.Context, msg ws.Message) error { return session.Send(ctx, msg) },
		pong:    func([]byte) { pongs++ },
		closed:  session.Close,
		failed:  func(err error) { log.Printf("%v, %d pongs: %v", from, pongs, err) },
	}
}

// echoClosures is the same program with an application's closures called from a switch.
func echoClosures(session *ws.Session, stream *ws.MessageStream) {
	ctx := context.Background()
	dispatch(ctx, stream.Aggregate(1<<20).All(ctx), newCallbacks(session))
}

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
			_ = on.closed(msg.Reason)
		}
	}
}

// A goroutine starts with a stack of 2 KiB, and keeps 4 KiB once it has needed them:
// that is half of what an idle session costs, and Chan has a second goroutine. In the
// child process a stack that grows is fatal, and the frames that were too large are
// printed.
func TestStackOfEchoIsTwoKiB(t *testing.T) {
	if raceDetector || testing.CoverMode() != "" || runtime.GOARCH != "amd64" {
		t.Skip("frames are of another size")
	}
	if input := childInput("StackOfEchoIsTwoKiB"); input != "" {
		start, how, _ := strings.Cut(input, "/")
		// With Chan two goroutines send, and it is chance what the pools hold for either.
		echoWithinTwoKiB(t, echoStarts[start], echoLoops[how], !strings.Contains(how, "Chan"))
		return
	}
	for start := range echoStarts {
		for how := range echoLoops {
			t.Run(start+"/"+how, func(t *testing.T) {
				// A pool may be empty by chance, and what it takes to fill it is more.
				var output string
				err := errors.New("not run")
				for try := 0; err != nil && try < 3; try++ {
					output, err = startChild(t, "StackOfEchoIsTwoKiB", start+"/"+how)()
				}
				if err != nil {
					t.Fatalf("%v\n%s", err, output)
				}
			})
		}
	}
}

// echoStarts are the ways to run an echo in a goroutine. They return the client's side.
var echoStarts = map[string]func(testing.TB, func(*ws.Session, *ws.MessageStream)) *client{
	"go": func(t testing.TB, echo func(*ws.Session, *ws.MessageStream)) *client {
		p := serverSide.connect(t, &ws.Upgrader{})
		go func() {
			defer p.session.Close(ws.CloseReason{})
			echo(p.session, p.stream)
		}()
		return p.client
	},
	"Handler": func(t testing.TB, echo func(*ws.Session, *ws.MessageStream)) *client {
		return dial(t, serve(t, transports[0], ws.Handler(echo)), "")
	},
}

func echoWithinTwoKiB(t *testing.T, start func(testing.TB, func(*ws.Session, *ws.MessageStream)) *client,
	echo func(*ws.Session, *ws.MessageStream), pings bool) {
	runtime.GOMAXPROCS(1)
	debug.SetGCPercent(-1) // what is pooled stays there
	var clients [2]*client
	begin := [2]chan struct{}{make(chan struct{}), make(chan struct{})}
	for i := range clients {
		clients[i] = start(t, func(session *ws.Session, stream *ws.MessageStream) {
			<-begin[i]
			echo(session, stream)
		})
	}
	for i, c := range clients {
		if i == 1 { // other goroutines have the stacks they need
			defer debug.SetMaxStack(debug.SetMaxStack(3000))
		}
		close(begin[i])
		for range 50 {
			c.send(opText, "hello")
			c.expect(opText, "hello")
			if pings {
				c.send(opPing, "hello")
				c.expect(opPong, "hello")
			}
		}
	}
}
