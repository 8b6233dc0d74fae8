package handshake

import (
	"bufio"
	"maps"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/coder/websocket"
)

// callRecorder is a recorder that also records the order of calls.
type callRecorder struct {
	recorder
	calls   []string
	written http.Header // at the first WriteHeader
}

func (w *callRecorder) Write(p []byte) (int, error) {
	w.calls = append(w.calls, "Write")
	return w.recorder.Write(p)
}

func (w *callRecorder) WriteHeader(status int) {
	w.calls = append(w.calls, "WriteHeader "+http.StatusText(status))
	if w.written == nil {
		w.written = w.header.Clone()
	}
	w.recorder.WriteHeader(status)
}

func (w *callRecorder) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	w.calls = append(w.calls, "Hijack")
	return w.recorder.Hijack()
}

// verify relies on what coder/websocket does here. A version that does otherwise
// fails this test before it fails handshakes.
func TestAcceptOrderOfCoder(t *testing.T) {
	for name, tt := range map[string]struct {
		request *http.Request
		calls   []string
		header  []string
	}{
		"acceptable": {
			request("Sec-WebSocket-Protocol", "chat", "Sec-WebSocket-Extensions", "permessage-deflate"),
			[]string{"WriteHeader Switching Protocols", "Hijack", "WriteHeader Internal Server Error", "Write"},
			[]string{"Connection", "Sec-Websocket-Accept", "Upgrade"},
		},
		"no Upgrade":      {request("Upgrade", "h2c"), []string{"WriteHeader Upgrade Required", "Write"}, nil},
		"no Connection":   {request("Connection", "close"), []string{"WriteHeader Upgrade Required", "Write"}, nil},
		"an invalid key":  {request("Sec-WebSocket-Key", "short"), []string{"WriteHeader Bad Request", "Write"}, nil},
		"another origin":  {request("Origin", "https://evil.example"), []string{"WriteHeader Forbidden", "Write"}, nil},
		"another version": {request("Sec-WebSocket-Version", "8"), []string{"WriteHeader Bad Request", "Write"}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			w := &callRecorder{recorder: recorder{header: make(http.Header)}}
			conn, err := websocket.Accept(w, tt.request, nil)
			if conn != nil || err == nil {
				t.Fatalf("Accept returned %v, %v", conn, err)
			}
			if !slices.Equal(w.calls, tt.calls) {
				t.Errorf("Accept called %q, want %q", w.calls, tt.calls)
			}
			if tt.header == nil {
				return
			}
			if got := slices.Sorted(maps.Keys(w.written)); !slices.Equal(got, tt.header) {
				t.Errorf("answered with the headers %q, want %q", got, tt.header)
			}
			if got := w.written.Get("Sec-WebSocket-Accept"); got != "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" { // RFC 6455 §1.3
				t.Errorf("answered with Sec-WebSocket-Accept: %q", got)
			}
		})
	}
}

func TestVerifyChecksTheKey(t *testing.T) {
	for name, tt := range map[string]struct {
		request *http.Request
		status  int
		says    string
	}{
		"the RFC's":   {request(), 101, ""},
		"none":        {request("Sec-WebSocket-Key", ""), 400, "missing"},
		"too short":   {request("Sec-WebSocket-Key", "c2hvcnQ="), 400, "not 16 bytes"},
		"not base64":  {request("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=!"), 400, "not 16 bytes"},
		"two":         {added(request(), "Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="), 400, "more than one"},
		"by HTTP/1.0": {http10(request()), 426, "HTTP/1.0"},
	} {
		t.Run(name, func(t *testing.T) {
			accept, status, err := verify(tt.request)
			if status != tt.status || (err == nil) != (status == 101) || (accept == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=") != (status == 101) {
				t.Errorf("verify returned %q, %d, %v", accept, status, err)
			}
			if err != nil && !strings.Contains(err.Error(), tt.says) {
				t.Errorf("verify returned %q, which does not say %q", err, tt.says)
			}
		})
	}
}

// A client's commas must not cost memory.
func TestVerifyDoesNotReadLists(t *testing.T) {
	commas := strings.Repeat(",", 1<<16)
	short, long := request(), request(
		"Connection", "Upgrade"+commas, "Upgrade", "websocket"+commas,
		"Sec-WebSocket-Protocol", commas, "Sec-WebSocket-Extensions", commas)
	allocations := func(r *http.Request) float64 {
		return testing.AllocsPerRun(10, func() {
			if _, status, _ := verify(r); status != http.StatusSwitchingProtocols {
				t.Errorf("verify returned %d", status)
			}
		})
	}
	const noise = 5 // of pools, under the race detector
	if few, many := allocations(short), allocations(long); many > few+noise {
		t.Errorf("%.0f allocations with many commas, %.0f without", many, few)
	}
}

// What verify reuses has nothing of an earlier request.
func TestVerifyAfterAnother(t *testing.T) {
	requests := []struct {
		request *http.Request
		accept  string
		status  int
	}{
		{request("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", 101},
		{request("Sec-WebSocket-Key", "AAAAAAAAAAAAAAAAAAAAAA=="), "ICX+Yqv66kxgM0FcWaLWlFLwTAI=", 101},
		{request("Sec-WebSocket-Version", "8"), "", 400},
		{request("Sec-WebSocket-Key", "short"), "", 400},
	}
	for range 3 {
		for i, tt := range requests {
			if accept, status, err := verify(tt.request); accept != tt.accept || status != tt.status || (err == nil) != (status == 101) {
				t.Errorf("request %d: %q, %d, %v", i, accept, status, err)
			}
		}
	}
}
