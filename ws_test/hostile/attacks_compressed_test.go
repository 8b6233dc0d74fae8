package hostile_test

import (
	"github.com/handset-go/handset/internal/deflatetest"
)

// shortest is the index of the shortest blocks for which a decoder builds tables.
const shortest = 5

// compressed are attacks by compressed messages. Their honest peer sends 1 KiB of JSON with
// each message.
func compressed() (rows []attack) {
	for i, tiny := range deflatetest.TinyBlocks() {
		sides := []side{server}
		switch {
		case i < shortest:
			continue // these blocks bring no codes, and cost no more than text: see internal/inflate
		case i == shortest:
			sides = both
		}
		rows = append(rows, attack{
			name: tiny.Name, does: "compressed messages that consist of them",
			sides: sides, settings: settings{Compression: true}, conns: 1, honest: texts(mib), end: stays,
			script: func(p *peer) sent {
				return p.flood(p.on.frame(fin|rsv1|binaryFrame, tiny.Message(48*kib)), 1, scaled(mib))
			},
			bounds: bounds{unit: "byte", cpu: 5, live: 64 * kib, peak: 8 * mib, goroutines: 1},
		})
	}
	atLimit, beyond := deflatetest.Zeros(limit), deflatetest.Zeros(16*limit)
	return append(rows, []attack{
		{
			name: "bombs as long as the limit", does: "messages of about 1 KiB, which are 1 MiB after decompression",
			sides: both, settings: settings{Compression: true}, conns: 1, honest: texts(mib), end: stays,
			script: func(p *peer) sent {
				return p.flood(p.on.frame(fin|rsv1|binaryFrame, atLimit), limit, scaled(512*kib))
			},
			bounds: bounds{unit: "decompressed byte", cpu: 1, live: 64 * kib, peak: 12 * mib, goroutines: 1},
		},
		{
			name: "bombs beyond the limit", does: "messages of about 16 KiB, which would be 16 MiB after decompression",
			sides: both, settings: settings{Compression: true}, conns: 1, honest: texts(mib), end: stays,
			script: func(p *peer) sent {
				return p.flood(p.on.frame(fin|rsv1|binaryFrame, beyond), 1, scaled(2*mib))
			},
			bounds: bounds{unit: "byte", cpu: 5, live: 64 * kib, peak: 12 * mib, goroutines: 1},
			expect: func(r report) bool { return r.TooBig >= scaled(2*mib)/len(beyond) },
		},
		{
			name: "bombs beyond the limit, with context takeover", does: "messages of about 16 KiB, which are 16 MiB after decompression",
			sides: both, settings: settings{Takeover: true}, conns: 1, honest: texts(mib), end: stays,
			script: func(p *peer) sent {
				return p.flood(p.on.frame(fin|rsv1|binaryFrame, beyond), 16*limit, scaled(256*kib))
			},
			bounds: bounds{unit: "decompressed byte", cpu: 1, live: 128 * kib, peak: 12 * mib, goroutines: 1},
			expect: func(r report) bool { return r.TooBig >= scaled(256*kib)/len(beyond) },
		},
		{
			name: "empty compressed messages", does: "compressed messages of one byte, which are empty after decompression",
			sides: both, settings: settings{Compression: true}, conns: 1, honest: messages("/receive", 125, 4*mib), end: stays,
			script: func(p *peer) sent { return p.flood(p.on.frame(fin|rsv1|text, []byte{0}), 1, scaled(mib)) },
			bounds: bounds{unit: "frame", cpu: 4, live: 64 * kib, peak: 8 * mib, goroutines: 1},
		},
		{
			name: "compressed fragments of one byte", does: "compressed messages of fragments of one byte",
			sides: both, settings: settings{Compression: true}, conns: 1, honest: messages("/receive", 125, 4*mib), end: stays,
			script: func(p *peer) sent {
				message := deflatetest.TinyBlocks()[shortest].Message(2 * kib)
				frames := p.on.frame(rsv1|text, nil)
				for _, b := range message {
					frames = append(frames, p.on.frame(continuation, []byte{b})...)
				}
				return p.flood(append(frames, p.on.frame(fin|continuation, nil)...), len(message)+2, scaled(mib))
			},
			bounds: bounds{unit: "frame", cpu: 4, live: 64 * kib, peak: 8 * mib, goroutines: 1},
		},
	}...)
}
