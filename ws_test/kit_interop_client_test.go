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
	return srv, &interoptest.Server{URL: strings.Replace(srv.URL, "http", "ws", 1), Client: srv.Client(), Reports: reports}
}
