package main

import (
	"slices"
	"testing"

	"github.com/handset-go/handset/internal/tooltest"
)

// Two windows of a real browser, each at a server of its own, are one chat.
func TestInteropChromium(t *testing.T) {
	browser := tooltest.FindChromium(t)
	brokers, err := openBrokers(t.Context(), "", "")
	if err != nil {
		t.Fatal(err)
	}
	first, stopFirst := startWith(t, brokers)
	second, stopSecond := startWith(t, brokers)
	// What testdata/page.mjs reports.
	var visit struct {
		Title                       string
		Markup, Pending, Own, Width int
		Ann, Ben, OtherRoom, Errors []string
		Resumed                     []bool // for each request to join of Ann's first page
	}
	browser.Drive(t, &visit, "testdata/page.mjs", first.URL(), first.Control, second.URL())
	for _, stop := range []func() error{stopFirst, stopSecond} {
		if err := stop(); err != nil {
			t.Error(err)
		}
	}

	if visit.Title != "#general · handset chat" || visit.Markup != 0 {
		t.Errorf("the page %q has %d elements of messages", visit.Title, visit.Markup)
	}
	ben := []string{"<b>hello</b> &amp;\nsecond line", "hi", "one", "two", "from the tunnel", "did it arrive?", "yes, once", "are you there?"}
	if !slices.Equal(visit.Ben, ben) {
		t.Errorf("Ben's window shows %q", visit.Ben)
	}
	const lost, again = "Connection lost. What you write is sent when it is back.", "Connected again."
	withoutNotices := slices.DeleteFunc(slices.Clone(visit.Ann), func(text string) bool { return text == lost || text == again })
	if !slices.Equal(withoutNotices, ben) || !slices.Contains(visit.Ann, again) {
		t.Errorf("the window whose connection was lost shows %q", visit.Ann)
	}
	if n := len(visit.Resumed); n < 4 || visit.Resumed[0] || slices.Contains(visit.Resumed[1:], false) {
		t.Errorf("the requests to join asked for what was missed: %v", visit.Resumed)
	}
	if visit.Pending != 0 || visit.Own != 3 {
		t.Errorf("%d messages are not sent, and %d are shown as her own", visit.Pending, visit.Own)
	}
	if len(visit.OtherRoom) != 0 {
		t.Errorf("the other room has the messages %q", visit.OtherRoom)
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
