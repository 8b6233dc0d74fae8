package wstest_test

import (
	"encoding/json"
	"testing"

	"github.com/handset-go/handset/ws"
	"github.com/handset-go/handset/wstest"
)

func TestExpectJSON(t *testing.T) {
	type user struct {
		Name string `json:"name"`
		Age  int    `json:"age,omitempty"`
	}
	const one, other = `{"id":9007199254740993}`, `{"id":9007199254740992}`
	for _, tt := range []struct {
		name  string
		got   string
		want  any
		fails string // without its beginning
	}{
		{"the same value", `{ "age":36.0, "name":"\u0041da" }`, user{"Ada", 36}, ""},
		{"raw text", `[1, 2,null]`, json.RawMessage(`[1.0,2,null]`), ""},
		{"another member", `{"name":"Bob","age":36}`, user{"Ada", 36},
			`JSON {"name":"Bob","age":36}, want JSON {"name":"Ada","age":36}; they differ in .name, received "Bob", want "Ada"`},
		{"a missing member", `{"name":"Ada"}`, user{"Ada", 36},
			`JSON {"name":"Ada"}, want JSON {"name":"Ada","age":36}; they differ in .age, which is missing, want 36`},
		{"a member too many", `{"name":"Ada","age":36}`, user{"Ada", 0},
			`JSON {"name":"Ada","age":36}, want JSON {"name":"Ada"}; they differ in .age, received 36, want no such member`},
		{"an element", `[{"name":"Ada"},{"name":"Bob"}]`, []user{{"Ada", 0}, {"Eve", 0}},
			`JSON [{"name":"Ada"},{"name":"Bob"}], want JSON [{"name":"Ada"},{"name":"Eve"}]; they differ in [1].name, received "Bob", want "Eve"`},
		{"fewer elements", `[1]`, []int{1, 2}, `JSON [1], want JSON [1,2]; they differ in the value, whose length is 1, want 2`},
		{"another type", `"1"`, 1, `JSON "1", want JSON 1; they differ in the value, received "1", want 1`},
		{"an object for null", `{}`, nil, `JSON {}, want JSON null; they differ in the value, received {}, want null`},
		{"a large integer", one, json.RawMessage(other),
			`JSON {"id":9007199254740993}, want JSON {"id":9007199254740992}; they differ in .id, received 9007199254740993, want 9007199254740992`},
		{"a long value", `"` + long + `"`, nil, `JSON "` + long[:79] + `…, want JSON null; they differ in the value, received "` + long[:79] + `…, want null`},
		{"no JSON", `hello`, 1, `Text "hello", want JSON 1; what was received is not JSON: invalid character 'h' looking for beginning of value`},
		{"two values", `1 2`, 1, `Text "1 2", want JSON 1; what was received is not JSON: something follows the value at byte 3`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			fails := tt.fails
			if fails != "" {
				fails = "wstest: received " + fails
			}
			expectFailure(t, fails, func(tb testing.TB) {
				wstest.ExpectJSON(tb, &scripted{[]ws.Message{text(tt.got)}, nil}, tt.want)
			})
		})
	}
	t.Run("a value that JSON does not have", func(t *testing.T) {
		expectFailure(t, "wstest: what is expected cannot be marshalled: json: unsupported type: chan int", func(tb testing.TB) {
			wstest.ExpectJSON(tb, &scripted{}, make(chan int))
		})
	})
	t.Run("another kind", func(t *testing.T) {
		expectFailure(t, `wstest: received Binary "1", want JSON 1`, func(tb testing.TB) {
			wstest.ExpectJSON(tb, &scripted{[]ws.Message{of(ws.Binary, "1")}, nil}, 1)
		})
	})
}
