package ws_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/handset-go/handset/ws"
)

// numberedStream is an endless sequence of messages, the same for each seed: data of
// random lengths in random fragments, with numbered pings before and between them.
type numberedStream struct {
	rng   *rand.Rand
	pings int
	data  int // bytes so far
}

func newNumberedStream() *numberedStream {
	return &numberedStream{rng: rand.New(rand.NewPCG(12, 12))}
}

// next returns the next message's kind and fragments, and how many pings go before each.
func (n *numberedStream) next() (kind ws.Kind, fragments [][]byte, pings []int) {
	kind = []ws.Kind{ws.Text, ws.Binary}[n.rng.IntN(2)]
	limit := []int{1, 5, 20, 100, 200, 300, 1000, 3000, 10_000, 80_000}[n.rng.IntN(10)]
	for last := false; !last; last = n.rng.IntN(3) > 0 {
		fragments = append(fragments, n.bytes(n.rng.IntN(limit)))
		pings = append(pings, n.rng.IntN(8)/6)
	}
	return kind, fragments, pings
}

// bytes returns the next bytes of the data, which has the position in it all over.
func (n *numberedStream) bytes(length int) []byte {
	b := make([]byte, 0, length+16)
	for len(b) < length {
		b = append(b, strconv.Itoa(n.data+len(b))...)
		b = append(b, ' ')
	}
	n.data += length
	return b[:length]
}

// send sends the stream until that fails.
func (n *numberedStream) send(session *ws.Session) error {
	ctx := context.Background()
	for {
		kind, fragments, pings := n.next()
		for i, data := range fragments {
			for range pings[i] {
				n.pings++
				if err := session.Ping(ctx, []byte(strconv.Itoa(n.pings))); err != nil {
					return err
				}
			}
			if err := session.Send(ctx, fragmentOf(kind, i, len(fragments), data)); err != nil {
				return err
			}
		}
		if rand.IntN(2) == 0 { // so that the other end has to wait
			<-time.After(time.Duration(rand.IntN(300)) * time.Microsecond)
		}
	}
}

// fragmentOf is fragment i of n.
func fragmentOf(kind ws.Kind, i, n int, data []byte) ws.Message {
	switch {
	case n == 1:
	case i == 0 && kind == ws.Text:
		kind = ws.FirstText
	case i == 0:
		kind = ws.FirstBinary
	case i < n-1:
		kind = ws.Continue
	default:
		kind = ws.Last
	}
	return ws.Message{Kind: kind, Data: data}
}

// expectStream compares what a view receives with a numberedStream.
type expectStream struct {
	stream *numberedStream
	open   bool    // a message is
	kind   ws.Kind // of it
	rest   []byte  // of it
}

func (e *expectStream) take(msg ws.Message) error {
	if msg.Kind == ws.Ping {
		e.stream.pings++
		if string(msg.Data) != strconv.Itoa(e.stream.pings) {
			return fmt.Errorf("ping %q, want %d", msg.Data, e.stream.pings)
		}
		return nil
	}
	if !e.open {
		kind, fragments, _ := e.stream.next()
		e.open, e.kind, e.rest = true, kind, bytes.Join(fragments, nil)
		if msg.Kind != kind && !(msg.Kind == ws.FirstText && kind == ws.Text) && !(msg.Kind == ws.FirstBinary && kind == ws.Binary) {
			return fmt.Errorf("%v, want %v", msg.Kind, kind)
		}
	} else if msg.Kind != ws.Continue && msg.Kind != ws.Last {
		return fmt.Errorf("%v in the middle of a message", msg.Kind)
	}
	rest, ok := bytes.CutPrefix(e.rest, msg.Data)
	e.open = msg.Kind == ws.FirstText || msg.Kind == ws.FirstBinary || msg.Kind == ws.Continue
	if e.rest = rest; !ok || !e.open && len(rest) > 0 {
		return fmt.Errorf("%v of %d bytes %q, of which %d do not follow", msg.Kind, len(msg.Data), clip(msg.Data), len(rest))
	}
	return nil
}

