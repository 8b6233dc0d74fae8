package ws_test

import (
	"fmt"
	"strings"
)

// requestRow is a request, and how a server answers it that supports the subprotocols chat
// and superchat and compression. The request is that of RFC 6455 §1.3 with one change.
type requestRow struct {
	id       string
	rule     *requirement
	old, new string // lines of the request and what is there instead
	status   int
	says     string // lines of the 101 besides those that all have, or the text of a refusal; "" for one by net/http
}

const requestHead = "GET /chat HTTP/1.1\r\nHost: example.com\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
	"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"

const (
	requestLine = "GET /chat HTTP/1.1\r\n"
	hostLine    = "Host: example.com\r\n"
	upgradeLine = "Upgrade: websocket\r\n"
	connLine    = "Connection: Upgrade\r\n"
	keyLine     = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
	versionLine = "Sec-WebSocket-Version: 13\r\n"
)

// bytes is the request.
func (r requestRow) bytes() string { return strings.Replace(requestHead, r.old, r.new, 1) }

// requestRows are all requests.
func requestRows() (rows []requestRow) {
	rows = append(rows, requestLineRows()...)
	rows = append(rows, upgradeRows()...)
	rows = append(rows, keyRows()...)
	rows = append(rows, versionRows()...)
	rows = append(rows, protocolRows()...)
	return append(rows, offerRows()...)
}

