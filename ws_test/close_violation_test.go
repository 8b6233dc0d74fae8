package ws_test

import (
	"errors"
	"net"
	"testing"
	"time"

	"github.com/handset-go/handset/ws"
)

func TestTheCloseFrameOfAProtocolFailureReachesAPeerThatIsStillSending(t *testing.T) {
	overAll(t, ws.Upgrader{}, func(t *testing.T, p *pair) {
		end := receiveAll(p)
		p.write(append([]byte{fin | 0x3, 0x80, 0, 0, 0, 0}, make([]byte, 1<<20)...)) // opcode 3 is reserved
		p.write(make([]byte, 4<<20))                                                 // without reading
		p.expectClose(int(ws.CloseProtocolError))
		var failure *ws.ProtocolError
		if err := await(t, end, "the stream's end"); !errors.As(err, &failure) || failure.Code != ws.CloseProtocolError {
			t.Fatalf("the stream ended with %v", err)
		}
		expectAllClosed(t, p.session)
		p.client.conn.Close()
		await(t, p.session.Done(), "the session's end")
		if err := p.session.Err(); !errors.As(err, &failure) {
			t.Fatalf("the session ended with %v", err)
		}
	})
}

func TestAFailedPeerThatDoesNotLeaveIsClosedOn(t *testing.T) {
	for _, tt := range []struct {
		name string
		wrap func(net.Conn) net.Conn
		want time.Duration
	}{
		{"after CloseTimeout", func(c net.Conn) net.Conn { return halfCloser{c} }, 5 * time.Second},
		{"sooner if it cannot be told to leave", func(c net.Conn) net.Conn { return c }, 500 * time.Millisecond},
	} {
		t.Run(tt.name, func(t *testing.T) {
			bubbleOver(t, ws.Upgrader{}, tt.wrap, func(t *testing.T, p *pair) {
				start, end := time.Now(), receiveAll(p)
				p.write([]byte{fin | 0x3, 0x80, 0, 0, 0, 0})
				p.expectClose(int(ws.CloseProtocolError))
				<-p.session.Done()
				var failure *ws.ProtocolError
				if got := time.Since(start); got != tt.want || !errors.As(p.session.Err(), &failure) {
					t.Fatalf("after %v the session ended with %v", got, p.session.Err())
				}
				if err := <-end; !errors.As(err, &failure) {
					t.Fatalf("the stream ended with %v", err)
				}
			})
		})
	}
}

// halfCloser is a conn that says it has closed its outgoing direction.
type halfCloser struct{ net.Conn }

func (halfCloser) CloseWrite() error { return nil }

func TestAProtocolFailureAfterCloseEndsTheSession(t *testing.T) {
	overAll(t, ws.Upgrader{}, func(t *testing.T, p *pair) {
		if err := p.session.Close(ws.CloseReason{Code: 4000}); err != nil {
			t.Fatal(err)
		}
		p.expectClose(4000)
		p.write([]byte{fin | 0x3, 0x80, 0, 0, 0, 0})
		p.expectEnd()
		p.client.conn.Close()
		await(t, p.session.Done(), "the session's end")
		var failure *ws.ProtocolError
		if err := p.session.Err(); !errors.As(err, &failure) {
			t.Fatalf("the session ended with %v", err)
		}
	})
}
