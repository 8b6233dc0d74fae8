package dial

import (
	"errors"
	"net/http/httptest"
	"sync"
	"testing"
)

func TestAsManyConnectionsAreOpenedAsTheQuerySays(t *testing.T) {
	var (
		mu    sync.Mutex
		opens []string
	)
	open := func(url string) error {
		mu.Lock()
		defer mu.Unlock()
		if opens = append(opens, url); len(opens) == 21 {
			return errors.New("no more")
		}
		return nil
	}
	tests := []struct {
		query       string
		status      int
		least, most int
	}{
		{"url=ws://a/b&n=20", 200, 20, 20},
		{"url=ws://a/b&n=0", 200, 0, 0},
		{"url=ws://a/b&n=1000", 500, 21, 999}, // the failure, and those that were under way
		{"url=ws://a/b", 500, 0, 0},
		{"url=ws://a/b&n=-1", 500, 0, 0},
	}
	for _, test := range tests {
		t.Run(test.query, func(t *testing.T) {
			opens = nil
			answer := httptest.NewRecorder()
			Handler(open)(answer, httptest.NewRequest("GET", "/dial?"+test.query, nil))
			if answer.Code != test.status || len(opens) < test.least || len(opens) > test.most {
				t.Errorf("%d, %q after %d connections", answer.Code, answer.Body, len(opens))
			}
			for _, url := range opens {
				if url != "ws://a/b" {
					t.Errorf("to %q", url)
				}
			}
		})
	}
}
