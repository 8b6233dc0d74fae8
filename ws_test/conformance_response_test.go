package ws_test

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/handset-go/handset/ws"
)

// responseRow is a response, and what a client makes of it that asks for the subprotocols
// chat and superchat. The response is that of RFC 6455 §1.3 with one change.
type responseRow struct {
	id          string
	rule        *requirement
	old, new    string         // lines of the response and what is there instead
	compression ws.Compression // that the client offers
	subprotocol string         // that is selected
	says        string         // the error of Dial, "" for none
}

const (
	statusLine = "HTTP/1.1 101 Switching Protocols\r\n"
	acceptLine = "Sec-WebSocket-Accept: ACCEPT\r\n"
)

// bytes is the response to a request.
func (r responseRow) bytes(request *http.Request) string {
	_, accept, _ := strings.Cut(string(switchingProtocols(request, nil)), "Sec-WebSocket-Accept: ")
	accept, _, _ = strings.Cut(accept, "\r\n")
	response := strings.Replace(statusLine+upgradeLine+connLine+acceptLine+"\r\n", r.old, r.new, 1)
	return strings.NewReplacer("ACCEPT", accept, "KEY", request.Header.Get("Sec-WebSocket-Key")).Replace(response)
}

// responseRows are all responses.
func responseRows() (rows []responseRow) {
	rows = append(rows, statusRows()...)
	rows = append(rows, responseHeaderRows()...)
	rows = append(rows, acceptRows()...)
	rows = append(rows, selectionRows()...)
	return append(rows, answerRows()...)
}

// statusRows have other status codes.
func statusRows() (rows []responseRow) {
	rows = append(rows, responseRow{id: "as in the RFC", rule: ruleResponseStatus})
	for _, status := range []int{200, 201, 204, 301, 302, 307, 400, 401, 403, 404, 426, 429, 500, 503} {
		line := fmt.Sprintf("HTTP/1.1 %d %s\r\nContent-Length: 0\r\n", status, http.StatusText(status))
		if status == 204 {
			line = "HTTP/1.1 204 No Content\r\n"
		}
		rows = append(rows, responseRow{id: fmt.Sprint("status ", status), rule: ruleResponseStatus, old: statusLine, new: line, says: fmt.Sprint(status)})
	}
	return append(rows,
		responseRow{id: "status 101 without a text", rule: ruleResponseStatus, old: statusLine, new: "HTTP/1.1 101 \r\n"},
		responseRow{id: "status 101 with another text", rule: ruleResponseStatus, old: statusLine, new: "HTTP/1.1 101 Web Socket Protocol Handshake\r\n"})
}

// responseHeaderRows have values of Upgrade and Connection.
func responseHeaderRows() (rows []responseRow) {
	row := func(rule *requirement, line, new, says string) {
		id := fmt.Sprintf("%s is %q", strings.TrimSuffix(line, "\r\n"), new)
		rows = append(rows, responseRow{id: id, rule: rule, old: line, new: new, says: says})
	}
	for _, value := range []string{"websocket", "WebSocket", "WEBSOCKET", " websocket\t"} {
		row(ruleResponseUpgrade, upgradeLine, "Upgrade: "+value+"\r\n", "")
	}
	row(ruleResponseUpgrade, upgradeLine, "", "header Upgrade is missing")
	for _, value := range []string{"", "h2c", "websocket2", "websocket, h2c", "h2c, websocket", "\"websocket\"", "web socket", "websoc\u212Aet", "websocket\r\nUpgrade: websocket"} {
		row(ruleResponseUpgrade, upgradeLine, "Upgrade: "+value+"\r\n", "instead of websocket")
	}
	for _, value := range []string{"Upgrade", "upgrade", "UPGRADE", "keep-alive, Upgrade", "keep-alive\r\nConnection: upgrade"} {
		row(ruleResponseConnection, connLine, "Connection: "+value+"\r\n", "")
	}
	row(ruleResponseConnection, connLine, "", "header Connection is missing")
	for _, value := range []string{"", "keep-alive", "close", "Upgrades", "\"Upgrade\"", "keep-alive Upgrade"} {
		row(ruleResponseConnection, connLine, "Connection: "+value+"\r\n", "header Connection is ")
	}
	return rows
}

// acceptRows have values of Sec-WebSocket-Accept.
func acceptRows() (rows []responseRow) {
	row := func(rule *requirement, new, says string) {
		rows = append(rows, responseRow{id: fmt.Sprintf("accept %q", new), rule: rule, old: acceptLine, new: new, says: says})
	}
	row(ruleResponseAccept, "sec-websocket-accept: ACCEPT\r\n", "")
	row(ruleResponseAccept, "Sec-WebSocket-Accept:  \tACCEPT \t\r\n", "")
	row(ruleResponseAccept, "", "Sec-WebSocket-Accept is missing")
	for _, value := range []string{"", "KEY", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", "ACCEPT=", "xACCEPT", "\"ACCEPT\"", "ACCEPT, ACCEPT"} {
		row(ruleResponseAccept, "Sec-WebSocket-Accept: "+value+"\r\n", "does not answer this request's Sec-WebSocket-Key")
	}
	row(ruleOneReply, acceptLine+acceptLine, "more than one Sec-WebSocket-Accept")
	row(ruleOneReply, acceptLine+"Sec-WebSocket-Accept: KEY\r\n", "more than one Sec-WebSocket-Accept")
	return rows
}

