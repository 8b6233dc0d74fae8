package nats

import (
	"testing"

	"github.com/handset-go/handset/internal/machinetest"
)

// Three servers and 300 clients over one NATS server, while parts of that fail.
func TestMachines(t *testing.T) {
	t.Parallel()
	testMachines(t, "core", startProcess(t, false))
}

// With JetStream, every message that was accepted arrives, and there are no gaps.
func TestMachinesJetStream(t *testing.T) {
	t.Parallel()
	count := testMachines(t, "jetstream", startProcess(t, true))
	if count.Gaps > 0 || count.Missing > 0 {
		t.Errorf("%+v, want no gaps and nothing missing", count)
	}
}

// Messages reach the members of the same process while there is no broker.
func TestMachinesLocalFallback(t *testing.T) {
	t.Parallel()
	broker := startProcess(t, false)
	m := machinetest.Start(t, machinetest.Config{
		Program: "core", Brokers: []string{broker.addr, broker.addr}, Clients: 20, Groups: 2, Fallback: true,
	})
	m.Settle(t, "at first")
	broker.Kill()
	for server := range m.Servers() {
		m.AwaitFailure(t, server, "while the broker is gone")
	}
	broker.start(t)
	if count := m.Check(t); count.Local == 0 || count.Unavailable > 0 {
		t.Errorf("%+v, want local messages and none that nobody has received", count)
	}
}

// testMachines runs servers of a program over a broker that fails in several ways.
func testMachines(t *testing.T, program string, broker *process) machinetest.Count {
	t.Helper()
	proxy := machinetest.StartProxy(t, broker.addr) // the network of one server
	m := machinetest.Start(t, machinetest.Config{
		Program: program, Brokers: []string{broker.addr, proxy.Addr, broker.addr}, Clients: 300, Groups: 10,
	})
	m.Settle(t, "at first")

	broker.Kill()
	for server := range m.Servers() {
		m.AwaitFailure(t, server, "while the broker is gone")
	}
	broker.start(t)
	m.Settle(t, "after the broker was started again")

	proxy.Cut()
	m.Settle(t, "after a connection was cut")

	proxy.Stall()
	m.AwaitFailure(t, 1, "during the pause of the network")
	proxy.Resume()
	m.Settle(t, "after the pause of the network")

	m.Kill(2)
	m.Settle(t, "after a server was killed")
	return m.Check(t)
}
