package wstest

import (
	"bytes"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/handset-go/handset/ws"
)

// Expect receives the next message of s, which must be the same as want: Text, Binary,
// Ping and Pong messages with the same Data, and Close messages with the same Reason.
// Pings and Pongs are skipped unless want is of their kind.
//
// Like all Expect functions, it joins messages that arrive in chunks, up to 16 MiB, and
// fails the test with tb.Fatal and a text that says what was expected and what was
// received. It waits for the message for at most 10 s (see Within). It must be called on
// the goroutine of the test, or in the function of Clients.Each.
func Expect(tb testing.TB, s Stream, want ws.Message) {
	tb.Helper()
	got := receive(s, want.Kind)
	if got.err != nil || got.msg.Kind != want.Kind {
		got.fail(tb, describe(want))
		return
	}
	if want.Kind == ws.Close {
		if got.msg.Reason != want.Reason {
			got.fail(tb, describe(want))
		}
	} else if !bytes.Equal(got.msg.Data, want.Data) {
		tb.Fatal(difference(got.msg, want))
	}
}

// ExpectText receives the next message of s, which must be the text want, as Expect does.
func ExpectText(tb testing.TB, s Stream, want string) {
	tb.Helper()
	Expect(tb, s, ws.Message{Kind: ws.Text, Data: []byte(want)})
}

// ExpectBinary receives the next message of s, which must be a binary message of the
// bytes of want, as Expect does.
func ExpectBinary(tb testing.TB, s Stream, want []byte) {
	tb.Helper()
	Expect(tb, s, ws.Message{Kind: ws.Binary, Data: want})
}

// ExpectClose receives the next message of s, which must be a Close message with the code
// want and any description, as Expect does. Zero is the code of a Close message without
// one.
func ExpectClose(tb testing.TB, s Stream, want ws.CloseCode) {
	tb.Helper()
	got := receive(s)
	if got.err != nil || got.msg.Kind != ws.Close || got.msg.Reason.Code != want {
		got.fail(tb, "Close "+want.String())
	}
}

// ExpectEnd receives the end of s, whose error must be want by errors.Is: io.EOF after a
// Close message, io.ErrUnexpectedEOF after the loss of the connection, or an error such
// as ws.ErrHeartbeatTimeout. It fails if another message arrives before, a Close message
// included. It waits and fails as Expect does.
func ExpectEnd(tb testing.TB, s Stream, want error) {
	tb.Helper()
	got := receive(s)
	var nothing *nothingError
	if got.err == nil || !errors.Is(got.err, want) || errors.As(got.err, &nothing) {
		got.fail(tb, "the end with "+describeError(want))
	}
}

// ExpectNothing receives from s for the time d, in which no message may arrive, and in
// which s may not end. Pings and Pongs are skipped. It fails as Expect does.
//
// In a bubble, any d will do, such as time.Nanosecond: it passes when all goroutines are
// durably blocked, so that nothing more can arrive before it.
func ExpectNothing(tb testing.TB, s Stream, d time.Duration) {
	tb.Helper()
	got := receiveWithin(s, d)
	var nothing *nothingError
	if !errors.As(got.err, &nothing) || nothing.part.Kind != 0 {
		got.fail(tb, fmt.Sprintf("nothing within %v", d))
	}
}
