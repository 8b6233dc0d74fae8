package load

// Echo keeps a number of messages in flight on every connection: the next
// burst leaves, in one write, when the last echo of the one before has come.
type Echo struct {
	Conns    int
	InFlight int
	Tape     TapeSpec
}

// Run drives the target's /echo.
func (e Echo) Run(target Target, span Span) (Result, error) {
	spec := e.Tape
	spec.Count = max(spec.Count, e.InFlight)
	tape := NewTape(spec)
	crowd, err := openCrowd(target, "/echo", tape, e.Conns, 1)
	if err != nil {
		return Result{}, err
	}
	defer crowd.close()
	crowd.spin(span)
	if err := crowd.play(tape.settling); err != nil {
		return Result{}, err
	}

	awaited := make([]int, e.Conns)
	for i, conn := range crowd.conns {
		awaited[i] = e.InFlight
		if err := conn.send(e.InFlight); err != nil {
			return Result{}, err
		}
	}
	count := 0
	arrived := func(i, messages int) error {
		count += messages
		awaited[i] -= messages
		if awaited[i] > 0 {
			return nil
		}
		awaited[i] = e.InFlight
		return crowd.conns[i].send(e.InFlight)
	}
	watch := crowd.watch(span)
	for {
		if err := crowd.next(arrived); err != nil {
			return Result{}, err
		}
		if result, over, err := watch.tick(count); over || err != nil {
			return result, err
		}
	}
}
