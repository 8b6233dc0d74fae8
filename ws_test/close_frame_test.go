package ws_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/handset-go/handset/ws"
)

func TestCloseFrame(t *testing.T) {
	eachSide(t, func(t *testing.T, on side) {
		t.Run("every legal code is sent", func(t *testing.T) {
			for _, code := range []ws.CloseCode{1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999} {
				inSynctest(t, &ws.Upgrader{}, func(t *testing.T, p *pair) {
					if err := p.session.Close(ws.CloseReason{Code: code, Description: "bye"}); err != nil {
						t.Fatalf("Close with %v: %v", code, err)
					}
					p.expect(opClose, string(closePayload(uint16(code), "bye")))
				})
			}
		})
		t.Run("a long reason is cut at a character boundary", func(t *testing.T) {
			for _, tt := range []struct{ description, want string }{
				{strings.Repeat("x", 123), strings.Repeat("x", 123)},
				{strings.Repeat("x", 124), strings.Repeat("x", 123)},
				{strings.Repeat("é", 62), strings.Repeat("é", 61)},
				{"x" + strings.Repeat("é", 61), "x" + strings.Repeat("é", 61)},
				{strings.Repeat("世", 100), strings.Repeat("世", 41)},
				{strings.Repeat("📞", 31), strings.Repeat("📞", 30)},
				{strings.Repeat("x", 1_000_000), strings.Repeat("x", 123)},
			} {
				inSynctest(t, &ws.Upgrader{}, func(t *testing.T, p *pair) {
					if err := p.session.Close(ws.CloseReason{Code: 4000, Description: tt.description}); err != nil {
						t.Fatal(err)
					}
					p.expect(opClose, string(closePayload(4000, tt.want)))
				})
			}
		})
		t.Run("an illegal reason is an error and the session stays open", func(t *testing.T) {
			p := on.connect(t, &ws.Upgrader{})
			var reasons []ws.CloseReason
			for _, code := range []ws.CloseCode{1, 999, 1004, 1005, 1006, 1015, 1016, 1999, 2000, 2999, 5000, 65535} {
				reasons = append(reasons, ws.CloseReason{Code: code})
			}
			reasons = append(reasons, ws.CloseReason{Description: "without a code"},
				ws.CloseReason{Code: ws.CloseNormal, Description: "\xff"})
			for _, reason := range reasons {
				if err := p.session.Close(reason); err == nil {
					t.Errorf("Close took %v %q", reason.Code, reason.Description)
				}
				if err := p.session.TrySend(ws.Message{Kind: ws.Close, Reason: reason}); err == nil {
					t.Errorf("TrySend took a Close with %v %q", reason.Code, reason.Description)
				}
			}
			if err := p.session.Text(testContext(t), "open"); err != nil {
				t.Fatal(err)
			}
			p.expect(opText, "open")
		})
	})
}

func TestSendAfterClose(t *testing.T) {
	eachSide(t, func(t *testing.T, on side) {
		for _, over := range transports {
			t.Run(over.name, func(t *testing.T) {
				p := on.connectOver(t, over, &ws.Upgrader{})
				begun := p.session.Writer(testContext(t), ws.Binary)
				if _, err := begun.Write(make([]byte, 20_000)); err != nil {
					t.Fatal(err)
				}
				if err := p.session.Close(ws.CloseReason{}); err != nil {
					t.Fatal(err)
				}
				expectSendsClosed(t, p.session)
				if err := begun.Close(); !errors.Is(err, ws.ErrClosed) {
					t.Errorf("a writer that had begun: %v", err)
				}
				p.expectClose(0)
				p.send(opClose, "")
				await(t, p.session.Done(), "the session's end")
				expectSendsClosed(t, p.session)
			})
		}
	})
}
