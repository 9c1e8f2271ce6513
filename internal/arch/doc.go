// Package arch holds no code, only the test that keeps imports running one way
// and keeps what users of the driver compile small.
package arch
