package ws

import (
	"bytes"
	"reflect"
	"testing"

	"github.com/handset-go/handset/internal/frame"
	"github.com/handset-go/handset/internal/message"
)

// masked returns a client's frame whose payload is size times the letter a.
func masked(opcode frame.Opcode, size int) []byte {
	b := frame.Append(nil, opcode, true, size)
	b[1] |= 0x80
	payload := bytes.Repeat([]byte("a"), size)
	b = append(b, 1, 2, 3, 4)
	frame.Mask(payload, 0x04030201)
	return append(b, payload...)
}

// Each event becomes a Message.
func TestMessageSet(t *testing.T) {
	data := []byte("data")
	for _, c := range []struct {
		event message.Event
		want  Message
	}{
		{message.Event{Opcode: frame.Text, First: true, Last: true, Data: data}, Message{Kind: Text, Data: data}},
		{message.Event{Opcode: frame.Binary, First: true, Last: true, Data: data}, Message{Kind: Binary, Data: data}},
		{message.Event{Opcode: frame.Ping, First: true, Last: true, Data: data}, Message{Kind: Ping, Data: data}},
		{message.Event{Opcode: frame.Pong, First: true, Last: true, Data: data}, Message{Kind: Pong, Data: data}},
		{message.Event{Opcode: frame.Text, First: true, Data: data}, Message{Kind: FirstText, Data: data}},
		{message.Event{Opcode: frame.Binary, First: true, Data: data}, Message{Kind: FirstBinary, Data: data}},
		{message.Event{Opcode: frame.Text, Data: data}, Message{Kind: Continue, Data: data}},
		{message.Event{Opcode: frame.Binary, Data: data}, Message{Kind: Continue, Data: data}},
		{message.Event{Opcode: frame.Text, Last: true, Data: data}, Message{Kind: Last, Data: data}},
		{message.Event{Opcode: frame.Close, First: true, Last: true}, Message{Kind: Close}},
		{message.Event{Opcode: frame.Close, First: true, Last: true, Code: 1001, Reason: "bye"},
			Message{Kind: Close, Reason: CloseReason{CloseGoingAway, "bye"}}},
	} {
		var got Message
		if got.set(&c.event); !reflect.DeepEqual(got, c.want) {
			t.Errorf("%+v: %+v, want %+v", c.event, got, c.want)
		}
	}
}
