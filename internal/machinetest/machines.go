package machinetest

import (
	"context"
	"encoding/json"
	"sync"
	"testing"

	"golang.org/x/sync/errgroup"
)

// A Config is what Start needs.
type Config struct {
	Program  string   // that of the servers, as Main knows it
	Brokers  []string // for each server the address of the broker
	Clients  int      // of all servers
	Groups   int      // which the clients are divided among
	Fallback bool     // whether the servers have Options.LocalFallback
}

// Machines are servers in processes of their own, clients of each that are members of
// groups, and among them, for each server and group, one that publishes.
type Machines struct {
	config     Config
	servers    []*Process
	members    []*member
	publishers []*publisher
	killed     map[int]bool
	stop       func()
}

// Start starts the servers, connects the clients and lets them publish.
func Start(t testing.TB, config Config) *Machines {
	t.Helper()
	m := &Machines{config: config, killed: map[int]bool{}}
	for _, broker := range config.Brokers {
		input, err := json.Marshal(serverInput{Broker: broker, Fallback: config.Fallback})
		if err != nil {
			t.Fatal(err)
		}
		m.servers = append(m.servers, StartProcess(t, config.Program, string(input)))
	}
	m.join(t)
	m.publish(t)
	return m
}

// join connects the clients.
func (m *Machines) join(t testing.TB) {
	t.Helper()
	m.members = make([]*member, m.config.Clients)
	var joins errgroup.Group
	joins.SetLimit(20)
	for i := range m.members {
		joins.Go(func() (err error) {
			server := i % len(m.servers)
			group := i / len(m.servers) % m.config.Groups
			m.members[i], err = dial(t, m.servers[server].Output, server, group)
			return err
		})
	}
	if err := joins.Wait(); err != nil {
		t.Fatal(err)
	}
}

// publish starts the publishers.
func (m *Machines) publish(t testing.TB) {
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	for id, member := range m.members[:len(m.servers)*m.config.Groups] {
		p := &publisher{member: member, id: id, changed: make(chan struct{})}
		m.publishers = append(m.publishers, p)
		running.Go(func() { p.run(ctx) })
	}
	m.stop = func() { cancel(); running.Wait() }
	t.Cleanup(cancel)
}

// Settle waits until every message is accepted again and reaches every member: it
// follows a message of each publisher that is published from now on and accepted.
func (m *Machines) Settle(t testing.TB, what string) {
	t.Helper()
	publishers := m.publishersOf(func(server int) bool { return !m.killed[server] })
	for i, sent := range sentBy(publishers) {
		p := publishers[i]
		number := p.until(t, sent, "accepted", what)
		for _, member := range m.members {
			if member.group == p.group && !m.killed[member.server] {
				member.until(t, p.id, number, what)
			}
		}
	}
}

// AwaitFailure waits until a message of each publisher of a server is not accepted, or
// is delivered only locally.
func (m *Machines) AwaitFailure(t testing.TB, server int, what string) {
	t.Helper()
	publishers := m.publishersOf(func(s int) bool { return s == server && !m.killed[s] })
	for i, sent := range sentBy(publishers) {
		publishers[i].until(t, sent, "unavailable local uncertain", what)
	}
}

// publishersOf returns the publishers of some servers.
func (m *Machines) publishersOf(server func(int) bool) (list []*publisher) {
	for _, p := range m.publishers {
		if server(p.server) {
			list = append(list, p)
		}
	}
	return list
}

// Kill kills a server.
func (m *Machines) Kill(server int) {
	m.killed[server] = true
	m.servers[server].Kill()
}

// Servers returns the number of servers, killed ones included.
func (m *Machines) Servers() int { return len(m.servers) }
