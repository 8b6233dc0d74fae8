package main

import (
	"os"
	"strings"
	"testing"
)

// README.md has the table that -list prints.
func TestReadmeListsMutations(t *testing.T) {
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	var list strings.Builder
	printList(&list, all)
	if !strings.HasSuffix(string(readme), "\n\n"+list.String()) {
		t.Errorf("README.md does not end with the table of: go run ./ws_test/simulation/mutations -list")
	}
}
