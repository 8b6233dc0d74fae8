package deflate

import (
	"fmt"
	"strings"
	"testing"
)

const pd = "permessage-deflate"

func TestNegotiateAcceptsEveryParameter(t *testing.T) {
	for _, c := range []struct {
		name   string
		offer  string
		config Config
		answer string
		want   Params
	}{
		{"nothing asked", "permessage-deflate", Config{},
			"permessage-deflate", Params{false, false, 15, 15}},
		{"Chrome and Firefox", "permessage-deflate; client_max_window_bits", Config{},
			"permessage-deflate", Params{false, false, 15, 15}},
		{"no takeover by the server", "permessage-deflate; server_no_context_takeover", Config{},
			"permessage-deflate; server_no_context_takeover", Params{true, false, 15, 15}},
		{"no takeover by the client", "permessage-deflate; client_no_context_takeover", Config{},
			"permessage-deflate; client_no_context_takeover", Params{false, true, 15, 15}},
		{"no takeover by configuration", "permessage-deflate", Config{NoSendTakeover: true, NoRecvTakeover: true},
			"permessage-deflate; server_no_context_takeover; client_no_context_takeover", Params{true, true, 15, 15}},
		{"no takeover by both", "permessage-deflate; client_no_context_takeover; server_no_context_takeover",
			Config{NoSendTakeover: true, NoRecvTakeover: true},
			"permessage-deflate; server_no_context_takeover; client_no_context_takeover", Params{true, true, 15, 15}},

		{"the server's window, all of it", "permessage-deflate; server_max_window_bits=15", Config{},
			"permessage-deflate; server_max_window_bits=15", Params{false, false, 15, 15}},
		{"the server's window, the least", "permessage-deflate; server_max_window_bits=8", Config{},
			"permessage-deflate; server_max_window_bits=8", Params{false, false, 8, 15}},
		{"the server's window, less than configured", "permessage-deflate; server_max_window_bits=10", Config{SendWindowBits: 12},
			"permessage-deflate; server_max_window_bits=10", Params{false, false, 10, 15}},
		{"the server's window, more than configured", "permessage-deflate; server_max_window_bits=13", Config{SendWindowBits: 12},
			"permessage-deflate; server_max_window_bits=12", Params{false, false, 12, 15}},
		{"the server's window, configured and not asked", "permessage-deflate", Config{SendWindowBits: 9},
			"permessage-deflate; server_max_window_bits=9", Params{false, false, 9, 15}},

		{"the client's window, with a value", "permessage-deflate; client_max_window_bits=9", Config{},
			"permessage-deflate; client_max_window_bits=9", Params{false, false, 15, 9}},
		{"the client's window, the least", "permessage-deflate; client_max_window_bits=8", Config{},
			"permessage-deflate; client_max_window_bits=8", Params{false, false, 15, 8}},
		{"the client's window, all of it", "permessage-deflate; client_max_window_bits=15", Config{},
			"permessage-deflate", Params{false, false, 15, 15}},
		{"the client's window, without a value", "permessage-deflate; client_max_window_bits", Config{RecvWindowBits: 11},
			"permessage-deflate; client_max_window_bits=11", Params{false, false, 15, 11}},
		{"the client's window, less than configured", "permessage-deflate; client_max_window_bits=10", Config{RecvWindowBits: 11},
			"permessage-deflate; client_max_window_bits=10", Params{false, false, 15, 10}},
		{"the client's window, more than configured", "permessage-deflate; client_max_window_bits=12", Config{RecvWindowBits: 11},
			"permessage-deflate; client_max_window_bits=11", Params{false, false, 15, 11}},
		{"the client's window, 8 bits, which zlib cannot make", "permessage-deflate; client_max_window_bits", Config{RecvWindowBits: 8},
			"permessage-deflate; client_max_window_bits=9", Params{false, false, 15, 9}},
		{"the client's window, 8 bits, where 9 are offered", "permessage-deflate; client_max_window_bits=9", Config{RecvWindowBits: 8},
			"permessage-deflate; client_max_window_bits=9", Params{false, false, 15, 9}},
		{"the client's window, 8 bits, where 8 are offered", "permessage-deflate; client_max_window_bits=8", Config{RecvWindowBits: 8},
			"permessage-deflate; client_max_window_bits=8", Params{false, false, 15, 8}},
		{"the client's window, 8 bits, which is not offered", "permessage-deflate", Config{RecvWindowBits: 8},
			"permessage-deflate; client_no_context_takeover", Params{false, true, 15, 15}},
		{"the server's window, 8 bits, which any zlib can read", "permessage-deflate", Config{SendWindowBits: 8},
			"permessage-deflate; server_max_window_bits=8", Params{false, false, 8, 15}},
		{"the client's window, configured and not offered", "permessage-deflate", Config{RecvWindowBits: 11},
			"permessage-deflate; client_no_context_takeover", Params{false, true, 15, 15}},

		{"everything", "permessage-deflate; client_max_window_bits=14; server_no_context_takeover; server_max_window_bits=13; client_no_context_takeover", Config{},
			"permessage-deflate; server_no_context_takeover; client_no_context_takeover; server_max_window_bits=13; client_max_window_bits=14",
			Params{true, true, 13, 14}},
	} {
		t.Run(c.name, func(t *testing.T) {
			p, answer, ok := Negotiate([]string{c.offer}, c.config)
			if p != c.want || answer != c.answer || !ok {
				t.Errorf("%+v, %q, %v\nwant %+v, %q", p, answer, ok, c.want, c.answer)
			}
		})
	}
}

