package interoptest

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
)

// A Conn is a server's connection of a library. Its methods are called by one
// goroutine.
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

// A ClosedError is the content of the client's Close frame.
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
			err = serve(conn, r)
			conn.End()
		}
		var closed *ClosedError
		if errors.As(err, &closed) {
			report.Code, report.Reason = closed.Code, closed.Reason
		}
		reports <- report
	})
}

// serve serves one connection until it is closed.
func serve(conn Conn, r *http.Request) error {
	switch r.URL.Path {
	case "/ping":
		if err := conn.Ping("from the server"); err != nil {
			return err
		}
	case "/request":
		if err := conn.Send(true, headerJSON(r), 1); err != nil {
			return err
		}
	}
	q := r.URL.Query()
	fragments := strings.Split(q.Get("fragments"), ",")
	for i := 0; ; i++ {
		if after, _ := strconv.Atoi(q.Get("after")); r.URL.Path == "/close" && i == after {
			code, _ := strconv.Atoi(q.Get("code"))
			return conn.Close(code, q.Get("reason"))
		}
		text, data, err := conn.Receive()
		switch {
		case err != nil:
			return err
		case r.URL.Path == "/echo":
			n, _ := strconv.Atoi(fragments[i%len(fragments)])
			err = conn.Send(text, data, max(n, 1))
		case r.URL.Path == "/ping":
			err = conn.Send(true, []byte(strings.Join(conn.Pongs(), ",")), 1)
		}
		if err != nil {
			return err
		}
	}
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
