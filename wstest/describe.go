package wstest

import (
	"errors"
	"fmt"
	"io"
	"testing"
	"unicode/utf8"

	"github.com/handset-go/handset/ws"
)

// maxQuoted is how many bytes of a message a failure has. Messages that are longer are
// shortened, and of two of them only the bytes around the first difference are compared.
const maxQuoted = 80

// fail fails the test with what was expected and what was received.
func (r received) fail(tb testing.TB, want string) {
	tb.Helper()
	tb.Fatal("wstest: received " + r.String() + ", want " + want)
}

func (r received) String() string {
	if r.err != nil {
		return describeError(r.err)
	}
	return describe(r.msg)
}

// describeError returns the text of an error, or what it means.
func describeError(err error) string {
	var nothing *nothingError
	switch {
	case errors.As(err, &nothing):
		return nothing.Error()
	case err == io.EOF:
		return "io.EOF after a Close message"
	}
	return fmt.Sprintf("the error %q", err)
}

// describe returns the kind of a message and what is in it, shortened.
func describe(m ws.Message) string {
	if m.Kind == ws.Close {
		text := "Close " + m.Reason.Code.String()
		if m.Reason.Description != "" {
			text += fmt.Sprintf(" %q", m.Reason.Description)
		}
		return text
	}
	return m.Kind.String() + " " + quote(m.Data)
}

// quote returns the beginning of data in quotes, and its length if that is not all.
func quote(data []byte) string {
	if len(data) <= maxQuoted {
		return fmt.Sprintf("%q", data)
	}
	return fmt.Sprintf("%q… (%d bytes)", data[:runeStart(data, maxQuoted)], len(data))
}

// runeStart returns the start of the character that the byte at i is part of.
func runeStart(data []byte, i int) int {
	for j := i; j > 0 && j > i-utf8.UTFMax; j-- {
		if utf8.RuneStart(data[j]) {
			return j
		}
	}
	return i
}

// difference describes two messages of the same kind with different data.
func difference(got, want ws.Message) string {
	if len(got.Data) <= maxQuoted && len(want.Data) <= maxQuoted {
		return "wstest: received " + describe(got) + ", want " + describe(want)
	}
	at := 0
	for at < min(len(got.Data), len(want.Data)) && got.Data[at] == want.Data[at] {
		at++
	}
	return fmt.Sprintf("wstest: received a %v of %d bytes, want %d bytes; they differ from byte %d on:\n\treceived %s\n\twant     %s",
		got.Kind, len(got.Data), len(want.Data), at, around(got.Data, at), around(want.Data, at))
}

// around quotes data around a byte, with some that are before it.
func around(data []byte, at int) string {
	const before = maxQuoted / 4
	if at == len(data) {
		at = max(at-before, 0)
		at = runeStart(data, at)
		return ellipsis(at > 0) + fmt.Sprintf("%q and no more", data[at:])
	}
	from := runeStart(data, max(at-before, 0))
	to := len(data)
	if to > from+maxQuoted {
		to = runeStart(data, from+maxQuoted)
	}
	return ellipsis(from > 0) + fmt.Sprintf("%q", data[from:to]) + ellipsis(to < len(data))
}

func ellipsis(shortened bool) string {
	if shortened {
		return "…"
	}
	return ""
}
