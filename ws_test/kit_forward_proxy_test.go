package ws_test

import (
	"bufio"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// forwardProxy is a proxy in front of clients. It requires the user name and password
// of its URL, and knows the addresses of some hosts that the system does not.
type forwardProxy struct {
	url       *url.URL
	addresses map[string]string // by host

	mu       sync.Mutex
	requests []*http.Request // all that an HTTP proxy has received
	targets  []string        // that connections were asked for
	open     sync.WaitGroup  // connections to servers
}

const (
	proxyUser     = "anna"
	proxyPassword = "geheim/1:2@" // has to be escaped in URLs
)

func newForwardProxy(t *testing.T, scheme string, addresses map[string]string) *forwardProxy {
	t.Helper()
	p := &forwardProxy{addresses: addresses}
	switch scheme {
	case "http", "https":
		srv := httptest.NewUnstartedServer(p)
		start(t, transport{tls: scheme == "https"}, srv)
		p.url, _ = url.Parse(srv.URL)
	default:
		l := listen(t)
		t.Cleanup(func() { l.Close() })
		go p.serveSOCKS(l)
		p.url = &url.URL{Scheme: scheme, Host: l.Addr().String()}
	}
	p.url.User = url.UserPassword(proxyUser, proxyPassword)
	t.Cleanup(p.open.Wait)
	return p
}

// connect connects to the server that a client asks for.
func (p *forwardProxy) connect(target string) (net.Conn, error) {
	p.mu.Lock()
	p.targets = append(p.targets, target)
	p.mu.Unlock()
	host, port, err := net.SplitHostPort(target)
	if err != nil {
		return nil, err
	}
	if known, ok := p.addresses[host]; ok {
		host = known
	}
	return net.Dial("tcp", net.JoinHostPort(host, port))
}

// tunnel copies in both directions, with half-closes, until both have ended.
func (p *forwardProxy) tunnel(client, server net.Conn, fromClient io.Reader) {
	p.open.Add(1)
	defer p.open.Done()
	var both sync.WaitGroup
	copyTo := func(to net.Conn, from io.Reader) {
		if _, err := io.Copy(to, from); err != nil { // the other direction is of no use then
			client.Close()
			server.Close()
		}
		if half, ok := to.(interface{ CloseWrite() error }); ok {
			_ = half.CloseWrite()
		}
	}
	both.Go(func() { copyTo(server, fromClient) })
	both.Go(func() { copyTo(client, server) })
	both.Wait()
	client.Close()
	server.Close()
}

// ServeHTTP is CONNECT (RFC 9110 §9.3.6). Other requests are refused, as by a proxy that
// does not forward Upgrade.
func (p *forwardProxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	p.requests = append(p.requests, r)
	p.mu.Unlock()
	want := "Basic " + base64.StdEncoding.EncodeToString([]byte(proxyUser+":"+proxyPassword))
	switch {
	case r.Header.Get("Proxy-Authorization") != want:
		w.Header().Set("Proxy-Authenticate", `Basic realm="test"`)
		http.Error(w, "password required", http.StatusProxyAuthRequired)
		return
	case r.Method != http.MethodConnect:
		http.Error(w, "only CONNECT", http.StatusNotImplemented)
		return
	}
	server, err := p.connect(r.RequestURI)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	client, brw, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(err)
	}
	_, _ = io.WriteString(client, "HTTP/1.1 200 Connection established\r\nProxy-Agent: test\r\n\r\n")
	p.tunnel(client, server, brw)
}

// serveSOCKS serves SOCKS version 5 (RFC 1928).
func (p *forwardProxy) serveSOCKS(l net.Listener) {
	for {
		client, err := l.Accept()
		if err != nil {
			return // the test is over
		}
		p.open.Go(func() {
			defer client.Close()
			br := bufio.NewReader(client)
			if target, err := p.negotiateSOCKS(client, br); err == nil {
				p.answerSOCKS(client, br, target)
			}
		})
	}
}

const (
	socksVersion     = 5
	socksNoMethod    = 0xFF
	socksPassword    = 2 // the method (RFC 1929)
	socksConnect     = 1
	socksIPv4        = 1
	socksDomain      = 3
	socksIPv6        = 4
	socksUnreachable = 4
)

var errSOCKS = errors.New("the client violates RFC 1928")

// negotiateSOCKS reads what the client sends until it asks for a connection.
func (p *forwardProxy) negotiateSOCKS(w io.Writer, br *bufio.Reader) (target string, err error) {
	version, _ := br.ReadByte()
	methods, err := readCounted(br)
	if err != nil || version != socksVersion {
		return "", errSOCKS
	}
	if !strings.Contains(methods, string(byte(socksPassword))) {
		_, _ = w.Write([]byte{socksVersion, socksNoMethod})
		return "", errSOCKS
	}
	_, _ = w.Write([]byte{socksVersion, socksPassword})
	_, _ = br.ReadByte() // the version of RFC 1929
	user, _ := readCounted(br)
	password, err := readCounted(br)
	if err != nil {
		return "", err
	}
	if user != proxyUser || password != proxyPassword {
		_, _ = w.Write([]byte{1, 1})
		return "", errors.New("password required")
	}
	_, _ = w.Write([]byte{1, 0})
	return readSOCKSRequest(br)
}

// readCounted reads a byte and as many more as it says.
func readCounted(br *bufio.Reader) (string, error) {
	n, err := br.ReadByte()
	if err != nil {
		return "", err
	}
	b := make([]byte, n)
	_, err = io.ReadFull(br, b)
	return string(b), err
}

func readSOCKSRequest(br *bufio.Reader) (target string, err error) {
	var h [4]byte
	if _, err := io.ReadFull(br, h[:]); err != nil || h[0] != socksVersion || h[1] != socksConnect {
		return "", errSOCKS
	}
	var host string
	switch h[3] {
	case socksDomain:
		host, err = readCounted(br)
	case socksIPv4, socksIPv6:
		ip := make(net.IP, map[byte]int{socksIPv4: net.IPv4len, socksIPv6: net.IPv6len}[h[3]])
		_, err = io.ReadFull(br, ip)
		host = ip.String()
	default:
		return "", errSOCKS
	}
	if err != nil {
		return "", err
	}
	var port [2]byte
	_, err = io.ReadFull(br, port[:])
	return net.JoinHostPort(host, strconv.Itoa(int(binary.BigEndian.Uint16(port[:])))), err
}

// answerSOCKS connects to the server, and answers.
func (p *forwardProxy) answerSOCKS(client net.Conn, br *bufio.Reader, target string) {
	answer := []byte{socksVersion, 0, 0, socksIPv4, 0, 0, 0, 0, 0, 0}
	server, err := p.connect(target)
	if err != nil {
		answer[1] = socksUnreachable
	}
	_, _ = client.Write(answer)
	if err == nil {
		p.tunnel(client, server, br)
	}
}