// requestLineRows have the first line, the Host, the origin and the spelling of lines.
func requestLineRows() []requestRow {
	return []requestRow{
		{"as in the RFC", ruleAnswersAccept, "", "", 101, ""},
		{"another resource", ruleReadsMethod, requestLine, "GET /a/b?c=d&e HTTP/1.1\r\n", 101, ""},
		{"an absolute URI", ruleReadsMethod, requestLine, "GET http://example.com/chat HTTP/1.1\r\n", 101, ""},
		{"HTTP/1.0", ruleReadsMethod, "HTTP/1.1", "HTTP/1.0", 426, "HTTP/1.0, which has no Upgrade"},
		{"HTTP/1.2", ruleReadsMethod, "HTTP/1.1", "HTTP/1.2", 101, ""},
		{"POST", ruleReadsMethod, "GET", "POST", 405, "handshake method is not GET"},
		{"PUT", ruleReadsMethod, "GET", "PUT", 405, "handshake method is not GET"},
		{"OPTIONS", ruleReadsMethod, "GET", "OPTIONS", 405, "handshake method is not GET"},
		{"get", ruleReadsMethod, "GET", "get", 405, "handshake method is not GET"},
		{"a body", ruleReadsRequest, hostLine, hostLine + "Content-Length: 5\r\n", 400, "handshake has a body"},
		{"a body in chunks", ruleReadsRequest, versionLine + "\r\n", versionLine + "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400, "handshake has a body"},
		{"a body of no bytes", ruleReadsRequest, hostLine, hostLine + "Content-Length: 0\r\n", 101, ""},
		{"no Host", ruleReadsHost, hostLine, "", 400, ""},
		{"two Hosts", ruleReadsHost, hostLine, hostLine + hostLine, 400, ""},
		{"a Host with a port", ruleReadsHost, hostLine, "Host: example.com:8080\r\n", 101, ""},
		{"a header without a colon", ruleReadsRequest, hostLine, hostLine + "Upgrade\r\n", 400, ""},
		{"a space before the colon", ruleReadsRequest, "Upgrade: websocket", "Upgrade : websocket", 400, ""},
		{"headers in lower case", ruleReadsRequest, "Upgrade: websocket\r\nConnection:", "upgrade: websocket\r\nconnection:", 101, ""},
		{"headers in upper case", ruleReadsRequest, "Sec-WebSocket-Key", "SEC-WEBSOCKET-KEY", 101, ""},
		{"headers in another order", ruleReadsRequest, hostLine + upgradeLine + connLine, connLine + upgradeLine + hostLine, 101, ""},
		{"no Origin", ruleAnswersOrigin, "", "", 101, ""},
		{"its own Origin", ruleAnswersOrigin, hostLine, hostLine + "Origin: http://example.com\r\n", 101, ""},
		{"another Origin", ruleAnswersOrigin, hostLine, hostLine + "Origin: http://evil.example\r\n", 403, "evil.example"},
		{"the Origin null", ruleAnswersOrigin, hostLine, hostLine + "Origin: null\r\n", 403, "null"},
	}
}

// upgradeRows have values of Upgrade and Connection.
func upgradeRows() (rows []requestRow) {
	row := func(rule *requirement, line, new string, status int) {
		says := ""
		if status == 426 {
			says = "a proxy must pass them on"
		}
		rows = append(rows, requestRow{fmt.Sprintf("%s is %q", strings.TrimSuffix(line, "\r\n"), new), rule, line, new, status, says})
	}
	for _, value := range []string{"websocket", "WebSocket", "WEBSOCKET", "  websocket  ", "\twebsocket", "h2c, websocket", "websocket, h2c", "h2c\r\nUpgrade: websocket", ",websocket,"} {
		row(ruleReadsUpgrade, upgradeLine, "Upgrade: "+value+"\r\n", 101)
	}
	row(ruleReadsUpgrade, upgradeLine, "", 426)
	for _, value := range []string{"", "h2c", "websocket2", "web socket", "websocket/13", "\"websocket\"", "websoc\u212Aet", "x-websocket", "websocket;a=b"} {
		row(ruleReadsUpgrade, upgradeLine, "Upgrade: "+value+"\r\n", 426)
	}
	for _, value := range []string{"Upgrade", "upgrade", "UPGRADE", "keep-alive, Upgrade", "Upgrade,keep-alive", "keep-alive\r\nConnection: Upgrade", " , Upgrade"} {
		row(ruleReadsConnection, connLine, "Connection: "+value+"\r\n", 101)
	}
	row(ruleReadsConnection, connLine, "", 426)
	for _, value := range []string{"", "keep-alive", "Upgrades", "keep-alive Upgrade", "\"Upgrade\"", "close", "Upgrade;q=1"} {
		row(ruleReadsConnection, connLine, "Connection: "+value+"\r\n", 426)
	}
	return rows
}

// keyRows have values of Sec-WebSocket-Key.
func keyRows() (rows []requestRow) {
	row := func(new, says string) {
		rows = append(rows, requestRow{fmt.Sprintf("the key is %q", new), ruleReadsKey, keyLine, new, 400, says})
	}
	row("", "Sec-WebSocket-Key is missing")
	for _, value := range []string{
		"", "a", "c2hvcnQ=", "dGhlIHNhbXBsZSBub25jZQ", "dGhlIHNhbXBsZSBub25jZQ=", "dGhlIHNhbXBsZSBub25jZSE=", "dGhlIHNhbXBsZSBub25jZSEh",
		"dGhlIHNhbXBsZSBub25jZ***", "dGhl IHNhbXBsZSBub25jZQ==", "dGhlIHNhbXBsZSBub25jZQ==x", "not base64 at all", "AAAAAAAAAAAAAAAAAAAA_A==",
	} {
		row("Sec-WebSocket-Key: "+value+"\r\n", "")
	}
	for i := range rows[1:] {
		rows[i+1].says = "Sec-WebSocket-Key is not 16 bytes in base64"
	}
	twice := requestRow{"two keys", ruleOneKey, keyLine, keyLine + keyLine, 400, "more than one Sec-WebSocket-Key"}
	spaces := requestRow{"spaces around the key", ruleReadsKey, "Key: ", "Key:  \t", 101, ""}
	return append(rows, twice, spaces)
}

// versionRows have values of Sec-WebSocket-Version.
func versionRows() (rows []requestRow) {
	for _, value := range []string{"0", "7", "8", "12", "14", "25", "255", "256", "013", "+13", "13.0", "13, 8", "8, 13", "", "x"} {
		rows = append(rows, requestRow{"version " + value, ruleAnswersVersion, versionLine, "Sec-WebSocket-Version: " + value + "\r\n", 426, "version is not 13"})
	}
	return append(rows,
		requestRow{"no version", ruleReadsVersion, versionLine, "", 426, "version is not 13"},
		requestRow{"two versions", ruleOneVer, versionLine, versionLine + "Sec-WebSocket-Version: 8\r\n", 426, "version is not 13"},
		requestRow{"the version twice", ruleOneVer, versionLine, versionLine + versionLine, 426, "version is not 13"},
		requestRow{"spaces around the version", ruleReadsVersion, versionLine, "Sec-WebSocket-Version:13 \t\r\n", 101, ""})
}

// protocolRows have values of Sec-WebSocket-Protocol.
func protocolRows() (rows []requestRow) {
	row := func(selected string, lines ...string) {
		rule, says := ruleAnswersNoProtocol, ""
		if selected != "" {
			rule, says = ruleAnswersProtocol, "Sec-WebSocket-Protocol: "+selected+"\r\n"
		}
		var header strings.Builder
		for _, line := range lines {
			header.WriteString("Sec-WebSocket-Protocol: " + line + "\r\n")
		}
		rows = append(rows, requestRow{fmt.Sprintf("subprotocols %q", lines), rule, hostLine, hostLine + header.String(), 101, says})
	}
	row("chat", "chat")
	row("chat", "chat, superchat")
	row("superchat", "superchat, chat")
	row("superchat", "other,superchat")
	row("superchat", "other", "superchat", "chat")
	row("chat", ",, chat")
	row("chat", "\tchat\t")
	row("", "other")
	row("", "Chat")
	row("", "")
	row("", "\"chat\"")
	row("", "chat;v=1")
	row("", "chat superchat")
	return rows
}