// declined are elements of the header that are no valid offer, and hide no
// other element.
var declined = []string{
	"x-webkit-deflate-frame",
	"permessage-bzip2; server_no_context_takeover",
	"Permessage-Deflate",
	"permessage-deflate2",
	"permessage",
	"permessage-deflate; ",
	"permessage-deflate;",
	"permessage-deflate; ; client_max_window_bits",
	"permessage-deflate client_max_window_bits",
	"permessage-deflate=1",
	"permessage-deflate; unknown",
	"permessage-deflate; unknown=1",
	"permessage-deflate; Client_Max_Window_Bits",
	"permessage-deflate; server_no_context_takeover=",
	"permessage-deflate; server_no_context_takeover=1",
	"permessage-deflate; server_no_context_takeover=\"\"",
	"permessage-deflate; client_no_context_takeover=true",
	"permessage-deflate; server_no_context_takeover; server_no_context_takeover",
	"permessage-deflate; client_no_context_takeover; client_no_context_takeover",
	"permessage-deflate; server_max_window_bits=9; server_max_window_bits=9",
	"permessage-deflate; client_max_window_bits; client_max_window_bits=9",
	"permessage-deflate; client_max_window_bits; client_max_window_bits",
	"permessage-deflate; server_max_window_bits",
	"permessage-deflate; server_max_window_bits=",
	"permessage-deflate; server_max_window_bits=7",
	"permessage-deflate; server_max_window_bits=16",
	"permessage-deflate; server_max_window_bits=0",
	"permessage-deflate; server_max_window_bits=08",
	"permessage-deflate; server_max_window_bits=010",
	"permessage-deflate; server_max_window_bits=+9",
	"permessage-deflate; server_max_window_bits=-9",
	"permessage-deflate; server_max_window_bits=9.0",
	"permessage-deflate; server_max_window_bits=0x9",
	"permessage-deflate; server_max_window_bits=109",
	"permessage-deflate; server_max_window_bits=1٢",
	"permessage-deflate; server_max_window_bits=99999999999999999999999999999999",
	"permessage-deflate; server_max_window_bits=9 9",
	"permessage-deflate; server_max_window_bits==9",
	"permessage-deflate; server_max_window_bits=\"7\"",
	"permessage-deflate; server_max_window_bits=\" 9\"",
	"permessage-deflate; server_max_window_bits=\"9, 9\"",
	"permessage-deflate; server_max_window_bits=\"9\"9",
	"permessage-deflate; server_max_window_bits=9\"\"",
	"permessage-deflate; server_max_window_bits=\"\"",
	"permessage-deflate; client_max_window_bits=",
	"permessage-deflate; client_max_window_bits=\"\"",
	"permessage-deflate; client_max_window_bits=7",
	"permessage-deflate; client_max_window_bits=16",
	"permessage-deflate; client_max_window_bits=09",
	"permessage-deflate; \"client_max_window_bits\"",
	"permessage-deflate; client_max_window_bits=\"\\\", \\\\\"",
	"permessage-deflate; =9",
	"permessage-deflate\x00",
	"permessage-deflate\r\n",
	"; permessage-deflate",
	"=",
	"é",
}

