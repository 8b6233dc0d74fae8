package serve

import "flag"

// What a server is to compress, which it does where a client offers it.
var (
	Deflate  = flag.Bool("deflate", false, "compress messages (permessage-deflate)")
	Takeover = flag.Bool("takeover", false, "let compressed messages refer to those before, both ways")
)

// Level is how hard to compress, where a library lets one choose: what those
// have that do not, and the default of the others.
const Level = 1
