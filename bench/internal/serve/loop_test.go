package serve

import "testing"

func TestALoopRunsInTheHandlerOrInAGoroutine(t *testing.T) {
	defer func(before string) { *loop = before }(*loop)
	for _, test := range []struct {
		loop, usual, want string
	}{
		{"", InHandler, InHandler},
		{"", InGoroutine, InGoroutine},
		{InHandler, InGoroutine, InHandler},
		{InGoroutine, InHandler, InGoroutine},
	} {
		t.Run("loop="+test.loop+",usual="+test.usual, func(t *testing.T) {
			*loop = test.loop
			var returned, ended = make(chan struct{}), make(chan struct{})
			Loop(test.usual, func() {
				defer close(ended)
				if test.want == InGoroutine {
					<-returned // for ever, if Loop does not return before
				}
			})
			if test.want == InHandler {
				select {
				case <-ended:
				default:
					t.Error("the handler returned before the loop had ended")
				}
			}
			close(returned)
			<-ended
		})
	}
}
