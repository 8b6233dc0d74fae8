package deflate

// The constants that were chosen by measurement. The figures are for the JSON of
// BenchmarkFragments, BenchmarkDeflate and BenchmarkShortFragments: µs of CPU, the least
// of four runs on an AMD EPYC, and bytes on the wire per message. Only the ratios of
// a row count. "Half" and "double" are the results of half and of twice the value.
//
//	constant     measured with                     half          chosen        double
//	smallReach   16 KiB in 1 KiB fragments, alone 288   5084 B  353   5010 B  354   4992 B
//	             16 KiB in 4 KiB fragments, alone 111   4566 B  127   4534 B  157   4528 B
//	fastReach    16 KiB, takeover, 15 bits          99   4203 B  106   4148 B  161   4154 B
//	fixedReach   250 B, takeover, 15 bits          5.8   74.5 B  8.2   70.8 B  12.8  68.5 B
//	fixedTries   250 B, takeover, 12 bits          7.4   73.3 B  8.1   70.9 B  8.9   69.9 B
//	goodMatch    250 B, takeover, 12 bits          7.2   73.1 B  8.2   70.9 B  8.5   70.9 B
//	             512 B, takeover, 12 bits         10.2  150.9 B 12.3  146.5 B 13.4  146.5 B
//	hashBits     250 B, takeover, 12 bits          8.6   71.0 B  8.2   70.9 B  7.9   70.8 B
//
// For hashBits they are those of half and of twice the hash table, which takes 4 KiB
// and is cleared for each fragment.
//
// These choose which of two compressors gets a fragment:
//
//	constant     measured with                    fixedEncoder  encoder
//	fixedLimit   512 B, takeover, 12 bits         12.3  147 B    16  166 B
//	             512 B, takeover, 15 bits         12.2  146 B    27  161 B
//	             1,000 B, takeover, 12 bits       20.3  289 B    18  297 B
//	aloneLimit   127 B, alone, level 1             1.1  109 B   2.6  133 B
//	             128 B, alone, level 1             1.1  110 B   4.3  109 B
//	             200 B, alone, level 1             1.7  145 B   5.8  133 B
//	                                              of a level    for the window
//	windowLevel  1 KiB, takeover, 12 bits, level 1  18  298 B    28  254 B
//	             1 KiB, takeover, 13 bits, level 1  27  291 B    42  247 B
//
// Package ws does not compress messages shorter than Compression.MinSize, which is
// 128 if it is zero: alone, 128 bytes become 109 in 4.3 µs. With takeover they become
// about 35.
const (
	// smallReach is how many bytes back a fragment of a message may refer without
	// context takeover. With it, at levels below windowLevel, that is smallReach
	// and twice the length of the fragment.
	smallReach = 8 << 10

	// fastReach is the size of the window with takeover at levels below
	// windowLevel.
	fastReach = 16 << 10

	// windowLevel is the level with about the results and the cost of
	// flate.NewWriterWindow. Levels below it are faster.
	windowLevel = 5

	// fixedLimit is the length of the longest fragment that a fixedEncoder
	// compresses if there is something in the window.
	fixedLimit = 512

	// If the window is empty, a fixedEncoder compresses only fragments shorter
	// than aloneLimit, at levels below aloneLevel: the other encoders of these
	// levels do not look for matches in so few bytes.
	aloneLimit = 128
	aloneLevel = 7

	fixedReach = 4 << 10 // how many bytes back a fixedEncoder refers at most
	fixedTries = 16      // how many places it compares to find a match
	goodMatch  = 16      // the length of a match for which it does not try the next byte
	hashBits   = 11      // the base-two logarithm of the size of its hash table
)

// leastDeflated is no matter of tuning. zlib cannot make a raw stream for a window
// of 8 bits: some versions refuse to, and others use 9 bits without saying so.
// A peer is asked for 9, and decoded with 9, at least.
const leastDeflated = 9
