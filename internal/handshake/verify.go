package handshake

import (
	"bufio"
	"errors"
	"net"
	"net/http"
	"sync"

	"github.com/coder/websocket"
)

// verify has websocket.Accept check the request, and returns the value of the
// header Sec-WebSocket-Accept that answers it (RFC 6455 §4.2.2). If the request
// is not acceptable, it returns the status to answer with and an error. The
// package documentation says why Accept is given a recorder.
func verify(r *http.Request) (accept string, status int, err error) {
	v := verifications.Get().(*verification)
	v.set(r)
	_, _ = websocket.Accept(&v.answer, &v.request, &websocket.AcceptOptions{
		InsecureSkipVerify: true, // checkRequest has checked the origin
	})
	accept, status = v.answer.header.Get("Sec-WebSocket-Accept"), v.answer.status
	v.reset()
	verifications.Put(v)
	if status != http.StatusSwitchingProtocols {
		return "", status, explainStatus(r, status)
	}
	return accept, status, nil
}

// verification is what Accept is called with. It is pooled, because its maps are a
// large part of what a handshake allocates, and what lies between objects that stay
// takes memory even after garbage collection.
type verification struct {
	request http.Request // the part of a request that Accept is to check
	answer  recorder
}

var verifications = sync.Pool{New: func() any {
	return &verification{
		request: http.Request{Header: http.Header{"Connection": {"Upgrade"}, "Upgrade": {"websocket"}}},
		answer:  recorder{header: make(http.Header)},
	}
}}

// set sets the part of the request that Accept is to check. It leaves out the headers
// that are comma-separated lists, which checkRequest has read: Accept allocates memory
// for each comma that the client sends. Connection and Upgrade always have the elements
// that checkRequest has found in them.
func (v *verification) set(r *http.Request) {
	q := &v.request
	q.Method, q.Proto, q.ProtoMajor, q.ProtoMinor = r.Method, r.Proto, r.ProtoMajor, r.ProtoMinor
	for _, name := range [...]string{"Sec-Websocket-Version", "Sec-Websocket-Key"} {
		q.Header[name] = r.Header[name]
	}
}

// reset removes what refers to the request.
func (v *verification) reset() {
	v.set(new(http.Request))
	clear(v.answer.header)
	v.answer.status = 0
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
