package ws_test

// What the rows test of RFC 7692, in the order of its sections.
var (
	ruleDeflateOffers     = inOtherWords("RFC 7692 §5", "A server accepts one of the client's offers, of which the first is preferred, or declines all of them.")
	ruleDeflateBit        = states("RFC 7692 §6", "On a WebSocket connection where a PMCE is in use, this bit indicates whether a message is compressed or not.")
	ruleDeflateFirst      = states("RFC 7692 §6.1", "An endpoint MUST NOT set the \"Per-Message Compressed\" bit of control frames and non-first fragments of a data message. An endpoint receiving such a frame MUST _Fail the WebSocket Connection_.")
	ruleDeflateFragments  = inOtherWords("RFC 7692 §6.2", "The payloads of all fragments of a message are joined and decompressed.")
	ruleDeflateUnknown    = states("RFC 7692 §7", "The negotiation offer contains an extension parameter not defined for use in an offer.")
	ruleDeflateValue      = states("RFC 7692 §7", "The negotiation offer contains an extension parameter with an invalid value.")
	ruleDeflateRepeated   = states("RFC 7692 §7", "The negotiation offer contains multiple extension parameters with the same name.")
	ruleDeflateBadAnswer  = states("RFC 7692 §7", "A client MUST _Fail the WebSocket Connection_ if the peer server accepted an extension negotiation offer for this extension with an extension negotiation response meeting any of the following conditions")
	ruleDeflateServerOwn  = states("RFC 7692 §7.1.1.1", "By including this extension parameter in an extension negotiation offer, a client prevents the peer server from using context takeover.")
	ruleDeflateClientOwn  = inOtherWords("RFC 7692 §7.1.1.2", "A client that offers client_no_context_takeover can do without context takeover, and does so if the server accepts the parameter.")
	ruleDeflateServerBits = inOtherWords("RFC 7692 §7.1.2.1", "A server accepts server_max_window_bits with a window of the offered size or a smaller one.")
	ruleDeflateClientBits = inOtherWords("RFC 7692 §7.1.2.2", "A server may limit the client's window if the offer has client_max_window_bits, and to no more than its value.")
	ruleDeflateData       = inOtherWords("RFC 7692 §7.2.1", "Messages are compressed by DEFLATE, and 0x00 0x00 0xff 0xff is left out at their end.")
	ruleDeflatePadding    = states("RFC 7692 §7.2.1", "When any DEFLATE block with the \"BFINAL\" bit set to 1 doesn't end at a byte boundary, an endpoint MUST add minimal padding bits of 0 to make it end at a byte boundary. The next DEFLATE block follows the padded data if any.")
	ruleDeflateTail       = states("RFC 7692 §7.2.2", "Append 4 octets of 0x00 0x00 0xff 0xff to the tail end of the payload of the message.")
	ruleDeflateExamples   = inOtherWords("RFC 7692 §7.2.3", "The examples of compressed messages.")
	ruleDeflateTakeover   = inOtherWords("RFC 7692 §7.2.3.2", "With context takeover, a message may refer to what was sent in earlier ones.")
	ruleDeflateEmpty      = inOtherWords("RFC 7692 §7.2.3.6", "An empty message has a payload of one byte, 0x00.")
)
