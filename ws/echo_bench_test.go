package ws

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"testing"
	"time"

	"github.com/handset-go/handset/internal/frame"
	"github.com/handset-go/handset/internal/transport"
)

// repeatingConn is a transport whose reads always return the same frames, and whose
// writes do nothing.
type repeatingConn struct {
	transport.Conn
	frames []byte
}

func (t *repeatingConn) Read(p transport.ReadBuffer) (int, error) {
	_ = p.Space(4 << 10)
	p.Release()
	return copy(p.Space(4<<10), t.frames), nil
}

func (t *repeatingConn) Write(p *transport.Slices, _ bool) (int, error) {
	return len(p.Head) + len(p.Body), nil
}
func (t *repeatingConn) SetReadDeadline(time.Time) error  { return nil }
func (t *repeatingConn) SetWriteDeadline(time.Time) error { return nil }
func (t *repeatingConn) RemoteAddr() net.Addr             { return nil }

func (t *repeatingConn) Delivery() (d transport.Delivery, ok bool) { return d, false }

// BenchmarkEcho measures the echo of messages of 125 bytes, received one or several
// at a time, without the costs of the operating system and the scheduler.
func BenchmarkEcho(b *testing.B) {
	masked := frame.Append(nil, frame.Binary, true, 125)
	masked[1] |= 0x80
	masked = append(masked, 1, 2, 3, 4)
	masked = append(masked, make([]byte, 125)...)
	for _, together := range []int{1, 16} {
		b.Run(fmt.Sprintf("together=%d", together), func(b *testing.B) {
			s := &Session{conn{registry: new(Upgrader).registry(), transport: &repeatingConn{frames: bytes.Repeat(masked, together)}}}
			s.out.Init(defaultSendBuffer, frame.Server)
			ctx := context.Background()
			b.ReportAllocs()
			for b.Loop() {
				msg, err := s.stream().Recv(ctx)
				if err != nil {
					b.Fatal(err)
				}
				if err := s.Send(ctx, msg); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
