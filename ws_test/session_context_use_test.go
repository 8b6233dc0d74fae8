package ws_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"

	"github.com/handset-go/handset/ws"
)

// A context that ends with the session loses no message that has arrived.
func TestSessionContextLosesNothing(t *testing.T) {
	losses := map[string]func(c *client){
		"FIN":          func(c *client) { _ = tcpConn(c.conn).CloseWrite() },
		"closed":       func(c *client) { _ = tcpConn(c.conn).Close() },
		"in a frame":   func(c *client) { c.write(masked(fin|opText, []byte("cut off"))[:9]); _ = tcpConn(c.conn).Close() },
		"in a message": func(c *client) { c.write(masked(opText, nil)); _ = tcpConn(c.conn).Close() },
	}
	for loss, lose := range losses {
		for from, derive := range derivedContexts {
			for reader, read := range readers {
				t.Run(loss+","+from+","+reader, func(t *testing.T) {
					overTransports(t, &ws.Upgrader{}, func(t *testing.T, p *pair) {
						ctx := derive(t, p.session)
						for i := range 5 {
							p.send(opText, fmt.Sprint("message ", i))
						}
						lose(p.client)
						got, err := read(ctx, p.stream, func() {})
						if len(got) < 5 || got[4] != "message 4" {
							t.Errorf("received %q", got)
						}
						if !errors.Is(err, io.ErrUnexpectedEOF) || !strings.HasPrefix(err.Error(), "ws: connection lost: ") {
							t.Errorf("the stream ended with %v", err)
						}
						if _, again := p.stream.Recv(ctx); again != err {
							t.Errorf("and then with %v", again)
						}
						await(t, p.session.Context().Done(), "the session's end")
						if cause := context.Cause(p.session.Context()); cause != err || p.session.Err() != err {
							t.Errorf("the context ended with %v, the session with %v", cause, p.session.Err())
						}
					})
				})
			}
		}
	}
}

// What arrived before Upgrader.Close is received.
func TestAbortDeliversWhatArrived(t *testing.T) {
	for from, derive := range derivedContexts {
		for reader, read := range readers {
			t.Run(from+","+reader, func(t *testing.T) {
				overTransportsWith(t, func(t *testing.T, from endpoint, p *pair) {
					ctx := derive(t, p.session)
					var b []byte
					for i := range 5 {
						b = append(b, masked(fin|opText, []byte(fmt.Sprint("message ", i)))...)
					}
					p.write(b) // in one write, so that they are read together
					got, err := read(ctx, p.stream, func() {
						_ = from.Close()
						await(t, ctx.Done(), "the context's end")
					})
					if len(got) != 5 && !strings.Contains(t.Name(), "tls") || !errors.Is(err, ws.ErrShutdown) {
						t.Errorf("received %q, %v", got, err)
					}
				})
			})
		}
	}
}

// A context derived from the session's that ends by itself still ends a receive.
func TestSessionContextEndingByItself(t *testing.T) {
	for reader, read := range readers {
		t.Run(reader, func(t *testing.T) {
			overTransports(t, &ws.Upgrader{}, func(t *testing.T, p *pair) {
				ctx, cancel := context.WithCancel(p.session.Context())
				p.write(append(masked(fin|opText, []byte("one")), masked(fin|opText, []byte("two"))...))
				got, err := read(ctx, p.stream, cancel)
				if len(got) != 1 || err != context.Canceled {
					t.Errorf("received %q, %v", got, err)
				}
				if msg, err := p.stream.Recv(p.session.Context()); err != nil || string(msg.Data) != "two" {
					t.Errorf("then received %q, %v", msg.Data, err)
				}
			})
		})
	}
}

// A send with the session's context returns why the session ended.
func TestSessionContextInSend(t *testing.T) {
	for from, derive := range derivedContexts {
		for name, send := range map[string]func(s *ws.Session, ctx context.Context) error{
			"Send":         func(s *ws.Session, ctx context.Context) error { return s.Send(ctx, ws.Message{Kind: ws.Binary}) },
			"Text":         func(s *ws.Session, ctx context.Context) error { return s.Text(ctx, "late") },
			"Ping":         func(s *ws.Session, ctx context.Context) error { return s.Ping(ctx, nil) },
			"Continuation": func(s *ws.Session, ctx context.Context) error { return s.Continuation(ctx, ws.FirstText, nil) },
			"SendPrepared": func(s *ws.Session, ctx context.Context) error {
				pm, err := ws.Prepare(ws.Text, []byte("late"))
				must(err)
				return s.SendPrepared(ctx, pm)
			},
			"Writer": func(s *ws.Session, ctx context.Context) error { return s.Writer(ctx, ws.Text).Close() },
			"a long Writer": func(s *ws.Session, ctx context.Context) error {
				_, err := s.Writer(ctx, ws.Binary).Write(make([]byte, 40_000))
				return err
			},
		} {
			t.Run(from+","+name, func(t *testing.T) {
				overTransports(t, &ws.Upgrader{}, func(t *testing.T, p *pair) {
					ctx := derive(t, p.session)
					end := receiveAll(p)
					resetConn(p.client)
					<-end
					await(t, ctx.Done(), "the context's end")
					err := send(p.session, ctx)
					if !errors.Is(err, ws.ErrClosed) || !errors.Is(err, net.ErrClosed) || !errors.Is(err, io.ErrUnexpectedEOF) {
						t.Errorf("the send returned %v", err)
					}
				})
			})
		}
	}
}

func TestAbortDeliversCloseThatArrived(t *testing.T) {
	for from, derive := range derivedContexts {
		t.Run(from, func(t *testing.T) {
			overTransportsWith(t, func(t *testing.T, from endpoint, p *pair) {
				ctx := derive(t, p.session)
				p.write(append(masked(fin|opText, []byte("hello")), closeFrame(4000)...))
				if msg, err := p.stream.Recv(ctx); err != nil || string(msg.Data) != "hello" {
					t.Fatalf("received %q, %v", msg.Data, err)
				}
				_ = from.Close()
				await(t, ctx.Done(), "the context's end")
				msg, err := p.stream.Recv(ctx)
				if strings.Contains(t.Name(), "tls") && errors.Is(err, ws.ErrShutdown) {
					return // it was not read together with the text
				}
				if err != nil || msg.Reason.Code != 4000 {
					t.Fatalf("received %v, %v", msg, err)
				}
				if _, err := p.stream.Recv(ctx); err != io.EOF {
					t.Errorf("and then %v", err)
				}
			})
		})
	}
}
