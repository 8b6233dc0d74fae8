package ws_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/handset-go/handset/ws"
)

func TestErrorsStayHoweverOftenOneReadsOn(t *testing.T) {
	for _, c := range []struct {
		name string
		end  func(p *pair)
		want func(error) bool
	}{
		{"a violation", func(p *pair) { p.write([]byte{0xFF}) }, func(err error) bool {
			var failed *ws.ProtocolError
			return errors.As(err, &failed)
		}},
		{"a Close", func(p *pair) { p.write(closeFrame(1000)) }, func(err error) bool { return err == io.EOF }},
		{"a reset", func(p *pair) { reset(p.client) }, isLost},
		{"an end inside a frame", func(p *pair) {
			p.write(masked(fin|opText, []byte("cut short"))[:9])
			p.conn.Close()
		}, isLost},
	} {
		t.Run(c.name, func(t *testing.T) {
			overAll(t, ws.Upgrader{}, func(t *testing.T, p *pair) {
				c.end(p)
				err := await(t, receiveAll(p), "the stream's end")
				if !c.want(err) {
					t.Fatalf("ended with %v", err)
				}
				whole := p.stream.Aggregate(0)
				for range 20 {
					expectSame(t, "Recv", func(ctx context.Context) error { _, err := p.stream.Recv(ctx); return err }, err)
					expectSame(t, "Aggregate.Recv", func(ctx context.Context) error { _, err := whole.Recv(ctx); return err }, err)
					expectSame(t, "All", func(ctx context.Context) error { return errorOfAll(ctx, p.stream) }, err)
					expectSame(t, "Aggregate.All", func(ctx context.Context) error { return errorOfAll(ctx, whole) }, err)
				}
				expectSame(t, "Chan", func(context.Context) error { return errorOfChan(t, p.stream) }, err)
				expectSame(t, "Aggregate.Chan", func(context.Context) error { return errorOfChan(t, whole) }, err)
			})
		})
	}
}

func isLost(err error) bool { return errors.Is(err, io.ErrUnexpectedEOF) }

func expectSame(t *testing.T, what string, receive func(context.Context) error, want error) {
	t.Helper()
	if err := receive(t.Context()); err != want {
		t.Fatalf("%s: %v, before %v", what, err, want)
	}
}

// errorOfAll is how a range loop that receives nothing ends, io.EOF for none.
func errorOfAll(ctx context.Context, l listener) error {
	for _, err := range l.All(ctx) {
		return err
	}
	return io.EOF
}

func errorOfChan(t *testing.T, l listener) error {
	t.Helper()
	if msg := await(t, l.Chan(), "the channel's end"); msg.Kind != 0 {
		t.Fatalf("received %v", msg.Kind)
	}
	if err := l.Err(); err != nil {
		return err
	}
	return io.EOF
}

func TestAConnectionThatIsLostAnywhereIsAnUnexpectedEOF(t *testing.T) {
	frame := masked(opText, []byte(strings.Repeat("lost", 50))) // 208 bytes, 8 of them header
	for _, lose := range []struct {
		name string
		lose func(*client)
	}{
		{"FIN", func(c *client) { _ = under(c.conn).CloseWrite() }},
		{"goodbye", func(c *client) { _ = c.conn.(interface{ CloseWrite() error }).CloseWrite() }}, // of TLS, too
		{"RST", reset},
	} {
		for _, sent := range []int{0, 1, 3, 7, 8, 9, 207, 208} {
			t.Run(fmt.Sprintf("%s,sent=%d", lose.name, sent), func(t *testing.T) {
				overAll(t, ws.Upgrader{}, func(t *testing.T, p *pair) {
					p.write(append(masked(fin|opPing, nil), frame[:sent]...))
					recvKind(t, p.stream, ws.Ping)
					p.expect(opPong, "")
					lose.lose(p.client)
					if err := await(t, receiveAll(p), "the stream's end"); !isLost(err) {
						t.Fatalf("the stream ended with %v", err)
					}
					expectOver(t, p.session, io.ErrUnexpectedEOF)
				})
			})
		}
	}
}

// An end that comes right behind data must not be missed by a loop that answers
// from within.
func TestALoopNoticesAnEndRightBehindAMessage(t *testing.T) {
	for name, end := range map[string]func(*client){
		"FIN": func(c *client) { _ = under(c.conn).CloseWrite() },
		"RST": reset,
	} {
		t.Run(name, func(t *testing.T) {
			for range 40 {
				p := connect(t, ws.Upgrader{})
				ended := make(chan error, 1)
				go func() {
					for msg, err := range p.stream.All(context.Background()) {
						if err != nil {
							ended <- err
							return
						}
						_ = p.session.Send(context.Background(), msg)
					}
					ended <- nil
				}()
				for range 3 {
					p.send(opText, "echo")
					p.expect(opText, "echo")
				}
				p.send(opText, "the last")
				end(p.client)
				if err := await(t, ended, "the loop's end"); !isLost(err) && !errors.Is(err, ws.ErrClosed) {
					t.Fatalf("the loop ended with %v", err)
				}
				p.conn.Close()
				await(t, p.session.Done(), "the session's end")
			}
		})
	}
}

func TestTheCodeOfACloseIsEchoed(t *testing.T) {
	for _, code := range []uint16{0, 1000, 1001, 1002, 1003, 1007, 1014, 3000, 4999} {
		t.Run(fmt.Sprint("code=", code), func(t *testing.T) {
			p := connect(t, ws.Upgrader{})
			payload := []byte(nil)
			if code != 0 {
				payload = closePayload(code, "for a reason")
			}
			p.write(masked(fin|opClose, payload))
			if err := await(t, receiveAll(p), "the stream's end"); err != io.EOF {
				t.Fatalf("the stream ended with %v", err)
			}
			p.expect(opClose, string(payload[:min(2, len(payload))]))
			p.expectEnd()
		})
	}
}

func TestTheApplicationsOwnAnswerToACloseWins(t *testing.T) {
	overAll(t, ws.Upgrader{}, func(t *testing.T, p *pair) {
		p.write(closeFrame(1000))
		recvKind(t, p.stream, ws.Close)
		if err := p.session.Close(ws.CloseReason{Code: 4002, Description: "my own"}); err != nil {
			t.Fatal(err)
		}
		if _, err := p.stream.Recv(t.Context()); err != io.EOF {
			t.Fatalf("then received %v", err)
		}
		p.expect(opClose, string(closePayload(4002, "my own")))
		p.expectEnd()
	})
}

func TestACloseLeftUnansweredIsAnsweredJustBeforeCloseTimeout(t *testing.T) {
	const timeout = time.Minute
	bubble(t, ws.Upgrader{CloseTimeout: timeout}, func(t *testing.T, p *pair) {
		_ = p.conn.SetDeadline(time.Time{})
		p.writeLater(closeFrame(4003))
		recvKind(t, p.stream, ws.Close)
		began := time.Now()
		p.expect(opClose, string(closePayload(4003, "")))
		if took := time.Since(began); took < timeout*3/4 || took >= timeout {
			t.Errorf("answered after %v of %v", took, timeout)
		}
		<-p.session.Done()
		if took := time.Since(began); took > timeout || !errors.Is(p.session.Err(), ws.ErrClosed) {
			t.Errorf("ended with %v after %v of %v", p.session.Err(), took, timeout)
		}
	})
}
