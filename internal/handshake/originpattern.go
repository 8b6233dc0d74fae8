package handshake

import (
	"errors"
	"fmt"
	"path"
	"strings"
	"unicode"
)

// OriginPattern is a pattern of Upgrader.OriginPatterns, parsed. Its fields other
// than addr are patterns of path.Match in lower case.
type OriginPattern struct {
	origin        // scheme "" matches http, https, ws and wss; port "" the scheme's default port
	hostless bool // matches only the scheme that it names, without a host
}

// matches reports whether the pattern matches an origin. An origin without a host
// is matched only by a pattern without one.
func (p *OriginPattern) matches(o origin) bool {
	if p.hostless || !o.hasHost() {
		return p.hostless && !o.hasHost() && p.scheme == o.scheme
	}
	return p.matchesScheme(o) && p.matchesHost(o) && p.matchesPort(o)
}

func (p *OriginPattern) matchesScheme(o origin) bool {
	if p.scheme == "" {
		return defaultPort(o.scheme) != ""
	}
	return glob(p.scheme, o.scheme)
}

// matchesHost compares IPv6 addresses by value, not by their text.
func (p *OriginPattern) matchesHost(o origin) bool {
	if p.name == "*" {
		return true
	}
	return p.addr == o.addr && (p.name == o.name || glob(p.name, o.name))
}

func (p *OriginPattern) matchesPort(o origin) bool {
	if p.port == "" {
		return p.name == "*" || o.port == defaultPort(o.scheme)
	}
	return glob(p.port, o.port)
}

// glob reports whether s matches a pattern that path.Match is known to accept.
func glob(pattern, s string) bool {
	ok, _ := path.Match(pattern, s)
	return ok
}

// The reasons why a pattern is invalid. They follow the pattern in an error text.
var (
	errPatternEmpty  = errors.New("is empty")
	errPatternSpace  = errors.New("has a space or a control character")
	errPatternUTF8   = errors.New("is not ASCII: browsers send hosts in punycode, such as xn--bcher-kva.example")
	errPatternComma  = errors.New("has a comma: patterns are separate strings")
	errPatternScheme = errors.New("has no scheme before ://")
	errPatternNoHost = errors.New("has no host")
	errPatternSlash  = errors.New("ends with a slash: an origin ends with its host or port")
	errPatternPath   = errors.New("has a path: an origin ends with its host or port")
	errPatternUser   = errors.New("has a user name: an origin has none")
	errPatternLabel  = errors.New("has nothing before a dot: subdomains are *.example.com")
	errPatternIPv6   = errors.New("has no IPv6 address in its brackets")
	errPatternBare   = errors.New("has more than one colon: an IPv6 address is in brackets, such as [::1]:3000")
	errPatternPort   = errors.New("has no port after its colon: a port is a number up to 65535, or *")
)

// ParseOriginPatterns parses the patterns of Upgrader.OriginPatterns. It returns an
// error for the first that is invalid, which is one that no origin can match.
func ParseOriginPatterns(texts []string) ([]OriginPattern, error) {
	patterns := make([]OriginPattern, len(texts))
	for i, text := range texts {
		p, err := parseOriginPattern(text)
		if err != nil {
			return nil, fmt.Errorf("pattern %q in Upgrader.OriginPatterns %w", text, err)
		}
		patterns[i] = p
	}
	return patterns, nil
}

func parseOriginPattern(text string) (p OriginPattern, err error) {
	if err := checkPatternText(text); err != nil {
		return p, err
	}
	text = strings.ToLower(text)
	scheme, host, hasScheme := strings.Cut(text, "://")
	switch {
	case text == "null":
		return OriginPattern{hostless: true}, nil
	case !hasScheme:
		host = text
	case !isSchemePattern(scheme):
		return p, errPatternScheme
	case host == "" && (defaultPort(scheme) != "" || !isScheme(scheme)):
		return p, errPatternNoHost
	default:
		p.scheme, p.hostless = scheme, host == ""
	}
	if !p.hostless {
		p.authority, err = parseAuthorityPattern(host)
	}
	return p, err
}

