// Package frame parses and writes the frames of RFC 6455, and checks what a single frame
// cannot show: the order of frames, and UTF-8 across them. It does no I/O and starts
// no goroutine, so every rule of the wire format is tested, and fuzzed, with nothing
// but a slice.
package frame
