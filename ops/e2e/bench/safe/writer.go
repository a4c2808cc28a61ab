package main

import (
	"context"
	"fmt"

	"github.com/redis/go-redis/v9"
)

// tag is the one slot of all keys.
const tag = "{safe}"

// writer sends scripts in shared round trips: two under way, no timer, at most 128 in one. A script is never sent
// twice.
type writer struct {
	node string
	jobs chan *job
}

type job struct {
	args []any
	cmd  *redis.Cmd
	done chan struct{}
}

func newWriter(ctx context.Context, rdb *redis.Client, node string) *writer {
	w := &writer{node: node, jobs: make(chan *job, 4096)}
	for range 2 {
		go w.run(ctx, rdb)
	}
	return w
}

func (w *writer) run(ctx context.Context, rdb *redis.Client) {
	batch := make([]*job, 0, 128)
	for {
		select {
		case j := <-w.jobs:
			batch = append(batch[:0], j)
		case <-ctx.Done():
			return
		}
		for more := true; more && len(batch) < cap(batch); {
			select {
			case j := <-w.jobs:
				batch = append(batch, j)
			default:
				more = false
			}
		}
		pipe := rdb.Pipeline()
		for _, j := range batch {
			j.cmd = pipe.Do(ctx, j.args...)
		}
		_, _ = pipe.Exec(ctx) // each command has its own error
		for _, j := range batch {
			close(j.done)
		}
	}
}

// call runs a script and gives its reply, whose first element is the code.
func (w *writer) call(ctx context.Context, name string, args ...any) ([]any, error) {
	j := &job{args: append([]any{"FCALL", name, 1, tag, life, w.node}, args...), done: make(chan struct{})}
	select {
	case w.jobs <- j:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	<-j.done
	reply, err := j.cmd.Slice()
	if err != nil {
		return nil, fmt.Errorf("run %s: %w", name, err)
	}
	if code, _ := reply[0].(int64); code != 0 {
		return nil, refused(code)
	}
	return reply, nil
}

// refused is an expected outcome of a script.
type refused int64

func (r refused) Error() string { return fmt.Sprint("refused ", int64(r)) }
