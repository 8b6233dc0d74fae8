package frame

import (
	"fmt"
	"strings"
	"testing"
)

func BenchmarkMask(b *testing.B) {
	for _, n := range []int{16, 125, 1024, 16 << 10, 64 << 10} {
		b.Run(fmt.Sprint("len=", n), func(b *testing.B) {
			p := pattern(n)
			b.SetBytes(int64(n))
			b.ReportAllocs()
			for b.Loop() {
				Mask(p, 0x3d21fa37)
			}
		})
	}
}

func BenchmarkAppendMasked(b *testing.B) {
	for _, n := range []int{16, 125, 1024, 16 << 10, 64 << 10} {
		b.Run(fmt.Sprint("len=", n), func(b *testing.B) {
			p, dst := pattern(n), make([]byte, 0, n+MaxHeader)
			b.SetBytes(int64(n))
			b.ReportAllocs()
			for b.Loop() {
				AppendPayload(AppendMasked(dst, Binary, true, len(p), 0x3d21fa37), p, 0x3d21fa37)
			}
		})
	}
}

func BenchmarkParse(b *testing.B) {
	for name, hex := range map[string]string{
		"len=7bit":  "82 fd 37fa213d",
		"len=16bit": "82 fe 0400 37fa213d",
		"len=64bit": "82 ff 0000000000100000 37fa213d",
	} {
		b.Run(name, func(b *testing.B) {
			p := unhex(hex)
			b.ReportAllocs()
			for b.Loop() {
				if _, n, err := Parse(p, Server, false); n != len(p) || err != nil {
					b.Fatal(n, err)
				}
			}
		})
	}
}

func BenchmarkUTF8(b *testing.B) {
	for name, character := range map[string]string{"ascii": "a", "mixed": strings.Repeat("a", 99) + "é", "latin": "aé", "cjk": "語", "emoji": "😀"} {
		for _, n := range []int{125, 1024, 64 << 10} {
			b.Run(fmt.Sprintf("%s,len=%d", name, n), func(b *testing.B) {
				p := []byte(strings.Repeat(character, 1+n/len(character)))
				b.SetBytes(int64(len(p)))
				b.ReportAllocs()
				for b.Loop() {
					if u := (UTF8{}); !u.Write(p) || !u.Whole() {
						b.Fatal("not UTF-8")
					}
				}
			})
		}
	}
}
