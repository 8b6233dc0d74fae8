package ws

import (
	"bufio"
	"net/http"
	"strings"
	"time"
)

// writeHead answers with the 101 (RFC 6455 §4.2.2) and the given headers. A
// client that does not take it in time is one that does not read.
//
// The names that the RFC gives are written as it spells them, unlike Header
// does: there are clients that compare them byte by byte.
func (h *handshake) writeHead(header http.Header, timeout time.Duration) error {
	out := h.writer()
	dropHandshake(header)
	dropContent(header)
	if h.conn.SetWriteDeadline(time.Now().Add(timeout)) != nil { // not every conn has one
		defer time.AfterFunc(timeout, func() { _ = h.conn.Close() }).Stop()
	}
	_, _ = out.WriteString("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n")
	writeField(out, "Sec-WebSocket-Accept", h.key)
	if h.protocol != nil {
		writeField(out, "Sec-WebSocket-Protocol", *h.protocol)
	}
	if h.extensions != "" {
		writeField(out, "Sec-WebSocket-Extensions", h.extensions)
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
func (h *handshake) writer() *bufio.Writer {
	if h.brw == nil || h.brw.Writer == nil {
		return bufio.NewWriterSize(h.conn, 1<<10)
	}
	h.brw.Writer.Reset(h.conn)
	return h.brw.Writer
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
