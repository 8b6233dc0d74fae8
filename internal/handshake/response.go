package handshake

import (
	"bufio"
	"net"
	"net/http"
	"strings"
	"time"
)

// response is what the handshake puts into the 101.
type response struct {
	key        string  // Sec-WebSocket-Accept
	protocol   *string // Sec-WebSocket-Protocol, nil for none
	extensions string  // Sec-WebSocket-Extensions, "" for none
}

// writeResponse answers with the 101 (RFC 6455 §4.2.2) and the given headers. A
// client that does not take it in time is one that does not read.
//
// The names that the RFC gives are written as it spells them, unlike Header
// does: there are clients that compare them byte by byte.
func (o *Options) writeResponse(conn net.Conn, brw *bufio.ReadWriter, res *response, header http.Header) error {
	out := writer(conn, brw)
	dropHandshake(header)
	dropContent(header)
	if conn.SetWriteDeadline(time.Now().Add(o.WriteTimeout)) != nil { // not every conn has one
		defer o.CloseAfter(conn, o.WriteTimeout)()
	}
	_, _ = out.WriteString("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n")
	writeField(out, "Sec-WebSocket-Accept", res.key)
	if res.protocol != nil {
		writeField(out, "Sec-WebSocket-Protocol", *res.protocol)
	}
	if res.extensions != "" {
		writeField(out, "Sec-WebSocket-Extensions", res.extensions)
	}
	_ = header.Write(out) // sorted; no value ends its line, and no bad name is written
	_, _ = out.WriteString("\r\n")
	return out.Flush() // returns the first error of them all
}

func writeField(out *bufio.Writer, name, value string) {
	_, _ = out.WriteString(name)
	_, _ = out.WriteString(": ")
	_, _ = out.WriteString(value)
	_, _ = out.WriteString("\r\n")
}

// writer is the server's buffer for the connection. It is made to write to the
// connection that was hijacked, which may be another than the server's own.
func writer(conn net.Conn, brw *bufio.ReadWriter) *bufio.Writer {
	if brw == nil || brw.Writer == nil {
		return bufio.NewWriterSize(conn, 1<<10)
	}
	brw.Writer.Reset(conn)
	return brw.Writer
}

// dropHandshake deletes the headers that are for the handshake to set, however
// they are spelled.
func dropHandshake(h http.Header) {
	for name := range h {
		switch canonical := http.CanonicalHeaderKey(name); canonical {
		case "Connection", "Upgrade":
			delete(h, name)
		default:
			if strings.HasPrefix(canonical, "Sec-Websocket-") {
				delete(h, name)
			}
		}
	}
}

// dropContent deletes the headers that frame content or say how it is coded: a
// 101 has none (RFC 9110 §8.6), though a middleware may have expected some.
func dropContent(h http.Header) {
	for name := range h {
		switch http.CanonicalHeaderKey(name) {
		case "Content-Length", "Transfer-Encoding", "Content-Encoding", "Trailer":
			delete(h, name)
		}
	}
}
