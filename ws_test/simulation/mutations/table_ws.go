package main

// ofClosing are the mutations of the closing handshake in package ws.
var ofClosing = []mutation{
	{
		name: "timer answers without a code", file: "ws/closestate.go",
		old:    `reason = CloseReason{Code: c.frames.Received.Code}`,
		new:    `reason = CloseReason{}`,
		effect: "a Close frame that the program never answers is answered without its code",
	},
	{
		name: "observers are removed before they are copied", file: "ws/close.go",
		old:    "observers := c.observers\n\tc.observers = nil\n",
		new:    "c.observers = nil\n\tobservers := c.observers\n",
		effect: "a session that has ended stays a member of its groups",
	},
	{
		name: "context is not cancelled", file: "ws/close.go",
		old:    "\ts.endContext(err)\n",
		new:    "",
		effect: "what waits for Session.Context waits for ever after the session has ended",
	},
	{
		name: "Close with a full channel is not noticed", file: "ws/close.go",
		old:    `if c.sent || c.state == closing.Ended {`,
		new:    `if c.state == closing.Ended {`,
		effect: "the goroutine of Chan stays for ever if its channel is full when Close is called",
	},
	{
		name: "Chan waits for the end", file: "ws/chan.go",
		old:    `case <-s.whenClosing():`,
		new:    `case <-s.Done():`,
		effect: "Close takes CloseTimeout, and fails, if the channel of Chan is full",
	},
	{
		name: "Chan keeps the read lock", file: "ws/chan.go",
		old:    "\tm.unlock(true)\n",
		new:    "",
		effect: "after a message that is too big for Chan, the closing handshake is not completed",
	},
	{
		name: "reader leaves a stream that closes", file: "ws/stream.go",
		old:    "if leaving {\n\t\tm.readOn(true)\n\t} else {\n",
		new:    "if !leaving {\n",
		effect: "after Close and the end of a receive's context, the peer's Close frame is not read",
	},
	{
		name: "background reader is started once", file: "ws/drain.go",
		old:    "\t\tx.readOnTimed.Store(false) // before readOn: a reader that leaves after that calls readOnLater\n",
		new:    "",
		effect: "Close takes CloseTimeout, and fails, if the program takes its time for the messages before the peer's Close frame",
	},
	{
		name: "loop's body keeps a lost connection", file: "ws/drain.go",
		old:    "\t\tdefault:\n\t\t\th.left",
		new:    "\t\tcase h.before == loopBody && m.session().isWriteBroken():\n\t\t\tm.in.lock.unlockBackground(h)\n\t\t\treturn\n\t\tdefault:\n\t\t\th.left",
		effect: "a session whose connection is lost lasts as long as the body of the loop",
	},
	{
		name: "reader leaves a lost connection", file: "ws/stream.go",
		old:    "if x := m.extra.Load(); x == nil || !x.readsOn.Load() {",
		new:    "if x := m.extra.Load(); x == nil || !x.readsOn.Load() || m.session().isWriteBroken() {",
		effect: "a session whose connection is lost ends after CloseTimeout if its reader has left",
	},
	{
		name: "Close frame is counted twice", file: "ws/drain.go",
		old:    "\tm.in.input.closeHandled = true\n",
		new:    "",
		effect: "a Close frame that arrives without a reader is reported twice, by Trace.CloseReceived and Stats",
	},
	{
		name: "timeout while closing is that of a write", file: "ws/conn.go",
		old:    "\tcase s.isClosing():\n\t\ts.end(ErrCloseTimeout)\n",
		new:    "",
		effect: "a session whose peer does not take our Close frame ends with ErrWriteTimeout",
	},
	{
		name: "slow peer has no time to close", file: "ws/timeouts.go",
		old:    `p.beyond(t.progress) && progressCounts {`,
		new:    `p.beyond(t.progress) && !progressCounts {`,
		effect: "a slow peer loses what is queued when Close is called, with ErrCloseTimeout",
	},
}

