package queue

import (
	"context"
	"sync/atomic"

	"github.com/redis/go-redis/v9"
)

// rounds counts what a client sends: pipelines and the commands in them.
type rounds struct{ trips, commands atomic.Int64 }

func (*rounds) DialHook(next redis.DialHook) redis.DialHook { return next }

func (r *rounds) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, cmd redis.Cmder) error {
		r.trips.Add(1)
		return next(ctx, cmd)
	}
}

func (r *rounds) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return func(ctx context.Context, cmds []redis.Cmder) error {
		r.trips.Add(1)
		r.commands.Add(int64(len(cmds)))
		return next(ctx, cmds)
	}
}
