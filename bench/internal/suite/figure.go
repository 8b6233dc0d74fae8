package suite

import "fmt"

// Figure is one thing a measurement tells about a server.
type Figure int

// The figures. The first column of a workload is the one compared.
const (
	CPU        Figure = iota // of the server, per message
	Rate                     // messages per second of wall clock
	PerCPU                   // messages per second of the server's CPU
	Handshakes               // handshakes per second of the server's CPU
	Memory                   // per idle connection
	DeadCost                 // CPU, as a ratio to that of the same server without dead members
	Wire                     // from the server, per message
	P50                      // latency
	P99
	P999
)

// figures says how each is named and written, and which way is better.
var figures = [...]struct {
	name   string
	format string
	more   bool // more is better
}{
	CPU:        {"CPU per message, µs", "%.3g", false},
	Rate:       {"messages/s", "%.0f", true},
	PerCPU:     {"messages per CPU second", "%.0f", true},
	Handshakes: {"handshakes per CPU second", "%.0f", true},
	Memory:     {"RSS per connection, B", "%.0f", false},
	DeadCost:   {"ratio to CPU without the dead", "%.2f", false},
	Wire:       {"wire bytes per message", "%.0f", false},
	P50:        {"p50, µs", "%.0f", false},
	P99:        {"p99, µs", "%.0f", false},
	P999:       {"p99.9, µs", "%.0f", false},
}

// String is the figure's name with its unit.
func (f Figure) String() string { return figures[f].name }

// Format writes a value of the figure.
func (f Figure) Format(value float64) string {
	if value >= 100 {
		return fmt.Sprintf("%.0f", value)
	}
	return fmt.Sprintf(figures[f].format, value)
}

// MoreIsBetter says which way is better.
func (f Figure) MoreIsBetter() bool { return figures[f].more }

// Sample is the result of one measurement.
type Sample map[Figure]float64
