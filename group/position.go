package group

import (
	"fmt"
	"strconv"
	"strings"
)

// A Position is the place of a message among all messages of its group. Programs send
// it to clients as text, such as "5f0c:42", and clients send it back in order to
// resume.
type Position struct {
	// Epoch identifies the sequence of offsets. It changes when a broker begins
	// again at the first offset, for example because its data was deleted. Offsets
	// of different epochs cannot be compared. An epoch has no colon.
	Epoch string

	// Offset increases with each message of the group. The first offset of an epoch
	// is at least 1. There may be holes.
	Offset uint64
}

// IsZero reports whether p is the zero Position, which is that of no message.
func (p Position) IsZero() bool { return p == Position{} }

// follows reports whether a message at p may come after one at other: unless it is
// known to be the same or an earlier one.
func (p Position) follows(other Position) bool {
	return p.Epoch != other.Epoch || p.Offset > other.Offset || p.IsZero()
}

// String returns p as text, or "" if p is the zero Position.
func (p Position) String() string {
	if p.IsZero() {
		return ""
	}
	return p.Epoch + ":" + strconv.FormatUint(p.Offset, 10)
}

// MarshalText returns p as text, as String does.
func (p Position) MarshalText() ([]byte, error) { return []byte(p.String()), nil }

// UnmarshalText sets p to a position that String has returned.
func (p *Position) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		*p = Position{}
		return nil
	}
	epoch, digits, found := strings.Cut(string(text), ":")
	offset, err := strconv.ParseUint(digits, 10, 64)
	if !found || err != nil || len(text) > maxPositionText {
		return fmt.Errorf("group: invalid position %.64q", text)
	}
	*p = Position{Epoch: epoch, Offset: offset}
	return nil
}

// maxPositionText limits positions as text, because they come from clients.
const maxPositionText = 256
