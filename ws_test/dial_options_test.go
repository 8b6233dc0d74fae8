package ws_test

import (
	"fmt"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"reflect"
	"strings"
	"testing"

	"github.com/handset-go/handset/ws"
)

// dialOption is a field of Dialer and what a server observes of it.
type dialOption struct {
	set  func(d *ws.Dialer, server string)
	want string // observed with nothing but this option set
}

// zeroDialer is what a server observes of the zero Dialer.
const zeroDialer = "host=server header= subprotocols= extensions= cookie= redirect=302"

var dialOptions = map[string]dialOption{
	"HTTPClient": {func(d *ws.Dialer, server string) {
		jar, err := cookiejar.New(nil)
		must(err)
		at, err := url.Parse(server)
		must(err)
		jar.SetCookies(at, []*http.Cookie{{Name: "a", Value: "b"}})
		d.HTTPClient = &http.Client{Jar: jar}
	}, "cookie=a=b"},
	"Header": {func(d *ws.Dialer, _ string) { d.Header = http.Header{"X-Test": {"x"}} }, "header=x"},
	"Host":   {func(d *ws.Dialer, _ string) { d.Host = "other.example" }, "host=other.example"},
	"Subprotocols": {func(d *ws.Dialer, _ string) { d.Subprotocols = []string{"b", "a"} },
		"subprotocols=b,a"},
	"FollowRedirects": {func(d *ws.Dialer, _ string) { d.FollowRedirects = true }, "redirect=101"},
	"Compression": {func(d *ws.Dialer, _ string) { d.Compression = ws.Compression{Level: 1} },
		"extensions=permessage-deflate;server_no_context_takeover;client_no_context_takeover;client_max_window_bits"},
}

// Every option of a Dialer, besides those of its sessions, changes what the server
// observes, and nothing else.
func TestDialerOptions(t *testing.T) {
	expectObserved(t, new(ws.Dialer), func(*ws.Dialer, string) {}, zeroDialer)
	of := reflect.TypeFor[ws.Dialer]()
	for i := range of.NumField() {
		name := of.Field(i).Name
		if !of.Field(i).IsExported() || of.Field(i).Anonymous {
			continue
		}
		t.Run(name, func(t *testing.T) {
			o, ok := dialOptions[name]
			if !ok {
				t.Fatal("the option is not tested")
			}
			want := strings.Fields(zeroDialer)
			for i, field := range want {
				if prefix, _, _ := strings.Cut(o.want, "="); strings.HasPrefix(field, prefix+"=") {
					want[i] = o.want
				}
			}
			d := new(ws.Dialer)
			expectObserved(t, d, o.set, strings.Join(want, " "))
			if reflect.ValueOf(d).Elem().Field(i).IsZero() {
				t.Errorf("%s is not set", name)
			}
		})
	}
}

// expectObserved sets an option of d and dials twice, the second time by a redirect.
func expectObserved(t *testing.T, d *ws.Dialer, set func(*ws.Dialer, string), want string) {
	t.Helper()
	requests := make(chan string, 2)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/moved" {
			http.Redirect(w, r, "/", http.StatusFound)
			return
		}
		requests <- fmt.Sprintf("host=%s header=%s subprotocols=%s extensions=%s cookie=%s",
			r.Host, r.Header.Get("X-Test"), r.Header.Get("Sec-WebSocket-Protocol"),
			strings.ReplaceAll(r.Header.Get("Sec-WebSocket-Extensions"), " ", ""), r.Header.Get("Cookie"))
		if session, _, err := ws.Handle(w, r); err == nil {
			_ = session.Close(ws.CloseReason{})
		}
	}))
	defer server.Close()
	defer d.Close()
	set(d, server.URL)
	if _, _, err := d.Dial(t.Context(), server.URL+"/"); err != nil {
		t.Fatal(err)
	}
	got := strings.Replace(<-requests, strings.TrimPrefix(server.URL, "http://"), "server", 1)
	status := 101
	if _, _, err := d.Dial(t.Context(), server.URL+"/moved"); err != nil {
		refused, ok := err.(*ws.HandshakeError)
		if !ok {
			t.Fatal(err)
		}
		status = refused.Status
	}
	if got = fmt.Sprint(got, " redirect=", status); got != want {
		t.Errorf("observed %s\nwant     %s", got, want)
	}
}
