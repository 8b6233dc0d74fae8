package interoptest

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// A Conn is a connection of a library, of its server or its client. Its methods are
// called by one goroutine.
type Conn interface {
	// Receive returns the next message. It answers Pings and Close frames, and
	// returns a *ClosedError after a Close frame.
	Receive() (text bool, data []byte, err error)

	// Send sends a message, if possible in the number of fragments.
	Send(text bool, data []byte, fragments int) error

	// Ping sends a Ping, if possible with the payload. Pongs are the payloads of the Pongs that have been
	// received before the last message.
	Ping(payload string) error
	Pongs() []string

	// Close sends a Close frame, waits for that of the peer, and returns it as a
	// *ClosedError.
	Close(code int, reason string) error

	// End closes the TCP connection.
	End()
}

// A ClosedError is the content of the Close frame that was received.
type ClosedError struct {
	Code   int // 1005 if it has none
	Reason string
}

func (e *ClosedError) Error() string { return fmt.Sprint("closed with ", e.Code, " ", e.Reason) }

// Handler serves the paths of the package doc with the connections of accept, which
// has written the response when it returns. The reports are sent to reports.
func Handler(accept func(http.ResponseWriter, *http.Request) (Conn, error), reports chan<- Report) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/refuse" {
			w.Header().Set("WWW-Authenticate", "Bearer")
			http.Error(w, strings.Repeat(RefusalBody, 100), http.StatusUnauthorized)
			return
		}
		report := Report{URL: r.URL.RequestURI(), Code: 1006}
		conn, err := accept(w, r)
		if err == nil {
			err = Converse(conn, r.URL, headerJSON(r))
		}
		report.Closed(err)
		reports <- report
	})
}

// Closed sets what a Close frame said.
func (r *Report) Closed(err error) {
	var closed *ClosedError
	if errors.As(err, &closed) {
		r.Code, r.Reason = closed.Code, closed.Reason
	}
}

// Converse does what the URL says until the connection is closed, and ends it. It returns
// what has ended the connection. The text about is sent for /request.
func Converse(conn Conn, u *url.URL, about []byte) error {
	defer conn.End()
	c := conversation{Conn: conn, path: u.Path, query: u.Query()}
	c.fragments = strings.Split(c.query.Get("fragments"), ",")
	if err := c.begin(about); err != nil {
		return err
	}
	for {
		if after, _ := strconv.Atoi(c.query.Get("after")); c.path == "/close" && c.received == after {
			code, _ := strconv.Atoi(c.query.Get("code"))
			return conn.Close(code, c.query.Get("reason"))
		}
		text, data, err := conn.Receive()
		if err == nil {
			err = c.answer(text, data)
		}
		if err != nil {
			return err
		}
		c.received++
		c.bytes += len(data)
	}
}

// Limit returns the limit of messages that the other end receives for a URL: 2 MiB, or
// what the URL says.
func Limit(u *url.URL) int {
	if u.Path == "/limit" {
		return ReceiveLimit
	}
	return 2 * mebibyte
}

// conversation is what Converse does.
type conversation struct {
	Conn
	path            string
	query           url.Values
	fragments       []string
	received, bytes int // messages
}

// begin does what is done before a message is received.
func (c *conversation) begin(about []byte) error {
	switch c.path {
	case "/ping":
		return c.Ping("from the other end")
	case "/request":
		return c.Send(true, about, 1)
	}
	return nil
}

// answer answers a message.
func (c *conversation) answer(text bool, data []byte) error {
	switch c.path {
	case "/echo", "/heartbeat", "/limit":
		n, _ := strconv.Atoi(c.fragments[c.received%len(c.fragments)])
		return c.Send(text, data, max(n, 1))
	case "/ping":
		return c.Send(true, []byte(strings.Join(c.Pongs(), ",")), 1)
	case "/invalid":
		return c.Send(true, []byte(InvalidText), 1)
	case "/slow":
		time.Sleep(5 * time.Millisecond)
		if text {
			return c.Send(true, []byte(strconv.Itoa(c.bytes)), 1)
		}
	}
	return nil
}

// headerJSON is the answer of /request.
func headerJSON(r *http.Request) []byte {
	header := map[string]string{"host": r.Host}
	for name, values := range r.Header {
		header[strings.ToLower(name)] = strings.Join(values, ", ")
	}
	b, _ := json.Marshal(header) // of strings, which does not fail
	return b
}

// Fragments are the n parts of data.
func Fragments(data []byte, n int) (parts [][]byte) {
	for i := range n {
		parts = append(parts, data[i*len(data)/n:(i+1)*len(data)/n])
	}
	return parts
}
