package ws_test

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
)

// requirement is what an RFC requires, and some rows test.
type requirement struct {
	section string // such as RFC 6455 §5.2
	text    string
	quoted  bool // text is a sentence of the RFC
}

// states is a requirement in the words of the RFC.
func states(section, sentence string) *requirement { return &requirement{section, sentence, true} }

// inOtherWords is a requirement that the RFC does not make in one sentence.
func inOtherWords(section, text string) *requirement { return &requirement{section, text, false} }

// compareSections compares two requirements by RFC and section.
func compareSections(a, b *requirement) int {
	return slices.Compare(a.numbers(), b.numbers())
}

// numbers are the number of the RFC and those of the section.
func (r *requirement) numbers() (numbers []int) {
	section := strings.NewReplacer("RFC ", "", " §", ".").Replace(r.section)
	for number := range strings.SplitSeq(section, ".") {
		n, err := strconv.Atoi(number)
		if err != nil {
			return nil
		}
		numbers = append(numbers, n)
	}
	return numbers
}

// testedBy are how many rows test a requirement, on each side.
type testedBy struct {
	*requirement
	rows [2]int // by side
}

// byRequirement counts rows by what they test, in the order of the sections.
func byRequirement(rows []conformanceRow) (all []*testedBy) {
	seen := make(map[*requirement]*testedBy)
	for _, row := range rows {
		tested := seen[row.rule]
		if tested == nil {
			tested = &testedBy{requirement: row.rule}
			seen[row.rule] = tested
			all = append(all, tested)
		}
		for _, on := range row.sides {
			tested.rows[on]++
		}
	}
	slices.SortStableFunc(all, func(a, b *testedBy) int {
		return cmp.Or(compareSections(a.requirement, b.requirement), strings.Compare(a.text, b.text))
	})
	return all
}

// conformanceRow is what the tables of frames, of compressed messages and of handshakes
// have in common.
type conformanceRow struct {
	id    string
	rule  *requirement
	sides []side
}
