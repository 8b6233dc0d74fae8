package redial

import (
	"net/http"
	"testing"
	"time"
)

func TestRetryAfter(t *testing.T) {
	now := time.Date(2025, 3, 1, 12, 0, 0, 0, time.UTC)
	date := func(d time.Duration) string { return now.Add(d).Format(http.TimeFormat) }
	for _, tt := range []struct {
		name, value, date string
		want              time.Duration
	}{
		{"none", "", "", 0},
		{"seconds", "120", "", 2 * time.Minute},
		{"zero", "0", "", 0},
		{"negative seconds", "-1", "", 0},
		{"fractions", "1.5", "", 0},
		{"no number", "soon", "", 0},
		{"a year", "31536000", "", 24 * time.Hour},
		{"more than a Duration has", "9223372037", "", 24 * time.Hour},
		{"more than an integer has", "99999999999999999999999", "", 24 * time.Hour},
		{"a date", date(time.Minute), "", time.Minute},
		{"a date in the past", date(-time.Minute), "", 0},
		{"a date in ten years", date(87600 * time.Hour), "", 24 * time.Hour},
		{"a date of a server whose clock is an hour fast", date(61 * time.Minute), date(time.Hour), time.Minute},
		{"a date of a server whose clock is an hour slow", date(-59 * time.Minute), date(-time.Hour), time.Minute},
		{"a date and a Date that is none", date(time.Minute), "today", time.Minute},
		{"in RFC 850's form", now.Add(time.Minute).Format(time.RFC850), "", time.Minute},
	} {
		h := http.Header{}
		if tt.value != "" {
			h.Set("Retry-After", tt.value)
		}
		if tt.date != "" {
			h.Set("Date", tt.date)
		}
		if got := RetryAfter(h, now); got != tt.want {
			t.Errorf("%s: %v, want %v", tt.name, got, tt.want)
		}
	}
	if got := RetryAfter(nil, now); got != 0 {
		t.Errorf("without headers: %v", got)
	}
}

// FuzzRetryAfter reads the headers of any server.
func FuzzRetryAfter(f *testing.F) {
	now := time.Date(2025, 3, 1, 12, 0, 0, 0, time.UTC)
	for _, value := range []string{"", "120", "-1", "1.5", "99999999999999999999999", now.Add(time.Hour).Format(http.TimeFormat), "Saturday, 01-Mar-25 12:01:00 GMT"} {
		f.Add(value, now.Format(http.TimeFormat))
		f.Add(value, "today")
	}
	f.Fuzz(func(t *testing.T, value, date string) {
		got := RetryAfter(http.Header{"Retry-After": {value}, "Date": {date}}, now)
		if got < 0 || got > MaxRetryAfter {
			t.Fatalf("Retry-After %q with Date %q is %v", value, date, got)
		}
		want := time.Duration(0)
		for _, c := range value {
			want = min(10*want+time.Duration(c-'0')*time.Second, MaxRetryAfter)
			if c < '0' || c > '9' {
				return
			}
		}
		if got != want {
			t.Fatalf("Retry-After %q is %v, want %v", value, got, want)
		}
	})
}
