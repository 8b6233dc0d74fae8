package soak

import (
	"fmt"
	"strings"
	"time"

	"github.com/handset-go/handset/ws"
)

// logSize is how many operations of a session its log has.
const logSize = 16

// An oplog has the last operations of a session.
type oplog struct {
	operations [logSize]operation
	n          int
}

// An operation is formatted only when it is printed. One that repeats the last one is
// counted.
type operation struct {
	at    time.Time
	what  string
	sizes [3]int
	n     int // how many sizes there are
	times int
}

// add adds an operation.
func (l *oplog) add(what string, sizes ...int) {
	o := operation{at: time.Now(), what: what, n: len(sizes), times: 1}
	copy(o.sizes[:], sizes)
	if l.n > 0 {
		if last := &l.operations[(l.n-1)%logSize]; last.what == o.what && last.sizes == o.sizes {
			last.times++
			return
		}
	}
	l.operations[l.n%logSize] = o
	l.n++
}

// received adds a message that was received.
func (l *oplog) received(m ws.Message) {
	if m.Kind == ws.Close {
		l.add("received Close", int(m.Reason.Code))
		return
	}
	l.add(receivedKinds[m.Kind], len(m.Data))
}

var receivedKinds = func() (names [ws.Last + 1]string) {
	for kind := range names {
		names[kind] = "received " + ws.Kind(kind).String()
	}
	return names
}()

// lines returns the operations, oldest first.
func (l *oplog) lines() (lines []string) {
	for i := max(0, l.n-logSize); i < l.n; i++ {
		o := &l.operations[i%logSize]
		line := o.at.Format("15:04:05.000 ") + o.what
		if o.n > 0 {
			line += " " + strings.Trim(fmt.Sprint(o.sizes[:o.n]), "[]")
		}
		if o.times > 1 {
			line += fmt.Sprintf(" (%d times)", o.times)
		}
		lines = append(lines, line)
	}
	return lines
}
