package interoptest

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/handset-go/handset/ws"
)

// compression talks with each of the common settings of compression.
func compression(t *testing.T, o *other) {
	path := "/echo?fragments=1,2"
	if o.Lacks["fragments from it"] != "" {
		path = "/echo"
	}
	for i, setting := range []struct {
		name string
		c    ws.Compression
	}{{"frugal", ws.Frugal()}, {"balanced", ws.Balanced()}, {"dense", ws.Dense()}} {
		if o.way != Direct && setting.name != "balanced" {
			continue
		}
		t.Run(setting.name, func(t *testing.T) {
			c := o.connect(t, path, settings{compression: setting.c, options: ws.Options{SessionStats: true}})
			if want := o.Answers[i]; c.extensions != want {
				t.Errorf("the answer is %q, want %q", c.extensions, want)
			}
			c.talkCompressed(o.Answers[i] != "")
		})
	}
}

// talkCompressed sends messages and expects them back, and that both directions are
// compressed.
func (c *call) talkCompressed(compressed bool) {
	c.t.Helper()
	whole, total := c.stream.Aggregate(mebibyte), 0
	for i, data := range RandomMessages(rand.New(rand.NewPCG(7692, 12)), 25) {
		kind := kinds[i%2]
		if i%3 == 0 {
			c.sendFragments(kind, data, 2+i%5, "") // gws adds the payloads of Pongs to its window
			c.expect(whole, ws.Pong, nil)
		} else {
			c.must(c.session.Send(c.ctx, ws.Message{Kind: kind, Data: data}))
		}
		c.expect(whole, kind, data)
		total += len(data)
	}
	stats := c.session.Stats()
	for direction, n := range map[string]uint64{"sent": stats.Out.Payload, "received": stats.In.Payload} {
		want := compressed && !(direction == "received" && c.other.SendsUncompressed)
		if limit := uint64(total * 9 / 10); (n < limit) != want {
			c.t.Errorf("%d bytes of payload were %s for messages of %d bytes", n, direction, total)
		}
	}
}

// RandomMessages returns n messages, which can be compressed, in particular by
// references to the messages before. They are valid as text.
func RandomMessages(rng *rand.Rand, n int) (messages [][]byte) {
	var all []byte
	for len(messages) < n {
		size := []int{rng.IntN(10), rng.IntN(200), rng.IntN(3000), rng.IntN(70_000)}[rng.IntN(4)]
		var message []byte
		for len(message) < size {
			switch at := rng.IntN(len(all) + 1); {
			case rng.IntN(3) > 0 && at < len(all): // of any distance, in all of the window
				message = append(message, all[at:min(at+rng.IntN(300), len(all))]...)
			default:
				message = fmt.Appendf(message, `{"id":%d,"name":"%x"},`, rng.Uint32N(1000), rng.Uint32())
			}
		}
		messages, all = append(messages, message), append(all, message...)
		all = all[max(len(all)-40_000, 0):]
	}
	return messages
}
