package group

// memberships are what one session that has not ended is a member of. They are guarded
// by Groups.mu.
type memberships struct {
	id      uint64 // identifies the session in envelopes
	members []*member
	byName  map[string]*member // nil unless there have been many members
}

// fewMemberships are found without a map, which takes more memory than they do.
const fewMemberships = 16

// in returns the membership of a group, or nil if there is none. It accepts nil.
func (joined *memberships) in(name string) *member {
	if joined == nil {
		return nil
	}
	if joined.byName != nil {
		return joined.byName[name]
	}
	for _, m := range joined.members {
		if m.group.name == name {
			return m
		}
	}
	return nil
}

// add adds a membership.
func (joined *memberships) add(m *member) {
	m.position = len(joined.members)
	joined.members = append(joined.members, m)
	switch {
	case joined.byName != nil:
		joined.byName[m.group.name] = m
	case len(joined.members) > fewMemberships:
		joined.byName = map[string]*member{}
		for _, m := range joined.members {
			joined.byName[m.group.name] = m
		}
	}
}

// remove removes a membership. The last one takes its position.
func (joined *memberships) remove(m *member) {
	end := len(joined.members) - 1
	last := joined.members[end]
	joined.members[m.position], last.position = last, m.position
	joined.members[end] = nil
	joined.members = joined.members[:end]
	delete(joined.byName, m.group.name)
}