// checkPatternText returns an error if a pattern of any form cannot have this text.
func checkPatternText(text string) error {
	switch {
	case text == "":
		return errPatternEmpty
	case strings.ContainsFunc(text, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }):
		return errPatternSpace
	case strings.ContainsFunc(text, func(r rune) bool { return r > unicode.MaxASCII }):
		return errPatternUTF8
	case strings.Contains(text, ","):
		return errPatternComma
	}
	return nil
}

// isSchemePattern reports whether s is a pattern that some scheme can match.
func isSchemePattern(s string) bool {
	_, err := path.Match(s, "")
	return err == nil && s != "" && invalidChar(s, "+.") == ""
}

// invalidChar returns the first character of a pattern that is not a letter, a
// digit, a hyphen, one of others, or part of the syntax of path.Match. It returns ""
// if there is none.
func invalidChar(s, others string) string {
	s = strings.ReplaceAll(s, "[^", "[") // ^ is syntax at the start of a class only
	for i := range len(s) {
		if !isAlphanumeric(s[i]) && strings.IndexByte("-*?[]", s[i]) < 0 && strings.IndexByte(others, s[i]) < 0 {
			return s[i : i+1]
		}
	}
	return ""
}

// parseAuthorityPattern parses the part of a pattern that matches host and port.
func parseAuthorityPattern(s string) (a authority, err error) {
	switch i := strings.IndexByte(s, '/'); {
	case i >= 0 && i == len(s)-1:
		return a, errPatternSlash
	case i >= 0:
		return a, errPatternPath
	case strings.Contains(s, "@"):
		return a, errPatternUser
	}
	host, port, hasPort := cutPort(s)
	switch {
	case strings.Contains(port, ":"):
		return a, errPatternBare
	case host == "":
		return a, errPatternNoHost
	}
	if hasPort {
		if a.port, err = parsePortPattern(port); err != nil {
			return a, err
		}
	}
	if isBracketed(host) {
		addr, ok := parseIPv6(host)
		if !ok {
			return a, errPatternIPv6
		}
		a.addr = addr
		return a, nil
	}
	a.name = host
	return a, checkHostPattern(host)
}

// cutPort cuts at the colon after the host. Brackets with a colon inside are those
// of an IPv6 literal, not a class of characters: no host has a colon to match.
func cutPort(s string) (host, port string, hasPort bool) {
	if isBracketed(s) {
		if end := strings.IndexByte(s, ']') + 1; end == len(s) || s[end] == ':' {
			return s[:end], strings.TrimPrefix(s[end:], ":"), end < len(s)
		}
	}
	return strings.Cut(s, ":")
}

// isBracketed reports whether s begins with brackets that have a colon inside.
func isBracketed(s string) bool {
	inside, _, closed := strings.Cut(strings.TrimPrefix(s, "["), "]")
	return closed && strings.HasPrefix(s, "[") && strings.Contains(inside, ":")
}

// checkHostPattern returns why no host can match a pattern, or nil if one can.
func checkHostPattern(s string) error {
	if c := invalidChar(s, "._~"); c != "" {
		return fmt.Errorf("has a %q, which is in no host", c)
	}
	if strings.HasPrefix(s, ".") || strings.Contains(s, "..") {
		return errPatternLabel
	}
	if _, err := path.Match(s, ""); err != nil {
		return fmt.Errorf("cannot be read by path.Match: %w", err)
	}
	return nil
}

// parsePortPattern parses a number, or a pattern that digits can match.
func parsePortPattern(s string) (string, error) {
	if port, ok := parsePort(s); ok {
		return port, nil
	}
	_, err := path.Match(s, "")
	if err != nil || !strings.ContainsAny(s, "*?[") || strings.Trim(s, "0123456789*?[]^-") != "" {
		return "", errPatternPort
	}
	return s, nil
}
