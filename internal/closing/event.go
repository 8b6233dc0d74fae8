package closing

// Event is what happens to a connection.
type Event uint8

const (
	// Close: the application closes, or the peer's Close frame is to be answered.
	Close Event = iota
	// CloseArrived: the peer's Close frame has arrived.
	CloseArrived
	// Violation: the peer broke the protocol.
	Violation
	// Drained: all that was queued has left, our Close frame included. It happens
	// only after SendClose or FinishQueue.
	Drained
	// ReadEOF: the peer has ended its direction.
	ReadEOF
	// ReadFailed: the connection cannot be read any more, for another reason.
	ReadFailed
	// WriteFailed: the connection cannot be written any more.
	WriteFailed
	// TimedOut: the time that StartTimer or StartAnswerTimer gave is over.
	TimedOut
	// Abort: the connection is to end now, whatever its state. Timeouts of
	// messages, heartbeats and writes do that, and a shutdown that must not wait.
	Abort

	events = int(Abort) + 1
)

var eventNames = [events]string{
	"Close", "CloseArrived", "Violation", "Drained", "ReadEOF", "ReadFailed", "WriteFailed", "TimedOut", "Abort",
}

// String returns the constant's name.
func (e Event) String() string { return eventNames[e] }
