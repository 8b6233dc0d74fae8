package handshake

import (
	"net/http"
	"net/http/httptest"
	"testing"
)

// wroteHeader relies on the name of a field of net/http's ResponseWriter. A version
// without it fails this test.
func TestWroteHeader(t *testing.T) {
	for name, tt := range map[string]struct {
		before func(http.ResponseWriter)
		want   bool
	}{
		"nothing":     {func(http.ResponseWriter) {}, false},
		"Header":      {func(w http.ResponseWriter) { w.Header().Set("A", "1") }, false},
		"early hints": {func(w http.ResponseWriter) { w.WriteHeader(http.StatusEarlyHints) }, false},
		"WriteHeader": {func(w http.ResponseWriter) { w.WriteHeader(http.StatusAccepted) }, true},
		"Write":       {func(w http.ResponseWriter) { _, _ = w.Write([]byte("hello")) }, true},
		"Flush":       {func(w http.ResponseWriter) { w.(http.Flusher).Flush() }, true},
	} {
		t.Run(name, func(t *testing.T) {
			got := make(chan bool, 1)
			srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				tt.before(w)
				got <- wroteHeader(w)
			}))
			defer srv.Close()
			response, err := srv.Client().Get(srv.URL)
			if err != nil {
				t.Fatal(err)
			}
			_ = response.Body.Close()
			if got := <-got; got != tt.want {
				t.Errorf("wroteHeader returned %v", got)
			}
		})
	}
	for _, w := range []http.ResponseWriter{httptest.NewRecorder(), new(recorder), struct{ http.ResponseWriter }{}} {
		if wroteHeader(w) {
			t.Errorf("wroteHeader returned true for %T, which is not net/http's", w)
		}
	}
}
