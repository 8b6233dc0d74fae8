package load

// Push receives what a server sends as fast as it can on one connection. It
// says once what that is to be, and checks it.
type Push struct {
	Tape TapeSpec
}

// Run drives the target's /push.
func (p Push) Run(target Target, span Span) (Result, error) {
	spec := p.Tape
	spec.Count = 1 // the server repeats one message
	crowd, err := openCrowd(target, "/push", NewTape(spec), 1, 1)
	if err != nil {
		return Result{}, err
	}
	defer crowd.close()
	crowd.spin(span)
	if err := crowd.conns[0].send(1); err != nil {
		return Result{}, err
	}
	count := 0
	arrived := func(_, messages int) error {
		count += messages
		return nil
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
