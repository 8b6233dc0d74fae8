package ws_test

import (
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/handset-go/handset/ws"
)

func TestStats(t *testing.T) {
	eachSide(t, func(t *testing.T, on side) {
		from := on.endpoint(t, &ws.Upgrader{Options: ws.Options{SessionStats: true}})
		synctest.Test(t, func(t *testing.T) {
			p := pipeOf(t, from)
			go func() { _ = echo(p.session, p.stream.Aggregate(0)) }()
			p.write(masked(opText, []byte("hel")))
			p.write(masked(fin|opContinuation, []byte("lo")))
			p.expect(opText, "hello")
			p.send(opPing, "hello?")
			p.expect(opPong, "hello?")
			p.send(opBinary, strings.Repeat("x", 70_000))
			for got := 0; got < 70_000; {
				f, err := p.next()
				if err != nil {
					t.Fatal(err)
				}
				got += len(f.payload)
			}
			synctest.Wait()
			stats := p.session.Stats()
			keys := uint64(on.header()) // of the frames of the client, whichever side that is
			in := ws.Traffic{Messages: 2, Frames: 4, Payload: 5 + 6 + 70_000, Wire: 5 + 6 + 70_000 + 3*2 + 10 + 4*(4-keys)}
			out := ws.Traffic{Messages: 2, Frames: 3, Payload: 5 + 6 + 70_000, Wire: 5 + 6 + 70_000 + 2*2 + 10 + 3*keys}
			if stats.In != in || stats.Out != out || stats.Queued != 0 {
				t.Errorf("counted %+v\nwant in %+v\nout     %+v", stats, in, out)
			}
			if all := from.Stats(); all.In != in || all.Out != out || all.Sessions != 1 || all.Total != 1 {
				t.Errorf("counted in all %+v", all)
			}
		})
	})
}

func TestStatsNeverDecrease(t *testing.T) {
	eachSide(t, func(t *testing.T, on side) {
		all := on.sent(slices.Concat(
			masked(opText, []byte("hel")), masked(fin|opPing, []byte("hello?")), masked(fin|opContinuation, []byte("lo")),
			masked(fin|opBinary, make([]byte, 70_000)), masked(fin|rsv1|opText, []byte(compressedHello)),
			masked(rsv1|opText, []byte(compressedHello[:3])), masked(fin|opContinuation, []byte(compressedHello[3:])),
			masked(fin|opBinary, make([]byte, 200)),
		))
		want := ws.Traffic{Messages: 5, Frames: 8, Payload: 5 + 6 + 70_200 + 2*7, Wire: uint64(len(all))}
		for _, size := range []int{1, 7, 1000} {
			t.Run(fmt.Sprint(size, " at a time"), func(t *testing.T) {
				from := on.endpoint(t, &ws.Upgrader{Compression: ws.Frugal()})
				synctest.Test(t, func(t *testing.T) {
					end, peer := net.Pipe()
					session, stream := beginCompressing(t, from, end)
					defer func() {
						_ = peer.Close()
						<-session.Done()
					}()
					go func() { _ = echo(session, stream.Aggregate(0)) }()
					go func() { _, _ = io.Copy(io.Discard, peer) }()
					var last ws.Traffic
					for rest := all; len(rest) > 0; {
						n := min(size, len(rest))
						if len(rest) > 2000 && len(rest) < 69_000 {
							n = 1000 // within the long payload
						}
						_, _ = peer.Write(rest[:n])
						rest = rest[n:]
						synctest.Wait()
						now := from.Stats().In
						if now.Messages < last.Messages || now.Frames < last.Frames || now.Payload < last.Payload || now.Wire < last.Wire {
							t.Fatalf("after %+v came %+v", last, now)
						}
						last = now
					}
					if last != want {
						t.Errorf("counted %+v\nwant    %+v", last, want)
					}
				})
			})
		}
	})
}