// Negotiate declines an invalid offer and accepts the next one.
func TestNegotiateDeclinesBadOffer(t *testing.T) {
	for _, bad := range declined {
		t.Run(bad, func(t *testing.T) {
			if p, answer, ok := Negotiate([]string{bad}, Config{}); ok || answer != "" || p != (Params{}) {
				t.Errorf("alone: %+v, %q, %v", p, answer, ok)
			}
			good := "permessage-deflate; server_max_window_bits=11"
			for _, offers := range [][]string{{bad, good}, {bad + "," + good}, {bad + ",, " + good + "," + bad}, {"", bad, ", ,", good, bad}} {
				if _, answer, ok := Negotiate(offers, Config{}); answer != good || !ok {
					t.Errorf("%q: %q, %v", offers, answer, ok)
				}
			}
		})
	}
}

// Negotiate accepts the first valid offer.
func TestNegotiateFirstGoodOffer(t *testing.T) {
	for _, c := range []struct {
		offers []string
		bits   int
	}{
		{[]string{pd + "; server_max_window_bits=9", pd + "; server_max_window_bits=10"}, 9},
		{[]string{pd + "; server_max_window_bits=9, " + pd + "; server_max_window_bits=10"}, 9},
		{[]string{pd + "; server_max_window_bits=7, " + pd + "; server_max_window_bits=10"}, 10},
		{[]string{"a; b=\"x, " + pd + "; y\", " + pd + "; server_max_window_bits=12"}, 12},
		{[]string{"a; b=\"\\\", " + pd + "; y\", " + pd + "; server_max_window_bits=12"}, 12},
	} {
		if p, _, ok := Negotiate(c.offers, Config{}); p.SendWindowBits != c.bits || !ok {
			t.Errorf("%q: %+v, %v; want %d bits", c.offers, p, ok, c.bits)
		}
	}
}

// Negotiate reads space and quotes as RFC 6455 does.
func TestNegotiateSpaceAndQuotes(t *testing.T) {
	for _, offer := range []string{
		"permessage-deflate;server_max_window_bits=10",
		" \tpermessage-deflate\t ; \tserver_max_window_bits \t= \t10 \t",
		`permessage-deflate; server_max_window_bits="10"`,
		`permessage-deflate; server_max_window_bits="1\0"`,
		`permessage-deflate; server_max_window_bits="\1\0"`,
		`permessage-deflate; server_max_window_bits = "10" `,
	} {
		if p, answer, ok := Negotiate([]string{offer}, Config{}); p.SendWindowBits != 10 || answer != pd+"; server_max_window_bits=10" || !ok {
			t.Errorf("%q: %+v, %q, %v", offer, p, answer, ok)
		}
	}
}

// Without an offer there is no response.
func TestNegotiateNoOffer(t *testing.T) {
	for _, offers := range [][]string{nil, {}, {""}, {"", " , ,\t"}} {
		if p, answer, ok := Negotiate(offers, Config{}); ok || answer != "" || p != (Params{}) {
			t.Errorf("%q: %+v, %q, %v", offers, p, answer, ok)
		}
	}
}

func TestNegotiateHugeHeader(t *testing.T) {
	const size = 1 << 20
	for _, unit := range []string{",", "a", "a,", `"`, `\"`, pd + ";", pd + ",", pd + `; a="\",`, ` `} {
		t.Run(fmt.Sprintf("%q", unit), func(t *testing.T) {
			offers := []string{"x" + strings.Repeat(unit, size/len(unit))}
			if allocated := testing.AllocsPerRun(3, func() { Negotiate(offers, Config{}) }); allocated > 1 {
				t.Errorf("%.0f allocations", allocated)
			}
		})
	}
}
