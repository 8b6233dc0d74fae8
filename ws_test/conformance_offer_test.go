package ws_test

import "fmt"

// offerRows have values of Sec-WebSocket-Extensions. The server has context takeover in
// neither direction.
func offerRows() (rows []requestRow) {
	const name, alone = "permessage-deflate", "permessage-deflate; server_no_context_takeover; client_no_context_takeover"
	row := func(rule *requirement, offer, answer string) {
		says := ""
		if answer != "" {
			says = "Sec-WebSocket-Extensions: " + answer + "\r\n"
		}
		rows = append(rows, requestRow{fmt.Sprintf("offer %q", offer), rule, hostLine, hostLine + "Sec-WebSocket-Extensions: " + offer + "\r\n", 101, says})
	}
	row(ruleDeflateOffers, name, alone)
	row(ruleDeflateOffers, "x-webkit-deflate-frame, "+name, alone)
	row(ruleDeflateOffers, name+"; unknown, "+name, alone)
	row(ruleDeflateOffers, name+"\r\nSec-WebSocket-Extensions: other", alone)
	row(ruleAnswersExtensions, "", "")
	row(ruleAnswersExtensions, "other", "")
	row(ruleAnswersExtensions, "Permessage-Deflate", "")
	row(ruleAnswersExtensions, "permessage-deflat", "")
	row(ruleABNF, "permessage-deflate;", "")
	row(ruleABNF, "permessage-deflate;;client_max_window_bits", "")
	row(ruleABNF, "permessage-deflate; =10", "")
	row(ruleABNF, "permessage-deflate; server_max_window_bits=", "")
	row(ruleABNF, "permessage-deflate; server_max_window_bits=\"10", "")
	row(ruleABNF, "permessage-deflate client_max_window_bits", "")
	row(ruleABNF, "permessage-deflate; server_max_window_bits=\"10\"", alone+"; server_max_window_bits=10")
	row(ruleDeflateUnknown, name+"; unknown", "")
	row(ruleDeflateUnknown, name+"; Server_No_Context_Takeover", "")
	row(ruleDeflateServerOwn, name+"; server_no_context_takeover", alone)
	row(ruleDeflateValue, name+"; server_no_context_takeover=1", "")
	row(ruleDeflateClientOwn, name+"; client_no_context_takeover", alone)
	row(ruleDeflateValue, name+"; client_no_context_takeover=true", "")
	for _, bits := range []int{8, 9, 10, 14, 15} {
		row(ruleDeflateServerBits, fmt.Sprintf("%s; server_max_window_bits=%d", name, bits), fmt.Sprintf("%s; server_max_window_bits=%d", alone, bits))
	}
	for _, bits := range []int{8, 9, 14} {
		row(ruleDeflateClientBits, fmt.Sprintf("%s; client_max_window_bits=%d", name, bits), fmt.Sprintf("%s; client_max_window_bits=%d", alone, bits))
	}
	row(ruleDeflateClientBits, name+"; client_max_window_bits=15", alone)
	row(ruleDeflateClientBits, name+"; client_max_window_bits", alone)
	for _, parameter := range []string{"server_max_window_bits", "client_max_window_bits"} {
		for _, value := range []string{"0", "7", "16", "08", "1", "+9", "-9", "9.0", "100", "x"} {
			row(ruleDeflateValue, name+"; "+parameter+"="+value, "")
		}
		row(ruleDeflateRepeated, fmt.Sprintf("%s; %s=10; %s=10", name, parameter, parameter), "")
	}
	row(ruleDeflateValue, name+"; server_max_window_bits", "")
	row(ruleDeflateRepeated, name+"; server_no_context_takeover; server_no_context_takeover", "")
	row(ruleDeflateRepeated, name+"; client_no_context_takeover; client_no_context_takeover", "")
	return rows
}
