package brokerbench

import (
	"encoding/binary"
	"time"
)

// headerSize is the least size of a message.
const headerSize = 14

// A header is what a message begins with.
type header struct {
	at        time.Duration // when it is published
	number    uint32        // of the publisher's messages, from 0
	publisher byte
	counts    bool // false while everything warms up
}

// message returns a message.
func (h header) message(size int) []byte {
	data := make([]byte, max(size, headerSize))
	binary.BigEndian.PutUint64(data, uint64(h.at))
	binary.BigEndian.PutUint32(data[8:], h.number)
	data[12] = h.publisher
	if h.counts {
		data[13] = 1
	}
	return data
}

// parse returns the header of a message.
func parse(data []byte) (h header, ok bool) {
	if len(data) < headerSize {
		return header{}, false
	}
	return header{
		at:        time.Duration(binary.BigEndian.Uint64(data)),
		number:    binary.BigEndian.Uint32(data[8:]),
		publisher: data[12],
		counts:    data[13] == 1,
	}, true
}
