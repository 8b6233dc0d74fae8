package ws_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/handset-go/handset/internal/interoptest"
)

// reportsLimit is more than the connections of a test.
const reportsLimit = 1000

// serveInterop serves a client's interop tests with connections of accept.
func serveInterop(t *testing.T, over transport, accept func(http.ResponseWriter, *http.Request) (interoptest.Conn, error)) (*httptest.Server, *interoptest.Server) {
	t.Helper()
	reports := make(chan interoptest.Report, reportsLimit)
	srv := serve(t, over, interoptest.Handler(accept, reports))
	return srv, &interoptest.Server{Role: balancedServer(), Way: wayOf(over), URL: strings.Replace(srv.URL, "http", "ws", 1), Client: srv.Client(), Reports: reports}
}

// balancedServer is what a server of package ws with ws.Balanced does.
func balancedServer() *interoptest.Role {
	const takeover = "permessage-deflate; server_max_window_bits=12; client_max_window_bits=12"
	return &interoptest.Role{
		Answers: [3]string{
			"permessage-deflate; server_no_context_takeover; client_no_context_takeover; server_max_window_bits=12; client_max_window_bits=12",
			takeover, takeover,
		},
		Lacks: map[string]string{"invalid from it": "a session sends none"},
	}
}

// wayOf is the way over a transport.
func wayOf(over transport) string {
	if over.tls {
		return interoptest.TLS
	}
	return interoptest.Direct
}
