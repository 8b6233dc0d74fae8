package handshake

import (
	"errors"
	"net/http"
	"strings"
	"testing"
)

// Everything that a server can get wrong in its 101 has its own error.
func TestDialChecksTheResponse(t *testing.T) {
	rejected := errors.New("rejected")
	for name, tt := range map[string]struct {
		headers []string
		says    string // "" for a correct response
	}{
		"correct":                           {nil, ""},
		"any case":                          {[]string{"Upgrade", "WebSocket", "Connection", "keep-alive, UPGRADE"}, ""},
		"Connection in two lines":           {[]string{"Connection", "keep-alive|upgrade"}, ""},
		"a subprotocol":                     {[]string{"Sec-WebSocket-Protocol", "v2"}, ""},
		"other headers":                     {[]string{"Content-Length", "5", "Content-Encoding", "gzip"}, ""},
		"no Upgrade":                        {[]string{"Upgrade", "-"}, "header Upgrade is missing"},
		"another Upgrade":                   {[]string{"Upgrade", "h2c"}, `header Upgrade is ["h2c"] instead of websocket`},
		"a list in Upgrade":                 {[]string{"Upgrade", "websocket, h2c"}, "instead of websocket"},
		"two lines of Upgrade":              {[]string{"Upgrade", "|websocket"}, "instead of websocket"},
		"letters that are not ASCII":        {[]string{"Upgrade", "web\u017focket"}, "instead of websocket"},
		"no Connection":                     {[]string{"Connection", "-"}, "header Connection is missing"},
		"another Connection":                {[]string{"Connection", "keep-alive"}, `header Connection is ["keep-alive"], without Upgrade`},
		"no Sec-WebSocket-Accept":           {[]string{"Sec-WebSocket-Accept", "-"}, "Sec-WebSocket-Accept is missing"},
		"another key's Accept":              {[]string{"Sec-WebSocket-Accept", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="}, "does not answer"},
		"two lines of Accept":               {[]string{"Sec-WebSocket-Accept", "a|b"}, "more than one Sec-WebSocket-Accept"},
		"a subprotocol that is not in list": {[]string{"Sec-WebSocket-Protocol", "v3"}, `["v3"] was not asked for`},
		"a subprotocol in another case":     {[]string{"Sec-WebSocket-Protocol", "V2"}, "was not asked for"},
		"two subprotocols":                  {[]string{"Sec-WebSocket-Protocol", "v1, v2"}, "more than one subprotocol"},
		"two lines of subprotocols":         {[]string{"Sec-WebSocket-Protocol", "v1|v1"}, "more than one subprotocol"},
		"an empty subprotocol":              {[]string{"Sec-WebSocket-Protocol", ""}, "Sec-WebSocket-Protocol is empty"},
		"an extension that is not accepted": {[]string{"Sec-WebSocket-Extensions", "other"}, "rejected"},
		"a second line of extensions":       {[]string{"Sec-WebSocket-Extensions", "a|other"}, "rejected"},
	} {
		t.Run(name, func(t *testing.T) {
			ended := make(chan struct{})
			u := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				defer close(ended)
				echoing(func(r *http.Request) string { return answer(r, tt.headers...) }).ServeHTTP(w, r)
			}))
			d, err := dial(t, u, DialOptions{
				Subprotocols: []string{"v1", "v2"},
				AcceptExtensions: func(lines []string) error {
					if strings.Contains(strings.Join(lines, ","), "other") {
						return rejected
					}
					return nil
				},
			})
			if tt.says == "" {
				if err != nil {
					t.Fatal(err)
				}
				converse(t, d, "")
				return
			}
			var refusal *Refusal
			if !errors.As(err, &refusal) || refusal.Status != 101 || refusal.Header == nil || !strings.Contains(refusal.Err.Error(), tt.says) {
				t.Errorf("Dial returned %v, which does not say %q", err, tt.says)
			}
			if errors.Is(err, rejected) != (tt.says == "rejected") {
				t.Errorf("Dial returned %v", err)
			}
			<-ended // the connection is closed
		})
	}
}

// Without AcceptExtensions and Subprotocols nothing may be selected.
func TestDialOffersNothing(t *testing.T) {
	for name, says := range map[string]string{
		"Sec-WebSocket-Extensions": "no extension was offered",
		"Sec-WebSocket-Protocol":   "was not asked for",
	} {
		u := serve(t, echoing(func(r *http.Request) string { return answer(r, name, "x") }))
		if _, err := dial(t, u, DialOptions{}); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: Dial returned %v", name, err)
		}
	}
}
