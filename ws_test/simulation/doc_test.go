// Package simulation is a deterministic simulation: servers and clients of package ws, and
// groups of package group, run over a simulated network, in a bubble of testing/synctest
// whose clock jumps from one event to the next. A number, the seed, decides everything that
// may differ from run to run: the options of both sides, every call that the programs at
// both ends make and when, and what the network does to each part of what they write. A
// model says what must be the result. A seed that fails once fails always:
//
//	go test -count=1 -run Simulate ./ws_test/simulation -seeds 100000 -from 1
//	go test -count=1 -run Simulate ./ws_test/simulation -seed 4711 -v
//
// # What happens in a run
//
// A run (run_test.go) has one http.Server with an Upgrader, some client programs with
// Dialers or a Redialer (client_test.go, redial_test.go), and groups: of one process
// (groups_test.go), or of one or two whose broker takes time (remote_test.go). Their options are chosen by the plan (plan_test.go). Each attempt to
// connect is a pair: two endpoints, and the connection between them (pair_test.go,
// endpoint_test.go). At each endpoint there are actors, which are goroutines that play the
// program: senders, each of which does a number of operations of the table in
// operations_test.go; one reader, which receives in one of the ways of the API
// (reader_test.go); and perhaps one that closes the session. At the server's end they also
// join groups and publish (group_operations_test.go). Something may be shut down in the
// middle, and all of it is at the end (shutdown_test.go).
//
// A connection (network_test.go) has a flow in each direction (flow_test.go), with a latency, a
// rate and a window. A flow splits and merges what is written. It may be harmed by faults:
// resets, stalls, half-closes, silence, and frames that violate the protocol
// (faults_test.go, violation_test.go).
//
// # The model
//
// The model knows what the documentation promises, and nothing of how the library does it.
//
//   - A transcript (model_test.go) has what one end has sent. What the other end receives
//     must be that, in the order of each sender, without additions, alterations and
//     repetitions, and without what a send has refused. After a closing handshake, nothing
//     may be missing.
//   - A session ends once. The reason must fit to what has happened to it (end_test.go): a
//     loss of the connection needs a fault, a timeout needs silence that was long enough, and
//     both ends of a closing handshake must report what was on the wire.
//   - The wire (wire_test.go) parses the frames between the two libraries by itself.
//   - Members of a group receive what was published, in one order, and miss only what the
//     policy for slow members says (groups_test.go).
//   - The functions of ws.Trace and the statistics must balance (callbacks_test.go).
//   - Queues are bounded, errors stay, and in the end nothing is left: the bubble does not
//     end before all goroutines have.
//
// # Why a seed is exact
//
// Goroutines that are runnable at the same time run in an order that Go does not define, and
// timers that fire at the same instant fire in random order. The simulation does not control
// either. It arranges that the order does not matter.
//
//   - The clock is the scheduler: it advances only when all goroutines wait. Each actor, and
//     each direction of a connection, acts at instants of a phase of its own (schedule_test.go), and
//     calls one function of the API at an instant, or several of which none can wait. So at
//     each instant there is one cause. What follows from it at this instant, in several
//     goroutines, leads to the same state in whatever order it happens.
//   - Each part of a run has random numbers of its own (random_test.go), so that it does not
//     matter who draws first.
//   - What is written at one instant arrives in parts that depend on the positions of the
//     bytes, and not on how many writes there were.
//   - The library's own random delays and the origin of its times are in internal/clock, and
//     are set for each run. Masking keys and other random bytes have no effect on what happens.
//   - A trace (trace_test.go) has what the actors have done and learned, with its instants.
//     Events of the same instant are sorted. TestTrace compares the traces of several runs of
//     a seed, on one processor and on all.
//
// The trace does not have what may differ: the number of chunks that a message arrives in,
// whether a reader or a writer notices first that the connection is lost, and random bytes,
// such as the payloads of the heartbeat; nor what Chan delivers, which is random while a session
// closes; nor for which of two reasons a send on a closed session fails. Sessions that the
// garbage collector finds abandoned are not simulated.
//
// Seeds run on one processor. There, about one seed in seven thousand is not exact: of what
// happens at one instant the order shows, for example that of a heartbeat's Ping and of the
// Pong to one that arrives. On several processors it is one in a thousand, and with the race
// detector, which makes the scheduler's choices random, more: sends of several groups, or sends
// that are compressed, for example, all wait until the queue has space or a message ends. A
// seed that has failed is run again, and what it prints says so if it has not failed alike.
//
// # Processes
//
// Seeds run in child processes with one processor each (processes_test.go). A run that
// crashes, for example because a goroutine is left, or hangs, costs one process, and its seed
// is known.
package simulation
