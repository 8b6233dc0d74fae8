package handshake

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"
)

// The first supported subprotocol in the client's list is selected.
func TestSubprotocolClientsOrder(t *testing.T) {
	supported := []string{"v2", "chat"}
	for _, tt := range []struct {
		name   string
		lines  []string
		chosen string // by the program
		want   string
	}{
		{"none is asked for", nil, "", ""},
		{"none is supported", []string{"v3"}, "", ""},
		{"the client's order", []string{"chat, v2"}, "", "chat"},
		{"several lines", []string{"v3", "\tv2 ,chat"}, "", "v2"},
		{"case matters", []string{"CHAT"}, "", ""},
		{"the program's choice", []string{"v2, own"}, "own", "own"},
		{"the program's choice, not asked for", []string{"v2"}, "own", "v2"},
		{"the program's choice, no token", []string{"a b, v2"}, "a b", "v2"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := httptest.NewRecorder()
			w.Header().Set(protocolHeader, tt.chosen)
			got := subprotocol(w, &http.Request{Header: http.Header{protocolHeader: tt.lines}}, supported)
			if (got != nil) != (tt.want != "") || got != nil && *got != tt.want {
				t.Errorf("agreed on %v, want %q", got, tt.want)
			}
			if i := slices.Index(supported, tt.want); i >= 0 && got != &supported[i] {
				t.Error("the name is not shared with those that are supported")
			}
		})
	}
}

func TestCheckSubprotocols(t *testing.T) {
	for _, names := range [][]string{nil, {"chat"}, {"chat", "CHAT", "v2.example.com"}} {
		if err := CheckSubprotocols(names); err != nil {
			t.Errorf("%q: %v", names, err)
		}
	}
	for _, names := range [][]string{{""}, {"a b"}, {"a,b"}, {"é"}, {"chat", "chat"}} {
		if CheckSubprotocols(names) == nil {
			t.Errorf("%q: no error", names)
		}
	}
}
