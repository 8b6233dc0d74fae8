// Package deflatetest has what the tests of internal/inflate and
// internal/deflate share: a decoder that follows the letter of RFC 1951 as simply
// as it can, the one of the standard library, and texts to compress. Only tests
// import it.
package deflatetest