// endingContext returns a context that has ended, or ends soon.
func endingContext(rng *rand.Rand) (context.Context, context.CancelFunc) {
	soon := time.Duration(rng.IntN(120)) * time.Microsecond
	switch rng.IntN(6) {
	case 0:
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		return ctx, cancel
	case 1:
		ctx, cancel := context.WithCancelCause(context.Background())
		go cancel(errors.New("cause"))
		return ctx, func() { cancel(nil) }
	case 2, 3:
		ctx, cancel := context.WithCancel(context.Background())
		timer := time.AfterFunc(soon, cancel)
		return ctx, func() { timer.Stop(); cancel() }
	case 4:
		return context.WithDeadline(context.Background(), time.Now().Add(soon-50*time.Microsecond))
	default:
		return context.WithTimeout(context.Background(), soon)
	}
}

// However often and whenever receives are cancelled, the session goes on, and every byte
// arrives in order.
func TestDialRecvCancelled(t *testing.T) {
	cancellations := 10_000 / 8 // in each of the cases
	switch {
	case raceDetector:
		cancellations /= 4
	case testing.Short():
		cancellations = 100
	}
	for _, tt := range []struct {
		name        string
		over        transport
		compression ws.Compression
	}{
		{"tcp", transports[0], ws.Compression{}},
		{"tls", transport{tls: true}, ws.Compression{}},
		{"tcp, compressed", transports[0], ws.Dense()},
		{"tls, compressed", transport{tls: true}, ws.Frugal()},
	} {
		for name, see := range map[string]func(*ws.MessageStream) view{
			"raw":       func(m *ws.MessageStream) view { return m },
			"aggregate": func(m *ws.MessageStream) view { return m.Aggregate(0) },
		} {
			t.Run(tt.name+", "+name, func(t *testing.T) {
				t.Parallel()
				sent := make(chan error, 1)
				u := &ws.Upgrader{Compression: tt.compression}
				srv := serve(t, tt.over, u.Handler(func(session *ws.Session, stream *ws.MessageStream) {
					_ = stream.Discard()
					sent <- newNumberedStream().send(session)
				}))
				d := &ws.Dialer{HTTPClient: &http.Client{Transport: trustingTransport(t)}, Compression: tt.compression}
				session, stream := dialSession(t, d, "ws"+strings.TrimPrefix(srv.URL, "http"))
				expect := expectStream{stream: newNumberedStream()}
				rng := rand.New(rand.NewPCG(13, 13))
				// As many as were asked for, and until something of each kind has arrived meanwhile.
				few := func() bool { s := expect.stream; return s.data < 10*cancellations || s.pings < cancellations/100 }
				began := time.Now()
				for l, i := see(stream), 0; i < cancellations || few() && time.Since(began) < testTimeout; i++ {
					ctx, cancel := endingContext(rng)
					var err error
					for loop := rng.IntN(2) == 0; err == nil; {
						err = receiveFrom(ctx, l, loop, func(msg ws.Message) bool {
							if err := expect.take(msg); err != nil {
								t.Fatalf("after %d cancellations, and %d bytes: %v", i, expect.stream.data, err)
							}
							return true
						})
					}
					cancel()
					if err != context.Canceled && err != context.DeadlineExceeded {
						t.Fatalf("after %d cancellations: %v", i, err)
					}
				}
				if few() {
					t.Errorf("received only %d bytes and %d pings", expect.stream.data, expect.stream.pings)
				}
				if err := session.Close(ws.CloseReason{Code: ws.CloseNormal}); err != nil {
					t.Error(err)
				}
				for range see(stream).All(testContext(t)) {
				}
				await(t, session.Done(), "the session's end")
				if closed := (*ws.CloseError)(nil); !errors.As(session.Err(), &closed) || closed.Received.Code != ws.CloseNormal {
					t.Errorf("the session ended with %v", session.Err())
				}
				if err := await(t, sent, "the end of the server's loop"); !errors.Is(err, ws.ErrClosed) {
					t.Errorf("the server ended with %v", err)
				}
			})
		}
	}
}
