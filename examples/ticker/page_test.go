package main

import (
	"slices"
	"testing"

	"github.com/handset-go/handset/internal/tooltest"
)

// Two windows of a real browser show the same prices.
func TestInteropChromium(t *testing.T) {
	browser := tooltest.FindChromium(t)
	network, stop := start(t)
	// What testdata/page.mjs reports.
	var visit struct {
		Title, Selected, Hash  string
		Same                   bool
		Width                  int
		Goods, Skipped, Errors []string
	}
	browser.Drive(t, &visit, "testdata/page.mjs", network.URL(), network.Control)
	if err := stop(); err != nil {
		t.Error(err)
	}

	if visit.Title != "handset ticker" || visit.Selected != "Coffee" || visit.Hash != "#Coffee" {
		t.Errorf("%q shows %q at %q", visit.Title, visit.Selected, visit.Hash)
	}
	if !visit.Same {
		t.Error("the windows never showed the same price")
	}
	if want := []string{"Cocoa", "Coffee", "Copper", "Cotton", "Sugar", "Tea"}; !slices.Equal(visit.Goods, want) {
		t.Errorf("the goods are %q", visit.Goods)
	}
	if !slices.Equal(visit.Skipped, []string{"0", "0"}) {
		t.Errorf("prices were skipped: %q", visit.Skipped)
	}
	if visit.Width > 390 {
		t.Errorf("on a phone the page is %d pixels wide", visit.Width)
	}
	if len(visit.Errors) > 0 {
		t.Errorf("the browser's console has errors: %q", visit.Errors)
	}
}

func TestScreenshots(t *testing.T) {
	network, stop := start(t)
	defer stop()
	tooltest.Screenshots(t, "screenshots", "testdata/screenshots.mjs", network.URL())
}
