package ws_test

import (
	"context"
	"io"
	"testing"
	"testing/synctest"
	"time"

	"github.com/handset-go/handset/ws"
)

// A stream that nobody reads is reported once.
func TestTraceUnread(t *testing.T) {
	eachSide(t, func(t *testing.T, on side) {
		for _, test := range []struct {
			name    string
			beat    ws.Heartbeat
			do      func(p *pair)
			unread  int
			answers bool // the peer does
		}{
			{"no reader from the beginning", ws.Heartbeat{}, func(*pair) { time.Sleep(time.Hour) }, 1, false},
			{"no reader, with other times", ws.Heartbeat{Interval: time.Minute, Timeout: 10 * time.Minute}, func(*pair) { time.Sleep(10 * time.Minute) }, 0, false},
			{"no reader, without a heartbeat", ws.Heartbeat{Interval: -1}, func(*pair) { time.Sleep(time.Hour) }, 0, false},
			{"not for long", ws.Heartbeat{}, func(*pair) { time.Sleep(time.Minute) }, 0, false},
			{"one who comes again", ws.Heartbeat{}, func(p *pair) {
				for range 3 {
					ctx, cancel := context.WithTimeout(context.Background(), time.Second)
					_, _ = p.stream.Recv(ctx)
					cancel()
					time.Sleep(5 * time.Minute)
				}
			}, 3, false},
			{"one who comes often", ws.Heartbeat{}, func(p *pair) {
				for range 100 {
					ctx, cancel := context.WithTimeout(context.Background(), time.Second)
					_, _ = p.stream.Recv(ctx)
					cancel()
					time.Sleep(20 * time.Second)
				}
			}, 0, false},
			{"one who is never done with what has arrived", ws.Heartbeat{}, func(p *pair) {
				var b []byte
				for range 40 {
					b = append(b, masked(fin|opText, []byte("hello"))...)
				}
				p.writeLater(b)
				for range 40 {
					_, _ = p.stream.Recv(context.Background())
					time.Sleep(20 * time.Second)
				}
			}, 0, false},
			{"one who is busy with a message", ws.Heartbeat{}, func(p *pair) {
				p.writeLater(masked(fin|opText, []byte("hello")))
				for range p.stream.All(context.Background()) {
					time.Sleep(time.Hour)
					break
				}
			}, 1, false},
			{"one who waits", ws.Heartbeat{}, func(p *pair) {
				_ = p.stream.Discard()
				for range 100 {
					if f, err := p.next(); err == nil {
						p.write(masked(fin|opPong, f.payload))
					}
				}
			}, 0, true},
			{"an unread channel", ws.Heartbeat{}, func(p *pair) {
				p.stream.Chan()
				for range 17 {
					p.write(masked(fin|opText, []byte("hello")))
				}
				time.Sleep(time.Hour)
			}, 1, false},
		} {
			t.Run(test.name, func(t *testing.T) {
				var reported int
				u := &ws.Upgrader{Options: ws.Options{Heartbeat: test.beat}}
				u.Trace = &ws.Trace{Unread: func(s *ws.Session, took time.Duration) {
					if took < time.Minute || took > 2*time.Minute || s.Err() != nil {
						t.Errorf("reported after %v", took)
					}
					reported++
				}}
				synctest.Test(t, func(t *testing.T) {
					from := on.endpoint(t, u)
					p := pipeOf(t, from)
					if !test.answers { // but takes the pings
						go func() { _, _ = io.Copy(io.Discard, p.conn) }()
					}
					test.do(p)
					synctest.Wait()
					if got := from.Stats().Unread; reported != test.unread || got != uint64(reported) {
						t.Errorf("reported %d times, counted %d, want %d", reported, got, test.unread)
					}
				})
			})
		}
	})
}
