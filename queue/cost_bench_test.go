package queue

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/uuid"

	"adviceline/helpline"
)

// crowd is a line with 200 advisers and so many who wait: 100 advisers of Finnish with a place each, all
// taken by an offer, for whom all wait, and 100 of Swedish who are free.
type crowd struct {
	*testing.B
	q     *Queue
	desks []helpline.Console // of Finnish
	came  []string           // contacts of the last run
	has   []taken            // offers for the next run, each of another adviser
	asked []string           // who wait, for the next run
}

// taken is an offer, whose it is and to whom.
type taken struct {
	desk           helpline.Console
	contact, offer string
}

func gather(b *testing.B, waiting int) *crowd {
	c := &crowd{B: b, q: lined(b)}
	for i := range 200 {
		a := helpline.Adviser{ID: uuid.NewString(), Alias: "A", Languages: []string{"fi"}, Capacity: 1}
		if i >= 100 {
			a.Languages, a.Capacity = []string{"sv"}, 3
		}
		d, _, err := c.q.ConsoleUp(context.Background(), a)
		if err != nil {
			b.Fatal(err)
		}
		serve(b, c.q, d.Console)
		if i < 100 {
			c.desks = append(c.desks, d.Console)
		}
	}
	arrive(b, c.q, 100+waiting, 128)
	return c
}

// enter takes contacts in.
func (c *crowd) enter(n int, language string) {
	c.came = c.came[:0]
	for range n {
		e := entry(language, helpline.Ordinary)
		if _, _, err := c.q.Enqueue(context.Background(), e); err != nil {
			c.Fatal(err)
		}
		c.came = append(c.came, e.Contact)
	}
}

func (c *crowd) leave(contacts []string) {
	for _, id := range contacts {
		if _, err := c.q.Leave(context.Background(), id, 1, "done"); err != nil {
			c.Fatal(err)
		}
	}
}

func (c *crowd) free(int) {
	for _, t := range c.has {
		c.leave([]string{t.contact})
	}
}

func (c *crowd) accept(int) {
	for _, t := range c.has {
		if _, _, err := c.q.Accept(context.Background(), t.desk, t.offer); err != nil {
			c.Fatal(err)
		}
	}
}

func (c *crowd) record(n int) {
	for _, t := range c.has {
		staged := helpline.Staged{Generation: "g", Key: []byte("k"), Wrapped: "w", Sealed: "s"}
		if _, err := c.q.Record(context.Background(), t.desk, t.contact, staged); err != nil {
			c.Fatal(err)
		}
	}
	c.enter(n, "fi")
}

func (c *crowd) ask(int) {
	for _, id := range c.asked {
		if _, err := c.q.Positions(context.Background(), []string{id}); err != nil {
			c.Fatal(err)
		}
	}
}

// prepare reads what a run of n needs to know.
func (c *crowd) prepare(n int) {
	ctx := context.Background()
	c.has, c.asked = c.has[:0], c.asked[:0]
	for i := range n {
		d := c.desks[i]
		id := c.q.rdb.SRandMember(ctx, c.q.key(":offers:"+d.Adviser)).Val()
		c.has = append(c.has, taken{d, id, c.q.rdb.HGet(ctx, c.q.key(":c:"+id), "offer").Val()})
	}
	c.desks = append(c.desks[n:], c.desks[:n]...)
	waiting := c.q.key(":w:fi|ordinary")
	for i := range int64(n) {
		at := c.q.rdb.ZCard(ctx, waiting).Val() * i / int64(n)
		c.asked = append(c.asked, c.q.rdb.ZRange(ctx, waiting, at, at).Val()...)
	}
}

// BenchmarkCost gives what the verbs of routing cost Redis with so many who wait and 200 advisers: the
// median of a script by INFO latencystats, in microseconds, and how many times as long it takes with
// 100,000 who wait as with 100. Five scripts of one verb run between two resets of these statistics, then
// the line is put back as it was; lines of all sizes take turns.
func BenchmarkCost(b *testing.B) {
	sizes := []int{10, 100, 1000, 10_000, 100_000}
	crowds := map[int]*crowd{}
	for _, n := range sizes {
		crowds[n] = gather(b, n)
	}
	for _, verb := range []struct {
		name       string
		run, after func(c *crowd, n int)
	}{
		{"enqueue", func(c *crowd, n int) { c.enter(n, "fi") }, func(c *crowd, _ int) { c.leave(c.came) }},
		{"match-on-arrival", func(c *crowd, n int) { c.enter(n, "sv") }, func(c *crowd, _ int) { c.leave(c.came) }},
		{"match-on-freed-slot", (*crowd).free, func(c *crowd, n int) { c.enter(n, "fi") }},
		{"accept", (*crowd).accept, (*crowd).record},
		{"position", (*crowd).ask, func(*crowd, int) {}},
	} {
		b.Run(verb.name, func(b *testing.B) {
			const chunk = 5
			medians := map[int][]float64{}
			for range b.N {
				for _, n := range sizes {
					c := crowds[n]
					c.B = b
					c.prepare(chunk)
					medians[n] = append(medians[n], c.median(func() { verb.run(c, chunk) }))
					verb.after(c, chunk)
				}
			}
			middle := func(n int) float64 { slices.Sort(medians[n]); return medians[n][len(medians[n])/2] }
			for _, n := range sizes {
				b.ReportMetric(middle(n), strconv.Itoa(n)+"-us")
			}
			b.ReportMetric(middle(100_000)/middle(100), "100000/100")
		})
	}
}

// median runs something and gives the median time of the scripts in it.
func (c *crowd) median(run func()) float64 {
	ctx := context.Background()
	if err := c.q.rdb.ConfigResetStat(ctx).Err(); err != nil {
		c.Fatal(err)
	}
	run()
	text, err := c.q.rdb.Info(ctx, "latencystats").Result()
	if err != nil {
		c.Fatal(err)
	}
	_, rest, _ := strings.Cut(text, "latency_percentiles_usec_fcall:p50=")
	figure, _, _ := strings.Cut(rest, ",")
	v, err := strconv.ParseFloat(figure, 64)
	if err != nil {
		c.Fatal("no statistics of scripts: ", text)
	}
	return v
}
