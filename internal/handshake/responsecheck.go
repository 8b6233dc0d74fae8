package handshake

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// checkResponse checks the response 101 to a request (RFC 6455 §4.1), and returns the
// subprotocol that the server has selected, or "". It is stricter than websocket.Dial
// where that accepts what the RFC does not, and says more exactly what is wrong.
func (o *DialOptions) checkResponse(req *http.Request, resp *http.Response) (subprotocol string, err error) {
	if err := checkUpgradeHeaders(resp.Header); err != nil {
		return "", err
	}
	if err := checkAccept(req, resp.Header.Values("Sec-WebSocket-Accept")); err != nil {
		return "", err
	}
	if subprotocol, err = o.selected(resp.Header.Values(protocolHeader)); err != nil {
		return "", err
	}
	lines := resp.Header.Values("Sec-WebSocket-Extensions")
	switch {
	case o.AcceptExtensions != nil:
		err = o.AcceptExtensions(lines)
	case len(lines) > 0:
		err = fmt.Errorf("Sec-WebSocket-Extensions is %s, but no extension was offered", quote(lines))
	}
	return subprotocol, err
}

// checkUpgradeHeaders requires that Upgrade is "websocket", and not a list with it,
// and that Connection lists "upgrade".
func checkUpgradeHeaders(h http.Header) error {
	upgrade, connection := h.Values("Upgrade"), h.Values("Connection")
	switch {
	case len(upgrade) == 0:
		return errors.New("header Upgrade is missing")
	case len(upgrade) > 1 || !equalToken(upgrade[0], "websocket"):
		return fmt.Errorf("header Upgrade is %s instead of websocket", quote(upgrade))
	case len(connection) == 0:
		return errors.New("header Connection is missing")
	case !containsToken(connection, "upgrade"):
		return fmt.Errorf("header Connection is %s, without Upgrade", quote(connection))
	}
	return nil
}

// checkAccept compares the lines of Sec-WebSocket-Accept with what websocket.Accept
// answers the same request with.
func checkAccept(req *http.Request, lines []string) error {
	http11 := &http.Request{Method: req.Method, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Header: req.Header} // which an http.Client does not always set
	switch want, _, err := verify(http11); {
	case err != nil:
		return err
	case len(lines) == 0:
		return errors.New("Sec-WebSocket-Accept is missing")
	case len(lines) > 1:
		return errors.New("more than one Sec-WebSocket-Accept")
	case lines[0] != want:
		return errors.New("Sec-WebSocket-Accept does not answer this request's Sec-WebSocket-Key")
	}
	return nil
}

// selected returns the subprotocol that the lines of Sec-WebSocket-Protocol select.
// The server may select one of those that it was asked for, or omit the header.
func (o *DialOptions) selected(lines []string) (string, error) {
	if len(lines) == 0 {
		return "", nil
	}
	if i := slices.Index(o.Subprotocols, lines[0]); i >= 0 && len(lines) == 1 {
		return o.Subprotocols[i], nil
	}
	switch {
	case len(lines) > 1 || strings.Contains(lines[0], ","):
		return "", fmt.Errorf("Sec-WebSocket-Protocol has more than one subprotocol: %s", quote(lines))
	case lines[0] == "":
		return "", errors.New("Sec-WebSocket-Protocol is empty")
	}
	return "", fmt.Errorf("subprotocol %s was not asked for", quote(lines))
}