// selectionRows have values of Sec-WebSocket-Protocol.
func selectionRows() (rows []responseRow) {
	row := func(rule *requirement, selected, says string, lines ...string) {
		var header strings.Builder
		for _, line := range lines {
			header.WriteString("Sec-WebSocket-Protocol: " + line + "\r\n")
		}
		rows = append(rows, responseRow{id: fmt.Sprintf("subprotocol %q", lines), rule: rule, old: acceptLine,
			new: acceptLine + header.String(), subprotocol: selected, says: says})
	}
	row(ruleResponseSubprotocol, "", "")
	row(ruleResponseSubprotocol, "chat", "", "chat")
	row(ruleResponseSubprotocol, "superchat", "", "superchat")
	row(ruleResponseSubprotocol, "superchat", "", " superchat\t")
	row(ruleResponseSubprotocol, "", "was not asked for", "other")
	row(ruleResponseSubprotocol, "", "was not asked for", "Chat")
	row(ruleResponseSubprotocol, "", "was not asked for", "\"chat\"")
	row(ruleResponseSubprotocol, "", "is empty", "")
	row(ruleOneProto, "", "more than one subprotocol", "chat, superchat")
	row(ruleOneProto, "", "more than one subprotocol", "chat", "superchat")
	row(ruleOneProto, "", "more than one subprotocol", "chat", "chat")
	return rows
}

// answerRows have values of Sec-WebSocket-Extensions.
func answerRows() (rows []responseRow) {
	const name = "permessage-deflate"
	row := func(rule *requirement, c ws.Compression, answer, says string) {
		rows = append(rows, responseRow{id: fmt.Sprintf("answer %q to %v", answer, c), rule: rule, old: acceptLine,
			new: acceptLine + "Sec-WebSocket-Extensions: " + answer + "\r\n", compression: c, says: says})
	}
	none, dense, small := ws.Compression{}, ws.Dense(), ws.Balanced()
	row(ruleResponseExtensions, none, name, "was not offered")
	row(ruleResponseExtensions, none, "other", "was not offered")
	row(ruleResponseExtensions, dense, "other", "was not offered")
	row(ruleResponseExtensions, dense, name+", other", "was not offered")
	row(ruleResponseExtensions, dense, "x-webkit-deflate-frame", "was not offered")
	row(ruleResponseExtensions, dense, "Permessage-Deflate", "was not offered")
	row(ruleOneExt, dense, name+"\r\nSec-WebSocket-Extensions: "+name, "more than one Sec-WebSocket-Extensions")
	row(ruleABNF, dense, name+";", "malformed")
	row(ruleABNF, dense, name+"; =1", "malformed")
	row(ruleABNF, dense, name+" client_no_context_takeover", "malformed")
	row(ruleABNF, dense, name+"; server_max_window_bits=\"9", "malformed")
	row(ruleDeflateOffers, dense, name, "")
	row(ruleDeflateOffers, dense, name+", "+name, "accepted twice")
	row(ruleDeflateServerOwn, dense, name+"; server_no_context_takeover", "")
	row(ruleDeflateClientOwn, dense, name+"; client_no_context_takeover", "")
	row(ruleDeflateBadAnswer, dense, name+"; server_no_context_takeover=1", "invalid or missing value")
	row(ruleDeflateBadAnswer, dense, name+"; client_no_context_takeover=true", "invalid or missing value")
	row(ruleDeflateBadAnswer, dense, name+"; unknown", "unknown parameter")
	row(ruleDeflateBadAnswer, dense, name+"; server_max_window_bits", "invalid or missing value")
	row(ruleDeflateBadAnswer, dense, name+"; client_max_window_bits", "invalid or missing value")
	for _, parameter := range []string{"server_no_context_takeover", "client_no_context_takeover", "server_max_window_bits=10", "client_max_window_bits=10"} {
		row(ruleDeflateBadAnswer, dense, fmt.Sprintf("%s; %s; %s", name, parameter, parameter), "repeated parameter")
	}
	for _, parameter := range []string{"server_max_window_bits", "client_max_window_bits"} {
		for _, value := range []string{"0", "7", "16", "08", "+9", "x"} {
			row(ruleDeflateBadAnswer, dense, name+"; "+parameter+"="+value, "invalid or missing value")
		}
	}
	for _, bits := range []int{8, 9, 15} {
		row(ruleDeflateServerBits, dense, fmt.Sprintf("%s; server_max_window_bits=%d", name, bits), "")
		row(ruleDeflateClientBits, dense, fmt.Sprintf("%s; client_max_window_bits=%d", name, bits), "")
	}
	row(ruleDeflateServerBits, dense, name+"; server_max_window_bits=\"10\"", "")
	row(ruleDeflateServerBits, small, name+"; server_max_window_bits=12", "")
	row(ruleDeflateServerBits, small, name+"; server_max_window_bits=13", "larger than the offered 12")
	row(ruleDeflateServerBits, small, name, "neither server_max_window_bits nor server_no_context_takeover")
	row(ruleDeflateServerOwn, small, name+"; server_no_context_takeover", "")
	return rows
}
