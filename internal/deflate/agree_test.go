package deflate

import (
	"fmt"
	"strings"
	"testing"
)

func TestOfferHasEveryParameter(t *testing.T) {
	for _, c := range []struct {
		name   string
		config Config
		offer  string
	}{
		{"no limits", Config{}, pd + "; client_max_window_bits"},
		{"no limits, in numbers", Config{SendWindowBits: 15, RecvWindowBits: 15}, pd + "; client_max_window_bits"},
		{"no takeover to send", Config{NoSendTakeover: true}, pd + "; client_no_context_takeover; client_max_window_bits"},
		{"no takeover to receive", Config{NoRecvTakeover: true}, pd + "; server_no_context_takeover; client_max_window_bits"},
		{"no takeover", Config{NoSendTakeover: true, NoRecvTakeover: true},
			pd + "; server_no_context_takeover; client_no_context_takeover; client_max_window_bits"},
		{"the window to send", Config{SendWindowBits: 12},
			pd + "; client_max_window_bits=12, " + pd + "; client_max_window_bits"},
		{"the window to send, the least", Config{SendWindowBits: 8},
			pd + "; client_max_window_bits=8, " + pd + "; client_max_window_bits"},
		{"the window to receive", Config{RecvWindowBits: 12},
			pd + "; server_max_window_bits=12; client_max_window_bits, " + pd + "; server_no_context_takeover; client_max_window_bits"},
		{"the window to receive, 8 bits, which zlib cannot make", Config{RecvWindowBits: 8},
			pd + "; server_max_window_bits=9; client_max_window_bits, " + pd + "; server_no_context_takeover; client_max_window_bits"},
		{"everything", Config{NoSendTakeover: true, NoRecvTakeover: true, SendWindowBits: 10, RecvWindowBits: 11},
			pd + "; server_no_context_takeover; client_no_context_takeover; server_max_window_bits=11; client_max_window_bits=10, " +
				pd + "; server_no_context_takeover; client_no_context_takeover; client_max_window_bits"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := Offer(c.config); got != c.offer {
				t.Errorf("%q\nwant %q", got, c.offer)
			}
		})
	}
}

func TestAgreeAcceptsEveryParameter(t *testing.T) {
	for _, c := range []struct {
		name     string
		config   Config
		response string
		want     Params
	}{
		{"nothing", Config{}, pd, Params{false, false, 15, 15}},
		{"everything", Config{}, pd + "; client_max_window_bits=9; client_no_context_takeover; server_max_window_bits=10; server_no_context_takeover",
			Params{true, true, 9, 10}},
		{"space, quotes and empty elements", Config{}, ", \t" + pd + "\t; server_max_window_bits = \"1\\0\" ,, ", Params{false, false, 15, 10}},

		{"no takeover to send, as offered", Config{NoSendTakeover: true}, pd + "; client_no_context_takeover", Params{true, false, 15, 15}},
		{"no takeover to send, offered and not asked for", Config{NoSendTakeover: true}, pd, Params{true, false, 15, 15}},
		{"no takeover to send, asked for", Config{}, pd + "; client_no_context_takeover", Params{true, false, 15, 15}},
		{"no takeover to receive, as offered", Config{NoRecvTakeover: true}, pd + "; server_no_context_takeover", Params{false, true, 15, 15}},
		{"no takeover to receive, ignored", Config{NoRecvTakeover: true}, pd, Params{false, false, 15, 15}},
		{"no takeover to receive, ignored, with a window", Config{NoRecvTakeover: true, RecvWindowBits: 10}, pd + "; server_max_window_bits=10",
			Params{false, false, 15, 10}},
		{"no takeover to receive, not asked for", Config{}, pd + "; server_no_context_takeover", Params{false, true, 15, 15}},

		{"the window to send, not limited", Config{SendWindowBits: 12}, pd, Params{false, false, 12, 15}},
		{"the window to send, as offered", Config{SendWindowBits: 12}, pd + "; client_max_window_bits=12", Params{false, false, 12, 15}},
		{"the window to send, smaller than offered", Config{SendWindowBits: 12}, pd + "; client_max_window_bits=8", Params{false, false, 8, 15}},
		{"the window to send, larger than offered", Config{SendWindowBits: 12}, pd + "; client_max_window_bits=14", Params{false, false, 12, 15}},

		{"the window to receive, as offered", Config{RecvWindowBits: 12}, pd + "; server_max_window_bits=12", Params{false, false, 15, 12}},
		{"the window to receive, smaller than offered", Config{RecvWindowBits: 12}, pd + "; server_max_window_bits=11", Params{false, false, 15, 11}},
		{"the window to receive, not offered", Config{}, pd + "; server_max_window_bits=15", Params{false, false, 15, 15}},
		{"the window to receive, 8 bits, where 9 are offered", Config{RecvWindowBits: 8}, pd + "; server_max_window_bits=8", Params{false, false, 15, 8}},
		{"the second offer", Config{RecvWindowBits: 12}, pd + "; server_no_context_takeover", Params{false, true, 15, 15}},
		{"the second offer, with a window", Config{RecvWindowBits: 12}, pd + "; server_no_context_takeover; server_max_window_bits=15",
			Params{false, true, 15, 15}},
		{"the first offer, without takeover", Config{RecvWindowBits: 12}, pd + "; server_no_context_takeover; server_max_window_bits=10",
			Params{false, true, 15, 10}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if p, ok, err := Agree([]string{c.response}, c.config); p != c.want || !ok || err != nil {
				t.Errorf("%+v, %v, %v\nwant %+v", p, ok, err, c.want)
			}
		})
	}
}

