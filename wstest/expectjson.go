package wstest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/handset-go/handset/ws"
)

// ExpectJSON receives the next message of s, which must be a text message with the JSON
// value of want, as Expect does. Spaces, the order of members and how a number or a string
// is written do not matter. want is a value for json.Marshal; JSON text is a
// json.RawMessage. A failure names the first member or element that differs.
func ExpectJSON(tb testing.TB, s Stream, want any) {
	tb.Helper()
	text, err := json.Marshal(want)
	if err != nil {
		tb.Fatalf("wstest: what is expected cannot be marshalled: %v", err)
		return
	}
	expected := "JSON " + shortened(text)
	got := receive(s)
	if got.err != nil || got.msg.Kind != ws.Text {
		got.fail(tb, expected)
		return
	}
	value, err := decode(got.msg.Data)
	if err != nil {
		got.fail(tb, fmt.Sprintf("%s; what was received is not JSON: %v", expected, err))
		return
	}
	wanted, _ := decode(text)
	if where := differing("", value, wanted); where != "" {
		var compact bytes.Buffer
		_ = json.Compact(&compact, got.msg.Data)
		tb.Fatalf("wstest: received JSON %s, want %s; they differ in %s", shortened(compact.Bytes()), expected, where)
	}
}

// decode returns the JSON value of a text, with numbers as they are written.
func decode(text []byte) (v any, err error) {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	if err = d.Decode(&v); err != nil {
		return nil, err
	}
	if _, err = d.Token(); err != io.EOF {
		return nil, fmt.Errorf("something follows the value at byte %d", d.InputOffset())
	}
	return v, nil
}

// differing describes the first difference between two JSON values, or returns "".
func differing(path string, got, want any) string {
	switch want := want.(type) {
	case map[string]any:
		if got, ok := got.(map[string]any); ok {
			return differingObjects(path, got, want)
		}
	case []any:
		if got, ok := got.([]any); ok {
			return differingArrays(path, got, want)
		}
	case json.Number:
		if got, ok := got.(json.Number); ok && sameNumber(string(got), string(want)) {
			return ""
		}
	default:
		if got == want {
			return ""
		}
	}
	return fmt.Sprintf("%s, received %s, want %s", named(path), shown(got), shown(want))
}

func differingObjects(path string, got, want map[string]any) string {
	for _, key := range slices.Sorted(maps.Keys(want)) {
		member := path + "." + key
		value, ok := got[key]
		if !ok {
			return fmt.Sprintf("%s, which is missing, want %s", member, shown(want[key]))
		}
		if where := differing(member, value, want[key]); where != "" {
			return where
		}
	}
	for _, key := range slices.Sorted(maps.Keys(got)) {
		if _, ok := want[key]; !ok {
			return fmt.Sprintf("%s, received %s, want no such member", path+"."+key, shown(got[key]))
		}
	}
	return ""
}

func differingArrays(path string, got, want []any) string {
	for i := range min(len(got), len(want)) {
		if where := differing(path+"["+strconv.Itoa(i)+"]", got[i], want[i]); where != "" {
			return where
		}
	}
	if len(got) != len(want) {
		return fmt.Sprintf("%s, whose length is %d, want %d", named(path), len(got), len(want))
	}
	return ""
}

// sameNumber reports whether two numbers of JSON are the same. Integers are compared
// exactly, whatever their size.
func sameNumber(a, b string) bool {
	if a == b || !strings.ContainsAny(a+b, ".eE") {
		return a == b
	}
	x, errX := strconv.ParseFloat(a, 64)
	y, errY := strconv.ParseFloat(b, 64)
	return errX == nil && errY == nil && x == y
}

// named names the value at a path.
func named(path string) string {
	if path == "" {
		return "the value"
	}
	return path
}

// shown returns a value as JSON, shortened.
func shown(v any) string {
	text, _ := json.Marshal(v)
	return shortened(text)
}

// shortened returns the beginning of a JSON text.
func shortened(text []byte) string {
	if len(text) > maxQuoted {
		return string(text[:runeStart(text, maxQuoted)]) + "…"
	}
	return string(text)
}
