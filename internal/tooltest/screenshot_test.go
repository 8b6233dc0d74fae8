package tooltest

import (
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"testing"
)

func TestReduce(t *testing.T) {
	img := image.NewRGBA(image.Rect(0, 0, 100, 100))
	for y := range 100 {
		for x := range 100 {
			img.Set(x, y, color.RGBA{uint8(x), uint8(y), 0, 255}) // 10,000 colours
		}
		for x := range 50 {
			img.Set(x, y, color.RGBA{1, 2, 3, 255})
		}
	}
	name := filepath.Join(t.TempDir(), "test.png")
	file, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	if err := png.Encode(file, img); err != nil {
		t.Fatal(err)
	}
	file.Close()
	if err := reduce(name); err != nil {
		t.Fatal(err)
	}
	file, err = os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	got, err := png.Decode(file)
	if err != nil {
		t.Fatal(err)
	}
	reduced, ok := got.(*image.Paletted)
	if !ok || len(reduced.Palette) != 256 {
		t.Fatalf("the result is a %T", got)
	}
	if r, g, b, _ := got.At(10, 10).RGBA(); r>>8 != 1 || g>>8 != 2 || b>>8 != 3 {
		t.Errorf("the most frequent colour has become %d, %d, %d", r>>8, g>>8, b>>8)
	}
}
