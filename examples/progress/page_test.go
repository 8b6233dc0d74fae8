package main

import (
	"strings"
	"testing"

	"github.com/handset-go/handset/internal/tooltest"
)

// Two windows of a real browser follow one job.
func TestInteropChromium(t *testing.T) {
	browser := tooltest.FindChromium(t)
	network, stop := start(t)
	// What testdata/page.mjs reports.
	var visit struct {
		Title, Primes, Percent, Unknown string
		SameJob                         bool
		Before, After, Bar              float64
		Width                           int
		Events, Errors                  []string
	}
	browser.Drive(t, &visit, "testdata/page.mjs", network.URL(), network.Control)
	if err := stop(); err != nil {
		t.Error(err)
	}

	if visit.Title != "handset progress" || !visit.SameJob {
		t.Errorf("the page has the title %q; the same job in both windows: %v", visit.Title, visit.SameJob)
	}
	if visit.Before <= 0 || visit.After <= visit.Before {
		t.Errorf("%v numbers were tested before the connection was lost, and %v after", visit.Before, visit.After)
	}
	if visit.Primes != "664,579" || visit.Percent != "100" || visit.Bar != 1 {
		t.Errorf("at the end the page shows %s primes, %s %% and a bar of %v", visit.Primes, visit.Percent, visit.Bar)
	}
	events := strings.Join(visit.Events, "\n")
	for _, event := range []string{"The job has started", "Connection lost at", "Connected again", "Cancelled at", "Finished: 664,579 primes"} {
		if !strings.Contains(events, event) {
			t.Errorf("%q is not among the events:\n%s", event, events)
		}
	}
	if !strings.Contains(visit.Unknown, "does not know this job") {
		t.Errorf("of an unknown job the page says %q", visit.Unknown)
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
	tooltest.Screenshots(t, "screenshots", "testdata/screenshots.mjs", network.URL(), network.Control)
}
