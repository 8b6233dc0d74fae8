package hostile_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"
)

// handshakes are attacks by the handshake, in which there is no session.
func handshakes() []attack {
	return []attack{
		{
			name: "request byte by byte", does: "a request, one byte with each write, without its end",
			sides: []side{server}, settings: settings{ReadHeaderTimeout: 3 * time.Second}, conns: 50, waits: true,
			raw: func(p *peer) sent { return p.trickle(requestHead("/echo")) },
			end: lost, honest: segments(1, 2000),
			bounds: bounds{unit: "write", cpu: 3, live: 20 * kib, peak: 8 * mib, goroutines: 1},
		},
		{
			name: "request without end", does: "4 MiB of headers",
			sides: []side{server}, conns: 10,
			raw: func(p *peer) sent { return p.headers(requestHead("/echo")) },
			end: refusedWith(http.StatusRequestHeaderFieldsTooLarge), honest: visits("/receive", 300),
			bounds: bounds{unit: "byte", cpu: 1, live: 64 * kib, peak: 64 * mib, goroutines: 1},
		},
		{
			name: "requests that are refused", does: "requests with a wrong version, each on a new connection",
			sides: []side{server}, honest: visits("/receive", 300),
			whole: func(s *trial) (did sent) {
				head := strings.Replace(requestHead("/echo"), "Version: 13", "Version: 12", 1)
				for range scaled(300) {
					p := s.connectRaw("")
					n, _ := io.WriteString(p, head+"\r\n")
					did.add(sent{n, 1})
					if err := refusedWith(http.StatusUpgradeRequired)(p); err != nil {
						s.t.Fatal(err)
					}
					p.Close()
				}
				return did
			},
			bounds: bounds{unit: "connection", cpu: 2, live: 64 * kib, peak: 8 * mib, goroutines: 4},
			expect: func(r report) bool { return r.Failed == scaled(300) },
		},
		{
			name: "response byte by byte", does: "a response, one byte with each write, without its end",
			sides: []side{client}, settings: settings{DialTimeout: 3 * time.Second}, conns: 50, waits: true,
			raw: func(p *peer) sent {
				r, err := http.ReadRequest(p.br)
				if err != nil {
					return sent{}
				}
				return p.trickle(responseHead(r))
			},
			end: lost, honest: segments(1, 2000),
			bounds: bounds{unit: "write", cpu: 3, live: 48 * kib, peak: 8 * mib, goroutines: 6},
			expect: failedWith(50, "deadline exceeded"),
		},
		{
			name: "response without end", does: "4 MiB of headers",
			sides: []side{client}, conns: 10,
			raw: func(p *peer) sent {
				if _, err := http.ReadRequest(p.br); err != nil {
					return sent{}
				}
				return p.headers("HTTP/1.1 101 Switching Protocols\r\n")
			},
			settle: failures(10), end: lost, honest: visits("/receive", 300),
			bounds: bounds{unit: "byte", cpu: 1, live: 64 * kib, peak: 64 * mib, goroutines: 6},
			expect: func(r report) bool { return r.Failed == 10 },
		},
		{
			name: "interim responses without end", does: "4 MiB of responses 103 Early Hints",
			sides: []side{client}, conns: 10,
			raw: func(p *peer) sent {
				if _, err := http.ReadRequest(p.br); err != nil {
					return sent{}
				}
				return p.write([]byte("HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n"), 1, 4*mib)
			},
			settle: failures(10), end: lost, honest: visits("/receive", 300),
			bounds: bounds{unit: "byte", cpu: 1, live: 64 * kib, peak: 32 * mib, goroutines: 6},
			expect: func(r report) bool { return r.Failed == 10 },
		},
		{
			name: "redirects without end", does: "a redirect to itself for every request, which the client follows",
			sides: []side{client}, settings: settings{FollowRedirects: true}, honest: visits("/receive", 300),
			whole: func(s *trial) (did sent) {
				for range scaled(30) {
					did.add(s.redirects())
				}
				return did
			},
			bounds: bounds{unit: "connection", cpu: 2, live: 64 * kib, peak: 8 * mib, goroutines: 12},
			expect: failedWith(scaled(30), "redirects"),
		},
	}
}

// trickle writes a text byte by byte, at a pace at which the victim reads each byte.
func (p *peer) trickle(text string) (did sent) {
	_ = p.SetWriteDeadline(time.Now().Add(testTimeout))
	pace := time.NewTicker(time.Millisecond)
	defer pace.Stop()
	for i := range len(text) {
		if _, err := io.WriteString(p, text[i:i+1]); err != nil {
			break
		}
		did.add(sent{1, 1})
		<-pace.C
	}
	return did
}

// failures waits until so many handshakes have failed.
func failures(n int) func(*trial, sent) {
	return func(s *trial, _ sent) {
		if r, ok := s.v.await(func(r report) bool { return r.Failed == n }); !ok {
			s.t.Errorf("%d handshakes have failed, want %d", r.Failed, n)
		}
	}
}

// headers writes a text and then header after header.
func (p *peer) headers(begin string) (did sent) {
	n, _ := io.WriteString(p, begin)
	did = p.write([]byte("X-Header: "+strings.Repeat("x", 100)+"\r\n"), 1, 4*mib)
	did.bytes += n
	return did
}

// refusedWith reads the response to a request.
func refusedWith(status int) func(*peer) error {
	return func(p *peer) error {
		_ = p.SetReadDeadline(time.Now().Add(testTimeout))
		resp, err := http.ReadResponse(p.br, nil)
		if err != nil {
			return err
		}
		resp.Body.Close()
		if resp.StatusCode != status {
			return fmt.Errorf("got %s", resp.Status)
		}
		return nil
	}
}

// redirects has the victim dial, and redirects it until it does not follow any more.
func (s *trial) redirects() sent {
	s.t.Helper()
	l, failed := s.listen(), s.v.report().Failed
	_ = l.SetDeadline(time.Now().Add(testTimeout))
	url := "ws://" + l.Addr().String() + "/echo"
	s.v.do(order{Do: "dial", URL: url, Count: 1})
	redirected := make(chan sent)
	go func() { redirected <- redirectAll(l, url) }()
	if r, ok := s.v.await(func(r report) bool { return r.Failed > failed }); !ok {
		s.t.Errorf("the client follows: %+v", r)
	}
	_ = l.SetDeadline(time.Now()) // ends redirectAll
	return <-redirected
}

// redirectAll redirects every request, until the listener's deadline.
func redirectAll(l net.Listener, url string) (did sent) {
	for {
		conn, err := l.Accept()
		if err != nil {
			return did
		}
		if _, err := http.ReadRequest(bufio.NewReader(conn)); err == nil {
			n, _ := fmt.Fprintf(conn, "HTTP/1.1 302 Found\r\nLocation: %s\r\nContent-Length: 0\r\n\r\n", url)
			did.add(sent{n, 1})
		}
		conn.Close()
	}
}
