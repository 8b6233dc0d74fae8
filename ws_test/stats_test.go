package ws_test

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/handset-go/handset/ws"
)

func TestStats(t *testing.T) {
	u := &ws.Upgrader{Options: ws.Options{SessionStats: true}}
	synctest.Test(t, func(t *testing.T) {
		p := connectPipe(t, u)
		c := newClient(t, p.end)
		go func() { _ = echo(p.session, p.stream.Aggregate(0)) }()
		c.write(masked(opText, []byte("hel")))
		c.write(masked(fin|opContinuation, []byte("lo")))
		c.expect(opText, "hello")
		c.send(opPing, "hello?")
		c.expect(opPong, "hello?")
		c.send(opBinary, strings.Repeat("x", 70_000))
		for got := 0; got < 70_000; {
			f, err := c.next()
			if err != nil {
				t.Fatal(err)
			}
			got += len(f.payload)
		}
		synctest.Wait()
		stats := p.session.Stats()
		in := ws.Traffic{Messages: 2, Frames: 4, Payload: 5 + 6 + 70_000, Wire: 5 + 6 + 70_000 + 3*6 + 14}
		out := ws.Traffic{Messages: 2, Frames: 3, Payload: 5 + 6 + 70_000, Wire: 5 + 6 + 70_000 + 2*2 + 10}
		if stats.In != in || stats.Out != out || stats.Queued != 0 {
			t.Errorf("counted %+v\nwant in %+v\nout     %+v", stats, in, out)
		}
		if all := u.Stats(); all.In != in || all.Out != out || all.Sessions != 1 || all.Total != 1 {
			t.Errorf("counted in all %+v", all)
		}
	})
}

func TestStatsNeverDecrease(t *testing.T) {
	all := slices.Concat(
		masked(opText, []byte("hel")), masked(fin|opPing, []byte("hello?")), masked(fin|opContinuation, []byte("lo")),
		masked(fin|opBinary, make([]byte, 70_000)), masked(fin|rsv1|opText, []byte(compressedHello)),
		masked(rsv1|opText, []byte(compressedHello[:3])), masked(fin|opContinuation, []byte(compressedHello[3:])),
		masked(fin|opBinary, make([]byte, 200)),
	)
	want := ws.Traffic{Messages: 5, Frames: 8, Payload: 5 + 6 + 70_200 + 2*7, Wire: uint64(len(all))}
	for _, size := range []int{1, 7, 1000} {
		t.Run(fmt.Sprint(size, " at a time"), func(t *testing.T) {
			u := &ws.Upgrader{Compression: ws.Frugal()}
			synctest.Test(t, func(t *testing.T) {
				p := connectPipe(t, u, "Sec-WebSocket-Extensions", "permessage-deflate")
				go func() { _ = echo(p.session, p.stream.Aggregate(0)) }()
				go func() { _, _ = io.Copy(io.Discard, p.end) }()
				var last ws.Traffic
				for rest := all; len(rest) > 0; {
					n := min(size, len(rest))
					if len(rest) > 2000 && len(rest) < 69_000 {
						n = 1000 // within the long payload
					}
					_, _ = p.end.Write(rest[:n])
					rest = rest[n:]
					synctest.Wait()
					now := u.Stats().In
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
}
