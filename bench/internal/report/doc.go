// Package report writes outcomes down: on the terminal, as tables in Markdown
// and as charts.
package report
