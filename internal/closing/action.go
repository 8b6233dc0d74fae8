package closing

import "strings"

// Actions is a set of what is to be done about an event, in the order of the
// constants.
type Actions uint16

const (
	// SendClose: queue our Close frame behind what is queued, and refuse every
	// later message.
	SendClose Actions = 1 << iota
	// FinishQueue: refuse every later message. What is queued still leaves.
	FinishQueue
	// DiscardQueue: refuse every later message, and forget what is queued.
	DiscardQueue
	// StartTimer: report TimedOut when the peer has had the whole timeout.
	StartTimer
	// StartAnswerTimer: report TimedOut a little before that, in time to answer
	// the peer's Close frame if the application does not.
	StartAnswerTimer
	// ReadOn: the peer's Close frame, or what it sent before the connection was lost,
	// has to be read, by whoever reads or, while nobody does, in the background.
	ReadOn
	// ReadToEOF: what the peer still sends has to be read and dropped, until it closes
	// the connection.
	ReadToEOF
	// DiscardInput: end our direction of the connection (§7.1.1), and read and
	// drop what the peer still sends.
	DiscardInput

	actions = 8
)

var actionNames = [actions]string{
	"SendClose", "FinishQueue", "DiscardQueue", "StartTimer", "StartAnswerTimer", "ReadOn", "ReadToEOF", "DiscardInput",
}

// Has reports whether one of the actions in b is in a.
func (a Actions) Has(b Actions) bool { return a&b != 0 }

// String returns the constants' names.
func (a Actions) String() string {
	var names []string
	for i, name := range actionNames {
		if a.Has(1 << i) {
			names = append(names, name)
		}
	}
	return strings.Join(names, "|")
}

// Reason is why a connection has ended.
type Reason uint8

const (
	// NotEnded: it has not.
	NotEnded Reason = iota
	// ByHandshake: the closing handshake is complete (§7.1.4).
	ByHandshake
	// ByEvent: the event that ended it is the reason.
	ByEvent
	// ByCause: the event that led to FailQueued, ReadClosed or WriteBroken is.
	ByCause
	// ByTimeout: the peer did not answer our Close frame, or did not take it.
	ByTimeout
)

var reasonNames = [...]string{"NotEnded", "ByHandshake", "ByEvent", "ByCause", "ByTimeout"}

// String returns the constant's name.
func (r Reason) String() string { return reasonNames[r] }
