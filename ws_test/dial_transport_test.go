package ws_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/handset-go/handset/ws"
)

// instrumented is a RoundTripper around an http.Transport, such as one that counts
// requests.
type instrumented func(*http.Request) (*http.Response, error)

func (f instrumented) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// readOnlyBody hides that the body of a 101 can be written to.
func readOnlyBody(next http.RoundTripper) http.RoundTripper {
	return instrumented(func(r *http.Request) (*http.Response, error) {
		resp, err := next.RoundTrip(r)
		if err == nil {
			resp.Body = struct{ io.ReadCloser }{resp.Body}
		}
		return resp, err
	})
}

// hiddenConn hides the connection: the body is a wrapper, and the trace is not called.
func hiddenConn(next http.RoundTripper) http.RoundTripper {
	return instrumented(func(r *http.Request) (*http.Response, error) {
		resp, err := next.RoundTrip(r.WithContext(context.Background()))
		if err == nil {
			resp.Body = struct{ io.ReadWriteCloser }{resp.Body.(io.ReadWriteCloser)}
		}
		return resp, err
	})
}

// noReadDeadlines is a connection that does not support them.
type noReadDeadlines struct{ net.Conn }

func (noReadDeadlines) SetReadDeadline(time.Time) error { return errors.ErrUnsupported }
func (noReadDeadlines) SetDeadline(time.Time) error     { return errors.ErrUnsupported }

// dialledThrough are the ways in which a session can get at its connection.
var dialledThrough = []struct {
	name       string
	wrap       func(http.RoundTripper) http.RoundTripper // or nil
	conn       func(net.Conn) net.Conn                   // or nil
	interrupts bool                                      // a context interrupts a receive
}{
	{"an http.Transport", nil, nil, true},
	{"a body that is read only", readOnlyBody, nil, true},
	{"a hidden connection", hiddenConn, nil, false},
	{"a connection without read deadlines", nil, func(c net.Conn) net.Conn { return noReadDeadlines{c} }, false},
	{"that, and a body that is read only", readOnlyBody, func(c net.Conn) net.Conn { return noReadDeadlines{c} }, false},
}

// throughTransports runs a test in a synctest bubble for each of them, on a session
// whose peer is the other end of a pipe. The test ends when every goroutine has ended.
func throughTransports(t *testing.T, o ws.Options, test func(t *testing.T, interrupts bool, d *ws.Dialer, p *pair)) {
	t.Helper()
	for _, through := range dialledThrough {
		t.Run(through.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				end, peer := net.Pipe()
				defer peer.Close()
				if through.conn != nil {
					end = through.conn(end)
				}
				httpClient := &http.Client{Timeout: time.Second, Transport: &http.Transport{
					DialContext: func(context.Context, string, string) (net.Conn, error) { return end, nil },
				}}
				if through.wrap != nil {
					httpClient.Transport = through.wrap(httpClient.Transport)
				}
				go func() {
					r, err := http.ReadRequest(bufio.NewReader(peer))
					if err == nil {
						_, err = peer.Write(append(switchingProtocols(r, nil), "\x81\x05early"...))
					}
					if err != nil {
						t.Error(err)
					}
				}()
				d := &ws.Dialer{HTTPClient: httpClient, Options: o}
				session, stream, err := d.Dial(t.Context(), "ws://server.example/")
				if err != nil {
					t.Fatal(err)
				}
				defer d.Close()
				if msg := recvKind(t, stream, ws.Text); string(msg.Data) != "early" {
					t.Errorf("received %q", msg.Data)
				}
				test(t, through.interrupts, d, &pair{session: session, stream: stream, client: &client{t: t, conn: peer, br: bufio.NewReader(peer)}})
			})
		})
	}
}

// HTTPClient.Timeout is that of the handshake only.
func TestDialTransportTimeout(t *testing.T) {
	throughTransports(t, ws.Options{Heartbeat: noHeartbeat}, func(t *testing.T, _ bool, _ *ws.Dialer, p *pair) {
		time.Sleep(time.Hour)
		if err := p.session.Text(t.Context(), "hello"); err != nil {
			t.Fatal(err)
		}
		if b := make([]byte, 2+4+5); !readFull(p.conn, b) || b[0] != fin|opText {
			t.Errorf("the peer received %x", b)
		}
		p.writeLater([]byte("\x81\x03abc"))
		if msg := recvKind(t, p.stream, ws.Text); string(msg.Data) != "abc" {
			t.Errorf("received %q", msg.Data)
		}
	})
}

func readFull(r io.Reader, b []byte) bool {
	_, err := io.ReadFull(r, b)
	return err == nil
}

// A context interrupts a receive if the connection can be interrupted. Otherwise the
// receive ends with the next message, which is not lost.
func TestDialTransportRecvContext(t *testing.T) {
	throughTransports(t, ws.Options{Heartbeat: noHeartbeat}, func(t *testing.T, interrupts bool, _ *ws.Dialer, p *pair) {
		sent := make(chan struct{})
		go func() {
			defer close(sent)
			time.Sleep(time.Minute)
			_, _ = p.conn.Write([]byte("\x81\x03abc\x82\x03def"))
		}()
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		began := time.Now()
		msg, err := p.stream.Recv(ctx)
		if took := time.Since(began); interrupts && (err != context.DeadlineExceeded || took != time.Second) || !interrupts && took != time.Minute {
			t.Errorf("after %v received %v, %v", took, msg, err)
		}
		if err != nil {
			msg = recvKind(t, p.stream, ws.Text)
		}
		if string(msg.Data) != "abc" {
			t.Errorf("received %q", msg.Data)
		}
		if msg := recvKind(t, p.stream, ws.Binary); string(msg.Data) != "def" {
			t.Errorf("then received %q", msg.Data)
		}
		<-sent
	})
}

