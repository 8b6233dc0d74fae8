package ws_test

import (
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/handset-go/handset/internal/tooltest"
	"github.com/handset-go/handset/ws"
)

// visited is a page the server that it connects to, and the expected result.
type visited struct {
	Page      string `json:"page"`
	URL       string `json:"url"`
	Sandboxed bool   `json:"sandboxed"`

	origin string // as the browser should send it
	opens  bool
}

func TestInteropChromiumOrigins(t *testing.T) {
	browser := tooltest.FindChromium(t)
	var mu sync.Mutex
	sent := map[string]string{} // what came as Origin, by path
	mux := http.NewServeMux()
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, "<!doctype html><body>") })
	for path, patterns := range map[string][]string{
		"/own": nil, "/any": {"*"}, "/null": {"null"}, "/six": {"[0:0::1]:*"}, "/local": {"localhost:*"}, "/glob": {"[13]:*", "*1*:*"},
	} {
		u := &ws.Upgrader{OriginPatterns: patterns}
		mux.HandleFunc(path+"/{call}", func(w http.ResponseWriter, r *http.Request) {
			mu.Lock()
			sent[r.URL.Path] = r.Header.Get("Origin")
			mu.Unlock()
			if session, stream, err := u.Handle(w, r); err == nil {
				_ = echo(session, stream.Aggregate(0))
			}
		})
	}
	four := serve(t, transports[0], mux).URL
	local := strings.Replace(four, "127.0.0.1", "localhost", 1)
	var calls []visited
	call := func(page, server, path, origin string, opens bool) {
		url := strings.Replace(server, "http", "ws", 1) + path + fmt.Sprint("/", len(calls))
		calls = append(calls, visited{page, url, origin == "null", origin, opens})
	}
	call(four, four, "/own", four, true)
	call(four, four, "/own", "null", false)
	call(four, four, "/any", "null", false)
	call(four, four, "/null", "null", true)
	call(four, four, "/null", four, true)
	call(local, local, "/own", local, true)
	call(local, four, "/own", local, false)
	call(local, four, "/local", local, true)
	if six := serveOnIPv6(t, mux); six != "" {
		call(six, six, "/own", six, true)
		call(six, four, "/own", six, false)
		call(six, four, "/six", six, true)
		call(six, four, "/any", six, true)
		call(six, four, "/glob", six, false)
		call(four, six, "/six", four, false)
	}
	var opened []bool
	browser.Drive(t, &opened, "testdata/chromium/origins.mjs", jsonOf(t, calls))
	for i, c := range calls {
		path := c.URL[strings.LastIndex(c.URL[:strings.LastIndex(c.URL, "/")], "/"):]
		if len(opened) != len(calls) || opened[i] != c.opens || sent[path] != c.origin {
			t.Errorf("%+v sent the origin %q, and opened: %v", c, sent[path], opened)
		}
	}
}

// serveOnIPv6 runs a server on an IPv6 address, "" if the machine has none.
func serveOnIPv6(t *testing.T, h http.Handler) (url string) {
	t.Helper()
	l, err := net.Listen("tcp6", "[::1]:0")
	if err != nil {
		t.Logf("without IPv6: %v", err)
		return ""
	}
	srv := httptest.NewUnstartedServer(h)
	srv.Listener.Close()
	srv.Listener = l
	srv.Start()
	t.Cleanup(srv.Close)
	return srv.URL
}
