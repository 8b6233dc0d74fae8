package interoptest

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/handset-go/handset/ws"
)

const mebibyte = 1 << 20

// sizes are the boundaries of the lengths of RFC 6455 §5.2, and a long message.
var sizes = []int{0, 1, 125, 126, 65535, 65536, mebibyte}

// sizes returns those of a way. Over others than the direct one, some are left out,
// because what is beside the library does not depend on them.
func (o *other) sizes() []int {
	if o.way == Direct {
		return sizes
	}
	return []int{0, 126, 65536}
}

var kinds = []ws.Kind{ws.Text, ws.Binary}

// payload returns n bytes: text of characters of all lengths, or all bytes.
func payload(kind ws.Kind, n int) []byte {
	if kind == ws.Text {
		const some = "aé€😀"
		return append(bytes.Repeat([]byte(some), n/len(some)), strings.Repeat("x", n%len(some))...)
	}
	data := make([]byte, n)
	for i := range data {
		data[i] = byte(i + i>>8)
	}
	return data
}

// messages sends messages of all sizes and both kinds, and expects them back: one after
// the other, and several before the first is received.
func messages(t *testing.T, o *other) {
	c := o.connect(t, "/echo", settings{})
	whole := c.stream.Aggregate(mebibyte)
	for _, n := range o.sizes() {
		for _, kind := range kinds {
			c.must(c.session.Send(c.ctx, ws.Message{Kind: kind, Data: payload(kind, n)}))
			c.expect(whole, kind, payload(kind, n))
		}
	}
	if o.way != Direct { // but a long one, too
		c.must(c.session.Binary(c.ctx, payload(ws.Binary, mebibyte)))
		c.expect(whole, ws.Binary, payload(ws.Binary, mebibyte))
	}
	for i := range 100 {
		c.must(c.session.Text(c.ctx, strings.Repeat("message ", i)))
	}
	for i := range 100 {
		c.expect(whole, ws.Text, []byte(strings.Repeat("message ", i)))
	}
}

// fragmentsToIt sends messages in fragments, which end inside characters, with
// Pings between them.
func fragmentsToIt(t *testing.T, o *other) {
	c := o.connect(t, "/echo", settings{})
	whole := c.stream.Aggregate(mebibyte)
	for _, n := range o.sizes() {
		for i, kind := range kinds {
			data := payload(kind, n)
			c.sendFragments(kind, data, []int{3, 7}[i], "between")
			c.expect(whole, ws.Pong, []byte("between"))
			c.expect(whole, kind, data)

			w := c.session.Writer(c.ctx, kind)
			for part := range slices.Chunk(data, 9973) {
				_, err := w.Write(part)
				c.must(err)
			}
			c.must(w.Close())
			c.expect(whole, kind, data)
		}
	}
}

// sendFragments sends a message in n fragments, two at least, with a Ping before the last.
func (c *call) sendFragments(kind ws.Kind, data []byte, n int, ping string) {
	c.t.Helper()
	part := ws.FirstText
	if kind == ws.Binary {
		part = ws.FirstBinary
	}
	for i := range n {
		if i == n-1 {
			part = ws.Last
			c.must(c.session.Ping(c.ctx, []byte(ping)))
		}
		c.must(c.session.Continuation(c.ctx, part, data[i*len(data)/n:(i+1)*len(data)/n]))
		part = ws.Continue
	}
}

// fragmentsFromIt expects messages in fragments, whole and in chunks.
func fragmentsFromIt(t *testing.T, o *other) {
	c := o.connect(t, "/echo?fragments=1,2,100", settings{})
	whole := c.stream.Aggregate(mebibyte)
	for _, n := range o.sizes() {
		for _, kind := range append(kinds, kinds...) {
			c.must(c.session.Send(c.ctx, ws.Message{Kind: kind, Data: payload(kind, n)}))
			c.expect(whole, kind, payload(kind, n))
		}
	}
	c = o.connect(t, "/echo?fragments=2,100", settings{})
	for _, n := range o.sizes() {
		for _, kind := range kinds {
			c.must(c.session.Send(c.ctx, ws.Message{Kind: kind, Data: payload(kind, n)}))
			c.expectChunks(kind, payload(kind, n))
		}
	}
}

// expectChunks receives a message in chunks.
func (c *call) expectChunks(want ws.Kind, data []byte) {
	c.t.Helper()
	var got []byte
	var kinds []ws.Kind
	for {
		msg, err := c.stream.Recv(c.ctx)
		c.must(err)
		got, kinds = append(got, msg.Data...), append(kinds, msg.Kind)
		if msg.Kind == ws.Text || msg.Kind == ws.Binary || msg.Kind == ws.Last {
			break
		}
	}
	first := map[ws.Kind]ws.Kind{ws.FirstText: ws.Text, ws.FirstBinary: ws.Binary, ws.Text: ws.Text, ws.Binary: ws.Binary}[kinds[0]]
	if first != want || !bytes.Equal(got, data) {
		c.t.Fatalf("received %d bytes in %s; want %d bytes of %v", len(got), fmt.Sprint(kinds), len(data), want)
	}
}
