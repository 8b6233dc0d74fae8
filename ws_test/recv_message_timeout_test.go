package ws_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"testing"
	"time"

	"github.com/handset-go/handset/ws"
)

// A message that arrives slowly must be complete within MessageTimeout.
func TestMessageTimeout(t *testing.T) {
	fragment, empty := masked(opText, []byte("x")), masked(opContinuation, nil)
	for name, trickle := range map[string]func(i int) []byte{
		"bytes of a frame": func(i int) []byte { return masked(fin|opBinary, make([]byte, 10_000))[i : i+1] },
		"a header":         func(i int) []byte { return header(fin|opBinary, 1<<20)[min(i, 8) : min(i, 8)+1] },
		"empty fragments": func(i int) []byte {
			if i == 0 {
				return fragment
			}
			return empty
		},
		"pings between": func(i int) []byte {
			if i == 0 {
				return fragment
			}
			return masked(fin|opPing, nil)
		},
	} {
		t.Run(name, func(t *testing.T) {
			inSynctest(t, &ws.Upgrader{Options: ws.Options{MessageTimeout: 10 * time.Second}}, func(t *testing.T, p *pair) {
				counted := p.pongs()
				ended := make(chan error, 1)
				began := time.Now()
				go func() {
					for {
						if _, err := p.stream.Aggregate(0).Recv(context.Background()); err != nil {
							ended <- err
							return
						}
					}
				}()
				for i := 0; len(ended) == 0; i++ {
					if name == "a header" && i > 8 {
						<-time.After(20 * time.Second)
						break
					}
					_, _ = p.client.conn.Write(trickle(i))
					time.Sleep(time.Second)
				}
				err, longest := <-ended, 12*time.Second
				if name == "a header" { // after which the test waits for longer
					longest = 30 * time.Second
				}
				if took := time.Since(began); !errors.Is(err, ws.ErrMessageTimeout) || took > longest {
					t.Errorf("after %v: %v", took, err)
				}
				p.client.conn.Close()
				<-counted
			})
		})
	}
}

