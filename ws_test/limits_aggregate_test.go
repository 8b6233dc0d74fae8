package ws_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/handset-go/handset/ws"
)

// An aggregate with a lower limit applies it inside a message that an earlier view
// has begun to receive.
func TestAggregateSmallerLimit(t *testing.T) {
	const limit = 10
	big := strings.Repeat("0123456789abcdef", 1000)
	for _, test := range []struct {
		name   string
		begins string // received by the earlier view
		goesOn []string
		tooBig bool
	}{
		{"longer already", big, []string{big, big}, true},
		{"longer already, and nothing follows", big, []string{""}, true},
		{"a byte longer", "0123456789a", []string{""}, true},
		{"as long as it may be", "0123456789", []string{"", ""}, false},
		{"a byte more", "0123456789", []string{"a"}, true},
		{"not yet begun", "", []string{"01234", "56789"}, false},
		{"much more", "", []string{big, big, big}, true},
	} {
		for _, view := range []string{"aggregate", "aggregate again", "raw"} {
			overCompressionsNamed(t, test.name+","+view, func(t *testing.T, p *compressing) {
				whole := test.begins + strings.Join(test.goesOn, "")
				first, rest := p.inTwo(test.begins, test.goesOn)
				p.write(append(first, masked(fin|opPing, []byte("now"))...))
				larger := p.stream.Aggregate(0)
				for {
					receive := larger.Recv
					if view == "raw" {
						receive = p.stream.Recv
					}
					if msg, err := receive(testContext(t)); err != nil {
						t.Fatal(err)
					} else if msg.Kind == ws.Ping {
						break
					}
				}
				p.write(append(rest, p.text("next")...))
				smaller := p.stream.Aggregate(limit)
				if view == "aggregate again" {
					if _, err := larger.Recv(ended(t)); err != context.Canceled {
						t.Fatal(err)
					}
				}
				msg, err := smaller.Recv(testContext(t))
				if view != "raw" { // of which otherwise a part went to another view
					switch {
					case test.tooBig && !errors.Is(err, ws.ErrMessageTooBig):
						t.Fatalf("received %d bytes, %v", len(msg.Data), err)
					case !test.tooBig && (err != nil || string(msg.Data) != whole):
						t.Fatalf("received %q, %v", clip(msg.Data), err)
					}
					msg, err = smaller.Recv(testContext(t))
				}
				if err != nil || string(msg.Data) != "next" {
					t.Fatalf("then received %q, %v", clip(msg.Data), err)
				}
			})
		}
	}
}

// ended is a context that has ended.
func ended(t *testing.T) context.Context {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	return ctx
}

// overCompressionsNamed is overCompressions over TCP alone.
func overCompressionsNamed(t *testing.T, name string, test func(*testing.T, *compressing)) {
	eachSide(t, func(t *testing.T, on side) {
		for _, agreed := range []struct {
			name, offer string
			c           ws.Compression
		}{{name: "plain"}, {"alone", "permessage-deflate", ws.Frugal()}, {"takeover", "permessage-deflate; client_max_window_bits", ws.Balanced()}} {
			t.Run(name+","+agreed.name, func(t *testing.T) {
				test(t, on.connectCompressing(t, transports[0], &ws.Upgrader{Compression: agreed.c}, agreed.offer))
			})
		}
	})
}

// inTwo is a text whose first fragment is whole, and the others.
func (p *compressing) inTwo(first string, others []string) (begins, rest []byte) {
	if p.extensions == "" {
		all := fragmented(opText, append([]string{first}, others...)...)
		n := len(masked(opText, []byte(first)))
		return all[:n:n], all[n:]
	}
	begins = masked(rsv1|opText, append(p.deflated([]byte(first)), deflateTail...))
	kept := p.peerNoTakeover
	p.peerNoTakeover = false // within a message
	for i, text := range others {
		bits := byte(opContinuation)
		payload := p.deflated([]byte(text))
		if i == len(others)-1 {
			bits |= fin
		} else {
			payload = append(payload, deflateTail...)
		}
		rest = append(rest, masked(bits, payload)...)
	}
	p.peerNoTakeover = kept
	return begins, rest
}

// text is a message of its own.
func (p *compressing) text(s string) []byte {
	if p.extensions == "" {
		return masked(fin|opText, []byte(s))
	}
	return p.compressedFrames(opText, []byte(s), 1)
}

// A frame of which one view has read a part counts fully for the next.
func TestAggregateSmallerLimitInsideFrame(t *testing.T) {
	t.Parallel()
	const size = 1 << 20
	for _, limit := range []int{1, 10, 1000, 100_000, size - 1, size} {
		t.Run(fmt.Sprint("limit=", limit), func(t *testing.T) {
			overTransports(t, &ws.Upgrader{}, func(t *testing.T, p *pair) {
				frame := masked(fin|opBinary, make([]byte, size))
				p.write(frame[:size/2])
				ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
				defer cancel()
				if _, err := p.stream.Aggregate(2 * size).Recv(ctx); err != context.DeadlineExceeded {
					t.Fatal(err)
				}
				smaller := p.stream.Aggregate(limit)
				p.writeLater(append(frame[size/2:], masked(fin|opText, []byte("t"))...))
				msg, err := smaller.Recv(testContext(t))
				if limit < size && !errors.Is(err, ws.ErrMessageTooBig) || limit == size && (err != nil || len(msg.Data) != size) {
					t.Fatalf("received %d bytes, %v", len(msg.Data), err)
				}
				if msg, err := smaller.Recv(testContext(t)); err != nil || string(msg.Data) != "t" {
					t.Fatalf("then received %d bytes, %v", len(msg.Data), err)
				}
			})
		})
	}
}
