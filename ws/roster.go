package ws

// sheetSize is how many sessions stand on a sheet: four KiB of them.
const sheetSize = 512

type sheet [sheetSize]*Session

// roster is the list of an Upgrader's sessions. Each session knows its place in
// it, so that one comes and goes in constant time, and the list grows by sheets,
// so that a session costs little more than a pointer. Its fleet's lock guards
// it.
type roster struct {
	sheets []*sheet
	n      int
}

func (r *roster) at(i int) **Session { return &r.sheets[i/sheetSize][i%sheetSize] }

func (r *roster) add(s *Session) {
	if r.n == len(r.sheets)*sheetSize {
		r.sheets = append(r.sheets, new(sheet))
	}
	r.put(r.n, s)
	r.n++
}

func (r *roster) put(i int, s *Session) {
	*r.at(i) = s
	s.place = uint32(i)
}

// remove has the last session take the place of the one that leaves. A sheet is
// kept in reserve, lest it comes and goes with one session.
func (r *roster) remove(s *Session) {
	r.n--
	r.put(int(s.place), *r.at(r.n))
	*r.at(r.n) = nil
	if spare := r.n/sheetSize + 2; spare < len(r.sheets) {
		r.sheets[spare] = nil
		r.sheets = r.sheets[:spare]
	}
}

// all copies the list.
func (r *roster) all() []*Session {
	list := make([]*Session, 0, r.n)
	for i := range r.n {
		list = append(list, *r.at(i))
	}
	return list
}
