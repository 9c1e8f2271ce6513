package detect

// lane is where in a sum of features the count of digits stands, above the sums of all the bits of a chunk.
const (
	lane  = 32
	chunk = 1 << 16
)

// counted are the features with the count in a lane of its own: a text is read with one look at a table for each byte.
var counted = func() (c [256]uint64) {
	for b, f := range features {
		c[b] = uint64(f&(1<<digitShift-1)) | uint64(f>>digitShift)<<lane
	}
	return c
}()

// firstPass says what the bytes of a text are, all together, and how many of them are digits.
func firstPass(s string) (seen uint16, digits int) {
	for len(s) > chunk {
		some, n := firstPass(s[:chunk])
		seen, digits, s = seen|some, digits+n, s[chunk:]
	}
	var all, sum uint64
	for len(s) >= 8 {
		a, b, c, d, e, f, g, h := counted[s[0]], counted[s[1]], counted[s[2]], counted[s[3]], counted[s[4]], counted[s[5]], counted[s[6]], counted[s[7]]
		all |= a | b | c | d | e | f | g | h
		sum += a + b + c + d + e + f + g + h
		s = s[8:]
	}
	for i := range len(s) {
		v := counted[s[i]]
		all |= v
		sum += v
	}
	return seen | uint16(all), digits + int(sum>>lane)
}
