package machinetest

import (
	"os"
	"testing"

	"github.com/handset-go/handset/group"
)

func TestMain(m *testing.M) {
	Main(map[string]Program{"memory": Server(func(string) (group.Broker, error) { return &group.MemoryBroker{}, nil })})
	os.Exit(m.Run())
}

// A single server with a MemoryBroker loses nothing.
func TestMachines(t *testing.T) {
	m := Start(t, Config{Program: "memory", Brokers: []string{""}, Clients: 20, Groups: 2})
	m.Settle(t, "at first")
	count := m.Check(t)
	if count.Gaps+count.Missing+count.Unavailable+count.Local+count.Uncertain > 0 {
		t.Errorf("%+v", count)
	}
}
