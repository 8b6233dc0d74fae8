//go:build !race

package wsjson

import (
	"encoding/json"
	"testing"

	"github.com/handset-go/handset/ws"
)

type point struct{ X, Y int }

// Sending allocates nothing for the encoding. Passing a struct instead of a pointer costs
// one allocation, as it does with json.Marshal.
func TestSendAllocates(t *testing.T) {
	p := &point{1, 2}
	pointers := testing.AllocsPerRun(200, func() { encodeOnce(t, p) })
	structs := testing.AllocsPerRun(200, func() { encodeOnce(t, *p) })
	if pointers != 0 || structs != 1 {
		t.Errorf("%v allocations for a pointer, %v for a struct; want 0, 1", pointers, structs)
	}
}

// encodeOnce does what Send does before it calls the session.
func encodeOnce[T any](t *testing.T, v T) {
	b := newBuffer()
	defer b.free()
	if msg, err := (Format[T]{}).encode(b, v); err != nil || len(msg.Data) != len(`{"X":1,"Y":2}`) {
		t.Fatal(msg, err)
	}
}

// Receiving allocates what json.Unmarshal does.
func TestDecodeAllocates(t *testing.T) {
	msg := ws.Message{Kind: ws.Text, Data: []byte(`{"X":1,"Y":2}`)}
	want := testing.AllocsPerRun(200, func() {
		p := new(point)
		if err := json.Unmarshal(msg.Data, p); err != nil {
			t.Fatal(err)
		}
	})
	got := testing.AllocsPerRun(200, func() {
		if p, err := Decode[point](msg); err != nil || p.X != 1 {
			t.Fatal(p, err)
		}
	})
	if got > want {
		t.Errorf("%v allocations, %v by json.Unmarshal", got, want)
	}
}

// A buffer that has become large is not kept.
func TestBufferIsDroppedWhenLarge(t *testing.T) {
	for range 10 {
		b := newBuffer()
		if cap(b.bytes) > maxPooled {
			t.Fatalf("a buffer of %d bytes was kept", cap(b.bytes))
		}
		b.bytes = make([]byte, maxPooled+1)
		b.free()
	}
}
