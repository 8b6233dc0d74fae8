package redial

import (
	"errors"
	"net/http"
	"strconv"
	"time"
)

// MaxRetryAfter is the longest time that RetryAfter returns.
const MaxRetryAfter = 24 * time.Hour

// RetryAfter returns how long a response asks to wait before the next request (RFC 9110
// §10.2.3): 0 if it does not, or not in a valid form. A date is compared to that of the
// response, if it has one, and otherwise to now: the clocks of both sides may differ.
func RetryAfter(h http.Header, now time.Time) time.Duration {
	value := h.Get("Retry-After")
	seconds, err := strconv.ParseUint(value, 10, 64)
	if err == nil || errors.Is(err, strconv.ErrRange) {
		return time.Duration(min(seconds, uint64(MaxRetryAfter/time.Second))) * time.Second
	}
	at, err := http.ParseTime(value)
	if err != nil {
		return 0
	}
	if date, err := http.ParseTime(h.Get("Date")); err == nil {
		now = date
	}
	return min(max(at.Sub(now), 0), MaxRetryAfter)
}
