package ws_test

import (
	"slices"

	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/handset-go/handset/ws"
)

func TestWhatIsSentWithTheHandshakeIsDelivered(t *testing.T) {
	long := strings.Repeat("x", 100_000)
	hello, large := masked(fin|opText, []byte("hello")), masked(fin|opText, []byte(long))
	for name, tt := range map[string]struct {
		early, late []byte
		want        []string
	}{
		"a byte":            {hello[:1], hello[1:], []string{"hello"}},
		"a header":          {hello[:6], hello[6:], []string{"hello"}},
		"a half":            {hello[:8], hello[8:], []string{"hello"}},
		"all but a byte":    {hello[:len(hello)-1], hello[len(hello)-1:], []string{"hello"}},
		"a frame":           {hello, nil, []string{"hello"}},
		"a frame and a bit": {slices.Concat(hello, hello[:1]), hello[1:], []string{"hello", "hello"}},
		"several frames":    {slices.Concat(hello, hello, hello), nil, []string{"hello", "hello", "hello"}},
		"a part of a large": {large[:3000], large[3000:], []string{long}},
		"all of a large":    {large, nil, []string{long}},
	} {
		for _, over := range transports {
			t.Run(name+","+over.name, func(t *testing.T) {
				c := dial(t, serveEcho(t, over), string(tt.early))
				c.write(tt.late)
				for _, want := range tt.want {
					c.expect(opText, want)
				}
				expectEcho(t, c)
			})
		}
	}
}

func TestACloseThatIsSentWithTheHandshakeIsAnswered(t *testing.T) {
	for _, over := range transports {
		t.Run(over.name, func(t *testing.T) {
			c := dial(t, serveEcho(t, over), string(closeFrame(4000)))
			c.expectClose(4000)
			c.expectEnd()
		})
	}
}

// serveEcho runs a server that echoes.
func serveEcho(t testing.TB, over transport) *httptest.Server {
	t.Helper()
	return serve(t, over, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if session, stream, err := ws.Handle(w, r); err == nil {
			go func() { _ = echo(session, stream.Aggregate(0)) }()
		}
	}))
}
