package handshake

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

const (
	maxBody = 1 << 10 // of a Refusal
	maxText = 1 << 9  // of the text of an error, which may quote the server
)

// refused returns the last response, whose status is not 101, as a Refusal.
// websocket.Dial has read the beginning of its body and closed it.
func (x *exchange) refused(body io.Reader) *Refusal {
	r := &Refusal{Status: x.response.StatusCode, Header: x.response.Header}
	if body != nil {
		r.Body, _ = io.ReadAll(io.LimitReader(body, maxBody))
	}
	switch line := firstLine(r.Body); {
	case isRedirect(r.Status):
		r.Err = x.explainRedirect(x.response)
	case line != "":
		r.Err = fmt.Errorf("server says %.100q", line)
	default:
		r.Err = fmt.Errorf("status is not %d %s", http.StatusSwitchingProtocols, http.StatusText(http.StatusSwitchingProtocols))
	}
	return r
}

// firstLine returns the first line of a body, or "" if that says nothing to people,
// such as the first line of a page in HTML.
func firstLine(body []byte) string {
	line, _, _ := bytes.Cut(bytes.TrimSpace(body), []byte("\n"))
	if line = bytes.TrimSpace(line); bytes.HasPrefix(line, []byte("<")) {
		return ""
	}
	return string(line)
}

// failure returns the error of websocket.Dial with another text: without userinfo and
// query of the URL, and not longer than maxText. It is a Refusal if the last response
// is a redirect that redirectPolicy refuses.
func (x *exchange) failure(ctx context.Context, timeout time.Duration, err error) error {
	request := "" // the one that failed
	if u := (*url.Error)(nil); errors.As(err, &u) {
		request, err = u.Op+" "+x.host+": ", u.Err
	}
	if resp := x.response; resp != nil && isRedirect(resp.StatusCode) {
		return &Refusal{Status: resp.StatusCode, Header: resp.Header, Err: &shortError{err: err}}
	}
	switch ended := ctx.Err(); {
	case ended != nil && !errors.Is(err, ended): // net/http returns the cause of ctx instead
		err = fmt.Errorf("%w: %w", ended, err)
	case ended == nil && timeout > 0 && errors.Is(err, context.DeadlineExceeded):
		err = fmt.Errorf("HTTPClient.Timeout of %v has passed: %w", timeout, err)
	}
	return &shortError{request, err}
}

// shortError is an error that begins with a prefix and whose text is cut, because the
// server decides how long the line is that net/http quotes.
type shortError struct {
	prefix string
	err    error
}

func (e *shortError) Unwrap() error { return e.err }

func (e *shortError) Error() string {
	text := e.prefix + e.err.Error()
	if len(text) > maxText {
		text = strings.ToValidUTF8(text[:maxText], "") + "…"
	}
	return text
}
