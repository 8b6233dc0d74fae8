// Package overwrite overwrites bytes that are no longer valid with a text that says so,
// in tests of programs that use the library. A program that uses the Data of a message
// after the next receive then always finds that text, instead of part of another
// message from time to time.
package overwrite

// text is what the bytes are overwritten with. It appears in the output of a test that
// compares them. It is ASCII, so that any prefix of it can be sent as a text message.
const text = "stale: Data is valid until the next receive, Message.Clone keeps it. "

// enabled is not written after the program's initialization, and so needs no lock.
var enabled bool

// Enable makes Expired overwrite bytes, in the whole process. It cannot be undone, and
// must be called during the program's initialization, since it is not synchronized.
func Enable() { enabled = true }

// Enabled reports whether Enable has been called. Memory that a message's Data was in
// must then not be used again, so that the text stays in it.
func Enabled() bool { return enabled }

// Expired overwrites b, which others may still refer to although it is not valid any
// more. Unless Enable has been called it does nothing.
func Expired(b []byte) {
	if enabled {
		fill(b)
	}
}

// fill is a function of its own so that Expired is inlined.
//
//go:noinline
func fill(b []byte) {
	for len(b) > 0 {
		b = b[copy(b, text):]
	}
}
