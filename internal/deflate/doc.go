// Package deflate is permessage-deflate, RFC 7692, without the WebSocket:
// Negotiate agrees on Params, a Deflater compresses the messages of one
// direction, and an Inflater decompresses those of the other. It does no I/O
// and starts no goroutine. Both take messages whole or in pieces, and keep
// little between calls: what they need to work is lent by pools.
//
// # Memory
//
// A connection holds the two structs, 24 and 32 bytes. Without context takeover
// that is all while it is idle. With takeover it also holds two windows, each
// of which begins with 256 bytes and grows with what passes, up to the size
// that was agreed; at levels below 5 the one for sending stops at 16 KiB.
//
// While a message is open, between its pieces, there is a window for it without
// takeover too, of at most 8 KiB to send; and 7 KiB of tables to receive.
//
// A compressor has 0.8 MiB at level 1, 1.0 MiB at level 5 and 1.4 MiB at level
// 9. It is lent for the time of one call, so there are as many of them as calls
// at the same moment.
//
// # Time and size
//
// What it takes to send and to receive a message of JSON, in µs of CPU on an
// AMD EPYC of which only the ratios count, and what goes over the wire:
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
// A larger window costs time with every message, since the compressor is shown
// it anew. A compressor of one's own would take 13 µs for 1 KiB at level 1 and
// 0.8 MiB for each connection.
package deflate
