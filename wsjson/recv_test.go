package wsjson_test

import (
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/handset-go/handset/ws"
	"github.com/handset-go/handset/wsjson"
)

var badMessages = []struct {
	name string
	msg  ws.Message
	err  string // is part of its text
}{
	{"not JSON", text(`x: 1`), "invalid character 'x'"},
	{"truncated", text(`{"x":1`), "unexpected end of JSON input"},
	{"empty", text(``), "unexpected end of JSON input"},
	{"only white space", text("\n"), "unexpected end of JSON input"},
	{"another type", text(`{"y":1,"x":"one"}`), "cannot unmarshal string"},
	{"a second value", text(`{"x":1} {"x":2}`), "after top-level value"},
	{"a comma after it", text(`{"x":1},`), "after top-level value"},
	{"binary", binary(`{"x":1,"y":2}`), "cannot decode Binary message of 13 bytes: want a Text message"},
	{"empty binary", binary(``), "cannot decode Binary message of 0 bytes"},
	{"too big", text(strings.Repeat(" ", limit+1)), "wsjson: message too big"},
}

// A bad message is an error, and the next receive returns the next message.
func TestRecvBadMessage(t *testing.T) {
	for _, test := range badMessages {
		t.Run(test.name, func(t *testing.T) {
			client, server := pair(t, nil)
			client.send(t, test.msg, text(`{"x":1,"y":2}`))
			v, err := wsjson.Recv[Move](t.Context(), server.stream)
			if v != (Move{}) {
				t.Errorf("received %+v with an error", v)
			}
			checkBad(t, err, test.msg, test.err)
			if v, err = wsjson.Recv[Move](t.Context(), server.stream); v != (Move{1, 2}) || err != nil {
				t.Errorf("received %+v, %v next", v, err)
			}
		})
	}
}

// checkBad checks the error for msg.
func checkBad(t *testing.T, err error, msg ws.Message, want string) {
	t.Helper()
	bad := asError(t, err)
	if !strings.Contains(err.Error(), want) || !strings.HasPrefix(err.Error(), "wsjson: ") {
		t.Errorf("the error is %q, want %q in it", err, want)
	}
	if len(msg.Data) > limit {
		msg = ws.Message{}
		if !errors.Is(err, ws.ErrMessageTooBig) {
			t.Error("the error is no ErrMessageTooBig")
		}
	}
	data := string(msg.Data[:min(len(msg.Data), 128)])
	if bad.Kind != msg.Kind || bad.Size != len(msg.Data) || string(bad.Data) != data || (bad.Data == nil) != (msg.Data == nil) {
		t.Errorf("the error is %+v, want that for %v %q", bad, msg.Kind, data)
	}
}

func TestAllContinuesAfterBadMessages(t *testing.T) {
	client, server := pair(t, nil)
	for _, test := range badMessages {
		client.send(t, test.msg, text(`{"x":1,"y":2}`))
	}
	client.session.Close(ws.CloseReason{Code: ws.CloseNormal})
	n := 0
	for v, err := range wsjson.All[Move](t.Context(), server.stream) {
		test := badMessages[n/2]
		if n%2 == 0 {
			checkBad(t, err, test.msg, test.err)
		} else if v != (Move{1, 2}) || err != nil {
			t.Errorf("received %+v, %v after the message that is %s", v, err, test.name)
		}
		n++
	}
	if n != 2*len(badMessages) {
		t.Errorf("received %d messages", n)
	}
}

// The data of an error outlives the message.
func TestRecvErrorKeepsData(t *testing.T) {
	client, server := pair(t, nil)
	client.send(t, text(strings.Repeat("x", 200)), text(`"next"`))
	_, err := wsjson.Recv[string](t.Context(), server.stream)
	_, _ = wsjson.Recv[string](t.Context(), server.stream)
	if bad := asError(t, err); string(bad.Data) != strings.Repeat("x", 128) || bad.Size != 200 {
		t.Errorf("the error has %q, %d", bad.Data, bad.Size)
	}
}

