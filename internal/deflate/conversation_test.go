package deflate

import (
	"bytes"
	"compress/flate"
	"math/rand/v2"
	"testing"

	"github.com/handset-go/handset/internal/deflatetest"
)

// standardPeer is the client of a conversation, built on the standard library.
type standardPeer struct {
	params Params // of the server
	window []byte // what the client has inflated, as far as it may be referred to
	said   []byte // what it has deflated
	writer *flate.Writer
	out    bytes.Buffer
}

func newStandardPeer(p Params, writer *flate.Writer) *standardPeer {
	c := &standardPeer{params: p, writer: writer}
	writer.Reset(&c.out)
	return c
}

// hear inflates a message from the server.
func (c *standardPeer) hear(t testing.TB, message []byte) []byte {
	if c.params.NoSendTakeover {
		c.window = nil
	}
	text, ok := deflatetest.Standard(message, c.window, deflatetest.Ended)
	if !ok {
		t.Fatalf("the standard library cannot read a message of %d bytes", len(message))
	}
	c.window = append(c.window, text...)
	c.window = c.window[max(0, len(c.window)-1<<c.params.SendWindowBits):]
	return text
}

// say deflates a message in fragments. The standard library knows one window
// alone: with a smaller one, fragments are compressed each for itself, with as
// much to refer to as leaves no distance too large.
func (c *standardPeer) say(t testing.TB, rng *rand.Rand, message []byte) []byte {
	c.out.Reset()
	window := 1 << c.params.RecvWindowBits
	for rest := message; len(rest) > 0; {
		n := len(rest)
		if c.params.RecvWindowBits < maxBits {
			n = min(n, window/2)
			c.renew(t, rng, window/2)
		}
		if rng.IntN(3) == 0 {
			n = 1 + rng.IntN(n)
		}
		if _, err := c.writer.Write(rest[:n]); err != nil {
			t.Fatal(err)
		}
		if err := c.writer.Flush(); err != nil {
			t.Fatal(err)
		}
		c.said = append(c.said, rest[:n]...)
		rest = rest[n:]
	}
	if c.params.NoRecvTakeover {
		c.said = nil
		c.writer.Reset(&c.out)
	}
	if len(message) == 0 {
		return []byte{0}
	}
	return bytes.Clone(c.out.Bytes()[:c.out.Len()-len(tail)])
}

// renew makes the compressor forget all but the last bytes: those it is shown
// again, and what it makes of them dropped. (NewWriterDict would do it, but
// writes the dictionary out when what follows cannot be compressed.)
func (c *standardPeer) renew(t testing.TB, rng *rand.Rand, reach int) {
	c.writer.Reset(&c.out)
	if rng.IntN(3) > 0 {
		return
	}
	written := c.out.Len()
	if _, err := c.writer.Write(c.said[max(0, len(c.said)-reach):]); err != nil {
		t.Fatal(err)
	}
	if err := c.writer.Flush(); err != nil {
		t.Fatal(err)
	}
	c.out.Truncate(written)
}

// conversation is random messages in both directions, with random parameters.
func conversation(t testing.TB, seed uint64, writers map[int]*flate.Writer) {
	rng := rand.New(rand.NewPCG(seed, 10))
	p := Params{
		NoSendTakeover: rng.IntN(2) == 0,
		NoRecvTakeover: rng.IntN(2) == 0,
		SendWindowBits: minBits + rng.IntN(maxBits-minBits+1),
		RecvWindowBits: minBits + rng.IntN(maxBits-minBits+1),
	}
	d, in := p.Deflater(1+rng.IntN(9)), p.Inflater()
	defer d.Free()
	defer in.Free()
	client := newStandardPeer(p, writers[rng.IntN(len(writers))])
	for range 1 + rng.IntN(6) {
		message := deflatetest.Sample(rng, rng.IntN(1<<rng.IntN(15)))
		if rng.IntN(2) == 0 {
			message = append(message, message...)
		}
		fragments := randomFragments(rng, len(message))
		compressed := d.send(t, message, fragments...)
		if got := client.hear(t, compressed); !bytes.Equal(got, message) {
			t.Fatalf("seed=%d: %+v: the client hears %d bytes that are not the %d sent in %v", seed, p, len(got), len(message), fragments)
		}
		size := func() int { return 1 + rng.IntN(1+rng.IntN(1<<16)) }
		got, err := inflated(&in, client.say(t, rng, message), size)
		if err != nil || !bytes.Equal(got, message) {
			t.Fatalf("seed=%d: %+v: the server hears %d bytes of %d, %v", seed, p, len(got), len(message), err)
		}
	}
}

// Both directions of random conversations, with the standard library as the peer.
func TestConversationsWithStandardLibrary(t *testing.T) {
	writers := map[int]*flate.Writer{}
	for i, level := range []int{flate.HuffmanOnly, flate.NoCompression, 1, 6, 9} {
		w, err := flate.NewWriter(nil, level)
		if err != nil {
			t.Fatal(err)
		}
		writers[i] = w
	}
	conversations := uint64(10_000)
	if raced || testing.Short() {
		conversations = 500 // there is nothing to race with
	}
	for seed := range conversations {
		conversation(t, seed, writers)
	}
}
