// Package inflate decodes DEFLATE data (RFC 1951) that arrives in parts of any
// length.
//
// A WebSocket message is pushed to its receiver, frame by frame, and a read from
// the network can end anywhere in it. The decoder therefore
//
//   - can stop before any bit that has not arrived, and go on when it has;
//   - stops when the room for its output is full, whatever the data expands to;
//   - keeps a few KiB of state while a message is open, and nothing but the
//     window between messages.
//
// That is why the package exists. Every flate.Reader for Go pulls: it calls Read
// until the data is complete, and once Read has had nothing to return, its error
// stays and the reader cannot go on. It would take a goroutine for each open
// message, or all of a message's compressed bytes before the first of them is
// decoded, and some 40 KB of state for each open message.
//
// # Tests
//
// The bytes that a Decoder reads come from the network. What it makes of them is
// compared with what others do:
//
//   - FuzzInflate compares it with compress/flate and with a decoder that follows
//     the letter of RFC 1951, on any data that arrives in any parts;
//   - TestConversationsWithStandardLibrary, in internal/deflate, has
//     compress/flate compress random messages, with all the parameters that
//     RFC 7692 knows, and decodes them;
//   - TestInflateInParts and TestInflateRefusesBadData stop
//     and resume it at every byte of the messages in their tables.
//
// # The end of a message
//
// DEFLATE data ends with a final block, but a message need not have one. Its end
// is known from elsewhere, and the caller says so. The sender of a message ends it
// with an empty stored block, and removes the last four bytes of that block,
// 00 00 ff ff (RFC 7692 §7.2.1); the decoder reads them as if they were there.
// That is all it knows of RFC 7692. See Decoder.Decode.
package inflate
