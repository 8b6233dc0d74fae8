package ws_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/handset-go/handset/ws"
)

// slowClose is for tests in which the closing handshake must not wait for its
// timeout.
var slowClose = &ws.Upgrader{Options: ws.Options{CloseTimeout: time.Hour, Heartbeat: noHeartbeat}}

// readersThatAreBusy each receive a first message, call Close meanwhile or have
// it called, and are then busy until the session has ended. They return what they
// received after that.
var readersThatAreBusy = map[string]struct {
	waits bool // until Close has been called
	read  func(p *pair, v rangeView, closes func()) (rest []string, err error)
}{
	"Recv, which waited at Close": {true, func(p *pair, v rangeView, closes func()) ([]string, error) {
		go func() { awaitReader(); closes() }()
		if _, err := v.Recv(context.Background()); err != nil {
			return nil, err
		}
		<-p.session.Done()
		return receiveRest(v)
	}},
	"Recv, whose context ended": {true, func(p *pair, v rangeView, closes func()) ([]string, error) {
		go func() { awaitReader(); closes() }()
		if _, err := v.Recv(context.Background()); err != nil {
			return nil, err
		}
		ctx, cancel := context.WithTimeout(context.Background(), time.Millisecond)
		defer cancel()
		first, err := v.Recv(ctx)
		var had []string
		if err == nil {
			had = append(had, string(first.Data))
		} else if err != context.DeadlineExceeded {
			return nil, err
		}
		<-p.session.Done()
		rest, err := receiveRest(v)
		return append(had, rest...), err
	}},
	"All, whose body calls Close": {false, func(p *pair, v rangeView, closes func()) (rest []string, err error) {
		return rangeRest(p, v, closes)
	}},
	"All, whose body runs at Close": {false, func(p *pair, v rangeView, closes func()) (rest []string, err error) {
		return rangeRest(p, v, func() { go closes() })
	}},
	"All, which waited at Close": {true, func(p *pair, v rangeView, closes func()) (rest []string, err error) {
		go func() { awaitReader(); closes() }()
		return rangeRest(p, v, func() {})
	}},
	"All, broken off": {true, func(p *pair, v rangeView, closes func()) (rest []string, err error) {
		go func() { awaitReader(); closes() }()
		for _, err := range v.All(context.Background()) {
			if err != nil {
				return nil, err
			}
			break
		}
		<-p.session.Done()
		return receiveRest(v)
	}},
}

// awaitReader waits until somebody receives. The tests of this package do not run
// in parallel.
func awaitReader() {
	for !strings.Contains(goroutines(), "handset/internal/transport.") {
		runtime.Gosched()
	}
}

func receiveRest(v rangeView) (rest []string, err error) {
	for {
		msg, err := v.Recv(context.Background())
		if err != nil {
			return rest, err
		}
		rest = append(rest, describe(msg))
	}
}

func rangeRest(p *pair, v rangeView, first func()) (rest []string, err error) {
	err = io.EOF
	n := 0
	for msg, failure := range v.All(context.Background()) {
		switch n++; {
		case failure != nil:
			err = failure
		case n > 1:
			rest = append(rest, describe(msg))
		default:
			first()
			had := string(msg.Data)
			<-p.session.Done()
			if string(msg.Data) != had {
				return nil, fmt.Errorf("the message became %q", msg.Data)
			}
		}
	}
	return rest, err
}

func describe(msg ws.Message) string {
	if msg.Kind == ws.Close {
		return fmt.Sprint("close ", uint16(msg.Reason.Code))
	}
	return string(msg.Data)
}

// The closing handshake does not wait for a busy reader, and the reader loses
// nothing.
func TestCloseWithBusyReaderLosesNothing(t *testing.T) {
	for name, reader := range readersThatAreBusy {
		for _, lost := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s,lost=%v", name, lost), func(t *testing.T) {
				overViews(t, slowClose, func(t *testing.T, p *pair, v rangeView) {
					closed, done := make(chan struct{}), make(chan error, 1)
					var rest []string
					go func() {
						var err error
						rest, err = reader.read(p, v, func() {
							_ = p.session.Close(ws.CloseReason{Code: 4000})
							close(closed)
						})
						done <- err
					}()
					if reader.waits {
						await(t, closed, "Close")
						p.send(opText, "first")
					} else {
						p.send(opText, "first")
						await(t, closed, "Close")
					}
					p.expect(opClose, string(closePayload(4000, "")))
					for _, text := range []string{"second", "third"} {
						frame := masked(fin|opText, []byte(text))
						p.write(frame[:3])
						p.write(frame[3:])
						p.send(opPing, "ping")
					}
					want, cause := []string{"second", "ping", "third", "ping"}, io.ErrUnexpectedEOF
					if lost {
						p.conn.Close()
					} else {
						p.write(closeFrame(4000))
						p.expectEnd()
						want, cause = append(want, "close 4000"), io.EOF
					}
					await(t, p.session.Done(), "the session's end")
					err := await(t, done, "the reader's end")
					if got := fmt.Sprint(rest); !errors.Is(err, cause) || got != fmt.Sprint(want) {
						t.Errorf("received %v, %v; want %v", got, err, want)
					}
					if !lost && !errors.Is(p.session.Err(), ws.ErrClosed) {
						t.Errorf("ended with %v", p.session.Err())
					}
				})
			})
		}
	}
}

