package closing

// State is how far a connection is on its way to its end.
type State uint8

const (
	// Open is the state in which messages are sent and received.
	Open State = iota
	// CloseQueued: our Close frame is queued, and the peer's has not arrived.
	CloseQueued
	// CloseSent: our Close frame has left, and the peer's has not arrived.
	CloseSent
	// CloseReceived: the peer's Close frame has arrived and is not answered yet.
	CloseReceived
	// Answering: the peer's Close frame has arrived, and ours is queued.
	Answering
	// CloseDone: both Close frames have been exchanged, and this side, a client, waits
	// for the server to close the TCP connection.
	CloseDone
	// FailQueued: the peer broke the protocol, and our Close frame is queued.
	FailQueued
	// FailSent: that Close frame has left. What the peer still sends is dropped,
	// so that the frame is not lost to a reset of the connection.
	FailSent
	// ReadClosed: the peer has ended its direction without a Close frame. What is
	// queued still leaves.
	ReadClosed
	// WriteBroken: a write has failed, since the connection is lost. What the peer
	// had sent before is still received.
	WriteBroken
	// Ended: the connection is closed.
	Ended

	states = int(Ended) + 1
)

var stateNames = [states]string{
	"Open", "CloseQueued", "CloseSent", "CloseReceived", "Answering", "CloseDone",
	"FailQueued", "FailSent", "ReadClosed", "WriteBroken", "Ended",
}

// String returns the constant's name.
func (s State) String() string { return stateNames[s] }

// AwaitsClose reports whether the peer's Close frame is what is missing.
func (s State) AwaitsClose() bool { return s == CloseQueued || s == CloseSent }

// ReadsOn reports whether what the peer sends has to be read, also if the application
// receives nothing.
func (s State) ReadsOn() bool { return s.AwaitsClose() || s == WriteBroken }

// Lost reports whether the connection was lost in one direction.
func (s State) Lost() bool { return s == ReadClosed || s == WriteBroken }

// Fails reports whether the peer broke the protocol.
func (s State) Fails() bool { return s == FailQueued || s == FailSent }
