package main

// ofOutbox are the mutations of the send queue.
var ofOutbox = []mutation{
	{
		name: "open message is forgotten when the queue is empty", file: "internal/outbox/queue.go",
		old:    "q.out != nil || q.open || q.reserved > 0",
		new:    "q.out != nil || q.reserved > 0",
		effect: "a message is sent between the fragments of another",
	},
	{
		name: "batched frames are dropped at the end", file: "internal/outbox/outbox.go",
		old:    `if o.writer == nobody && o.queue.buffered() == 0 {`,
		new:    `if o.writer == nobody {`,
		effect: "messages that wait for others are lost, and our Close frame with them",
	},
	{
		name: "sends that wait are not refused", file: "internal/outbox/outbox.go",
		old:    "\tfor _, w := range q.waiters {\n\t\tw.finish(q.refusal)\n\t}\n\tq.waiters = nil\n}\n",
		new:    "}\n",
		effect: "messages are sent behind our Close frame",
	},
	{
		name: "sends that wait are not admitted", file: "internal/outbox/flush.go",
		old:    "\tif n > 0 {\n\t\to.admitWaitersLocked()\n\t}\n",
		new:    "",
		effect: "a send that waits for a full queue waits for ever",
	},
	{
		name: "frame of a context that has ended stays", file: "internal/outbox/wait.go",
		old:    "\to.queue.waiters = slices.Delete(o.queue.waiters, i, i+1)\n",
		new:    "",
		effect: "a message is sent although its send has returned the error of its context",
	},
	{
		name: "Pong refers to the input", file: "internal/outbox/queue.go",
		old:    `q.pong = append(make([]byte, 0, frame.MaxControl), payload...)`,
		new:    `q.pong = payload`,
		effect: "a Pong that waits for a full queue has another payload than its Ping",
	},
	{
		name: "flush is asked for once", file: "internal/outbox/flush.go",
		old:    "\to.timed = false\n",
		new:    "",
		effect: "from the second time on, an answer waits until the program receives again",
	},
	{
		name: "message longer than the queue", file: "internal/outbox/put.go",
		old:    `return n == 0 || uint64(n+f.size()) <= uint64(o.limit)`,
		new:    `return uint64(n+f.size()) <= uint64(o.limit)`,
		effect: "a message that is longer than SendBuffer is never sent",
	},
	{
		name: "compressed message is freed while it waits", file: "ws/session.go",
		old:    "\tdefer s.compression.prepare(f).Free()\n\treturn s.putTraced(ctx, f)\n",
		new:    "\ts.compression.prepare(f).Free()\n\treturn s.putTraced(ctx, f)\n",
		effect: "a compressed message that waits for the send queue has the bytes of another",
	},
	{
		name: "two writers", file: "internal/outbox/put.go",
		old:    `!f.masked && o.writer == nobody && !batch`,
		new:    `!f.masked && !batch`,
		effect: "a long message is written into the middle of another",
	},
	{
		name: "partial write is repeated", file: "internal/transport/blocking.go",
		old:    "\tif n == 0 {\n",
		new:    "\tif n < len(head) {\n",
		effect: "bytes are sent twice after a peer has stalled for nearly WriteTimeout",
	},
	{
		name: "deadline of the last try stays", file: "internal/transport/blocking.go",
		old:    "\t_ = c.Conn.SetWriteDeadline(time.Time{})\n",
		new:    "",
		effect: "a peer that has stalled for nearly WriteTimeout, and reads again, loses its session the next time it is slow",
	},
}
