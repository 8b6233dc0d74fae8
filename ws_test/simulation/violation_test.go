package simulation

import "github.com/handset-go/handset/ws"

// violation is a frame that no peer may send (RFC 6455 §5), without its mask.
type violation struct {
	name    string
	first   byte   // of the header
	length  []byte // the rest of the header
	payload string
	code    ws.CloseCode // with which the session fails
	between bool         // it is one only if no fragmented message is open
}

var violations = []violation{
	{"reserved opcode", 0x83, []byte{0}, "", ws.CloseProtocolError, false},
	{"RSV2", 0xa2, []byte{0}, "", ws.CloseProtocolError, false},
	{"RSV1 on a control frame", 0xc9, []byte{0}, "", ws.CloseProtocolError, false},
	{"fragmented Ping", 0x09, []byte{0}, "", ws.CloseProtocolError, false},
	{"long Ping", 0x89, []byte{126, 0, 200}, "", ws.CloseProtocolError, false},
	{"length that is not minimal", 0x82, []byte{126, 0, 5}, "", ws.CloseProtocolError, false},
	{"length of 2^63", 0x82, []byte{127, 0x80, 0, 0, 0, 0, 0, 0, 0}, "", ws.CloseProtocolError, false},
	{"Close of one byte", 0x88, []byte{1}, "x", ws.CloseProtocolError, false},
	{"Close code 1005", 0x88, []byte{2}, "\x03\xed", ws.CloseProtocolError, false},
	{"Close reason that is not UTF-8", 0x88, []byte{3}, "\x03\xe8\xff", ws.CloseInvalidPayload, false},
	{"Continuation of nothing", 0x80, []byte{0}, "", ws.CloseProtocolError, true},
	{"text that is not UTF-8", 0x81, []byte{2}, "\xc0\x80", ws.CloseInvalidPayload, true},
}

// violate inserts a violation between two frames, as if a hostile peer had sent it. If the
// program may not receive it, the session must be closing already: when it is closed later, by
// a shutdown for example, the violation is found while the Close frame is written, before or
// after.
func (f *flow) violate(rng random) {
	v, w := one(rng, violations...), &f.wire
	to := f.connection.pair.server
	if !w.fromClient() {
		to = f.connection.pair.client
	}
	r := &to.reader
	receives := r.way != byNothing && r.late == 0 && r.think == 0 && !r.contexts || !to.out.closedAt().IsZero()
	f.mu.Lock()
	defer f.mu.Unlock()
	between := receives && w.open && !w.in && len(w.head) == 0 && w.closed.IsZero()
	if !between || v.between && w.message || f.lost || f.writeClosed || f.readClosed || f.violated != 0 {
		return
	}
	frame := append([]byte{v.first}, v.length...)
	if w.fromClient() {
		frame[1] |= 0x80
		frame = append(frame, 0, 0, 0, 0) // a key that changes nothing
	}
	frame = append(frame, v.payload...)
	f.violated = v.code
	f.bytes = append(f.bytes, frame...)
	f.segmentsLocked(len(frame))
	f.changed.Broadcast()
}
