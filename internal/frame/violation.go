package frame

// Violation is a way in which bytes from a peer break RFC 6455, with the close
// code that answers it (§7.4.1).
type Violation struct {
	Code uint16
	Text string
}

func (v *Violation) Error() string { return v.Text }

const (
	codeProtocolError  = 1002
	codeInvalidPayload = 1007
)

func protocolError(text string) *Violation { return &Violation{codeProtocolError, text} }
func payloadError(text string) *Violation  { return &Violation{codeInvalidPayload, text} }

// What a peer can do wrong, one value each so that callers can compare.
var (
	ErrReservedBits      = protocolError("reserved bit set without an extension")
	ErrReservedOpcode    = protocolError("reserved opcode")
	ErrUnmasked          = protocolError("frame from a client is not masked")
	ErrMasked            = protocolError("frame from a server is masked")
	ErrControlFragmented = protocolError("control frame is fragmented")
	ErrControlTooLong    = protocolError("control frame is longer than 125 bytes")
	ErrLengthNotMinimal  = protocolError("payload length is not in its shortest form")
	ErrLengthTooLarge    = protocolError("payload length has its top bit set")
	ErrNoMessageOpen     = protocolError("continuation frame without a message to continue")
	ErrMessageOpen       = protocolError("new message before the last one was finished")
	ErrCloseTooShort     = protocolError("close payload of one byte")
	ErrCloseCode         = protocolError("close code that may not be sent")
	ErrCloseReason       = payloadError("close reason is not UTF-8")
	ErrInvalidUTF8       = payloadError("text is not UTF-8")
)
