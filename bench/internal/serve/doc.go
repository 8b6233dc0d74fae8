// Package serve is what the Go servers under measurement have in common, so
// that each of them is little more than its library's own README: a listener, a
// way to have the garbage collected, and the shapes of what they serve.
package serve
