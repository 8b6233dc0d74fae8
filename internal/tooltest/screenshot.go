package tooltest

import (
	"bytes"
	"cmp"
	"context"
	"flag"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
)

var screenshots = flag.Bool("screenshots", false, "write the screenshots of a README")

// maxScreenshot is the size of a screenshot in bytes.
const maxScreenshot = 150_000

// Screenshots runs a script as [Chromium.Drive] does, with a folder before args, into
// which the script writes screenshots as PNG files, and reduces the size of these. The
// test is skipped without the flag -screenshots.
func Screenshots(tb testing.TB, folder, script string, args ...string) {
	tb.Helper()
	if !*screenshots {
		tb.Skip("only with -screenshots")
	}
	c := FindChromium(tb)
	ctx, cancel := context.WithTimeout(tb.Context(), Patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, c.node, append([]string{script, folder}, args...)...)
	cmd.Env = append(os.Environ(), "HANDSET_CHROMIUM="+c.browser, "FONTCONFIG_FILE="+filepath.Join(kit(), "fonts.conf"))
	var nothing any
	report(tb, &nothing, cmd)
	names, err := filepath.Glob(filepath.Join(folder, "*.png"))
	if err != nil || len(names) == 0 {
		tb.Fatalf("%s wrote no screenshots: %v", script, err)
	}
	for _, name := range names {
		if err := reduce(name); err != nil {
			tb.Error(err)
		}
		if info, err := os.Stat(name); err != nil || info.Size() > maxScreenshot {
			tb.Errorf("%s has more than %d bytes: %v", name, maxScreenshot, err)
		}
	}
}

// reduce replaces a PNG file by one with 256 colours, which are those that occur most
// often. Pages have few others, at the edges of letters.
func reduce(name string) error {
	data, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	img, err := png.Decode(bytes.NewReader(data))
	if err != nil {
		return err
	}
	reduced := image.NewPaletted(img.Bounds(), palette(img, 256))
	draw.Draw(reduced, reduced.Rect, img, img.Bounds().Min, draw.Src)
	var b bytes.Buffer
	if err := (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(&b, reduced); err != nil {
		return err
	}
	return os.WriteFile(name, b.Bytes(), 0o644)
}

func palette(img image.Image, size int) color.Palette {
	counts := map[color.RGBA]int{}
	for y := img.Bounds().Min.Y; y < img.Bounds().Max.Y; y++ {
		for x := img.Bounds().Min.X; x < img.Bounds().Max.X; x++ {
			counts[color.RGBAModel.Convert(img.At(x, y)).(color.RGBA)]++
		}
	}
	colors := slices.SortedFunc(maps.Keys(counts), func(a, b color.RGBA) int {
		return cmp.Or(counts[b]-counts[a], int(a.R)-int(b.R), int(a.G)-int(b.G), int(a.B)-int(b.B))
	})
	var p color.Palette
	for _, c := range colors[:min(size, len(colors))] {
		p = append(p, c)
	}
	return p
}
