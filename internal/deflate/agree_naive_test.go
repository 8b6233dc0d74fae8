package deflate

import (
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// nothingRE is a header without an extension.
var nothingRE = regexp.MustCompile(`^[ \t,]*$`)

// naiveResponse is the extension in the header lines of a response. found is false if
// there is none.
func naiveResponse(lines []string) (response naive, found, valid bool) {
	if len(lines) == 0 || len(lines) == 1 && nothingRE.MatchString(lines[0]) {
		return nil, false, true
	}
	if len(lines) > 1 {
		return nil, true, false
	}
	for _, element := range strings.Split(lines[0], ",") { // no valid value has a comma
		if nothingRE.MatchString(element) {
			continue
		}
		o, ok := naiveOffer(strings.Trim(element, " \t"))
		if client, has := o["client_max_window_bits"]; !ok || found || has && client == "" {
			return nil, true, false
		}
		response, found = o, true
	}
	return response, found, true
}

// fits reports whether the response accepts an offer. Other than RFC 7692 §7.1, it may
// have a client_max_window_bits that is larger than offered.
func (response naive) fits(offer naive) bool {
	if offered, has := offer["server_max_window_bits"]; has {
		most, _ := strconv.Atoi(offered)
		got, err := strconv.Atoi(response["server_max_window_bits"])
		if err != nil || got > most {
			return false
		}
	}
	_, asked := offer["server_no_context_takeover"]
	_, got := response["server_no_context_takeover"]
	return got || !asked
}

// naiveAgree is Agree, but that it compares the response with the text of the offers.
// The response to the first offer need not have server_no_context_takeover.
func naiveAgree(response naive, c Config) (p Params, ok bool) {
	offers := naiveOffers(Offer(c))
	delete(offers[0], "server_no_context_takeover")
	for _, offer := range offers {
		ok = ok || response.fits(offer)
	}
	if !ok {
		return Params{}, false
	}
	bits := func(name string) int {
		if n, err := strconv.Atoi(response[name]); err == nil {
			return n
		}
		return 15
	}
	_, client := response["client_no_context_takeover"]
	_, server := response["server_no_context_takeover"]
	p = Params{
		NoSendTakeover: client || c.NoSendTakeover,
		NoRecvTakeover: server,
		SendWindowBits: bits("client_max_window_bits"),
		RecvWindowBits: bits("server_max_window_bits"),
	}
	if c.SendWindowBits != 0 {
		p.SendWindowBits = min(p.SendWindowBits, c.SendWindowBits)
	}
	return p, true
}

func FuzzAgree(f *testing.F) {
	for i, c := range refused {
		f.Add(c.response, true, uint8(i*7))
		f.Add("permessage-deflate; server_no_context_takeover; server_max_window_bits=\"1\\1\"\n"+c.response, true, uint8(i))
	}
	f.Add("permessage-deflate; server_no_context_takeover; client_no_context_takeover; server_max_window_bits=12; client_max_window_bits=8", true, uint8(8))
	f.Add(", permessage-deflate ; server_max_window_bits = 9,\t", true, uint8(4))
	f.Add("permessage-deflate", true, uint8(14))
	f.Add("", false, uint8(255))
	f.Fuzz(func(t *testing.T, text string, present bool, config uint8) {
		c := fuzzedConfig(config)
		var lines []string
		if present {
			lines = strings.Split(text, "\n")
		}
		response, found, valid := naiveResponse(lines)
		var want Params
		if found && valid {
			want, valid = naiveAgree(response, c)
		}
		p, ok, err := Agree(lines, c)
		if p != want || ok != (found && valid) || (err == nil) != valid {
			t.Fatalf("%q to %q: %+v, %v, %v; want %+v, found=%v, valid=%v", lines, Offer(c), p, ok, err, want, found, valid)
		}
		if err := AgreeNone(lines); (err != nil) != (found || !valid) {
			t.Fatalf("%q without an offer: %v", lines, err)
		}
		if err != nil && len(err.Error()) > 200 {
			t.Fatalf("an error of %d bytes", len(err.Error()))
		}
	})
}
