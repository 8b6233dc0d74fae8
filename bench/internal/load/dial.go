package load

import (
	"bytes"
	"fmt"
	"net/netip"
	"strings"

	"golang.org/x/sys/unix"
)

// Target is a server to drive, or a client.
type Target struct {
	Addr     netip.AddrPort
	TLS      bool
	Protocol Protocol // of its /group
	Dial     Dialer   // of a client; nil: a server
}

// The key and the answer to it that RFC 6455 §1.3 works out.
const (
	handshakeKey    = "dGhlIHNhbXBsZSBub25jZQ=="
	handshakeAccept = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
)

// request is the client's half of the handshake.
func request(addr, path string, deflate Deflate) []byte {
	return []byte("GET " + path + " HTTP/1.1\r\nHost: " + addr + "\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" +
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: " + handshakeKey + "\r\n" + deflate.offer() + "\r\n")
}

var headerEnd = []byte("\r\n\r\n")

// checkAnswer reads the server's half of the handshake from b. It wants all of
// the header, and says how long it was.
func checkAnswer(b []byte, deflate Deflate) (size int, err error) {
	end := bytes.Index(b, headerEnd)
	if end < 0 {
		return 0, fmt.Errorf("load: a handshake answer without an end: %.80q", b)
	}
	status, fields, _ := strings.Cut(string(b[:end]), "\r\n")
	if !strings.HasPrefix(status, "HTTP/1.1 101") {
		return 0, fmt.Errorf("load: the handshake was answered with %q", status)
	}
	if !strings.Contains(fields, handshakeAccept) {
		return 0, fmt.Errorf("load: the handshake was answered with a wrong Sec-WebSocket-Accept")
	}
	return end + len(headerEnd), deflate.checkAccepted(fields)
}

// dialOptions are what a connection may have of its own.
type dialOptions struct {
	receiveBuffer int // bytes of SO_RCVBUF, 0: the system's choice
	deflate       Deflate
	protocol      Protocol
}

// dial connects and shakes hands, blocking, and returns the socket with what
// the server sent after its handshake.
func dial(target Target, path string, options dialOptions) (fd int, rest []byte, err error) {
	fd, err = unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return -1, nil, fmt.Errorf("load: socket: %w", err)
	}
	if err = connect(fd, target, options); err == nil {
		rest, err = shakeHands(fd, target, path, options.deflate)
	}
	if err == nil && options.protocol == Centrifuge {
		rest, err = subscribe(fd, rest)
	}
	if err != nil {
		abort(fd)
		return -1, nil, err
	}
	return fd, rest, nil
}

func connect(fd int, target Target, options dialOptions) error {
	if options.receiveBuffer > 0 {
		if err := unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUF, options.receiveBuffer); err != nil {
			return fmt.Errorf("load: SO_RCVBUF: %w", err)
		}
	}
	if err := setSocket(fd); err != nil {
		return err
	}
	addr := unix.SockaddrInet4{Port: int(target.Addr.Port()), Addr: target.Addr.Addr().As4()}
	if err := ignoringEINTR(func() error { return unix.Connect(fd, &addr) }); err != nil {
		return fmt.Errorf("load: connect: %w", err)
	}
	return nil
}

// setSocket is for either side.
func setSocket(fd int) error {
	if err := limitReads(fd); err != nil {
		return err
	}
	if err := unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_NODELAY, 1); err != nil {
		return fmt.Errorf("load: TCP_NODELAY: %w", err)
	}
	return nil
}

// limitReads makes a peer that says nothing fail the measurement, not hang it.
func limitReads(fd int) error {
	limit := unix.Timeval{Sec: int64(stallLimit.Seconds())}
	if err := unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &limit); err != nil {
		return fmt.Errorf("load: SO_RCVTIMEO: %w", err)
	}
	return nil
}

func shakeHands(fd int, target Target, path string, deflate Deflate) (rest []byte, err error) {
	if _, err := unix.Write(fd, request(target.Addr.String(), path, deflate)); err != nil {
		return nil, fmt.Errorf("load: handshake: %w", err)
	}
	answer, err := readHead(fd)
	if err != nil {
		return nil, err
	}
	size, err := checkAnswer(answer, deflate)
	if err != nil {
		return nil, err
	}
	return answer[size:], nil
}

// readHead reads until the other side's half of the handshake has ended, or all
// there is, and maybe more than that.
func readHead(fd int) ([]byte, error) {
	head := make([]byte, 0, 4096)
	for !bytes.Contains(head, headerEnd) && len(head) < cap(head) {
		var n int
		err := ignoringEINTR(func() (err error) {
			n, err = unix.Read(fd, head[len(head):cap(head)])
			return err
		})
		if err != nil {
			return nil, fmt.Errorf("load: handshake: %w", err)
		}
		if n == 0 {
			break
		}
		head = head[:len(head)+n]
	}
	return head, nil
}

// abort closes with a reset, so that no port is kept in TIME_WAIT.
func abort(fd int) {
	unix.SetsockoptLinger(fd, unix.SOL_SOCKET, unix.SO_LINGER, &unix.Linger{Onoff: 1})
	unix.Close(fd)
}

func ignoringEINTR(call func() error) error {
	for {
		if err := call(); err != unix.EINTR {
			return err
		}
	}
}
