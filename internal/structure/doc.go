// Package structure has the tests of how the code is built, rather than of what
// it does: the cycles of package ws and its public API.
package structure
