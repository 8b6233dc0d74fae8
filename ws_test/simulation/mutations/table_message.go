package main

// ofMessages are the mutations between bytes and messages.
var ofMessages = []mutation{
	{
		name: "open message is forgotten at the end of a context", file: "internal/message/reader.go",
		old:    `!r.inFrame && !r.inMessage && r.message == (assembly{})`,
		new:    `!r.inFrame && r.message == (assembly{})`,
		effect: "a receive whose context ends between two fragments makes the next one fail",
	},
	{
		name: "message after one that is too big is dropped", file: "internal/message/assemble.go",
		old:    `a.begun, a.discards = false, false`,
		new:    `a.begun = false`,
		effect: "the message after one that is too big is lost",
	},
	{
		name: "message is too big twice", file: "internal/message/assemble.go",
		old:    `announced := a.discards && !a.begun`,
		new:    `announced := a.discards && a.begun`,
		effect: "ErrMessageTooBig is returned twice if the header arrives before the payload",
	},
	{
		name: "frame that arrives in parts is unmasked twice", file: "internal/message/frame.go",
		old:    `payload[r.unmasked:]`,
		new:    `payload[0:]`,
		effect: "a message that arrives in parts is garbled",
	},
	{
		name: "position in a compressed frame is lost", file: "internal/message/inflate.go",
		old:    "\tr.unmasked -= used\n",
		new:    "",
		effect: "a compressed message of more than 64 KiB panics",
	},
	{
		name: "context takeover without the messages that are skipped", file: "internal/message/inflate.go",
		old:    `if r.compressed && r.inMessage && !r.Decoder.Takeover() {`,
		new:    `if r.compressed && r.inMessage {`,
		effect: "with context takeover, messages after one that is too big are decompressed incorrectly",
	},
	{
		name: "compressed message is skipped up to its next frame", file: "internal/message/inflate.go",
		old:    `r.discarding = !r.fin`,
		new:    `r.discarding = false`,
		effect: "a compressed message that is fragmented and too big fails the session",
	},
	{
		name: "input is dropped when a goroutine reads on", file: "internal/message/reader.go",
		old:    "\theld := r.inbox.Bytes()\n\tr.inbox = inbox.Inbox{}\n",
		new:    "\tr.inbox = inbox.Inbox{}\n\theld := r.inbox.Bytes()\n",
		effect: "messages that have arrived are lost when Close is called",
	},
	{
		name: "Close frame arrives in parts", file: "internal/message/peek.go",
		old:    "\t\tif from+size > uint64(len(b)) {\n\t\t\treturn e, false, nil\n\t\t}\n",
		new:    "",
		effect: "a Close frame that arrives in parts, while nobody receives, panics",
	},
	{
		name: "masking key is rotated the other way", file: "internal/frame/mask.go",
		old:    `bits.RotateLeft32(uint32(k), -8*(n&3))`,
		new:    `bits.RotateLeft32(uint32(k), 8*(n&3))`,
		effect: "a message that arrives in parts of odd length is garbled",
	},
	{
		name: "character of four bytes is split before its last", file: "internal/frame/utf8.go",
		old:    `i >= len(p)-(utf8.UTFMax-1)`,
		new:    `i >= len(p)-(utf8.UTFMax-2)`,
		effect: "text fails the session if it is split before the last byte of an emoji",
	},
	{
		name: "length of 65,535", file: "internal/frame/header.go",
		old:    "case length <= 0xFFFF:\n\t\treturn binary",
		new:    "case length < 0xFFFF:\n\t\treturn binary",
		effect: "a message of 65,535 bytes fails the session",
	},
}

// ofCompression are the mutations of the formats below compression.
var ofCompression = []mutation{
	{
		name: "window of an open message is dropped", file: "internal/inflate/decoder.go",
		old:    `if d.open != nil || d.takeover {`,
		new:    `if d.takeover {`,
		effect: "without context takeover, a compressed message in several parts fails the session",
	},
	{
		name: "context takeover though it was declined", file: "internal/deflate/deflater.go",
		old:    "\tif last && !d.takeover {\n\t\td.window.Free()\n\t\treturn\n\t}\n",
		new:    "",
		effect: "without context takeover, the second message in fragments cannot be decompressed",
	},
	{
		name: "window is empty after it has grown", file: "internal/window/window.go",
		old:    "\t\tb.bytes = append(b.bytes, w.block.bytes...)\n\t\tw.block.free()\n",
		new:    "\t\tw.block.free()\n\t\tb.bytes = append(b.bytes, w.block.bytes...)\n",
		effect: "with context takeover, messages are decompressed incorrectly after some hundred bytes",
	},
	{
		name: "reference beyond the window", file: "internal/deflate/deflater.go",
		old:    `shown+len(data) > size && d.bits`,
		new:    `shown > size && d.bits`,
		effect: "with a small window, some messages cannot be decompressed",
	},
}

// ofTables are the mutations of the decisions about closing and heartbeats.
var ofTables = []mutation{
	{
		name: "half-close discards the queue", file: "internal/closing/table.go",
		old:    `{ReadClosed, FinishQueue | StartTimer, NotEnded, "7.1.5"}`,
		new:    `{Ended, 0, ByEvent, "7.1.5"}`,
		effect: "what is queued is lost when the peer closes its direction",
	},
	{
		name: "both sides close", file: "internal/closing/table.go",
		old:    `CloseArrived: {Answering, 0, NotEnded, "7.1.3"}`,
		new:    `CloseArrived: {Ended, 0, ByHandshake, "7.1.4"}`,
		effect: "what is queued before our Close frame is lost if the peer closes at the same time",
	},
	{
		name: "half-close while closing", file: "internal/closing/table.go",
		old:    `{ReadClosed, 0, NotEnded, "7.1.5"}`,
		new:    `{Ended, 0, ByEvent, "7.1.5"}`,
		effect: "what is queued before our Close frame is lost if the peer closes its direction",
	},
	{
		name: "Close frame is not answered", file: "internal/closing/table.go",
		old:    `TimedOut:    {Answering, SendClose | StartTimer, NotEnded, "5.5.1"}`,
		new:    `TimedOut:    {Ended, 0, ByTimeout, "7.1.1"}`,
		effect: "a Close frame is not answered if the program does not receive",
	},
	{
		name: "Close without a reader", file: "internal/closing/table.go",
		old:    `SendClose | StartTimer | ReadOn, NotEnded`,
		new:    `SendClose | StartTimer, NotEnded`,
		effect: "Close fails with ErrCloseTimeout if nobody receives",
	},
	{
		name: "client does not read to the end", file: "internal/closing/table.go",
		old:    `CloseSent: {CloseArrived: {CloseDone, ReadToEOF,`,
		new:    `CloseSent: {CloseArrived: {CloseDone, 0,`,
		effect: "a client's session ends CloseTimeout after the closing handshake",
	},
	{
		name: "silent peer counts as alive", file: "internal/heartbeat/finding.go",
		old:    "return gone // a reader would have found the Pong",
		new:    "return alive",
		effect: "a lost connection is not noticed where the kernel tells nothing",
	},
}
