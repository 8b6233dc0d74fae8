// Command raw is the ceiling: a hand-written loop over net.Conn with no library
// in between. One read, the frames in it masked into another buffer, one write of
// all the echoes. It trusts the server, which no library can afford.
package main

import (
	"bufio"
	"bytes"
	"fmt"
	"net"
	"net/http"

	"github.com/handset-go/handset/bench/internal/dial"
)

// key is the one that RFC 6455 §1.3 works out.
const key = "dGhlIHNhbXBsZSBub25jZQ=="

func main() { dial.Main(open) }

func open(url string) error {
	request, err := http.NewRequest(http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	request.Header = http.Header{
		"Connection": {"Upgrade"}, "Upgrade": {"websocket"}, "Sec-Websocket-Version": {"13"}, "Sec-Websocket-Key": {key},
	}
	conn, err := net.Dial("tcp", request.URL.Host)
	if err != nil {
		return err
	}
	early, err := shakeHands(conn, request)
	if err != nil {
		conn.Close()
		return err
	}
	go echo(conn, early)
	return nil
}

// shakeHands returns what the server has sent after its half of the handshake.
func shakeHands(conn net.Conn, request *http.Request) (early []byte, err error) {
	if err := request.Write(conn); err != nil {
		return nil, err
	}
	reader := bufio.NewReader(conn)
	answer, err := http.ReadResponse(reader, request)
	if err != nil {
		return nil, err
	}
	if answer.StatusCode != http.StatusSwitchingProtocols {
		return nil, fmt.Errorf("the handshake was answered with %s", answer.Status)
	}
	early, err = reader.Peek(reader.Buffered())
	return bytes.Clone(early), err
}

func echo(conn net.Conn, early []byte) {
	defer conn.Close()
	e := newEchoer(early)
	for {
		if frames := e.take(); len(frames) > 0 {
			if _, err := conn.Write(frames); err != nil {
				return
			}
		}
		n, err := conn.Read(e.room())
		if err != nil {
			return
		}
		e.end += n
	}
}
