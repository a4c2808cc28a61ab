package disclose

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"time"
)

// Period is a stretch that tables are published for: "2026Q3", "2026H1", "2026", or the fixed pool of three
// years "2026-2028". Pools begin in 2026 and every third year after it, and never move.
type Period string

var periodForm = regexp.MustCompile(`^(2\d{3})(?:Q([1-4])|H([12])|-(2\d{3}))?$`)

const firstPool = 2026

// ParsePeriod reads a period. Error: ErrPeriod.
func ParsePeriod(text string) (Period, error) {
	m := periodForm.FindStringSubmatch(text)
	if m == nil {
		return "", fmt.Errorf("read period: %w", ErrPeriod)
	}
	if m[4] != "" {
		first, _ := strconv.Atoi(m[1])
		last, _ := strconv.Atoi(m[4])
		if last != first+2 || first < firstPool || (first-firstPool)%3 != 0 {
			return "", fmt.Errorf("read period: %w", ErrPeriod)
		}
	}
	return Period(text), nil
}

// QuarterOf gives the quarter of an instant, in the line's own time.
func QuarterOf(t time.Time) Period {
	t = t.In(zone)
	return Period(fmt.Sprintf("%dQ%d", t.Year(), (int(t.Month())+2)/3))
}

// YearOf gives the year of an instant, in the line's own time.
func YearOf(t time.Time) Period { return Period(strconv.Itoa(t.In(zone).Year())) }

var zone = func() *time.Location {
	z, err := time.LoadLocation("Europe/Helsinki")
	if err != nil {
		return time.UTC
	}
	return z
}()

type span int

const (
	quarter span = iota
	half
	year
	pool
)

func (p Period) span() span {
	switch {
	case len(p) == 4:
		return year
	case len(p) > 6:
		return pool
	case p[4] == 'H':
		return half
	}
	return quarter
}

// first gives the year in which the period begins.
func (p Period) first() int {
	n, _ := strconv.Atoi(string(p[:4]))
	return n
}

// parts gives the next shorter periods that make this one up; none of a quarter.
func (p Period) parts() []Period {
	y := string(p[:4])
	switch p.span() {
	case half:
		if p[5] == '1' {
			return []Period{Period(y + "Q1"), Period(y + "Q2")}
		}
		return []Period{Period(y + "Q3"), Period(y + "Q4")}
	case year:
		return []Period{Period(y + "H1"), Period(y + "H2")}
	case pool:
		n := p.first()
		return []Period{Period(y), Period(strconv.Itoa(n + 1)), Period(strconv.Itoa(n + 2))}
	default:
		return nil
	}
}

// Quarters gives the quarters that the period is made of, in order.
func (p Period) Quarters() []Period {
	if p.span() == quarter {
		return []Period{p}
	}
	var all []Period
	for _, part := range p.parts() {
		all = append(all, part.Quarters()...)
	}
	return all
}

// contains tells whether q is a shorter stretch of the period.
func (p Period) contains(q Period) bool {
	own := p.Quarters()
	return p != q && !slices.ContainsFunc(q.Quarters(), func(x Period) bool { return !slices.Contains(own, x) })
}

// End gives the instant at which the period is over.
func (p Period) End() time.Time {
	last := p.Quarters()[len(p.Quarters())-1]
	return time.Date(last.first(), time.Month(3*int(last[5]-'0')+1), 1, 0, 0, 0, 0, zone)
}

// Due tells whether the period may be released: it is over, and so is its embargo.
func (p Period) Due(now time.Time, s Settings) bool {
	return !now.Before(p.End().AddDate(0, 0, s.EmbargoDays))
}

// Has tells whether an instant lies in the period.
func (p Period) Has(t time.Time) bool {
	q := QuarterOf(t)
	for _, x := range p.Quarters() {
		if x == q {
			return true
		}
	}
	return false
}

// Periods lists what can be published of the years from first to last, shorter ones first.
func Periods(first, last int) []Period {
	var all []Period
	for y := first; y <= last; y++ {
		n := strconv.Itoa(y)
		all = append(all, Period(n+"Q1"), Period(n+"Q2"), Period(n+"H1"), Period(n+"Q3"), Period(n+"Q4"), Period(n+"H2"), Period(n))
		if y >= firstPool+2 && (y-firstPool)%3 == 2 {
			all = append(all, Period(fmt.Sprintf("%d-%d", y-2, y)))
		}
	}
	return all
}