// A reader that is busy at Close receives all that the peer sends, however much.
func TestCloseWithBusyReaderAndMuchData(t *testing.T) {
	const messages, size = 300, 5000
	overViews(t, slowClose, func(t *testing.T, p *pair, v rangeView) {
		p.send(opText, "first")
		if _, err := v.Recv(testContext(t)); err != nil {
			t.Fatal(err)
		}
		waiting := make(chan error, 1)
		go func() { _, err := v.Recv(context.Background()); waiting <- err }()
		awaitReader()
		_ = p.session.Close(ws.CloseReason{Code: 4000})
		go func() {
			for i := range messages {
				_, _ = p.conn.Write(masked(fin|opBinary, append([]byte{byte(i)}, make([]byte, size)...)))
			}
			_, _ = p.conn.Write(closeFrame(4000))
		}()
		if err := await(t, waiting, "the first of them"); err != nil {
			t.Fatal(err)
		}
		n := 1
		for ; ; n++ {
			msg, err := v.Recv(testContext(t))
			if err != nil {
				t.Fatal(err)
			}
			if msg.Kind == ws.Close {
				break
			}
			if msg.Data[0] != byte(n) || len(msg.Data) != size+1 {
				t.Fatalf("message %d of %d bytes came as number %d", msg.Data[0], len(msg.Data), n)
			}
			if n%50 == 0 {
				time.Sleep(3 * time.Millisecond) // at work on it, while much is read ahead
			}
		}
		if n != messages {
			t.Errorf("received %d messages", n)
		}
		p.expectClose(4000)
		expectSessionEnd(t, p.session, ws.ErrClosed)
	})
}

// A loop whose body panics after Close leaves the stream readable.
func TestCloseWithPanickingLoopBody(t *testing.T) {
	overTransports(t, slowClose, func(t *testing.T, p *pair) {
		p.send(opText, "first")
		func() {
			defer func() { _ = recover() }()
			for range p.stream.All(context.Background()) {
				_ = p.session.Close(ws.CloseReason{Code: 4000})
				panic("a bug")
			}
		}()
		p.expect(opClose, string(closePayload(4000, "")))
		p.write(append(masked(fin|opText, []byte("second")), closeFrame(4000)...))
		p.expectEnd()
		expectSessionEnd(t, p.session, ws.ErrClosed)
		recvKind(t, p.stream, ws.Text)
		recvKind(t, p.stream, ws.Close)
	})
}

// A Close frame that was read ahead is received once, though it is seen twice: when the
// session ends with it, and when the stream delivers it.
func TestCloseReadAheadIsReceivedOnce(t *testing.T) {
	var received atomic.Int32
	u := copyOptions(slowClose)
	u.Trace = &ws.Trace{CloseReceived: func(*ws.Session, ws.CloseReason) { received.Add(1) }}
	overTransports(t, u, func(t *testing.T, p *pair) {
		received.Store(0)
		p.send(opText, "first")
		var kinds []ws.Kind
		for msg, err := range p.stream.All(context.Background()) {
			if err != nil {
				t.Fatal(err)
			}
			if kinds = append(kinds, msg.Kind); len(kinds) > 1 {
				continue
			}
			_ = p.session.Close(ws.CloseReason{Code: 4000})
			p.expect(opClose, string(closePayload(4000, "")))
			p.write(append(masked(fin|opText, []byte("second")), closeFrame(4000)...))
			p.expectEnd()
			await(t, p.session.Done(), "the session's end")
			if n := received.Load(); n != 1 {
				t.Errorf("received %d times before it is delivered", n)
			}
		}
		if n := received.Load(); n != 1 || !slices.Equal(kinds, []ws.Kind{ws.Text, ws.Text, ws.Close}) {
			t.Errorf("received %d times; the loop got %v", n, kinds)
		}
	})
}

// The background read for a busy reader stops when the reader returns. If the
// reader's context ends before it has read the rest, the background read starts
// again.
func TestCloseWithReaderThatLeavesAgain(t *testing.T) {
	eachSide(t, func(t *testing.T, on side) {
		synctest.Test(t, func(t *testing.T) {
			end, peer := net.Pipe()
			peer = on.peerConn(peer)
			session, stream := on.begin(t, noDeadlineConn{end}, nil, slowClose) // on which no read can be interrupted
			go func() { _, _ = io.Copy(io.Discard, peer) }()
			first := make(chan error, 1)
			go func() { _, err := stream.Recv(context.Background()); first <- err }()
			synctest.Wait()
			if err := session.Close(ws.CloseReason{Code: 4000}); err != nil {
				t.Fatal(err)
			}
			_, _ = peer.Write(masked(fin|opText, []byte("first")))
			if err := <-first; err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Second) // until the background read has started
			ctx, cancel := context.WithTimeout(context.Background(), time.Millisecond)
			defer cancel()
			if _, err := stream.Recv(ctx); err != context.DeadlineExceeded {
				t.Fatalf("Recv returned %v", err)
			}
			began := time.Now()
			_, _ = peer.Write(masked(fin|opText, []byte("second")))
			_, _ = peer.Write(closeFrame(4000))
			<-session.Done()
			if took := time.Since(began); took > 0 || !errors.Is(session.Err(), ws.ErrClosed) {
				t.Errorf("the session ended %v after the peer's Close, with %v", took, session.Err())
			}
			rest, err := receiveRest(rawView{stream})
			if got := fmt.Sprint(rest); err != io.EOF || got != "[second close 4000]" {
				t.Errorf("received %v, %v", got, err)
			}
			peer.Close()
		})
	})
}
