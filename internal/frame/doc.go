// Package frame turns RFC 6455 bytes into frames and back. It does no I/O and
// starts no goroutine: bytes in, verdicts out, so that every rule of the wire
// format can be tested, and fuzzed, with nothing but a slice.
package frame