const (
	malformed = "malformed Sec-WebSocket-Extensions header"
	ofPD      = " of " + pd
)

// refused are headers of a response that do not fit an offer without limits.
var refused = []struct{ response, err string }{
	{"foo", `extension "foo" was not offered`},
	{"foo; bar=\"x, y\"", `extension "foo" was not offered`},
	{"Permessage-Deflate", `extension "Permessage-Deflate" was not offered`},
	{"permessage-deflate2", `extension "permessage-deflate2" was not offered`},
	{"permessage-deflate, foo", `extension "foo" was not offered`},
	{"foo, permessage-deflate", `extension "foo" was not offered`},
	{strings.Repeat("a", 1000), `extension "` + strings.Repeat("a", 40) + `" was not offered`},
	{"permessage-deflate, permessage-deflate", "extension permessage-deflate is accepted twice"},
	{"permessage-deflate; server_max_window_bits=9,,permessage-deflate", "extension permessage-deflate is accepted twice"},

	{"permessage-deflate; unknown", `unknown parameter "unknown"` + ofPD},
	{"permessage-deflate; unknown=1", `unknown parameter "unknown"` + ofPD},
	{"permessage-deflate; Client_Max_Window_Bits=9", `unknown parameter "Client_Max_Window_Bits"` + ofPD},
	{"permessage-deflate; " + strings.Repeat("b", 1000), `unknown parameter "` + strings.Repeat("b", 40) + `"` + ofPD},
	{"permessage-deflate; server_no_context_takeover; server_no_context_takeover", `repeated parameter "server_no_context_takeover"` + ofPD},
	{"permessage-deflate; client_no_context_takeover; server_no_context_takeover; client_no_context_takeover", `repeated parameter "client_no_context_takeover"` + ofPD},
	{"permessage-deflate; server_max_window_bits=9; server_max_window_bits=9", `repeated parameter "server_max_window_bits"` + ofPD},
	{"permessage-deflate; client_max_window_bits=9; client_max_window_bits=10", `repeated parameter "client_max_window_bits"` + ofPD},
	{"permessage-deflate; client_max_window_bits", `invalid or missing value of parameter "client_max_window_bits"` + ofPD},
	{"permessage-deflate; client_max_window_bits=7", `invalid or missing value of parameter "client_max_window_bits"` + ofPD},
	{"permessage-deflate; client_max_window_bits=09", `invalid or missing value of parameter "client_max_window_bits"` + ofPD},
	{"permessage-deflate; server_max_window_bits", `invalid or missing value of parameter "server_max_window_bits"` + ofPD},
	{"permessage-deflate; server_max_window_bits=16", `invalid or missing value of parameter "server_max_window_bits"` + ofPD},
	{"permessage-deflate; server_max_window_bits=\"-9\"", `invalid or missing value of parameter "server_max_window_bits"` + ofPD},
	{"permessage-deflate; server_no_context_takeover=true", `invalid or missing value of parameter "server_no_context_takeover"` + ofPD},
	{"permessage-deflate; client_no_context_takeover=1", `invalid or missing value of parameter "client_no_context_takeover"` + ofPD},

	{"permessage-deflate;", malformed},
	{"permessage-deflate; ; server_no_context_takeover", malformed},
	{"permessage-deflate server_no_context_takeover", malformed},
	{"permessage-deflate=1", malformed},
	{"permessage-deflate; server_max_window_bits=", malformed},
	{"permessage-deflate; server_max_window_bits=\"\"", malformed},
	{"permessage-deflate; server_max_window_bits=\"9", malformed},
	{"permessage-deflate; server_max_window_bits=9 9", malformed},
	{"permessage-deflate; \"client_max_window_bits\"", malformed},
	{"permessage-deflate\x00", malformed},
	{"permessage-deflate\r\n", malformed},
	{"; permessage-deflate", malformed},
	{"permessage-deflate, =", malformed},
	{"\"permessage-deflate\"", malformed},
	{"é", malformed},
}

