package main

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/handset-go/handset/ws"
)

func TestPageContentTypes(t *testing.T) {
	for _, test := range []struct{ path, contentType, file string }{
		{"/", "text/html; charset=utf-8", "page/index.html"},
		{"/app.js", "text/javascript; charset=utf-8", "page/app.js"},
		{"/style.css", "text/css; charset=utf-8", "page/style.css"},
	} {
		t.Run(test.path, func(t *testing.T) {
			response := ask(http.MethodGet, test.path)
			if response.Code != http.StatusOK {
				t.Fatalf("status %d", response.Code)
			}
			if got := response.Header().Get("Content-Type"); got != test.contentType {
				t.Errorf("content type %q, want %q", got, test.contentType)
			}
			want, err := files.ReadFile(test.file)
			if err != nil {
				t.Fatal(err)
			}
			if response.Body.String() != string(want) {
				t.Errorf("%d bytes that are not those of %s", response.Body.Len(), test.file)
			}
		})
	}
}

func TestPagePolicy(t *testing.T) {
	policy := ask(http.MethodGet, "/").Header().Get("Content-Security-Policy")
	for directive := range strings.SplitSeq(policy, "; ") {
		_, sources, _ := strings.Cut(directive, " ")
		for source := range strings.FieldsSeq(sources) {
			if source != "'none'" && source != "'self'" && source != "data:" {
				t.Errorf("%q allows %s", directive, source)
			}
		}
	}
	if !strings.HasPrefix(policy, "default-src 'none';") {
		t.Errorf("policy %q does not begin by allowing nothing", policy)
	}
}

func TestPageOtherPaths(t *testing.T) {
	for _, test := range []struct {
		method, path string
		status       int
	}{
		{http.MethodGet, "/nothing", http.StatusNotFound},
		{http.MethodGet, "/page/", http.StatusNotFound},
		{http.MethodGet, "/index.html", http.StatusNotFound},
		{http.MethodGet, "/app.js/", http.StatusNotFound},
		{http.MethodGet, "/ws_echo/", http.StatusNotFound},
		{http.MethodPost, "/", http.StatusMethodNotAllowed},
	} {
		t.Run(test.method+" "+test.path, func(t *testing.T) {
			if got := ask(test.method, test.path).Code; got != test.status {
				t.Errorf("status %d, want %d", got, test.status)
			}
		})
	}
}

func ask(method, path string) *httptest.ResponseRecorder {
	response := httptest.NewRecorder()
	routes(new(ws.Upgrader)).ServeHTTP(response, httptest.NewRequest(method, path, nil))
	return response
}
