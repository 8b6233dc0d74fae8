package outbox

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/handset-go/handset/internal/frame"
)

func TestWhileAMessageIsOpenControlFramesPassAndOtherDataWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o, s, _ := scripted(1000, endless)
		mine := new(Owner)
		begin := piece(mine, frame.Text, false, "begin")
		put(t, o, begin)
		whole := waiting(t, o, t.Context(), text("whole"))
		theirs := waiting(t, o, t.Context(), piece(new(Owner), frame.Binary, false, "theirs"))
		behind := waiting(t, o, t.Context(), text("behind theirs"))
		expectError(t, o.TryPut(text("try")), ErrFull)

		ping, pong := control(frame.Ping, "p"), control(frame.Pong, "q")
		put(t, o, ping)
		o.PutPong(pong.Data, false)
		middle, last := piece(mine, frame.Continuation, false, "middle"), piece(mine, frame.Continuation, true, "last")
		put(t, o, middle, last)
		expectError(t, <-whole, nil)
		expectError(t, <-theirs, nil)
		runAll(o, s) // time stands still here: so many writes in a row are a stream's
		expectSent(t, s, begin, ping, pong, middle, last, text("whole"), piece(nil, frame.Binary, false, "theirs"))
		select {
		case err := <-behind:
			t.Fatalf("data went into an open message: %v", err)
		default:
		}
		o.Abort(context.Canceled)
		expectError(t, <-behind, context.Canceled)
	})
}

func TestTheLastPieceGoesAheadOfDataThatWaitsForIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o, s, _ := scripted(100, 0)
		mine := new(Owner)
		begin := piece(mine, frame.Text, false, strings.Repeat("x", 90))
		put(t, o, begin)
		whole := waiting(t, o, t.Context(), text("whole"))
		last := waiting(t, o, t.Context(), piece(mine, frame.Continuation, true, strings.Repeat("y", 90)))
		runAll(o, s)
		expectError(t, <-last, nil)
		expectError(t, <-whole, nil)
		expectSent(t, s, begin, piece(mine, frame.Continuation, true, strings.Repeat("y", 90)), text("whole"))
	})
}

func TestALargeLastPieceLetsGoThoseWhoWaitedForIt(t *testing.T) {
	for _, free := range []int{endless, 1000} {
		synctest.Test(t, func(t *testing.T) {
			o, s, _ := scripted(1<<20, free)
			mine := new(Owner)
			begin, last := piece(mine, frame.Text, false, "begin"), piece(mine, frame.Continuation, true, strings.Repeat("y", 40<<10))
			put(t, o, begin)
			whole := waiting(t, o, t.Context(), text("whole"))
			put(t, o, last)
			expectError(t, <-whole, nil)
			runAll(o, s)
			expectSent(t, s, begin, last, text("whole"))
		})
	}
}

func TestAWaitForAnOpenMessageEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o, s, _ := scripted(1000, endless)
		mine := new(Owner)
		begin, last := piece(mine, frame.Text, false, ""), piece(mine, frame.Continuation, true, "")
		put(t, o, begin)
		ctx, cancel := context.WithCancel(t.Context())
		w := waiting(t, o, ctx, text("withdrawn"))
		cancel()
		expectError(t, <-w, context.Canceled)
		put(t, o, last, text("after"))
		runAll(o, s) // the last of several writes in a row
		expectSent(t, s, begin, last, text("after"))
	})
}

func TestAPieceOfNoOpenMessageIsRefused(t *testing.T) {
	o, s, _ := scripted(1000, endless)
	mine, theirs := new(Owner), new(Owner)
	expectError(t, o.TryPut(piece(mine, frame.Continuation, true, "x")), ErrNoMessage)
	put(t, o, piece(mine, frame.Text, false, "a"))
	expectError(t, o.TryPut(piece(theirs, frame.Continuation, false, "x")), ErrNoMessage)
	put(t, o, piece(mine, frame.Continuation, true, "b"))
	expectError(t, o.TryPut(piece(mine, frame.Continuation, false, "x")), ErrNoMessage)
	expectSent(t, s, piece(mine, frame.Text, false, "a"), piece(mine, frame.Continuation, true, "b"))
}

func TestTextIsCheckedAcrossItsPieces(t *testing.T) {
	for _, tt := range []struct {
		pieces []string
		bad    int // the piece that is refused, -1 for none
	}{
		{[]string{"h", "é", "llo"}, -1},
		{[]string{"\xf0\x9f", "\x93", "\x9e"}, -1},
		{[]string{"\xc3", "", "\xa9"}, -1},
		{[]string{"ok", "\xff"}, 1},
		{[]string{"\xc3", "x", "\xa9"}, 1},
		{[]string{"ok", "\xc3"}, 1}, // ends inside a character
		{[]string{"\xff", "ok"}, 0},
	} {
		t.Run(fmt.Sprintf("%q", tt.pieces), func(t *testing.T) {
			o, s, _ := scripted(1000, endless)
			var sent []*Frame
			for i, p := range tt.pieces {
				f := piece(&one, frame.Continuation, i == len(tt.pieces)-1, p)
				if len(sent) == 0 {
					f.Opcode = frame.Text
				}
				if i == tt.bad {
					expectError(t, o.TryPut(f), frame.ErrInvalidUTF8)
					continue // what follows shows that it has left no trace
				}
				put(t, o, f)
				sent = append(sent, f)
			}
			expectSent(t, s, sent...)
		})
	}
}

func TestBinaryPiecesMayHoldAnything(t *testing.T) {
	o, s, _ := scripted(1000, endless)
	frames := []*Frame{piece(&one, frame.Binary, false, "\xff"), piece(&one, frame.Continuation, true, "\xc3")}
	put(t, o, frames...)
	expectSent(t, s, frames...)
}

func TestBadTextThatWaitedIsRefusedWhenItsTurnComes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o, s, _ := scripted(100, 0)
		begin := piece(&one, frame.Text, false, strings.Repeat("x", 98))
		put(t, o, begin)
		w := waiting(t, o, t.Context(), piece(&one, frame.Continuation, true, "\xff"))
		runAll(o, s)
		expectError(t, <-w, frame.ErrInvalidUTF8)
		expectSent(t, s, begin)
	})
}