// Everything that ends a session does so through every transport, whether or not a
// receive is waiting, and nothing is left of it.
func TestDialTransportEnds(t *testing.T) {
	options := ws.Options{
		Heartbeat: ws.Heartbeat{Interval: 10 * time.Second, Timeout: 5 * time.Second}, WriteTimeout: 7 * time.Second,
		CloseTimeout: 3 * time.Second, MessageTimeout: 16 * time.Second,
	}
	discard := func(p *pair) { go io.Copy(io.Discard, p.conn) }
	for _, tt := range []struct {
		name string
		end  func(d *ws.Dialer, p *pair)
		at   time.Duration // at the latest
		err  error

		received bool // only a receive finds it
	}{
		{"the heartbeat", func(_ *ws.Dialer, p *pair) { discard(p) }, 15 * time.Second, ws.ErrHeartbeatTimeout, true},
		{"WriteTimeout", func(_ *ws.Dialer, p *pair) { _ = p.session.Text(context.Background(), "hello") }, 9 * time.Second, ws.ErrWriteTimeout, false},
		{"CloseTimeout", func(_ *ws.Dialer, p *pair) { discard(p); _ = p.session.Close(ws.CloseReason{}) }, 3 * time.Second, ws.ErrCloseTimeout, false},
		{"CloseTimeout, with a peer that reads nothing", func(_ *ws.Dialer, p *pair) { _ = p.session.Close(ws.CloseReason{}) }, 4 * time.Second, ws.ErrCloseTimeout, false},
		{"MessageTimeout", func(_ *ws.Dialer, p *pair) {
			discard(p)
			go func() {
				_, _ = p.conn.Write([]byte("\x01\x01a"))
				for { // pongs, so that the heartbeat does not end the session
					select {
					case <-time.After(2 * time.Second):
						_, _ = p.conn.Write([]byte("\x8A\x00"))
					case <-p.session.Done():
						return
					}
				}
			}()
		}, 17 * time.Second, ws.ErrMessageTimeout, true},
		{"Dialer.Close", func(d *ws.Dialer, _ *pair) { _ = d.Close() }, 0, ws.ErrShutdown, false},
		{"Shutdown", func(d *ws.Dialer, p *pair) {
			discard(p)
			ctx, cancel := context.WithTimeout(context.Background(), time.Second)
			defer cancel()
			_ = d.Shutdown(ctx)
		}, time.Second, ws.ErrShutdown, false},
		{"the peer closes", func(_ *ws.Dialer, p *pair) { _ = p.conn.Close() }, 0, io.ErrUnexpectedEOF, true},
		{"a violation", func(_ *ws.Dialer, p *pair) { discard(p); go p.conn.Write([]byte("\xFF\x00")) }, 3 * time.Second, &ws.ProtocolError{}, true},
		{"a closing handshake", func(_ *ws.Dialer, p *pair) {
			go func() {
				_, _ = p.conn.Write([]byte("\x88\x02\x03\xE8"))
				_, _ = io.ReadFull(p.conn, make([]byte, 2+4+2))
				_ = p.conn.Close()
			}()
		}, 0, ws.ErrClosed, true},
	} {
		for _, receiving := range []bool{false, true} {
			if tt.received && !receiving {
				continue
			}
			name := tt.name
			if receiving {
				name += ", while receiving"
			}
			t.Run(name, func(t *testing.T) {
				throughTransports(t, options, func(t *testing.T, _ bool, d *ws.Dialer, p *pair) {
					began, ended := time.Now(), make(chan error, 1)
					if receiving {
						go func() {
							var err error
							for err == nil {
								_, err = p.stream.Recv(context.Background())
							}
							ended <- err
						}()
					}
					synctest.Wait()
					tt.end(d, p)
					<-p.session.Done()
					if took := time.Since(began); took > tt.at {
						t.Errorf("took %v, want %v", took, tt.at)
					}
					err := p.session.Err()
					if violation := (*ws.ProtocolError)(nil); !errors.Is(err, tt.err) && !(tt.name == "a violation" && errors.As(err, &violation)) {
						t.Errorf("the session ended with %v", err)
					}
					if receiving {
						<-ended
					}
					if _, err := p.conn.Write([]byte{0}); err == nil { // to the end that the session has closed
						t.Error("the connection is open")
					}
				})
			})
		}
	}
}

// A read-only body does not matter over real connections.
func TestDialTransportInstrumented(t *testing.T) {
	for _, over := range []transport{transports[0], {name: "tls", tls: true}} {
		t.Run(over.name, func(t *testing.T) {
			srv := serve(t, over, echoHandler(&ws.Upgrader{Compression: ws.Balanced()}))
			d := &ws.Dialer{HTTPClient: &http.Client{Transport: readOnlyBody(trustingTransport(t))}, Compression: ws.Balanced()}
			session, stream := dialSession(t, d, "ws"+strings.TrimPrefix(srv.URL, "http"))
			expectConversation(t, session, stream)
		})
	}
}
