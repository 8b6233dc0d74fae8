package ws_test

import (
	"bytes"
	"fmt"
	"runtime"
	"sync"
	"testing"

	"github.com/handset-go/handset/ws"
)

func TestCompressedEchoesDoNotAllocate(t *testing.T) {
	if raceDetector {
		t.Skip("the race detector makes pools forget what they were given: run without -race")
	}
	for _, test := range compressions {
		for _, n := range []int{200, 1000, 20_000} {
			t.Run(fmt.Sprint(test.name, ",", n), func(t *testing.T) {
				p := connectCompressing(t, transports[0], ws.Upgrader{Compression: test.c}, test.offer)
				stream, ctx := p.stream.Aggregate(0), within(t)
				said := p.packedFrames(opText, mixedText(n), 1)
				p.writer.Reset(&p.out) // what follows must not refer to it
				buf := make([]byte, 1<<16)
				allocs := testing.AllocsPerRun(200, func() {
					p.write(said)
					msg, err := stream.Recv(ctx)
					if err == nil {
						err = p.session.Send(ctx, msg)
					}
					if err != nil {
						t.Fatal(err)
					}
					if _, err := p.br.Read(buf); err != nil {
						t.Fatal(err)
					}
				})
				if allocs != 0 {
					t.Errorf("%v allocations for an echo", allocs)
				}
			})
		}
	}
}

// idleHeap is how much heap a session costs between two messages.
func idleHeap(t *testing.T, u ws.Upgrader, offer string) int {
	const n = 300
	measure := func() uint64 {
		var m runtime.MemStats
		for range 3 { // empties the pools too
			collect()
		}
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	sessions := make([]*ws.Session, n)
	before := measure()
	for i := range sessions {
		p := pipe(t, &u, "Sec-WebSocket-Extensions", offer)
		sessions[i] = p.session
	}
	after := measure()
	runtime.KeepAlive(sessions)
	return (int(after) - int(before)) / n
}

func TestAnIdleSessionWithoutTakeoverCostsLittleMoreWithCompression(t *testing.T) {
	if raceDetector {
		t.Skip("the race detector takes memory of its own")
	}
	const offer = "permessage-deflate; client_max_window_bits"
	without := idleHeap(t, ws.Upgrader{}, offer)
	with := idleHeap(t, ws.Upgrader{Compression: ws.Frugal()}, offer)
	t.Logf("%d bytes without, %d with", without, with)
	if with-without > 300 {
		t.Errorf("an idle session takes %d bytes, %d with compression", without, with)
	}
}

func TestCompressedMessagesOfManyGoroutinesDoNotMix(t *testing.T) {
	const senders, each = 8, 50
	for _, test := range compressions {
		t.Run(test.name, func(t *testing.T) {
			p := connectCompressing(t, transports[0], ws.Upgrader{Compression: test.c}, test.offer)
			var all sync.WaitGroup
			for s := range senders {
				all.Go(func() {
					for i := range each {
						data := fmt.Appendf(nil, "%d %d %s", s, i, mixedText(i*40))
						var err error
						if (s+i)%3 == 0 {
							w := p.session.Writer(within(t), ws.Text)
							_, _ = w.Write(bytes.Repeat(data, 20))
							err = w.Close()
						} else {
							err = p.session.TextBytes(within(t), data)
						}
						if err != nil {
							t.Error(err)
							return
						}
					}
				})
			}
			var next [senders]int
			for range senders * each {
				_, data, _, err := p.message()
				if err != nil {
					t.Fatal(err)
				}
				var s, i int
				if _, err := fmt.Sscan(string(data[:min(len(data), 20)]), &s, &i); err != nil || i != next[s] {
					t.Fatalf("message %d of sender %d in place of %d, %v", i, s, next[s], err)
				}
				next[s]++
				want := fmt.Appendf(nil, "%d %d %s", s, i, mixedText(i*40))
				if (s+i)%3 == 0 {
					want = bytes.Repeat(want, 20)
				}
				if !bytes.Equal(data, want) {
					t.Fatalf("message %d of sender %d is not the same", i, s)
				}
			}
			all.Wait()
		})
	}
}
