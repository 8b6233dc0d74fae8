package interoptest

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"testing"

	"github.com/handset-go/handset/ws"
)

// compression talks with each of the common settings of compression.
func compression(t *testing.T, s *Server) {
	for i, setting := range []struct {
		name string
		c    ws.Compression
	}{{"frugal", ws.Frugal()}, {"balanced", ws.Balanced()}, {"dense", ws.Dense()}} {
		t.Run(setting.name, func(t *testing.T) {
			answer := &answerRecorder{next: s.transport(t)}
			c := s.dial(t, "/echo?fragments=1,2", &ws.Dialer{
				HTTPClient: &http.Client{Transport: answer}, Compression: setting.c,
				Options: ws.Options{SessionStats: true},
			})
			if want := s.Answers[i]; answer.extensions != want {
				t.Errorf("the answer is %q, want %q", answer.extensions, want)
			}
			c.talkCompressed(s.Answers[i] != "")
		})
	}
}

// answerRecorder records the answer to an offer of compression.
type answerRecorder struct {
	next       http.RoundTripper
	extensions string
}

func (a *answerRecorder) RoundTrip(r *http.Request) (*http.Response, error) {
	response, err := a.next.RoundTrip(r)
	if err == nil {
		a.extensions = response.Header.Get("Sec-WebSocket-Extensions")
	}
	return response, err
}

// talkCompressed sends messages and expects them back, and that both directions are
// compressed.
func (c *call) talkCompressed(compressed bool) {
	c.t.Helper()
	whole, total := c.stream.Aggregate(mebibyte), 0
	for i, data := range RandomMessages(rand.New(rand.NewPCG(7692, 12)), 40) {
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
		if limit := uint64(total * 9 / 10); (n < limit) != compressed {
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
