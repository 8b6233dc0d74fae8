package handshake

import (
	"bufio"
	"errors"
	"net"
	"net/http"

	"github.com/coder/websocket"
)

// verify has websocket.Accept check the request, and returns the value of the
// header Sec-WebSocket-Accept that answers it (RFC 6455 §4.2.2). If the request
// is not acceptable, it returns the status to answer with and an error. The
// package documentation says why Accept is given a recorder.
func verify(r *http.Request) (accept string, status int, err error) {
	answer := &recorder{header: make(http.Header)}
	_, _ = websocket.Accept(answer, withoutLists(r), &websocket.AcceptOptions{
		InsecureSkipVerify: true, // checkRequest has checked the origin
	})
	if answer.status != http.StatusSwitchingProtocols {
		return "", answer.status, explainStatus(r, answer.status)
	}
	return answer.header.Get("Sec-WebSocket-Accept"), answer.status, nil
}

// withoutLists returns the part of a request that Accept is to check. It leaves
// out the headers that are comma-separated lists, which checkRequest has read:
// Accept allocates memory for each comma that the client sends. Connection and
// Upgrade are replaced by the elements that checkRequest has found in them.
func withoutLists(r *http.Request) *http.Request {
	return &http.Request{
		Method: r.Method, Proto: r.Proto, ProtoMajor: r.ProtoMajor, ProtoMinor: r.ProtoMinor,
		Header: http.Header{
			"Connection": {"Upgrade"}, "Upgrade": {"websocket"},
			"Sec-Websocket-Version": r.Header["Sec-Websocket-Version"],
			"Sec-Websocket-Key":     r.Header["Sec-Websocket-Key"],
		},
	}
}

// recorder is a ResponseWriter in memory. It records the headers and the first
// status, ignores the body, and has no connection to be hijacked.
type recorder struct {
	header http.Header
	status int // 0 until WriteHeader is called
}

func (w *recorder) Header() http.Header         { return w.header }
func (w *recorder) Write(p []byte) (int, error) { return len(p), nil }

func (w *recorder) WriteHeader(status int) {
	if w.status == 0 {
		w.status = status
	}
}

var errNoConnection = errors.New("recorder has no connection")

func (w *recorder) Hijack() (net.Conn, *bufio.ReadWriter, error) { return nil, nil, errNoConnection }
