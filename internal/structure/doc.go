// Package structure has the tests of how the code is built, rather than of what
// it does: the layers of packages, the cycles of package ws, who may use what of a
// connection, the public API, and the words of doc comments.
package structure