// ofStreams are the mutations of the receiving half in package ws.
var ofStreams = []mutation{
	{
		name: "range loop ends at once with the session", file: "ws/range.go",
		old:    `if err = ctx.Err(); err == nil || m.session().ended() != nil {`,
		new:    `if err = ctx.Err(); err == nil {`,
		effect: "a loop over All with Session.Context loses what arrived before the end",
	},
	{
		name: "Recv fails at once after the end", file: "ws/stream.go",
		old:    "\t_, err = m.in.lock.lockContext(context.Background())\n\treturn err\n",
		new:    "\treturn err\n",
		effect: "Recv with Session.Context loses what arrived before the end",
	},
	{
		name: "lost connection ends the range loop quietly", file: "ws/range.go",
		old:    `if err == io.EOF {`,
		new:    `if err == io.EOF || errors.Is(err, io.ErrUnexpectedEOF) {`,
		effect: "a loop over All ends without an error though messages were lost",
	},
	{
		name: "stream does not remember its error", file: "ws/stream.go",
		old:    "in.err = lostBy(err)\n\tm.more().end(in.err)\n",
		new:    "in.err = lostBy(err)\n",
		effect: "Err is nil after a lost connection",
	},
	{
		name: "frames behind the handshake are dropped", file: "ws/conn.go",
		old:    "if len(early) > 0 {",
		new:    "if len(early) > 0 && r.settings.side == 0 {",
		effect: "a client loses messages that arrive together with the response",
	},
	{
		name: "message timeout goes on", file: "ws/stream.go",
		old:    `x != nil && in.Count.Messages > 0 {`,
		new:    `x != nil && in.Count.Messages > 1 {`,
		effect: "MessageTimeout ends a session whose messages are all short",
	},
}

// ofSends are the mutations of the sending half in package ws.
var ofSends = []mutation{
	{
		name: "fragment that was cancelled is still being sent", file: "ws/message.go",
		old:    "\t\tm.sending = false\n\t\tif queued {\n\t\t\tm.state = c.after\n\t\t}\n",
		new:    "\t\tif queued {\n\t\t\tm.state, m.sending = c.after, false\n\t\t}\n",
		effect: "after a Continuation whose context has ended, no other is accepted",
	},
	{
		name: "message of a Writer stays open", file: "ws/writer.go",
		old:    `if w.err != nil && w.message.Open() {`,
		new:    `if w.err != nil && w.message.Open() && w.ctx.Err() == nil {`,
		effect: "after a Writer whose context has ended, all other data messages wait for ever",
	},
	{
		name: "prepared message is not in the window", file: "ws/prepared.go",
		old:    `case c.noTakeover:`,
		new:    `case c.noTakeover, !f.Compress:`,
		effect: "with context takeover, messages after a prepared one are decompressed incorrectly",
	},
	{
		name: "message that was not compressed is in the window", file: "ws/compression.go",
		old:    "if err != nil || len(compressed) >= len(data) {\n",
		new:    "if err != nil || len(compressed) >= len(data) {\n\t\t\td.deflater.Sent(data, true)\n",
		effect: "with context takeover, messages after one that does not become shorter are decompressed incorrectly",
	},
}

// ofRegistries are the mutations of what sessions share in package ws.
var ofRegistries = []mutation{
	{
		name: "session that has moved keeps its index", file: "ws/registry.go",
		old:    `r.sessions[i], other.membership.index = moved, s.membership.index`,
		new:    `r.sessions[i] = moved`,
		effect: "Shutdown misses sessions after others have ended",
	},
	{
		name: "batched frames are not flushed", file: "ws/timers.go",
		old:    "case len(t.waiting) > 1:",
		new:    "case len(t.waiting) > 0:",
		effect: "an answer waits until the program receives again",
	},
	{
		name: "flush timer is not started again", file: "ws/timers.go",
		old:    "\tt.stopped = false\n}\n",
		new:    "}\n",
		effect: "once a server was without sessions, an answer waits until the program receives again",
	},
	{
		name: "write timer is not started again", file: "ws/timeouts.go",
		old:    "t.timeout, t.stopped = timeout, false",
		new:    "t.timeout = timeout",
		effect: "once a server was without sessions, WriteTimeout does not apply",
	},
	{
		name: "write timer fires once for a single session", file: "ws/timeouts.go",
		old:    "if len(t.writes) > 0 {",
		new:    "if len(t.writes) > 1 {",
		effect: "WriteTimeout does not apply to a session if no other is slow",
	},
	{
		name: "progress of a slow peer does not count", file: "ws/timeouts.go",
		old:    "\t\tw.since = lastTaken(w.sender, w.progress, p, w.since, now)\n",
		new:    "",
		effect: "a peer that reads slowly loses its session after WriteTimeout",
	},
	{
		name: "Redialer does not wait for the end", file: "ws/redial.go",
		old:    "\t<-session.Done()\n",
		new:    "",
		effect: "a Redialer has two sessions at a time",
	},
}
