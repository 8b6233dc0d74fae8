package inflate

// codeLengths are the lengths of the codes of successive symbols, as runs of equal
// lengths.
type codeLengths struct {
	count int               // number of symbols
	last  int               // the length of the last one's code, or noLength
	runs  int               // number of runs
	run   [maxCodes + 1]run // the runs, and then an empty one
	order [maxCodes]uint16  // memory for codeRange.sort
}

const (
	maxLiterals  = 286
	maxDistances = 30
	maxCodes     = maxLiterals + maxDistances
	noLength     = -1 // the last length, before the first symbol
)

// run is a number of successive symbols whose codes have the same length, up to the
// next run. The lowest bits are the first symbol, the others the length, which is 0 if
// the symbols have no code.
type run uint16

const firstBits = 9

func newRun(length, first int) run { return run(length<<firstBits | first) }

func (r run) first() int  { return int(r % (1 << firstBits)) }
func (r run) length() int { return int(r>>firstBits) & longest }

func (l *codeLengths) reset() { l.count, l.last, l.runs = 0, noLength, 0 }

// add adds n symbols whose codes have the same length.
func (l *codeLengths) add(length, n int) {
	if length != l.last {
		l.run[l.runs] = newRun(length, l.count)
		l.runs++
		l.last = length
	}
	l.count += n
	l.run[l.runs] = newRun(0, l.count)
}

// codeRange are the symbols of one code among the codeLengths, and their runs in the
// order of the lengths.
type codeRange struct {
	*codeLengths
	from, to int                 // the symbols
	ends     [longest + 1]uint16 // in order, the ends of the runs of each length
	most     int                 // the longest length
}

// between returns the symbols from one to another, and counts the codes of each length.
func (l *codeLengths) between(from, to int, counts *[longest + 1]uint16) codeRange {
	c := codeRange{codeLengths: l, from: from, to: to}
	high := l.runs
	for high > 0 && l.run[high-1].first() >= to {
		high--
	}
	low := 0
	if from > 0 {
		for low = high; l.run[low].first() > from; {
			low--
		}
	}
	c.sort(low, high, counts)
	return c
}

// sort sorts the runs from low to high by their lengths.
func (c *codeRange) sort(low, high int, counts *[longest + 1]uint16) {
	*counts = [longest + 1]uint16{}
	for i := low; i < high; i++ {
		n := c.run[i].length()
		counts[n] += uint16(c.end(uint16(i)) - c.first(uint16(i)))
		c.ends[n]++
		c.most = max(c.most, n)
	}
	begin := uint16(0) // of the runs of a length, until they are there
	for n := range c.ends[:c.most+1] {
		begin, c.ends[n] = begin+c.ends[n], begin
	}
	for i := low; i < high; i++ {
		end := &c.ends[c.run[i].length()]
		c.order[*end] = uint16(i)
		*end++
	}
}

// ofLength returns the runs of codes of a length, which must not be 0.
func (c *codeRange) ofLength(n int) []uint16 { return c.order[c.ends[n-1]:c.ends[n]] }

// first and end are the symbols of a run, counted from the first of the code.
func (c *codeRange) first(run uint16) int { return max(c.run[run].first()-c.from, 0) }
func (c *codeRange) end(run uint16) int   { return min(c.run[run+1].first(), c.to) - c.from }
