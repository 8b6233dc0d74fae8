package wsjson_test

import (
	"fmt"
	"io"
	"slices"
	"testing"

	"github.com/handset-go/handset/ws"
	"github.com/handset-go/handset/wsjson"
)

// sendAllKinds sends a message of each kind, and one that is not JSON.
func sendAllKinds(t *testing.T, client endpoint) {
	client.send(t, text(`{"x":1,"y":2}`), ws.Message{Kind: ws.Ping, Data: []byte("ping")}, binary("\x00"), text("{"),
		ws.Message{Kind: ws.Pong, Data: []byte("pong")}, ws.Message{Kind: ws.Close, Reason: ws.CloseReason{Code: 4000, Description: "done"}})
}

// allKinds are these messages as they are received.
var allKinds = []string{
	`Text "{\"x\":1,\"y\":2}" {1 2} false`, `Ping "ping" {0 0} false`, `Binary "\x00" {0 0} false`, `Text "{" {0 0} true`,
	`Pong "pong" {0 0} false`, `Close "" {0 0} false`,
}

func describe(msg wsjson.Message[Move], err error) string {
	return fmt.Sprintf("%v %q %v %v", msg.Kind, msg.Data, msg.Value, err != nil)
}

func TestRecvMessageReturnsAllKinds(t *testing.T) {
	client, server := pair(t, nil)
	sendAllKinds(t, client)
	for _, want := range allKinds {
		msg, err := wsjson.RecvMessage[Move](t.Context(), server.stream)
		if got := describe(msg, err); got != want {
			t.Errorf("received %s, want %s", got, want)
		}
		if msg.Kind == ws.Close && msg.Reason.Description != "done" {
			t.Errorf("the reason is %v", msg.Reason)
		}
	}
	if _, err := wsjson.RecvMessage[Move](t.Context(), server.stream); err != io.EOF {
		t.Errorf("after the Close message: %v", err)
	}
}

func TestAllMessagesYieldsAllKinds(t *testing.T) {
	client, server := pair(t, nil)
	sendAllKinds(t, client)
	var got []string
	for msg, err := range wsjson.AllMessages[Move](t.Context(), server.stream) {
		got = append(got, describe(msg, err))
	}
	if !slices.Equal(got, allKinds) {
		t.Errorf("received %q", got)
	}
}

// A loop over messages ends with the stream, and goes on after a message that is too big.
func TestAllMessagesErrors(t *testing.T) {
	u := new(ws.Upgrader)
	client, server := pair(t, u)
	client.send(t, text(string(make([]byte, limit+1))), text(`{}`))
	n := 0
	for _, err := range wsjson.AllMessages[Move](t.Context(), server.stream) {
		switch n++; n {
		case 1:
			asError(t, err)
		case 2:
			if err != nil {
				t.Error(err)
			}
			_ = u.Close()
		}
	}
	if n != 3 {
		t.Errorf("%d iterations, want 3", n)
	}
}

func TestMessageClone(t *testing.T) {
	client, server := pair(t, nil)
	client.send(t, text(`{"x":1}`), text(`{"x":2}`))
	first, err := wsjson.RecvMessage[Move](t.Context(), server.stream)
	if err != nil {
		t.Fatal(err)
	}
	kept := first.Clone()
	_, _ = wsjson.RecvMessage[Move](t.Context(), server.stream)
	if string(kept.Data) != `{"x":1}` || kept.Value.X != 1 || kept.Kind != ws.Text {
		t.Errorf("kept %v %q %v", kept.Kind, kept.Data, kept.Value)
	}
}
