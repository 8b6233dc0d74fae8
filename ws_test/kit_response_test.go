package ws_test

import (
	"bufio"
	"bytes"
	"net"
	"net/http"
)

// responseConn is a connection that captures the first writes, up to the end of the
// 101's headers: what the peer reads begins with the session.
type responseConn struct {
	net.Conn
	response *capturedResponse // nil when it is complete, so that a session does not hold it
}

// capturedResponse is a 101 as it was written.
type capturedResponse struct {
	head   []byte
	status int         // 0 before the end of the headers
	header http.Header // as http.ReadResponse has it
}

// captureResponse wraps conn so that the response to the handshake goes to a.
func captureResponse(conn net.Conn, a *capturedResponse) net.Conn {
	c := &responseConn{conn, a}
	if half, ok := conn.(closeWriter); ok {
		return struct {
			*responseConn
			closeWriter
		}{c, half}
	}
	return c
}

func (c *responseConn) Write(p []byte) (int, error) {
	a := c.response
	if a == nil {
		return c.Conn.Write(p)
	}
	a.head = append(a.head, p...)
	end := bytes.Index(a.head, []byte("\r\n\r\n"))
	if end < 0 {
		return len(p), nil
	}
	rest := a.head[end+4:]
	a.head, c.response = a.head[:end+4], nil
	if err := a.parse(); err != nil || len(rest) == 0 {
		return len(p), err
	}
	_, err := c.Conn.Write(rest)
	return len(p), err
}

func (a *capturedResponse) parse() error {
	response, err := http.ReadResponse(bufio.NewReader(bytes.NewReader(a.head)), nil)
	if err != nil {
		return err
	}
	a.status, a.header = response.StatusCode, response.Header
	return nil
}
