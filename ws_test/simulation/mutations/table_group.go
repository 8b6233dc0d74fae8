package main

// ofGroups are the mutations of package group.
var ofGroups = []mutation{
	{
		name: "history is one message short", file: "group/memory.go",
		old:    `if len(t.stored) > n {`,
		new:    `if len(t.stored) >= n {`,
		effect: "JoinRecent and Resume send one message less than the broker should have stored",
	},
	{
		name: "first message that is kept is lost", file: "group/slow.go",
		old:    `go m.sendKept(ctx, w, m.after)`,
		new:    `go m.sendKept(ctx, w, p)`,
		effect: "with CloseSlow, a member misses the message with which its send queue was full",
	},
	{
		name: "position follows itself", file: "group/position.go",
		old:    `p.Offset > other.Offset`,
		new:    `p.Offset >= other.Offset`,
		effect: "JoinRecent sends a message twice that is published at the same time",
	},
	{
		name: "last stored message is not remembered", file: "group/resume.go",
		old:    "\t\tlast = entry.Position\n",
		new:    "\t\t_ = last\n",
		effect: "Resume sends messages twice that are published at the same time",
	},
	{
		name: "stored messages arrive again", file: "group/resume.go",
		old:    `m.catchingUp, m.waiting, m.after = false, nil, last`,
		new:    `m.catchingUp, m.waiting = false, nil`,
		effect: "JoinRecent sends a message twice that is being delivered",
	},
	{
		name: "subscription ends though the group is used again", file: "group/group.go",
		old:    `unused := g.joins == joins && gs.groups[g.name] == g`,
		new:    `unused := gs.groups[g.name] == g`,
		effect: "a group whose last member has left and come back receives nothing after UnsubscribeDelay",
	},
	{
		name: "subscription stays without members", file: "group/join.go",
		old:    "\t\tm.group.expireLocked()\n",
		new:    "",
		effect: "a group that all sessions have left by ending keeps its subscription for ever",
	},
	{
		name: "member that has moved keeps its index", file: "group/group.go",
		old:    `g.members[m.index], last.index = last, m.index`,
		new:    `g.members[m.index] = last`,
		effect: "members do not receive messages after others have left",
	},
	{
		name: "Leave does not wait", file: "group/member.go",
		old:    "\tw := m.waiting\n\tm.mu.Unlock()\n\tif w != nil {\n\t\tw.cancel()\n\t\t<-w.done\n\t}\n",
		new:    "\tm.mu.Unlock()\n",
		effect: "a slow member receives messages of the group after Leave has returned",
	},
	{
		name: "sender of another process", file: "group/deliver.go",
		old:    `if e.origin != g.groups.origin {`,
		new:    `if e.origin == 0 {`,
		effect: "PublishExcept excludes a session of another process, too",
	},
	{
		name: "only the first of the latest messages is sent", file: "group/slow.go",
		old:    `for pm := m.takeLatest(); pm != nil; pm = m.takeLatest() {`,
		new:    `if pm := m.takeLatest(); pm != nil {`,
		effect: "with KeepLatest, a member that was slow receives no more messages",
	},
}
