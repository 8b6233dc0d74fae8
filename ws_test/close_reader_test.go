package ws_test

import (
	"context"
	"io"
	"runtime"
	"testing"
	"time"

	"github.com/handset-go/handset/ws"
)

func TestCloseThroughChanIsAnsweredAtOnce(t *testing.T) {
	inSynctest(t, &ws.Upgrader{}, func(t *testing.T, p *pair) {
		start, messages := time.Now(), p.stream.Chan()
		p.writeLater(closeFrame(4000))
		p.expect(opClose, string(closePayload(4000, "")))
		if msg := <-messages; msg.Kind != ws.Close || msg.Reason.Code != 4000 {
			t.Fatalf("received %v", msg)
		}
		if _, open := <-messages; open || p.stream.Err() != nil {
			t.Fatalf("the channel is open %t, with %v", open, p.stream.Err())
		}
		<-p.session.Done()
		if got := time.Since(start); got != 0 {
			t.Fatalf("closing took %v", got)
		}
	})
}

func TestCloseInsideLoop(t *testing.T) {
	overTransports(t, &ws.Upgrader{}, func(t *testing.T, p *pair) {
		kinds := make(chan ws.Kind, 10)
		go func() {
			defer close(kinds)
			for msg, err := range p.stream.Aggregate(0).All(context.Background()) {
				if err != nil {
					t.Errorf("the loop got %v", err)
				}
				_ = p.session.Close(ws.CloseReason{Code: 4000})
				kinds <- msg.Kind
			}
		}()
		p.send(opText, "close, please")
		p.expect(opClose, string(closePayload(4000, "")))
		p.send(opBinary, "still under way")
		p.write(closeFrame(4000))
		p.expectEnd()
		for _, want := range []ws.Kind{ws.Text, ws.Binary, ws.Close, 0} {
			if got := await(t, kinds, "the next message"); got != want {
				t.Fatalf("the loop received %v, want %v", got, want)
			}
		}
		expectSessionEnd(t, p.session, ws.ErrClosed)
	})
}

// After a loop is left, the closing handshake is finished in the background.
func TestCloseAfterLeavingLoop(t *testing.T) {
	for name, leave := range map[string]func(p *pair) error{
		"Close, then leave": func(p *pair) error {
			for range p.stream.All(context.Background()) {
				return p.session.Close(ws.CloseReason{Code: 4000})
			}
			return io.ErrUnexpectedEOF
		},
		"leave, then Close": func(p *pair) error {
			for range p.stream.Aggregate(0).All(context.Background()) {
				break
			}
			return p.session.Close(ws.CloseReason{Code: 4000})
		},
		"Close, then a context that ends": func(p *pair) error {
			if _, err := p.stream.Recv(context.Background()); err != nil {
				return err
			}
			ctx, cancel := context.WithCancel(context.Background())
			read := make(chan error, 1)
			go func() { _, err := p.stream.Recv(ctx); read <- err }()
			err := p.session.Close(ws.CloseReason{Code: 4000})
			cancel()
			<-read
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			overTransports(t, &ws.Upgrader{}, func(t *testing.T, p *pair) {
				left := make(chan error, 1)
				go func() { left <- leave(p) }()
				p.send(opText, "hello")
				p.expect(opClose, string(closePayload(4000, "")))
				if err := await(t, left, "the loop's end"); err != nil {
					t.Fatal(err)
				}
				p.send(opText, "still under way")
				p.write(closeFrame(4000))
				p.expectEnd()
				expectSessionEnd(t, p.session, ws.ErrClosed)
			})
		})
	}
}

func TestCloseWithUnreadChan(t *testing.T) {
	overTransports(t, &ws.Upgrader{}, func(t *testing.T, p *pair) {
		messages := p.stream.Chan()
		for range 100 {
			p.send(opText, "unread")
		}
		if err := p.session.Close(ws.CloseReason{Code: 4000}); err != nil {
			t.Fatal(err)
		}
		p.expect(opClose, string(closePayload(4000, "")))
		p.write(closeFrame(4000))
		p.expectEnd()
		expectSessionEnd(t, p.session, ws.ErrClosed)
		for range messages { // ends, whatever it still holds
		}
		if err := p.stream.Err(); err != nil {
			t.Fatalf("the channel ended with %v", err)
		}
	})
}

// The data of a received message stays valid, although Close begins to read in
// the background as soon as the receive has returned.
func TestCloseKeepsReceivedMessage(t *testing.T) {
	for i := range 300 {
		inSynctest(t, &ws.Upgrader{}, func(t *testing.T, p *pair) {
			p.writeLater(append(masked(0x80|opText, []byte("hello")), masked(0x80|opText, []byte("dropped"))...))
			closed := make(chan struct{})
			go func() {
				defer close(closed)
				for range i % 30 { // to meet every moment
					runtime.Gosched()
				}
				_ = p.session.Close(ws.CloseReason{Code: ws.CloseNormal})
			}()
			recv := p.stream.Recv
			if i%2 == 1 {
				recv = p.stream.Aggregate(0).Recv
			}
			msg, err := recv(context.Background())
			if err == nil && msg.Kind == ws.Text && string(msg.Data) != "hello" && string(msg.Data) != "dropped" {
				t.Errorf("received %v %q", msg.Kind, msg.Data)
			}
			if msg.Kind == 0 && err == nil {
				t.Error("received nothing, without an error")
			}
			<-closed
		})
	}
}

// A receive whose context ends may have read the header of the Close frame. The program does
// not receive again: the rest of the frame still completes the closing handshake.
func TestCloseBegunInReceiveThatEnds(t *testing.T) {
	inSynctest(t, &ws.Upgrader{}, func(t *testing.T, p *pair) {
		frame := closeFrame(4000)
		p.writeLater(frame[:len(frame)-1])
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if msg, err := p.stream.Recv(ctx); err != ctx.Err() || err == nil {
			t.Fatalf("received %v, %v", msg.Kind, err)
		}
		if err := p.session.Close(ws.CloseReason{Code: 4001}); err != nil {
			t.Fatal(err)
		}
		p.writeLater(frame[len(frame)-1:])
		p.expectClose(4001)
		expectSessionEnd(t, p.session, ws.ErrClosed)
	})
}
