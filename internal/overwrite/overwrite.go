// Package overwrite replaces bytes that are no longer valid by a text that says
// so, in tests of programs that use the library. A program that keeps the Data of
// a message past the next receive then reads that text at once, instead of some
// other message once in a while.
package overwrite

// text is what the bytes become. A test that compares them prints it. It is
// ASCII, so that the beginning of it can be sent as a text message.
const text = "stale: Data is valid until the next receive, Message.Clone keeps it. "

// enabled is not changed after the program's initialization.
var enabled bool

// Enable begins it, in all of the process and for good. It must be called during
// the program's initialization, since nothing is synchronized.
func Enable() { enabled = true }

// Enabled reports whether memory that a message's Data was in must not be used for
// anything else, so that the text stays in it.
func Enabled() bool { return enabled }

// Expired overwrites b, which is not valid any more for whoever else has a slice
// of it. Unless Enable has been called it does nothing and costs one branch.
func Expired(b []byte) {
	if enabled {
		fill(b)
	}
}

// fill is apart so that Expired is inlined.
//
//go:noinline
func fill(b []byte) {
	for len(b) > 0 {
		b = b[copy(b, text):]
	}
}
