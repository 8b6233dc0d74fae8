package closing

import "testing"

func TestNamesOfActionsAndReasons(t *testing.T) {
	if got := (SendClose | ReadOn).String(); got != "SendClose|ReadOn" {
		t.Errorf("got %q", got)
	}
	if got := Actions(0).String(); got != "" {
		t.Errorf("no action is %q", got)
	}
	if got := Actions(1<<actions - 1).String(); got != "SendClose|FinishQueue|DiscardQueue|StartTimer|StartAnswerTimer|ReadOn|ReadToEOF|DiscardInput" {
		t.Errorf("all actions are %q", got)
	}
	for r, want := range map[Reason]string{NotEnded: "NotEnded", ByHandshake: "ByHandshake", ByTimeout: "ByTimeout"} {
		if r.String() != want {
			t.Errorf("got %q, want %q", r, want)
		}
	}
}
