package hostile_test

// groups are attacks of members on their group.
func groups() []attack {
	return []attack{
		{
			name: "joins and leaves", does: "connections that join a group and are reset",
			sides: []side{server}, honest: visits("/join", 300),
			whole: func(s *trial) (did sent) {
				for range scaled(500) {
					p := s.connect("/join")
					_ = p.tcp().SetLinger(0)
					p.Close()
					did.add(sent{handshakeSize, 1})
				}
				return did
			},
			bounds: bounds{unit: "connection", cpu: 2, live: 256 * kib, peak: 8 * mib, goroutines: 20},
			expect: func(r report) bool { return r.Members == 0 && r.Groups == 0 },
		},
		{
			name: "members that never read", does: "a fifth of 250 members of a group does not read",
			sides: []side{server}, honest: published(200, 0),
			whole: func(s *trial) sent { return published(200, 50)(s) },
			// Each of the 50 has a full queue, and as much that is being written.
			bounds: bounds{unit: "message", cpu: 2.5, live: 50*144*kib + 250*10*kib, peak: 24 * mib, goroutines: 600},
			expect: func(r report) bool { return r.Members == 0 && r.Groups == 0 },
		},
	}
}

// published publishes messages to a group, of which some members read and others do not.
// Its units are messages that a reading member has received.
func published(reading, unread int) honest {
	const messages, size = 30, 16 * kib
	return func(s *trial) (did sent) {
		reading, unread := scaled(reading), unread
		var members, idle []*peer
		for range unread {
			idle = append(idle, s.connect(joinUnread))
		}
		for range reading {
			members = append(members, s.connect("/join"))
		}
		if r, ok := s.v.await(func(r report) bool { return r.Members == reading+unread }); !ok {
			s.t.Fatalf("%d members", r.Members)
		}
		received := make(chan sent)
		for _, p := range members {
			go func() {
				var got sent
				for range messages {
					if payload, err := p.await(binaryFrame, ""); err == nil {
						got.add(sent{len(payload), 1})
					}
				}
				received <- got
			}()
		}
		for range messages {
			s.v.do(order{Do: "publish", Size: size})
		}
		for range members {
			did.add(<-received)
		}
		if r := s.v.report(); r.Queued < unread*size {
			s.t.Errorf("%d bytes are queued for %d members that do not read", r.Queued, unread)
		}
		if did.units != messages*reading {
			s.t.Errorf("members received %d of %d messages", did.units, messages*reading)
		}
		s.open = append(members, idle...)
		return did
	}
}
