package redis

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/handset-go/handset/group"
)

const (
	// maxOffset is the largest offset that a number of Lua represents exactly.
	maxOffset = 1 << 53

	// A page is what is read from a stream at once: pageEntries messages, or fewer if
	// they have more than pageBytes bytes.
	pageEntries = 128
	pageBytes   = 256 << 10
)

// A page is a part of the stored messages of a group.
type page struct {
	newest  group.Position // of the newest message of the group
	stored  bool           // the messages after the position are all stored
	entries []group.Entry  // the first ones of these
	oldest  uint64         // if they are not stored, the offset of the oldest one that is
}

// page reads the first messages after a position, unless there are more than limit. If
// the server does not know the position although it was that of a message, a new
// epoch begins.
func (b *HistoryBroker) page(ctx context.Context, name string, after group.Position, limit int, was bool) (page, error) {
	mark := "0"
	if was {
		mark = "1"
	}
	reply, err := b.eval(ctx, afterScript, name, after.Epoch, strconv.FormatUint(after.Offset, 10),
		strconv.Itoa(limit), strconv.Itoa(pageEntries), strconv.Itoa(pageBytes), mark)
	if err != nil {
		return page{}, err
	}
	list, err := reply.AsStrSlice()
	if err != nil || len(list) < 3 {
		return page{}, cmp.Or(err, errReply)
	}
	p := page{stored: list[2] == "ok"}
	if p.newest, err = position(list[0], list[1]); err != nil {
		return page{}, err
	}
	if p.stored {
		p.entries, err = entries(p.newest.Epoch, list[3:])
		return p, err
	}
	oldest, err := position(p.newest.Epoch, list[len(list)-1])
	p.oldest = oldest.Offset
	return p, err
}

var errReply = errors.New("redis: script has returned an unknown reply")

// position returns a position from its parts.
func position(epoch, offset string) (group.Position, error) {
	n, err := strconv.ParseUint(offset, 10, 64)
	if err != nil {
		return group.Position{}, fmt.Errorf("%w: offset %q", errReply, offset)
	}
	return group.Position{Epoch: epoch, Offset: n}, nil
}

// entries returns messages from a list of offsets and data.
func entries(epoch string, list []string) ([]group.Entry, error) {
	var all []group.Entry
	for i := 0; i+1 < len(list); i += 2 {
		p, err := position(epoch, list[i])
		if err != nil {
			return nil, err
		}
		all = append(all, group.Entry{Data: []byte(list[i+1]), Position: p})
	}
	return all, nil
}
