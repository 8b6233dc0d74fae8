package deflate

import (
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// The grammar of RFC 6455 §9.1 once more, as regular expressions.
const (
	tokenRE  = "[!#$%&'*+.^_`|~0-9A-Za-z-]+"
	quotedRE = `"(?:\\?` + "[!#$%&'*+.^_`|~0-9A-Za-z-]" + `)+"`
	paramRE  = `;[ \t]*(` + tokenRE + `)[ \t]*(?:(=)[ \t]*(` + tokenRE + `|` + quotedRE + `)[ \t]*)?`
)

var (
	elementsRE = regexp.MustCompile(`(?s)^(?:[^,"]|"(?:[^"\\]|\\.)*(?:"|\\?$))*`)
	offerRE    = regexp.MustCompile(`^permessage-deflate[ \t]*((?:` + paramRE + `)*)$`)
	paramsRE   = regexp.MustCompile(paramRE)
	bitsRE     = regexp.MustCompile(`^([89]|1[0-5])$`)
)

// naive is an offer that was found to be valid.
type naive map[string]string

// naiveOffers are the valid offers of a header line.
func naiveOffers(line string) (offers []naive) {
	for {
		element := elementsRE.FindString(line)
		if o, ok := naiveOffer(strings.Trim(element, " \t")); ok {
			offers = append(offers, o)
		}
		if len(element) == len(line) {
			return offers
		}
		line = line[len(element)+1:]
	}
}

func naiveOffer(element string) (naive, bool) {
	m := offerRE.FindStringSubmatch(element)
	if m == nil {
		return nil, false
	}
	o := naive{}
	for _, p := range paramsRE.FindAllStringSubmatch(m[1], -1) {
		name, value := p[1], strings.Trim(strings.ReplaceAll(p[3], `\`, ""), `"`)
		if _, twice := o[name]; twice || !naiveParam(name, p[2] != "", value) {
			return nil, false
		}
		o[name] = value
	}
	return o, true
}

func naiveParam(name string, hasValue bool, value string) bool {
	switch name {
	case "server_no_context_takeover", "client_no_context_takeover":
		return !hasValue
	case "server_max_window_bits":
		return hasValue && bitsRE.MatchString(value)
	case "client_max_window_bits":
		return !hasValue || bitsRE.MatchString(value)
	}
	return false
}

// check says what is wrong with an answer to the offer (RFC 7692 §7.1).
func (o naive) check(t *testing.T, c Config, p Params, answer string) {
	accepted, ok := naiveOffer(answer)
	if !ok {
		t.Fatalf("the answer %q is not valid", answer)
	}
	has := func(params naive, name string) bool { _, ok := params[name]; return ok }
	bits := func(params naive, name string) int {
		if n, err := strconv.Atoi(params[name]); err == nil {
			return n
		}
		return 15
	}
	all := func(configured int) int {
		if configured == 0 {
			return 15
		}
		return configured
	}
	asked := func(configured int) int { return max(all(configured), 9) } // zlib has no 8
	server, client := "server_max_window_bits", "client_max_window_bits"
	for what, wrong := range map[string]bool{
		"server takeover, asked not to":         has(o, "server_no_context_takeover") && !p.NoSendTakeover,
		"client takeover, said not to":          has(o, "client_no_context_takeover") && !p.NoRecvTakeover,
		"server takeover, configured not to":    c.NoSendTakeover && !p.NoSendTakeover,
		"client takeover, configured not to":    c.NoRecvTakeover && !p.NoRecvTakeover,
		"server takeover, not as answered":      has(accepted, "server_no_context_takeover") != p.NoSendTakeover,
		"client takeover, not as answered":      has(accepted, "client_no_context_takeover") != p.NoRecvTakeover,
		"server bits, not as answered":          bits(accepted, server) != p.SendWindowBits,
		"server bits, asked and not answered":   has(o, server) && !has(accepted, server),
		"server bits, not the least":            p.SendWindowBits != min(bits(o, server), all(c.SendWindowBits)),
		"client bits, not as answered":          bits(accepted, client) != p.RecvWindowBits,
		"client bits, answered and not offered": has(accepted, client) && !has(o, client),
		"client bits, without a value":          has(accepted, client) && accepted[client] == "",
		"client bits, not the least":            has(o, client) && p.RecvWindowBits != min(bits(o, client), asked(c.RecvWindowBits)),
		"client window larger than configured":  p.RecvWindowBits > asked(c.RecvWindowBits) && !p.NoRecvTakeover,
	} {
		if wrong {
			t.Errorf("%s: offer %v, config %+v, %+v, answer %q", what, o, c, p, answer)
		}
	}
}

// fuzzedConfig returns one of 256 configurations.
func fuzzedConfig(config uint8) Config {
	return Config{
		NoSendTakeover: config&1 != 0,
		NoRecvTakeover: config&2 != 0,
		SendWindowBits: []int{0, 8, 11, 12, 14, 15, 9, 10}[config>>2&7],
		RecvWindowBits: []int{0, 8, 9, 11, 13, 14, 15, 10}[config>>5&7],
	}
}

func FuzzNegotiate(f *testing.F) {
	for i, line := range declined {
		f.Add(line, uint8(i))
		f.Add(line+`, permessage-deflate; client_max_window_bits ;server_max_window_bits="\9"`, uint8(i*7))
	}
	f.Add(`permessage-deflate; server_no_context_takeover; client_no_context_takeover; server_max_window_bits=12; client_max_window_bits=8`, uint8(0))
	f.Add("a; b=\"\\\", permessage-deflate; \"\npermessage-deflate,permessage-deflate", uint8(255))
	f.Fuzz(func(t *testing.T, lines string, config uint8) {
		offers := strings.Split(lines, "\n")
		c := fuzzedConfig(config)
		var valid []naive
		for _, line := range offers {
			valid = append(valid, naiveOffers(line)...)
		}
		p, answer, ok := Negotiate(offers, c)
		if ok != (len(valid) > 0) {
			t.Fatalf("%q: %v, want %v", offers, ok, valid)
		}
		if ok {
			valid[0].check(t, c, p, answer)
		} else if answer != "" || p != (Params{}) {
			t.Errorf("nothing agreed: %+v, %q", p, answer)
		}
	})
}
