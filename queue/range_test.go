package queue

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"adviceline/helpline"
)

// trade is a scenario of the range: who comes how often, and who is there.
type trade struct {
	name     string
	every    time.Duration // mean between two who come
	comes    []helpline.Facts
	advisers [][]string // languages; two slots each
	mean     time.Duration
	fixed    bool          // how long a conversation takes does not vary much
	patience time.Duration // mean; 0 for ever
	nights   bool          // one adviser stays, eight hours of each day
}

var chats = []helpline.Facts{{Language: "fi", Lane: helpline.Ordinary}}

var trades = []trade{
	{name: "two advisers, busy nine tenths of the time", every: 12*time.Minute + 30*time.Second, comes: chats, advisers: [][]string{{"fi"}, {"fi"}}, mean: 45 * time.Minute},
	{
		name: "urgent ones among them", every: 12*time.Minute + 30*time.Second, advisers: [][]string{{"fi"}, {"fi"}}, mean: 45 * time.Minute,
		comes: []helpline.Facts{
			{Language: "fi", Lane: helpline.Ordinary}, {Language: "fi", Lane: helpline.Ordinary}, {Language: "fi", Lane: helpline.Ordinary},
			{Language: "fi", Lane: helpline.Ordinary}, {Language: "fi", Lane: helpline.SameDay}, {Language: "fi", Lane: helpline.Present},
		},
	},
	{
		name: "two languages, one adviser of both", every: 10 * time.Minute, advisers: [][]string{{"fi"}, {"fi", "sv"}}, mean: 30 * time.Minute,
		comes: []helpline.Facts{
			{Language: "fi", Lane: helpline.Ordinary}, {Language: "fi", Lane: helpline.Ordinary}, {Language: "fi", Lane: helpline.Ordinary},
			{Language: "sv", Lane: helpline.Ordinary},
		},
	},
	{
		name: "who gives up, and nights with one adviser", every: 14 * time.Minute, comes: chats, advisers: [][]string{{"fi"}, {"fi"}},
		mean: 30 * time.Minute, fixed: true, patience: time.Hour, nights: true,
	},
}

// evening lets people come and compares what each was told on arriving with how long it took.
type evening struct {
	*bench
	trade
	rnd      *rand.Rand
	advisers map[string]helpline.Console
	busy     []served // conversations, and who gives up when
	arrived  map[string]int64
	told     map[string]helpline.Position
	night    string
	held     int // whose wait was inside the range
	out      int
}

type served struct {
	until            int64
	contact, adviser string
}

func (v *evening) after(mean time.Duration) int64 {
	return int64(math.Ceil(v.rnd.ExpFloat64() * float64(mean.Milliseconds())))
}

// answer accepts what was offered, as soon as it was.
func (v *evening) answer(events []helpline.Event) {
	v.Helper()
	for _, e := range events {
		if e.Kind != helpline.OfferMade {
			continue
		}
		c := e.Contact
		v.accept(v.advisers[e.Adviser], c)
		v.busy = slices.DeleteFunc(v.busy, func(s served) bool { return s.contact == c })
		v.busy = append(v.busy, served{v.now + v.lasts(), c, e.Adviser})
		place, told := v.told[c]
		if !told || place.High == nil {
			continue
		}
		if wait := float64(v.now-v.arrived[c]) / 1000; wait >= float64(*place.Low) && wait <= float64(*place.High) {
			v.held++
		} else {
			v.out++
		}
	}
}

func (v *evening) to(instant int64) { v.at(time.Duration(instant-v.now) * time.Millisecond) }

// lasts draws how long a conversation takes.
func (v *evening) lasts() int64 {
	if v.fixed {
		return int64(float64(v.mean.Milliseconds()) * (0.75 + v.rnd.Float64()/2))
	}
	return v.after(v.mean)
}

func (v *evening) finish(s served) {
	v.Helper()
	v.to(s.until)
	if s.adviser == "" {
		events, err := v.Leave(v.Context(), s.contact, 1, "cancel")
		if err != nil {
			v.Fatal(err)
		}
		v.answer(events)
		return
	}
	events, err := v.Record(v.Context(), v.advisers[s.adviser], s.contact, helpline.Staged{Generation: "1", Key: []byte{1}})
	if err != nil {
		v.Fatal(err)
	}
	v.answer(events)
}

func (v *evening) arrive(instant int64, f helpline.Facts) {
	v.Helper()
	v.to(instant)
	e := entry(f.Language, f.Lane)
	v.arrived[e.Contact] = v.now
	in, events, err := v.Enqueue(v.Context(), e)
	if err != nil {
		v.Fatal(err)
	}
	seen, more, err := v.ContactUp(v.Context(), e.Contact, in.Version, "s")
	if err != nil {
		v.Fatal(err)
	}
	if in.State == helpline.Waiting {
		v.told[e.Contact] = seen.Place
		if v.patience > 0 {
			v.busy = append(v.busy, served{v.now + v.after(v.patience), e.Contact, ""})
		}
	}
	v.answer(append(events, more...))
}

// shift lets the second adviser go for the night and come back.
func (v *evening) shift(second helpline.Console) {
	v.Helper()
	want := "ready"
	if v.nights && v.now/3_600_000%24 < 8 {
		want = "paused"
	}
	if v.night == want {
		return
	}
	v.night = want
	_, events, err := v.Duty(v.Context(), second, helpline.DutyWish{State: want})
	if err != nil {
		v.Fatal(err)
	}
	v.answer(events)
}

// until finishes what is over by an instant.
func (v *evening) until(instant int64) {
	v.Helper()
	for len(v.busy) > 0 {
		first := slices.MinFunc(v.busy, func(a, b served) int { return int(a.until - b.until) })
		if first.until > instant {
			return
		}
		v.busy = slices.DeleteFunc(v.busy, func(s served) bool { return s == first })
		v.finish(first)
	}
}

// Four of five who are told a range wait as long as it says (routing.md), in four kinds of lines.
func TestRangeHoldsForFourOfFive(t *testing.T) {
	t.Parallel()
	for _, l := range trades {
		t.Run(l.name, func(t *testing.T) {
			t.Parallel()
			v := &evening{
				bench: newBench(t), trade: l, rnd: rand.New(rand.NewPCG(20261124, 1)), advisers: map[string]helpline.Console{},
				arrived: map[string]int64{}, told: map[string]helpline.Position{}, night: "ready",
			}
			var last helpline.Console
			for _, languages := range l.advisers {
				last = v.adviser(languages...)
				v.advisers[last.Adviser] = last
			}
			next := v.now
			for range 1600 { // some fourteen days
				next += v.after(l.every)
				v.until(next)
				v.shift(last)
				v.arrive(next, l.comes[v.rnd.IntN(len(l.comes))])
			}
			share := float64(v.held) / float64(v.held+v.out)
			t.Logf("%d of %d waits were inside the range told: %.3f", v.held, v.held+v.out, share)
			if v.held+v.out < 300 || share < 0.8 {
				t.Errorf("%d of %d", v.held, v.held+v.out)
			}
		})
	}
}
