package main

import (
	"fmt"
	"io"
)

// printList prints mutations and what they cause as a table in Markdown.
func printList(w io.Writer, mutations []mutation) {
	fmt.Fprintln(w, "| error | file | what a user sees |")
	fmt.Fprintln(w, "|---|---|---|")
	for _, m := range mutations {
		fmt.Fprintf(w, "| %s | [%s](../../../%[2]s) | %s |\n", m.name, m.file, m.effect)
	}
}
