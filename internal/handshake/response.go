package handshake

import (
	"bufio"
	"net"
	"net/http"
	"strings"
	"time"
)

// response is what the server answers an accepted handshake with (RFC 6455
// §4.2.2).
type response struct {
	accept      string      // Sec-WebSocket-Accept
	subprotocol *string     // Sec-WebSocket-Protocol, nil for none
	extensions  string      // Sec-WebSocket-Extensions, "" for none
	header      http.Header // the program's own; those that it may not set are deleted
}

// writeResponse writes the 101 on conn, through the server's buffer if it has one,
// and limits the time that this takes.
//
// The headers of the handshake are spelled as in the RFC, unlike in a Header:
// some clients compare their names byte by byte.
func (o *Options) writeResponse(conn net.Conn, brw *bufio.ReadWriter, answer *response) error {
	out := bufferedWriter(conn, brw)
	deleteHandshakeHeaders(answer.header)
	deleteContentHeaders(answer.header)
	if conn.SetWriteDeadline(time.Now().Add(o.WriteTimeout)) != nil { // not every net.Conn supports it
		defer o.CloseAfter(conn, o.WriteTimeout)()
	}
	_, _ = out.WriteString("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n")
	writeField(out, "Sec-WebSocket-Accept", answer.accept)
	if answer.subprotocol != nil {
		writeField(out, "Sec-WebSocket-Protocol", *answer.subprotocol)
	}
	if answer.extensions != "" {
		writeField(out, "Sec-WebSocket-Extensions", answer.extensions)
	}
	_ = answer.header.Write(out) // sorted, without invalid names, and without line breaks in values
	_, _ = out.WriteString("\r\n")
	return out.Flush() // returns the first error of all these writes
}

func writeField(out *bufio.Writer, name, value string) {
	_, _ = out.WriteString(name)
	_, _ = out.WriteString(": ")
	_, _ = out.WriteString(value)
	_, _ = out.WriteString("\r\n")
}

// bufferedWriter returns the server's buffer, or a new one if there is none. The
// buffer is set to write to conn, which a middleware may have wrapped.
func bufferedWriter(conn net.Conn, brw *bufio.ReadWriter) *bufio.Writer {
	if brw == nil || brw.Writer == nil {
		return bufio.NewWriterSize(conn, 1<<10)
	}
	brw.Writer.Reset(conn)
	return brw.Writer
}

// deleteHandshakeHeaders deletes the headers that only the handshake sets,
// however they are spelled.
func deleteHandshakeHeaders(h http.Header) {
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

// deleteContentHeaders deletes the headers that describe content. A 101 has none
// (RFC 9110 §8.6), but a middleware may have set them in advance.
func deleteContentHeaders(h http.Header) {
	for name := range h {
		switch http.CanonicalHeaderKey(name) {
		case "Content-Length", "Transfer-Encoding", "Content-Encoding", "Trailer":
			delete(h, name)
		}
	}
}