func TestRecvSkipsControlMessages(t *testing.T) {
	client, server := pair(t, nil)
	ping, pong := ws.Message{Kind: ws.Ping, Data: []byte("ping")}, ws.Message{Kind: ws.Pong}
	client.send(t, ping, pong, text("1"), ping, text("2"))
	client.session.Close(ws.CloseReason{Code: 4000, Description: "done"})
	for _, want := range []int{1, 2} {
		if v, err := wsjson.Recv[int](t.Context(), server.stream); v != want || err != nil {
			t.Errorf("received %v, %v, want %v", v, err, want)
		}
	}
	for range 3 {
		if _, err := wsjson.Recv[int](t.Context(), server.stream); err != io.EOF {
			t.Errorf("after the Close message: %v", err)
		}
	}
	for msg, err := range client.stream.All(t.Context()) { // the pings and the Close message were answered
		if msg.Kind == ws.Close && msg.Reason.Code != 4000 || msg.Kind == ws.Pong && string(msg.Data) != "ping" || err != nil {
			t.Errorf("the peer received %+v, %v", msg, err)
		}
	}
}

func TestAllEndsAfterClose(t *testing.T) {
	client, server := pair(t, nil)
	client.send(t, text("1"), text("2"))
	client.session.Close(ws.CloseReason{})
	var got []int
	for v, err := range wsjson.All[int](t.Context(), server.stream) {
		if err != nil {
			t.Error(err)
		}
		got = append(got, v)
	}
	if !slices.Equal(got, []int{1, 2}) {
		t.Errorf("received %v", got)
	}
}

// A loop that ignores all errors ends.
func TestAllEndsAfterFinalError(t *testing.T) {
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	tests := []struct {
		name string
		ctx  context.Context
		end  func(client endpoint, u *ws.Upgrader)
		want error
	}{
		{"the connection is lost", t.Context(), func(_ endpoint, u *ws.Upgrader) { _ = u.Close() }, io.ErrUnexpectedEOF},
		{"the context has ended", ended, func(endpoint, *ws.Upgrader) {}, context.Canceled},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			u := new(ws.Upgrader)
			client, server := pair(t, u)
			client.send(t, text("bad"))
			test.end(client, u)
			var errs []error
			for _, err := range wsjson.All[int](test.ctx, server.stream) {
				errs = append(errs, err)
				if len(errs) > 2 {
					t.Fatal("the loop does not end")
				}
			}
			if last := errs[len(errs)-1]; !errors.Is(last, test.want) {
				t.Errorf("the last error is %v, want %v", last, test.want)
			}
		})
	}
}

func TestAllBreakLeavesStreamUsable(t *testing.T) {
	client, server := pair(t, nil)
	client.send(t, text("1"), text("2"))
	for v, err := range wsjson.All[int](t.Context(), server.stream) {
		if v != 1 || err != nil {
			t.Errorf("received %v, %v first", v, err)
		}
		if _, err := wsjson.Recv[int](t.Context(), server.stream); err != ws.ErrConcurrentRecv {
			t.Errorf("Recv in the loop: %v", err)
		}
		break
	}
	if v, err := wsjson.Recv[int](t.Context(), server.stream); v != 2 || err != nil {
		t.Errorf("received %v, %v after the loop", v, err)
	}
}

// The end of a context ends only the waiting, even in the middle of a message.
func TestRecvContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, server := pair(t, nil)
		client.send(t, ws.Message{Kind: ws.FirstText, Data: []byte(`{"x":`)})
		ctx, cancel := context.WithCancel(t.Context())
		received := make(chan error)
		go func() {
			_, err := wsjson.Recv[Move](ctx, server.stream)
			received <- err
		}()
		synctest.Wait()
		cancel()
		if err := <-received; err != context.Canceled {
			t.Errorf("after the end of the context: %v", err)
		}
		client.send(t, ws.Message{Kind: ws.Last, Data: []byte(`1}`)})
		if v, err := wsjson.Recv[Move](t.Context(), server.stream); v != (Move{X: 1}) || err != nil {
			t.Errorf("received %+v, %v next", v, err)
		}
	})
}

func TestDecode(t *testing.T) {
	client, server := pair(t, nil)
	client.send(t, ws.Message{Kind: ws.Ping}, text(`{"x":1}`), binary(`{}`), text(`{`))
	client.session.Close(ws.CloseReason{})
	var got []string
	for msg := range server.stream.Chan() {
		v, err := wsjson.Decode[Move](msg)
		switch {
		case err == nil && v == Move{X: 1}:
			got = append(got, "value")
		default:
			got = append(got, asError(t, err).Kind.String())
		}
	}
	if want := []string{"Ping", "value", "Binary", "Text", "Close"}; !slices.Equal(got, want) {
		t.Errorf("decoded %v, want %v", got, want)
	}
}
