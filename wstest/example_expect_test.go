package wstest_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/handset-go/handset/internal/exampletest"
	"github.com/handset-go/handset/ws"
	"github.com/handset-go/handset/wstest"
)

// say returns a handler that sends the messages and reads until the session ends.
func say(messages ...ws.Message) http.Handler {
	return new(ws.Upgrader).Handler(func(session *ws.Session, stream *ws.MessageStream) {
		for _, msg := range messages {
			_ = session.Send(context.Background(), msg)
		}
		for range stream.All(context.Background()) {
		}
	})
}

// A failure says what was received.
func ExampleExpectText() {
	t := new(exampletest.TB) // in a test, its *testing.T
	defer t.End()

	_, stream := wstest.Dial(t, say(text("hello"), text("good day")))
	wstest.ExpectText(t, stream, "hello")
	wstest.ExpectText(t, stream, "good night")
	// Output: wstest: received Text "good day", want Text "good night"
}

// Of long messages, a failure has what is around the first difference.
func ExampleExpectBinary() {
	t := new(exampletest.TB) // in a test, its *testing.T
	defer t.End()

	got, want := make([]byte, 100), make([]byte, 100)
	got[98] = 7
	_, stream := wstest.Dial(t, say(ws.Message{Kind: ws.Binary, Data: got}))
	wstest.ExpectBinary(t, stream, want)
	// Output:
	// wstest: received a Binary of 100 bytes, want 100 bytes; they differ from byte 98 on:
	// 	received …"\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\a\x00"
	// 	want     …"\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
}

// A failure names the member that differs.
func ExampleExpectJSON() {
	t := new(exampletest.TB) // in a test, its *testing.T
	defer t.End()

	type joined struct {
		Type string `json:"type"`
		Name string `json:"name"`
	}
	_, stream := wstest.Dial(t, say(
		text(`{"name": "Ada", "type": "joined"}`),
		text(`{"name": "Bob", "type": "joined"}`),
	))
	wstest.ExpectJSON(t, stream, joined{"joined", "Ada"})
	wstest.ExpectJSON(t, stream, joined{"joined", "Eve"})
	// Output: wstest: received JSON {"name":"Bob","type":"joined"}, want JSON {"type":"joined","name":"Eve"}; they differ in .name, received "Bob", want "Eve"
}

// A server refuses a message that is not JSON.
func ExampleExpectClose() {
	t := new(exampletest.TB) // in a test, its *testing.T
	defer t.End()

	_, stream := wstest.Dial(t, say(closing(ws.CloseInvalidPayload, "not JSON")))
	wstest.ExpectClose(t, stream, ws.CloseUnsupportedData)
	wstest.ExpectEnd(t, stream, io.EOF)
	// Output: wstest: received Close 1007 invalid payload "not JSON", want Close 1003 unsupported data
}

// Pings are skipped, unless the test expects one.
func ExampleExpect() {
	t := new(exampletest.TB) // in a test, its *testing.T
	defer t.End()

	ping := ws.Message{Kind: ws.Ping, Data: []byte("still there?")}
	_, stream := wstest.Dial(t, say(ping, text("hello"), ping, closing(ws.CloseNormal, "that is all")))
	wstest.ExpectText(t, stream, "hello")
	wstest.Expect(t, stream, ping)
	wstest.Expect(t, stream, closing(ws.CloseNormal, "that is all"))
	fmt.Println("as expected")
	// Output: as expected
}

// The network is lost, which the server notices by its heartbeat.
func ExampleExpectEnd() {
	t := new(exampletest.TB) // in a test, its *testing.T
	defer t.End()

	heartbeat := ws.Heartbeat{Interval: 10 * time.Millisecond, Timeout: 10 * time.Millisecond}
	_, server := wstest.Pair(t, &ws.Upgrader{Options: ws.Options{Heartbeat: heartbeat}}, nil)
	server.Network.Drop(wstest.Both)
	wstest.ExpectEnd(t, server.Stream, ws.ErrHeartbeatTimeout)
	wstest.ExpectEnd(t, server.Stream, io.EOF)
	// Output: wstest: received the error "ws: connection lost: heartbeat timeout", want the end with io.EOF after a Close message
}

// A message to one client does not reach another.
func ExampleExpectNothing() {
	t := new(exampletest.TB) // in a test, its *testing.T
	defer t.End()

	_, stream := wstest.Dial(t, say())
	wstest.ExpectNothing(t, stream, time.Millisecond) // in a bubble, any time will do
	fmt.Println("nothing came")
	// Output: nothing came
}

// A check of one's own.
func ExampleRecv() {
	t := new(exampletest.TB) // in a test, its *testing.T
	defer t.End()

	_, stream := wstest.Dial(t, say(text("token 8f3a")))
	msg := wstest.Recv(t, stream)
	fmt.Println(msg.Kind, strings.HasPrefix(string(msg.Data), "token "))
	// Output: Text true
}

// A test that must not wait for 10 s, or must wait for longer.
func ExampleWithin() {
	t := new(exampletest.TB) // in a test, its *testing.T
	defer t.End()

	_, stream := wstest.Dial(t, say())
	wstest.ExpectText(t, wstest.Within(stream, 50*time.Millisecond), "hello")
	// Output: wstest: received nothing within 50ms, want Text "hello"
}
