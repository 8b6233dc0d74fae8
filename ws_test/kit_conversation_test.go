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

// manner is a way to listen.
type viewKind uint8

const (
	byRecv viewKind = iota
	byAll
	byChan
	viewKinds
)

func (v viewKind) String() string { return [...]string{"Recv", "All", "Chan"}[v] }

// conversation is how a stream is listened to, and what comes of it.
type conversation struct {
	view       viewKind
	maxFrame   int
	maxMessage int // 0 listens to the raw stream
	manualPong bool

	events  []event
	err     error
	open    ws.Kind // of the message whose pieces are arriving
	payload []byte  // of it
	chunk   int     // the longest piece
}

func (c *conversation) String() string {
	return fmt.Sprintf("%v,maxFrame=%d,maxMessage=%d,manualPong=%v", c.view, c.maxFrame, c.maxMessage, c.manualPong)
}

// listen receives all there is. interruptWith is told, for as long as somebody
// receives with a context, what ends it.
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

// end notes that the messages have ended, with io.EOF if err is nil.
func (c *conversation) end(err error) {
	if err == nil {
		err = io.EOF
	}
	if c.err == nil {
		c.record(ws.Message{}, err)
	}
}

// note notes what a receive returned. A context's end changes nothing.
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

// add adds a message, or puts a piece to those before it.
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

// check compares what came of it with the model, and what the server replied.
func (c *conversation) check(t testing.TB, said []byte, replies []serverFrame) {
	t.Helper()
	want := (&model{maxFrame: c.maxFrame, maxMessage: c.maxMessage}).run(said)
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
		t.Errorf("a piece of %d bytes", c.chunk)
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

// checkReplies checks that the pings were answered, as far as the client was
// there to hear it, and that the last word was the right Close.
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
	if c.err != io.ErrUnexpectedEOF && c.err != ws.ErrMessageTooBig { // or nobody was there to read it
		t.Errorf("%v: ended with %v and no Close frame", c, c.err)
	}
}

// closeCode is what the server's Close frame must say.
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
