package ws

import (
	"math/bits"
	"slices"
	"weak"
)

// sheetSize is how many sessions stand on a sheet: four KiB of them.
const sheetSize = 512

// sheet is a part of a roster.
type sheet struct {
	sessions [sheetSize]weak.Pointer[Session]
	taken    [sheetSize / 64]uint64 // a bit for each place
	n        int
}

// roster is the list of an Upgrader's sessions. It refers to them weakly, so
// that the garbage collector can tell when the program has forgotten one. Each
// session knows its place in it and keeps that, so that one comes and goes in
// constant time and a walk along the list meets each of them once. The list
// grows by sheets, so that a session costs little more than a pointer. Its
// registry's lock guards it.
type roster struct {
	sheets []*sheet // nil where nobody is
	spare  *sheet   // lest a sheet comes and goes with one session
	n      int      // sessions
	room   int      // there is none on the sheets before this one
}

// add puts the session at the first place that is free, so that the sheets at
// the end are emptied.
func (r *roster) add(s *Session) {
	for r.room < len(r.sheets) && r.sheets[r.room] != nil && r.sheets[r.room].n == sheetSize {
		r.room++
	}
	if r.room == len(r.sheets) {
		r.sheets = append(r.sheets, nil)
	}
	if r.sheets[r.room] == nil {
		r.sheets[r.room], r.spare = r.spare, nil
		if r.sheets[r.room] == nil {
			r.sheets[r.room] = new(sheet)
		}
	}
	s.place = uint32(r.room*sheetSize + r.sheets[r.room].add(s))
	r.n++
}

// add returns the place on the sheet, which has one.
func (t *sheet) add(s *Session) int {
	t.n++
	for i := range t.taken {
		if free := bits.TrailingZeros64(^t.taken[i]); free < 64 {
			t.taken[i] |= 1 << free
			t.sessions[i*64+free] = weak.Make(s)
			return i*64 + free
		}
	}
	panic("unreachable")
}

// remove gives the session's place free.
func (r *roster) remove(s *Session) {
	at, on := int(s.place/sheetSize), s.place%sheetSize
	t := r.sheets[at]
	t.sessions[on] = weak.Pointer[Session]{}
	t.taken[on/64] &^= 1 << (on % 64)
	t.n--
	r.n--
	r.room = min(r.room, at)
	if t.n > 0 {
		return
	}
	r.sheets[at], r.spare = nil, t
	for len(r.sheets) > 0 && r.sheets[len(r.sheets)-1] == nil {
		r.sheets = r.sheets[:len(r.sheets)-1]
	}
	r.room = min(r.room, len(r.sheets))
	if cap(r.sheets) > 64 && len(r.sheets) < cap(r.sheets)/4 {
		r.sheets = slices.Clone(r.sheets)
	}
}

// before copies sessions from the list's end towards its beginning, those
// before place end, and returns the place to go on at, 0 at the beginning.
func (r *roster) before(end int, part []*Session) (n, next int) {
	end = min(end, len(r.sheets)*sheetSize)
	for n < len(part) && end > 0 {
		end--
		t := r.sheets[end/sheetSize]
		if t == nil {
			end -= end % sheetSize
			continue
		}
		if s := t.sessions[end%sheetSize].Value(); s != nil {
			part[n] = s
			n++
		}
	}
	return n, end
}

// all copies the list.
func (r *roster) all() []*Session {
	list := make([]*Session, r.n)
	n, _ := r.before(len(r.sheets)*sheetSize, list)
	return list[:n]
}
