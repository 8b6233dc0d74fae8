package handshake

import (
	"io"
	"net"
	"slices"
	"time"
)

// longAgo is a deadline that has expired.
var longAgo = time.Unix(1, 0)

// maxEarly bounds what drain reads. An http.Transport holds up to
// http.Transport.ReadBufferSize, and a *tls.Conn a record of 16 KiB. More can only
// come from a connection that returns bytes although its deadline has expired.
const maxEarly = 1 << 20

// drain reads what the transport has read of conn behind a response: body returns it
// before it reads conn, whose expired read deadline ends that. The deadline does not
// harm a *tls.Conn, unlike a write deadline.
//
// If drained is false, body may hold more, and conn must not be read but through
// body. This is so if conn has no read deadlines.
func drain(conn net.Conn, body io.Reader) (early []byte, drained bool, err error) {
	if conn.SetReadDeadline(longAgo) != nil {
		return nil, false, nil
	}
	early, drained, err = readUntilTimeout(body)
	if cleared := conn.SetReadDeadline(time.Time{}); err == nil {
		err = cleared
	}
	_ = conn.SetWriteDeadline(time.Time{}) // a DialContext may have set one
	return early, drained, err
}

// readUntilTimeout reads until a deadline has expired, or to EOF, which conn returns
// again.
func readUntilTimeout(r io.Reader) (read []byte, complete bool, err error) {
	buf := make([]byte, 0, 512) // most servers have sent nothing
	for len(buf) < maxEarly && !complete {
		buf = slices.Grow(buf, 1)
		n, err := r.Read(buf[len(buf):min(cap(buf), maxEarly)])
		buf = buf[:len(buf)+n]
		complete = isTimeout(err) || err == io.EOF
		if err != nil && !complete {
			return nil, false, err
		}
		if n == 0 {
			break
		}
	}
	if len(buf) == 0 {
		buf = nil
	}
	return buf, complete, nil
}
