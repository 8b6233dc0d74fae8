package load

import (
	"bufio"
	"bytes"
	"crypto/sha1"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"net/netip"

	"golang.org/x/sys/unix"
)

// Dialer has a client open n connections to url, and returns when they are open.
// The client sends every message back.
type Dialer func(url string, n int) error

// acceptGUID is what RFC 6455 §1.3 adds to the client's key.
const acceptGUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"

// acceptConns has the client open conns, and answers its handshakes.
func acceptConns(conns []*conn, target Target, path string, tape *Tape, step int) error {
	if tape.deflate != Plain {
		return errors.New("load: a client is driven without compression only")
	}
	listener, addr, err := listen()
	if err != nil {
		return err
	}
	tape = tape.unmasked()
	dialed := make(chan error, 1)
	go func() {
		err := target.Dial("ws://"+addr.String()+path, len(conns))
		if err != nil {
			unix.Shutdown(listener, unix.SHUT_RDWR) // nobody else comes
		}
		dialed <- err
	}()
	key := new(repeatedMask)
	for i := range conns {
		if conns[i], err = acceptConn(listener, tape, i*step, key); err != nil {
			err = fmt.Errorf("connection %d: %w", i, err)
			break
		}
	}
	if err != nil {
		unix.Shutdown(listener, unix.SHUT_RDWR) // what is still dialed is refused
	}
	err = errors.Join(<-dialed, err)
	unix.Close(listener)
	return err
}

func listen() (listener int, addr netip.AddrPort, err error) {
	listener, err = unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return -1, addr, fmt.Errorf("load: socket: %w", err)
	}
	addr, err = listenOn(listener)
	if err != nil {
		unix.Close(listener)
	}
	return listener, addr, err
}

func listenOn(listener int) (addr netip.AddrPort, err error) {
	local := netip.AddrFrom4([4]byte{127, 0, 0, 1})
	if err := unix.Bind(listener, &unix.SockaddrInet4{Addr: local.As4()}); err != nil {
		return addr, fmt.Errorf("load: bind: %w", err)
	}
	if err := unix.Listen(listener, unix.SOMAXCONN); err != nil {
		return addr, fmt.Errorf("load: listen: %w", err)
	}
	if err := limitReads(listener); err != nil { // accepts too
		return addr, err
	}
	bound, err := unix.Getsockname(listener)
	if err != nil {
		return addr, fmt.Errorf("load: getsockname: %w", err)
	}
	return netip.AddrPortFrom(local, uint16(bound.(*unix.SockaddrInet4).Port)), nil
}

// acceptConn accepts a connection that starts its tape at message number first.
func acceptConn(listener int, tape *Tape, first int, key *repeatedMask) (*conn, error) {
	var fd int
	err := ignoringEINTR(func() (err error) {
		fd, _, err = unix.Accept4(listener, unix.SOCK_CLOEXEC)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("load: accept: %w", err)
	}
	if err = setSocket(fd); err == nil {
		err = answerHandshake(fd)
	}
	if err != nil {
		abort(fd)
		return nil, err
	}
	check := &unmasker{checker: newChecker(tape, first), key: key}
	return newConn(fd, &conn{tape: tape, check: check, sent: first})
}

// answerHandshake reads a client's half of the handshake, after which a client
// sends nothing before it is sent something, and writes the server's.
func answerHandshake(fd int) error {
	head, err := readHead(fd)
	if err != nil {
		return err
	}
	request, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(head)))
	if err != nil {
		return fmt.Errorf("load: handshake: %w", err)
	}
	key := request.Header.Get("Sec-WebSocket-Key")
	if key == "" {
		return fmt.Errorf("load: a handshake without Sec-WebSocket-Key: %.80q", head)
	}
	sum := sha1.Sum([]byte(key + acceptGUID))
	answer := "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: " +
		base64.StdEncoding.EncodeToString(sum[:]) + "\r\n\r\n"
	if _, err := unix.Write(fd, []byte(answer)); err != nil {
		return fmt.Errorf("load: handshake: %w", err)
	}
	return nil
}
