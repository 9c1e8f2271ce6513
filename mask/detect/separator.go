package detect

import "strings"

// separator says what stands at s[i] between the groups of a number, and how many bytes it takes: any space is ' ', any
// dash '-'. 0 = nothing that does.
func separator(s string, i int) (sep byte, width int) {
	switch b := s[i]; b {
	case ' ', '-', '.', '/', '(', ')', '_':
		return b, 1
	case 0xC2:
		if i+1 < len(s) && s[i+1] == 0xA0 { // no-break space
			return ' ', 2
		}
	case 0xE2:
		if i+2 >= len(s) {
			break
		}
		switch c := s[i+2]; s[i+1] {
		case 0x80: // U+2000 to U+203F
			if c >= 0x80 && c <= 0x8A || c == 0xAF {
				return ' ', 3
			}
			if c >= 0x90 && c <= 0x95 {
				return '-', 3
			}
		case 0x88: // U+2212, minus
			if c == 0x92 {
				return '-', 3
			}
		}
	case 0xE3:
		if strings.HasPrefix(s[i:], "\u3000") {
			return ' ', 3
		}
	}
	return 0, 0
}