// A program that was busy when the time was over loses the session soon after it waits
// again.
func TestMessageTimeoutOfBusyProgram(t *testing.T) {
	inSynctest(t, &ws.Upgrader{Options: ws.Options{MessageTimeout: 16 * time.Second, Heartbeat: noHeartbeat}}, func(t *testing.T, p *pair) {
		began := time.Now()
		go func() {
			_, _ = p.client.conn.Write(masked(opText, []byte("x")))
			time.Sleep(time.Second)
			_, _ = p.client.conn.Write(masked(opContinuation, []byte("y")))
		}()
		for range 2 {
			if _, err := p.stream.Recv(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		time.Sleep(16 * time.Second)
		go func() { _, _ = io.Copy(io.Discard, p.client.conn) }()
		_, err := p.stream.Recv(t.Context())
		if took := time.Since(began); !errors.Is(err, ws.ErrMessageTimeout) || took > 18*time.Second {
			t.Errorf("after %v: %v", took, err)
		}
	})
}

// Many messages without a pause are not one that takes long.
func TestMessageTimeoutOfManyMessages(t *testing.T) {
	frame := masked(fin|opBinary, make([]byte, 10))
	inSynctest(t, &ws.Upgrader{Options: ws.Options{MessageTimeout: 10 * time.Second}}, func(t *testing.T, p *pair) {
		counted := p.pongs()
		ended := receiveAll(p)
		p.write(frame[:5])
		for range 100 { // at no time without the beginning of a message
			time.Sleep(5 * time.Second)
			p.write(append(frame[5:len(frame):len(frame)], frame[:5]...))
		}
		if len(ended) > 0 {
			t.Fatal(<-ended)
		}
		p.client.conn.Close()
		<-counted
		<-ended
	})
}

func TestMessageTimeoutOverTransports(t *testing.T) {
	t.Parallel()
	u := &ws.Upgrader{Options: ws.Options{MessageTimeout: 50 * time.Millisecond}}
	overTransports(t, u, func(t *testing.T, p *pair) {
		p.write(masked(opText, []byte("once upon a time")))
		end := receiveAll(p)
		p.expectClose(1008)
		p.client.conn.Close()
		if err := await(t, end, "the stream's end"); !errors.Is(err, ws.ErrMessageTimeout) {
			t.Fatal(err)
		}
		expectSessionEnd(t, p.session, ws.ErrMessageTimeout)
	})
}

// As after every violation, the connection is not closed before the peer's end of it
// or CloseTimeout: the Close frame could be lost.
func TestMessageTimeoutOfPeerThatStays(t *testing.T) {
	u := &ws.Upgrader{Options: ws.Options{MessageTimeout: 10 * time.Second, Heartbeat: noHeartbeat}}
	inSynctestOver(t, u, func(c net.Conn) net.Conn { return halfCloser{c} }, func(t *testing.T, p *pair) {
		receiveAll(p)
		p.write(masked(opText, []byte("once upon a time")))
		p.expectClose(1008)
		began := time.Now()
		expectSessionEnd(t, p.session, ws.ErrMessageTimeout)
		if took := time.Since(began); took != 5*time.Second {
			t.Errorf("the session ended %v after the Close frame", took)
		}
	})
}

// MessageTimeout is for data messages only. A control frame whose bytes arrive one by
// one is not timed, and does not shorten the time of the next message. The heartbeat
// goes on.
func TestMessageTimeoutIgnoresControlFrames(t *testing.T) {
	const limit = 200 * time.Millisecond
	u := &ws.Upgrader{Options: ws.Options{MessageTimeout: limit, Heartbeat: ws.Heartbeat{Interval: 2 * limit, Timeout: 2 * limit}}}
	ping := masked(fin|opPing, []byte("ping"))
	for _, cut := range append([]int{0}, cuts(len(ping))...) {
		for _, aggregates := range []bool{false, true} {
			t.Run(fmt.Sprintf("cut=%d,aggregate=%v", cut, aggregates), func(t *testing.T) {
				inSynctest(t, u, func(t *testing.T, p *pair) {
					go func() { _, _ = io.Copy(io.Discard, p.br) }()
					reader := view(p.stream)
					if aggregates {
						reader = p.stream.Aggregate(0)
					}
					kinds, ended := make(chan ws.Kind, 10), make(chan error, 1)
					go func() {
						for msg, err := range reader.All(context.Background()) {
							if err != nil {
								ended <- err
								return
							}
							kinds <- msg.Kind
						}
					}()
					if cut > 0 { // an empty write is a read of 0 bytes on a pipe
						p.write(ping[:cut])
					}
					lasts(t, ended, limit*3/2)
					p.write(ping[cut:])
					if kind := await(t, kinds, "the Ping"); kind != ws.Ping {
						t.Fatal(kind)
					}
					lasts(t, ended, limit*3/2)
					text := masked(fin|opBinary, make([]byte, 100))
					p.write(text[:50])
					lasts(t, ended, limit/2)
					p.write(text[50:])
					if kind := await(t, kinds, "the message"); kind != ws.Binary {
						t.Fatal(kind)
					}
					if err := await(t, ended, "the heartbeat's verdict"); !errors.Is(err, ws.ErrHeartbeatTimeout) {
						t.Errorf("ended with %v", err)
					}
				})
			})
		}
	}
}

// cuts are where a short frame of n bytes is cut: in its header, in its key and
// before its last byte.
func cuts(n int) []int { return []int{1, 2, 4, n - 1} }

// lasts checks that a receive does not end within a time.
func lasts(t *testing.T, ended <-chan error, d time.Duration) {
	t.Helper()
	select {
	case err := <-ended:
		t.Fatalf("ended with %v", err)
	case <-time.After(d):
	}
}

func TestMessageTimeoutBetweenMessages(t *testing.T) {
	for name, view := range map[string]func(*pair) func(context.Context) (ws.Message, error){
		"stream":    func(p *pair) func(context.Context) (ws.Message, error) { return p.stream.Recv },
		"aggregate": func(p *pair) func(context.Context) (ws.Message, error) { return p.stream.Aggregate(0).Recv },
	} {
		t.Run(name, func(t *testing.T) {
			inSynctest(t, &ws.Upgrader{Options: ws.Options{MessageTimeout: 10 * time.Second}}, func(t *testing.T, p *pair) {
				counted := p.pongs()
				ended := make(chan error, 1)
				go func() {
					for {
						if _, err := view(p)(context.Background()); err != nil {
							ended <- err
							return
						}
					}
				}()
				for range 10 {
					p.write(masked(fin|opBinary, make([]byte, 10)))
					time.Sleep(time.Minute)
				}
				if len(ended) > 0 {
					t.Error(<-ended)
				}
				p.client.conn.Close()
				<-counted
			})
		})
	}
}
