package ops

import (
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Lanes is the priority of each lane by its code.
type Lanes map[string]Priority

// Priority is the credit at the arrival and the slope by which it grows with the wait.
type Priority struct {
	Credit time.Duration
	Slope  int64
}

// LaneNames lists the lanes that LANES has to name.
func LaneNames() []string {
	return []string{"danger", "continuation", "present", "same_day", "ordinary"}
}

var errLanes = errors.New("not lane=credit/slope, each lane once")

const (
	maxCredit = 86_400 // seconds
	maxSlope  = 1_000
)

// UnmarshalText reads lane=credit/slope with commas between; every lane is named once. Credits are whole
// seconds up to a day, slopes 1 to 1,000.
func (l *Lanes) UnmarshalText(text []byte) error {
	out := Lanes{}
	for item := range strings.SplitSeq(string(text), ",") {
		lane, rest, _ := strings.Cut(strings.TrimSpace(item), "=")
		credit, slope, _ := strings.Cut(rest, "/")
		c, badCredit := strconv.ParseUint(credit, 10, 32)
		s, badSlope := strconv.ParseInt(slope, 10, 32)
		_, twice := out[lane]
		if twice || badCredit != nil || badSlope != nil || c > maxCredit || s < 1 || s > maxSlope || !slices.Contains(LaneNames(), lane) {
			return errLanes
		}
		out[lane] = Priority{Credit: time.Duration(c) * time.Second, Slope: s} // #nosec G115 -- bounded above
	}
	if len(out) != len(LaneNames()) {
		return errLanes
	}
	*l = out
	return nil
}
