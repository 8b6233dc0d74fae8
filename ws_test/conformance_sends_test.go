package ws_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/handset-go/handset/ws"
)

// sendRows are what a session sends by itself, and what it does not: the bytes are as the
// RFC says, and the masking keys of a client are fresh, which every row checks.
func sendRows() (rows []wireRow) {
	row := func(name string, rule *requirement, all ...wireStep) {
		rows = append(rows, wireRow{"session sends " + name, rule, steps(all...).uncompressed(), closes(1000)})
	}
	ctx := context.Background()
	for _, n := range []int{0, 1, 125, 126, 127, 65535, 65536, 100_000} {
		text := strings.Repeat("*", n)
		row(fmt.Sprintf("a text of %d bytes", n), ruleSends, calls(func(s *ws.Session) error { return s.Text(ctx, text) }).wants(textFrame(text)))
		row(fmt.Sprintf("binary of %d bytes", n), ruleSends, calls(func(s *ws.Session) error { return s.Binary(ctx, []byte(text)) }).wants(binaryFrame(text)))
	}
	for _, n := range []int{0, 1, 124, 125} {
		data := strings.Repeat("\xff", n)
		row(fmt.Sprintf("a Ping of %d bytes", n), ruleControl, calls(func(s *ws.Session) error { return s.Ping(ctx, []byte(data)) }).wants(pingFrame(data)))
		row(fmt.Sprintf("a Pong of %d bytes", n), ruleControl, calls(func(s *ws.Session) error { return s.Pong(ctx, []byte(data)) }).wants(pongFrame(data)))
	}
	long := bytes.Repeat([]byte{0}, 126)
	row("no Ping of 126 bytes", ruleControl, refused(func(s *ws.Session) error { return s.Ping(ctx, long) }))
	row("no Pong of 126 bytes", ruleControl, refused(func(s *ws.Session) error { return s.Pong(ctx, long) }))
	row("no text that is not UTF-8", ruleText, refused(func(s *ws.Session) error { return s.Text(ctx, "a\xff") }))
	row("no text with a surrogate", ruleText, refused(func(s *ws.Session) error { return s.Text(ctx, longForm(0xD800, 3)) }))
	row("no fragment of nothing", ruleContinuation, refused(func(s *ws.Session) error { return s.Continuation(ctx, ws.Last, nil) }))
	begins := sendFragment(ws.FirstText, "a")
	row("fragments", ruleManyParts, begins.wants(openFragment(opText, "a")), sendFragment(ws.Continue, "b").wants(openFragment(opContinuation, "b")),
		sendFragment(ws.Last, "c").wants(lastFragment("c")))
	row("empty fragments", ruleManyParts, sendFragment(ws.FirstBinary, "").wants(openFragment(opBinary, "")), sendFragment(ws.Last, "").wants(lastFragment("")))
	row("a Ping between fragments", ruleBetween, begins.wants(openFragment(opText, "a")),
		calls(func(s *ws.Session) error { return s.Ping(ctx, nil) }).wants(pingFrame("")), sendFragment(ws.Last, "b").wants(lastFragment("b")))
	row("the answer to a Ping between fragments", ruleBetween, begins.wants(openFragment(opText, "a")),
		sends(pingFrame("now")).wants(pongFrame("now")), sendFragment(ws.Last, "b").wants(lastFragment("b")))
	row("a character in two fragments", ruleText, sendFragment(ws.FirstText, "\xc3").wants(openFragment(opText, "\xc3")),
		sendFragment(ws.Last, "\xa9").wants(lastFragment("\xa9")))
	return append(rows, limitedRows()...)
}

// sendFragment sends a fragment.
func sendFragment(part ws.Kind, data string) wireStep {
	return calls(func(s *ws.Session) error { return s.Continuation(context.Background(), part, []byte(data)) })
}

// refused is a send that returns an error and sends nothing.
func refused(send func(*ws.Session) error) wireStep {
	return calls(func(s *ws.Session) error {
		if send(s) == nil {
			return errors.New("the send returned no error")
		}
		return nil
	})
}

// limitedRows are frames around the limit that the application sets.
func limitedRows() (rows []wireRow) {
	for _, n := range []int{1, 125, 126, 65535, 65536} {
		tune := func(m *ws.MessageStream) { m.MaxFrameSize(n) }
		row := func(name string, end wireEnd, step wireStep) {
			script := steps(step).tuned(tune).uncompressed()
			rows = append(rows, wireRow{fmt.Sprintf("frames of at most %d bytes: %s", n, name), ruleLimits, script, end})
		}
		tooBig := fails(1009, fmt.Sprintf("frame of %d bytes is longer than %d", n+1, n))
		full := strings.Repeat("*", n)
		row("one", closed(0), sends(textFrame(full)).wants(textFrame(full)))
		row("two", closed(0), sends(openFragment(opText, full), lastFragment(full)).wants(textFrame(full+full)))
		row("a byte more", tooBig, sends(textFrame(full+"*")))
		row("a byte more in the last fragment", tooBig, sends(openFragment(opText, full), lastFragment(full+"*")))
		row("a longer header alone", tooBig, sends(wireFrame{first: fin | opBinary, rest: n + 1}))
	}
	for i := range rows { // those that do not fail end with an empty Close frame, which the limits allow
		if !rows[i].end.violation {
			rows[i].script.steps = append(rows[i].script.steps, sends(closeWith(0, "")))
		}
	}
	return rows
}
