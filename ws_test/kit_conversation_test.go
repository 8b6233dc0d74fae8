package ws_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"reflect"
	"testing"

	"github.com/handset-go/handset/ws"
)

// viewKind is one of the three views of a stream.
type viewKind uint8

const (
	byRecv viewKind = iota
	byAll
	byChan
	viewKinds
)

func (v viewKind) String() string { return [...]string{"Recv", "All", "Chan"}[v] }

// conversation is how a stream is read, and what was received.
type conversation struct {
	view       viewKind
	maxFrame   int
	maxMessage int // 0 for the raw stream
	manualPong bool

	events  []event
	err     error
	open    ws.Kind // of the message whose chunks are arriving
	payload []byte  // of it
	chunk   int     // the longest data received at once
}

func (c *conversation) String() string {
	return fmt.Sprintf("%v,maxFrame=%d,maxMessage=%d,manualPong=%v", c.view, c.maxFrame, c.maxMessage, c.manualPong)
}

// receive receives to the end of the stream. It calls interruptWith with the
// function that cancels the context of the receive, and with nil after it.
func (c *conversation) receive(stream *ws.MessageStream, interruptWith func(end func())) {
	var l view = stream
	if c.maxFrame > 0 {
		stream.MaxFrameSize(c.maxFrame)
	}
	if c.maxMessage > 0 {
		l = stream.Aggregate(c.maxMessage)
	}
	switch c.view {
	case byRecv:
		for c.err == nil {
			ctx, cancel := context.WithCancel(context.Background())
			interruptWith(cancel)
			c.record(l.Recv(ctx))
			interruptWith(nil)
			cancel()
		}
	case byAll:
		for c.err == nil {
			c.receiveWithAll(l, interruptWith)
		}
	case byChan:
		for msg := range l.Chan() {
			c.record(msg, nil)
		}
		c.end(l.Err())
	}
}

func (c *conversation) receiveWithAll(l view, interruptWith func(end func())) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	interruptWith(cancel)
	defer interruptWith(nil)
	for msg, err := range l.All(ctx) {
		c.record(msg, err)
		if errors.Is(err, context.Canceled) {
			return
		}
	}
	c.end(nil)
}

// end records that the messages have ended, with io.EOF if err is nil.
func (c *conversation) end(err error) {
	if err == nil {
		err = io.EOF
	}
	if c.err == nil {
		c.record(ws.Message{}, err)
	}
}

// record records what a receive returned. The end of a context changes nothing.
func (c *conversation) record(msg ws.Message, err error) {
	var violation *ws.ProtocolError
	switch {
	case err == nil:
		c.add(msg)
	case errors.Is(err, context.Canceled):
	case err == ws.ErrMessageTooBig:
		c.events = append(c.events, event{})
		if c.view == byChan {
			c.err = err
		}
	case errors.As(err, &violation):
		c.err = failure(violation.Code)
	case errors.Is(err, io.ErrUnexpectedEOF):
		c.err = io.ErrUnexpectedEOF
	default:
		c.err = err
	}
}

// add adds a message, or appends a chunk to the open one.
func (c *conversation) add(msg ws.Message) {
	c.chunk = max(c.chunk, len(msg.Data))
	switch msg.Kind {
	case ws.FirstText, ws.FirstBinary:
		c.open = map[ws.Kind]ws.Kind{ws.FirstText: ws.Text, ws.FirstBinary: ws.Binary}[msg.Kind]
		c.payload = append([]byte{}, msg.Data...)
	case ws.Continue, ws.Last:
		c.payload = append(c.payload, msg.Data...)
		if msg.Kind == ws.Last {
			c.events = append(c.events, event{kind: c.open, data: string(c.payload)})
			c.open, c.payload = 0, nil
		}
	default:
		c.events = append(c.events, event{msg.Kind, string(msg.Data), msg.Reason, len(c.payload)})
	}
}

// check compares what was received, and the replies of the server, with the model.
func (c *conversation) check(t testing.TB, sent []byte, replies []serverFrame) {
	t.Helper()
	want := (&model{maxFrame: c.maxFrame, maxMessage: c.maxMessage}).run(sent)
	if c.maxMessage > 0 {
		c.checkWhole(t, want)
	} else {
		c.checkChunks(t, want)
	}
	c.checkReplies(t, want, replies)
}

func (c *conversation) checkWhole(t testing.TB, want *model) {
	t.Helper()
	for i := range want.events {
		want.events[i].at = 0
		if c.view == byChan && want.events[i].kind == 0 { // where a channel ends
			want.events, want.uncertain = want.events[:i+1], want.uncertain && i == len(want.events)-1
			if !want.uncertain || len(c.events) == len(want.events) {
				want.err, want.uncertain = ws.ErrMessageTooBig, false
			}
			break
		}
	}
	if n := len(want.events); want.uncertain && len(c.events) == n-1 {
		want.events = want.events[:n-1]
	}
	c.compare(t, want)
}

func (c *conversation) checkChunks(t testing.TB, want *model) {
	t.Helper()
	c.compare(t, want)
	if got := string(c.payload); len(got) < want.sure || len(got) > len(want.payload) || got != string(want.payload[:len(got)]) {
		t.Errorf("of the message left open %d bytes came, or others: want %d to %d", len(got), want.sure, len(want.payload))
	}
	if c.chunk > 64<<10 {
		t.Errorf("a chunk of %d bytes", c.chunk)
	}
}

func (c *conversation) compare(t testing.TB, want *model) {
	t.Helper()
	for i := range max(len(c.events), len(want.events)) {
		if i >= len(c.events) || i >= len(want.events) || !reflect.DeepEqual(c.events[i], want.events[i]) {
			t.Fatalf("%v: event %d is %s, want %s", c, i, show(c.events, i), show(want.events, i))
		}
	}
	if c.err != want.err {
		t.Errorf("%v: ended with %v, want %v", c, c.err, want.err)
	}
}

func show(events []event, i int) string {
	if i >= len(events) {
		return "none"
	}
	e := events[i]
	return fmt.Sprintf("%v of %d bytes %q, %v, at %d", e.kind, len(e.data), clip([]byte(e.data)), e.reason, e.at)
}

// checkReplies checks that the pings were answered, unless the connection was
// lost, and that the last frame was the right Close.
func (c *conversation) checkReplies(t testing.TB, want *model, replies []serverFrame) {
	t.Helper()
	pongs := want.pongs
	if c.manualPong {
		pongs = nil
	}
	for i, f := range replies {
		switch {
		case f.opcode() == opPong && len(pongs) > 0 && string(f.payload) == pongs[0]:
			pongs = pongs[1:]
		case f.opcode() == opClose && i == len(replies)-1 && f.closeCode() == c.closeCode():
			if want.err != ws.ErrMessageTooBig && len(pongs) > 0 {
				t.Errorf("%v: %d pings were not answered", c, len(pongs))
			}
			return
		default:
			t.Fatalf("%v: reply %d is %#x %q", c, i, f.first, clip(f.payload))
		}
	}
	if c.err != io.ErrUnexpectedEOF && c.err != ws.ErrMessageTooBig { // after which no reply can be read
		t.Errorf("%v: ended with %v and no Close frame", c, c.err)
	}
}

// closeCode is the code that the server's Close frame must have.
func (c *conversation) closeCode() int {
	switch err := c.err.(type) {
	case failure:
		return int(err)
	default:
		if c.err == ws.ErrMessageTooBig {
			return 1009
		}
		return int(c.events[len(c.events)-1].reason.Code)
	}
}