func TestAgreeRefusesBadResponse(t *testing.T) {
	for _, c := range refused {
		t.Run(c.response, func(t *testing.T) { expectRefused(t, []string{c.response}, Config{}, c.err) })
	}
}

func expectRefused(t *testing.T, lines []string, c Config, want string) {
	t.Helper()
	if p, ok, err := Agree(lines, c); p != (Params{}) || ok || err == nil || err.Error() != want {
		t.Errorf("%q: %+v, %v, %v\nwant %s", lines, p, ok, err, want)
	}
}

func TestAgreeRefusesLargerWindow(t *testing.T) {
	const neither = "response has neither server_max_window_bits nor server_no_context_takeover"
	for _, c := range []struct {
		config        Config
		response, err string
	}{
		{Config{RecvWindowBits: 12}, pd + "; server_max_window_bits=13", "server_max_window_bits of 13 is larger than the offered 12"},
		{Config{RecvWindowBits: 8}, pd + "; server_max_window_bits=10", "server_max_window_bits of 10 is larger than the offered 9"},
		{Config{RecvWindowBits: 14, NoRecvTakeover: true}, pd + "; server_max_window_bits=15", "server_max_window_bits of 15 is larger than the offered 14"},
		{Config{RecvWindowBits: 12}, pd, neither},
		{Config{RecvWindowBits: 12, NoRecvTakeover: true}, pd, neither},
		{Config{RecvWindowBits: 8}, pd + "; client_no_context_takeover; client_max_window_bits=9", neither},
	} {
		t.Run(fmt.Sprintf("%+v, %s", c.config, c.response), func(t *testing.T) { expectRefused(t, []string{c.response}, c.config, c.err) })
	}
}

// RFC 6455 §11.3.2 allows one header in a response.
func TestAgreeRefusesTwoHeaders(t *testing.T) {
	for _, lines := range [][]string{{pd, pd}, {pd, ""}, {"", pd}, {"", ""}, {pd, "foo"}} {
		expectRefused(t, lines, Config{}, "more than one Sec-WebSocket-Extensions header")
	}
}

// Without an extension in the response nothing is agreed on.
func TestAgreeNoExtension(t *testing.T) {
	for _, lines := range [][]string{nil, {}, {""}, {" , ,\t"}} {
		if p, ok, err := Agree(lines, Config{RecvWindowBits: 9}); p != (Params{}) || ok || err != nil {
			t.Errorf("%q: %+v, %v, %v", lines, p, ok, err)
		}
		if err := AgreeNone(lines); err != nil {
			t.Errorf("%q: %v", lines, err)
		}
	}
}

// Without an offer every extension is refused.
func TestAgreeNone(t *testing.T) {
	for _, c := range []struct {
		lines []string
		err   string
	}{
		{[]string{pd}, `extension "permessage-deflate" was not offered`},
		{[]string{" , foo; bar"}, `extension "foo" was not offered`},
		{[]string{";"}, malformed},
		{[]string{"", ""}, "more than one Sec-WebSocket-Extensions header"},
	} {
		if err := AgreeNone(c.lines); err == nil || err.Error() != c.err {
			t.Errorf("%q: %v, want %s", c.lines, err, c.err)
		}
	}
}

// The error of a huge header is short.
func TestAgreeHugeHeader(t *testing.T) {
	const size = 1 << 20
	for _, unit := range []string{"a", "a,", `"`, `\"`, pd + ";", pd + ",", pd + `; a="\",`, `; server_max_window_bits=9`, ` b`} {
		t.Run(fmt.Sprintf("%q", unit), func(t *testing.T) {
			_, ok, err := Agree([]string{pd + "; " + strings.Repeat(unit, size/len(unit))}, Config{})
			if ok || err == nil || len(err.Error()) > 200 {
				t.Errorf("%v, %v", ok, err)
			}
		})
	}
	if p, ok, err := Agree([]string{strings.Repeat(", ", size) + pd}, Config{}); !ok || p.RecvWindowBits != 15 {
		t.Error(p, ok, err)
	}
}
