package structure

import (
	"fmt"
	"os"
	"sort"
	"testing"
)

func TestRefs(t *testing.T) {
	want := os.Getenv("REFS")
	if want == "" {
		t.Skip()
	}
	p := checkedWS(t)
	m := map[string]int{}
	for name, object := range p.info.Uses {
		if object.Pkg() == p.Package && object.Pos().IsValid() {
			from, to := p.file(name.Pos()), p.file(object.Pos())
			if from != to && (to == want || want == "*") {
				m[fmt.Sprintf("%s -> %s: %s", from, to, object.Name())]++
			}
		}
	}
	var l []string
	for k := range m {
		l = append(l, k)
	}
	sort.Strings(l)
	for _, k := range l {
		fmt.Println(k)
	}
}
