package closing

import "github.com/handset-go/handset/internal/frame"

// Transition is what an event means in a state.
type Transition struct {
	To  State
	Do  Actions
	Why Reason // NotEnded unless To is Ended and the state was another
	RFC string // the section of RFC 6455 that rules, "" where an event means nothing
}

// Next returns what the event means in the state, for the given side of the
// connection. What means nothing leaves the state as it is, with nothing to be done.
func Next(side frame.Side, s State, e Event) Transition {
	if t := clientTable[s][e]; side == frame.Client && t.RFC != "" {
		return t
	}
	if t := table[s][e]; t.RFC != "" {
		return t
	}
	return Transition{To: s}
}

// clientTable has what differs for a client: it waits for the server to close the TCP
// connection.
var clientTable = [states][events]Transition{
	CloseSent: {CloseArrived: {CloseDone, ReadToEOF, NotEnded, "7.1.1"}},
	Answering: {Drained: {CloseDone, ReadToEOF, NotEnded, "7.1.1"}},
}

// The whole closing handshake. An event that is not listed means nothing in that
// state: closing twice, a Close frame behind a Close frame (§5.5.1), what follows
// a violation (§7.1.7).
var table = [states][events]Transition{
	Open: {
		Close:        {CloseQueued, SendClose | StartTimer | ReadOn, NotEnded, "7.1.2"},
		CloseArrived: {CloseReceived, StartAnswerTimer, NotEnded, "7.1.3"},
		Violation:    {FailQueued, SendClose | StartTimer, NotEnded, "7.1.7"},
		ReadEOF:      {ReadClosed, FinishQueue | StartTimer, NotEnded, "7.1.5"},
		ReadFailed:   {Ended, 0, ByEvent, "7.1.5"},
		WriteFailed:  {WriteBroken, DiscardQueue | StartTimer | ReadOn, NotEnded, "7.1.5"},
		Abort:        {Ended, 0, ByEvent, "7.2.2"},
	},
	CloseQueued: {
		CloseArrived: {Answering, 0, NotEnded, "7.1.3"},
		Violation:    {FailQueued, 0, NotEnded, "7.1.7"},
		Drained:      {CloseSent, 0, NotEnded, "7.1.3"},
		ReadEOF:      {ReadClosed, 0, NotEnded, "7.1.5"},
		ReadFailed:   {Ended, 0, ByEvent, "7.1.5"},
		WriteFailed:  {WriteBroken, DiscardQueue | StartTimer | ReadOn, NotEnded, "7.1.5"},
		TimedOut:     {Ended, 0, ByTimeout, "7.1.1"},
		Abort:        {Ended, 0, ByEvent, "7.2.2"},
	},
	CloseSent: {
		CloseArrived: {Ended, 0, ByHandshake, "7.1.4"},
		Violation:    {Ended, 0, ByEvent, "7.1.7"},
		ReadEOF:      {Ended, 0, ByEvent, "7.1.5"},
		ReadFailed:   {Ended, 0, ByEvent, "7.1.5"},
		WriteFailed:  {Ended, 0, ByEvent, "7.1.5"},
		TimedOut:     {Ended, 0, ByTimeout, "7.1.1"},
		Abort:        {Ended, 0, ByEvent, "7.2.2"},
	},
	CloseReceived: {
		Close:       {Answering, SendClose | StartTimer, NotEnded, "5.5.1"},
		ReadFailed:  {Ended, 0, ByEvent, "7.1.5"},
		WriteFailed: {Ended, 0, ByEvent, "7.1.5"},
		TimedOut:    {Answering, SendClose | StartTimer, NotEnded, "5.5.1"},
		Abort:       {Ended, 0, ByEvent, "7.2.2"},
	},
	Answering: {
		Drained:     {Ended, 0, ByHandshake, "7.1.4"},
		ReadFailed:  {Ended, 0, ByEvent, "7.1.5"},
		WriteFailed: {Ended, 0, ByEvent, "7.1.5"},
		TimedOut:    {Ended, 0, ByTimeout, "7.1.1"},
		Abort:       {Ended, 0, ByEvent, "7.2.2"},
	},
	CloseDone: {
		ReadEOF:     {Ended, 0, ByHandshake, "7.1.4"},
		ReadFailed:  {Ended, 0, ByHandshake, "7.1.4"},
		WriteFailed: {Ended, 0, ByHandshake, "7.1.4"},
		TimedOut:    {Ended, 0, ByHandshake, "7.1.1"},
		Abort:       {Ended, 0, ByHandshake, "7.1.4"},
	},
	FailQueued: {
		Drained:     {FailSent, DiscardInput, NotEnded, "7.1.1"},
		ReadFailed:  {Ended, 0, ByCause, "7.1.7"},
		WriteFailed: {Ended, 0, ByEvent, "7.1.5"},
		TimedOut:    {Ended, 0, ByCause, "7.1.7"},
		Abort:       {Ended, 0, ByEvent, "7.2.2"},
	},
	FailSent: {
		ReadEOF:     {Ended, 0, ByCause, "7.1.1"},
		ReadFailed:  {Ended, 0, ByCause, "7.1.1"},
		WriteFailed: {Ended, 0, ByCause, "7.1.1"},
		TimedOut:    {Ended, 0, ByCause, "7.1.1"},
		Abort:       {Ended, 0, ByEvent, "7.2.2"},
	},
	ReadClosed: {
		Drained:     {Ended, 0, ByCause, "7.1.5"},
		ReadFailed:  {Ended, 0, ByCause, "7.1.5"},
		WriteFailed: {Ended, 0, ByCause, "7.1.5"},
		TimedOut:    {Ended, 0, ByCause, "7.1.5"},
		Abort:       {Ended, 0, ByCause, "7.1.5"},
	},
	WriteBroken: {
		CloseArrived: {Ended, 0, ByCause, "7.1.5"},
		Violation:    {Ended, 0, ByCause, "7.1.5"},
		ReadEOF:      {Ended, 0, ByCause, "7.1.5"},
		ReadFailed:   {Ended, 0, ByCause, "7.1.5"},
		TimedOut:     {Ended, 0, ByCause, "7.1.5"},
		Abort:        {Ended, 0, ByCause, "7.1.5"},
	},
}
