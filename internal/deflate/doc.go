// Package deflate implements permessage-deflate (RFC 7692), without WebSocket
// frames: Negotiate, for a server, or Offer and Agree, for a client, agree on Params,
// and a Deflater compresses the messages of one direction. Those of the other
// direction are decoded by package inflate. The package does no I/O and starts no
// goroutine. A Deflater takes a message whole or in fragments.
//
// Compressors are those of github.com/klauspost/compress/flate. For short fragments, of
// up to 512 bytes if the window holds something and of less than 128 if it is empty,
// this package has its own; fixed.go gives the figures that justify it. tuning.go has all
// constants that were chosen by measurement.
//
// # Memory
//
// A connection holds a Deflater and an inflate.Decoder, 24 and 32 bytes. Without
// context takeover that is all while it is idle. With takeover it also holds two
// windows. Each begins with 256 bytes and grows with the data, up to the size that
// was agreed; at levels below 5 the one for sending grows to 16 KiB at most.
//
// While a message is open, between its fragments, there is a window without takeover
// too, of at most 8 KiB to send.
//
// A compressor takes 0.8 MiB at level 1, 1.0 MiB at level 5 and 1.4 MiB at level 9.
// It comes from a pool and goes back at the end of the call, so there are as many
// as there are concurrent calls.
//
// # Time and size
//
// The cost of sending and of receiving a message of JSON, in µs of CPU on an AMD
// EPYC, of which only the ratios count, and its bytes on the wire:
//
//	                                100 B              1 KiB              16 KiB
//	takeover, bits, level   send recv  wire    send recv  wire    send recv  wire
//	no        15    1        0.9  0.4  95 B      10  3.4  391 B     62   31  4433 B
//	no        15    5        0.9  0.4  95 B      12  3.4  363 B     89   27  3768 B
//	yes       12    1        5.3  0.2  25 B      17  3.9  298 B    107   28  3651 B
//	yes       12    5        5.3  0.2  25 B      27  3.6  254 B    107   28  3651 B
//	yes       15    1        5.3  0.2  25 B      32  3.6  288 B     94   33  4148 B
//	yes       15    5        5.3  0.2  25 B     119  3.2  240 B    215   31  3537 B
//
// A larger window costs time with every message, because the compressor reads it
// anew. With a compressor for each connection 1 KiB would take 13 µs at level 1, and
// the connection 0.8 MiB.
package deflate
