package embedded

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
)

// What may be wrong with a start, for errors.Is; each text begins with its code.
var (
	// ErrInUse: another process runs services on the same data folder.
	ErrInUse = errors.New("data_dir_in_use: another adviceline runs on this data folder")
	// ErrNotPassable: the user that the services run as may not enter a folder above the data.
	ErrNotPassable = errors.New("data_dir_not_passable")
	// ErrSocketPath: no folder for the sockets has a path that is short enough.
	ErrSocketPath = errors.New("socket_path_too_long")
	// ErrOtherMajor: the data belong to another major version of Postgres than is installed.
	ErrOtherMajor = errors.New("data_of_another_major_version")

	errHeld = errors.New("lock is held")
)

// startWithin is how long both services together may take until they answer.
const startWithin = 30 * time.Second

// Options says what to start and where.
type Options struct {
	Dir       string // absolute; made when absent
	Postgres  bool
	Redis     bool
	Throwaway bool         // for tests: data need not survive the machine, so nothing is synced in Postgres
	Log       *slog.Logger // nil: silent
}

// Services are running children. The methods are safe for use by several goroutines.
type Services struct {
	options Options
	user    *account
	run     string   // folder of the sockets
	lock    *os.File // held while this process uses the data folder
	failed  chan error
	watches sync.WaitGroup

	mu              sync.Mutex
	postgres, redis *service
}

// service is one of the two with what is needed to start it again.
type service struct {
	launch func(context.Context) (*child, error)
	end    func(context.Context, *child) error
	child  *child // nil while stopped
}

// Start starts the services in parallel and returns when they answer, at the latest after 30 s.
// Lasting data are found as an earlier start left them, also after a kill. Errors are ErrInUse,
// ErrNotPassable, ErrSocketPath and ErrOtherMajor, MissingError, and those of the system.
func Start(ctx context.Context, o Options) (*Services, error) {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	ctx, cancel := context.WithTimeout(ctx, startWithin)
	defer cancel()
	s := &Services{options: o, failed: make(chan error, 4)}
	begun := time.Now()
	if err := s.prepare(ctx); err != nil {
		return nil, err
	}
	group, inner := errgroup.WithContext(ctx)
	for _, v := range []*service{s.postgres, s.redis} {
		if v != nil {
			group.Go(func() error { return s.begin(inner, v) })
		}
	}
	if err := group.Wait(); err != nil {
		stopping, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer cancel()
		return nil, errors.Join(err, s.Stop(stopping))
	}
	o.Log.Info("embedded services are up: not for production", "postgres_pid", s.PostgresPID(), "redis_pid", s.RedisPID(), "ms", time.Since(begun).Milliseconds())
	return s, nil
}

// prepare finds programs and user, and takes the data folder.
func (s *Services) prepare(ctx context.Context) (err error) {
	if s.user, err = lesser(); err != nil {
		return err
	}
	if err := makeData(s.options.Dir, s.user); err != nil {
		return err
	}
	s.lock, err = take(s.path("lock"))
	if errors.Is(err, errHeld) {
		return ErrInUse
	}
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = s.lock.Close()
		}
	}()
	if err := s.find(ctx); err != nil {
		return err
	}
	// The children of a start that was killed still use the old sockets: they go first.
	for _, name := range []string{"postgres", "redis"} {
		old, err := outlive(ctx, s.path(name+".lock"))
		if err != nil {
			return err
		}
		_ = old.Close()
	}
	s.run, err = makeRun(s.options.Dir, s.user)
	return err
}

// find looks for the programs of the wanted services.
func (s *Services) find(ctx context.Context) error {
	var missing []string
	if s.options.Postgres {
		found, err := s.installation(ctx)
		if err != nil {
			return err
		}
		if found.bin == "" {
			missing = append(missing, "postgresql")
		}
		s.postgres = &service{
			launch: func(ctx context.Context) (*child, error) { return s.launchPostgres(ctx, found) },
			end:    endPostgres,
		}
	}
	if s.options.Redis {
		path := findRedis(ctx)
		if path == "" {
			missing = append(missing, "redis-server")
		}
		s.redis = &service{
			launch: func(ctx context.Context) (*child, error) { return s.launchRedis(ctx, path) },
			end:    endRedis,
		}
	}
	if missing != nil {
		return MissingError{missing}
	}
	return nil
}

func (s *Services) path(elements ...string) string {
	return filepath.Join(append([]string{s.options.Dir}, elements...)...)
}

// begin starts a stopped service.
func (s *Services) begin(ctx context.Context, v *service) error {
	s.mu.Lock()
	running := v.child != nil && !v.child.ended()
	s.mu.Unlock()
	if running {
		return errors.New("start embedded service: it runs already")
	}
	c, err := v.launch(ctx)
	if err != nil {
		return err
	}
	s.mu.Lock()
	v.child = c
	s.mu.Unlock()
	s.watches.Go(func() { // ends with the child
		<-c.done
		if c.stopping.Load() {
			return
		}
		select {
		case s.failed <- fmt.Errorf("run %s: %w", c.name, endOf(c.err)):
		default: // the first failures tell enough
		}
	})
	return nil
}

// finish stops a running service; one that is not running is fine.
func (s *Services) finish(ctx context.Context, v *service) error {
	if v == nil {
		return nil
	}
	s.mu.Lock()
	c := v.child
	v.child = nil
	s.mu.Unlock()
	if c == nil {
		return nil
	}
	return v.end(ctx, c)
}

// Stop stops Redis, then Postgres, and gives the data folder free. Those who use them stop before.
// Postgres gets until the end of ctx to cut its sessions and to write a checkpoint, then it leaves
// the recovery to the next start.
func (s *Services) Stop(ctx context.Context) error {
	err := errors.Join(s.finish(ctx, s.redis), s.finish(ctx, s.postgres))
	if err == nil {
		s.watches.Wait()
	}
	dropRun(s.options.Dir, s.run)
	if closed := s.lock.Close(); !errors.Is(closed, os.ErrClosed) { // a second Stop is fine
		err = errors.Join(err, closed)
	}
	return err
}

// Failed gives an error for each child that ended without being told to. It is never closed.
func (s *Services) Failed() <-chan error { return s.failed }

// StopPostgres stops Postgres alone, for tests of a line without it.
func (s *Services) StopPostgres() error { return s.alone(s.finish, s.postgres) }

// StartPostgres starts it again with the data that it had.
func (s *Services) StartPostgres() error { return s.alone(s.begin, s.postgres) }

// StopRedis stops Redis alone, for tests of a line without it.
func (s *Services) StopRedis() error { return s.alone(s.finish, s.redis) }

// StartRedis starts it again with the data that it had.
func (s *Services) StartRedis() error { return s.alone(s.begin, s.redis) }

func (s *Services) alone(do func(context.Context, *service) error, v *service) error {
	if v == nil {
		return errors.New("embedded service was not asked for")
	}
	ctx, cancel := context.WithTimeout(context.Background(), startWithin)
	defer cancel()
	return do(ctx, v)
}

// PostgresPID gives the process id of Postgres, 0 while it is stopped.
func (s *Services) PostgresPID() int { return s.pid(s.postgres) }

// RedisPID gives the process id of Redis, 0 while it is stopped.
func (s *Services) RedisPID() int { return s.pid(s.redis) }

func (s *Services) pid(v *service) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	if v == nil || v.child == nil {
		return 0
	}
	return v.child.process.Pid
}

// endOf gives an end that nobody wanted a name even when the status is 0.
func endOf(err error) error {
	if err == nil {
		return errors.New("it ended by itself")
	}
	return err
}
