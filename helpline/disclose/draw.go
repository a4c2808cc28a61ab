package disclose

import (
	"crypto/rand"
	"encoding/binary"
	mathrand "math/rand/v2"
)

// round gives a multiple of base near n: the one below or the one above, so that the mean of many draws is n
// (Fellegi 1975, "Controlled Random Rounding"). A multiple stays itself. source gives a uniform number below its argument.
func round(n, base int64, source func(int64) int64) int64 {
	over := n % base
	if source(base) < over {
		return n - over + base
	}
	return n - over
}

// secret draws from the system's generator; nothing of a draw is kept but the figure.
func secret(n int64) int64 {
	for {
		var b [8]byte
		_, _ = rand.Read(b[:])                                                        // never fails: the program stops instead
		if x := binary.BigEndian.Uint64(b[:]) >> 1; x < (1<<63)/uint64(n)*uint64(n) { // #nosec G115 -- a base
			return int64(x % uint64(n)) // #nosec G115
		}
	}
}

// wander seeds the walks of the gate. They are no secret: they prove, they decide no figure.
func wander() *mathrand.Rand {
	var seed [32]byte
	_, _ = rand.Read(seed[:])
	return mathrand.New(mathrand.NewChaCha8(seed)) // #nosec G404
}

// classes finds subsets that hold the same contacts: a part as large as its whole. They share one draw, else
// two draws of one set would tell more of it than one. It gives, for each variable, the first of its class.
func (s *system) classes() []int {
	class := make([]int, len(s.vars))
	for i := range class {
		class[i] = i
	}
	root := func(i int) int {
		for class[i] != i {
			class[i] = class[class[i]]
			i = class[i]
		}
		return i
	}
	for _, e := range s.equations {
		whole := int(e[0].at)
		for _, t := range e[1:] {
			if n := s.vars[t.at].truth; n > 0 && n == s.vars[whole].truth {
				a, b := root(whole), root(int(t.at))
				class[max(a, b)] = min(a, b)
			}
		}
	}
	for i := range class {
		class[i] = root(i)
	}
	return class
}
