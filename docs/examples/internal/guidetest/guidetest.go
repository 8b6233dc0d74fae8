// Package guidetest tests the programs of the guides: those that are written with
// handset do what those that are written with other libraries do.
package guidetest

import (
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/handset-go/handset/ws"
	"github.com/handset-go/handset/wstest"
)

// patience limits the waiting for something that will happen.
const patience = 20 * time.Second

func contextOf(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	return ctx
}

// Send sends a text message.
func Send(t *testing.T, session *ws.Session, text string) {
	t.Helper()
	if err := session.Text(contextOf(t), text); err != nil {
		t.Fatal(err)
	}
}

// Received expects text messages, in this order.
func Received(t *testing.T, stream *ws.MessageStream, texts ...string) {
	t.Helper()
	for _, text := range texts {
		wstest.ExpectText(t, stream, text)
	}
}

// Closed expects a Close message, which the next receive answers.
func Closed(t *testing.T, stream *ws.MessageStream, want ws.CloseReason) {
	t.Helper()
	msg, err := stream.Recv(contextOf(t))
	if err != nil || msg.Kind != ws.Close || msg.Reason != want {
		t.Fatalf("received %v %q %+v, error %v, want a Close message with %+v", msg.Kind, msg.Data, msg.Reason, err, want)
	}
}

// Pinged expects the answer to a Ping.
func Pinged(t *testing.T, session *ws.Session, stream *ws.MessageStream) {
	t.Helper()
	if err := session.Ping(contextOf(t), []byte("?")); err != nil {
		t.Fatal(err)
	}
	if msg, err := stream.Recv(contextOf(t)); err != nil || msg.Kind != ws.Pong || string(msg.Data) != "?" {
		t.Fatalf("received %v %q, error %v, want a Pong", msg.Kind, msg.Data, err)
	}
}

// Echo expects handlers that send messages back and answer a Close frame.
func Echo(t *testing.T, handlers map[string]http.Handler) {
	for name, h := range handlers {
		t.Run(name, func(t *testing.T) {
			session, stream := wstest.Dial(t, h)
			for _, text := range []string{"hello", "", "世界"} {
				Send(t, session, text)
				Received(t, stream, text)
			}
			Pinged(t, session, stream)
			_ = session.Close(ws.CloseReason{Code: 4000, Description: "enough"})
			msg, err := stream.Recv(contextOf(t))
			if err != nil || msg.Kind != ws.Close || msg.Reason.Code != 4000 {
				t.Errorf("received %v %+v, error %v, want the code 4000 back", msg.Kind, msg.Reason, err)
			}
		})
	}
}

// Chat expects handlers that send each message to all clients.
func Chat(t *testing.T, handlers map[string]http.Handler) {
	for name, h := range handlers {
		t.Run(name, func(t *testing.T) {
			server := wstest.NewServer(t, h)
			var sessions []*ws.Session
			var streams []*ws.MessageStream
			for range 3 {
				session, stream, err := server.Dial(contextOf(t), "/", nil)
				if err != nil {
					t.Fatal(err)
				}
				sessions, streams = append(sessions, session), append(streams, stream)
				Pinged(t, session, stream) // it is served, so it is one of the clients
			}
			_ = sessions[0].Close(ws.CloseReason{})
			<-sessions[0].Done()
			Send(t, sessions[1], "hello")
			for _, stream := range streams[1:] {
				Received(t, stream, "hello")
			}
		})
	}
}
