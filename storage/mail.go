package storage

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivermigrate"

	"adviceline/helpline"
)

// mailSchema is where River keeps its tables, away from those of the house.
const mailSchema = "river"

// mailJob is what waits to be mailed: ids, never text. N parts mails about one hop: the first, and one for
// each time that the link is sent again.
type mailJob struct {
	What string `json:"what"` // referral, disclosure
	ID   string `json:"id"`
	Hop  int    `json:"hop"`
	N    int    `json:"n"`
}

// Kind implements river.JobArgs.
func (mailJob) Kind() string { return "mail" }

// MailAbout is one mail to be made and sent now, of whatever the ids tell at this moment.
type MailAbout struct {
	Referral   string // and its hop
	Hop        int
	Disclosure string // tells the supervisors
	Unique     string // the same for every try
}

// Mailer sends what transactions asked for, again until it went or a week is over.
type Mailer struct{ client *river.Client[pgx.Tx] }

const (
	mailTime  = 30 * time.Second
	mailPoll  = time.Second
	mailTries = 20
	mailAge   = time.Hour // of jobs that are done
)

// NewMailer takes the one that makes and sends; helpline.ErrNotFound from it says that there is nothing to
// send any more.
func NewMailer(s *Store, send func(ctx context.Context, m MailAbout) error, log *slog.Logger) (*Mailer, error) {
	workers := river.NewWorkers()
	if err := river.AddWorkerSafely(workers, &mailWorker{send: send}); err != nil {
		return nil, fmt.Errorf("make mailer: %w", err)
	}
	client, err := river.NewClient(riverpgxv5.New(s.pool), &river.Config{
		Schema: mailSchema, Queues: map[string]river.QueueConfig{river.QueueDefault: {MaxWorkers: 2}}, Workers: workers,
		// A connection that listens would be one of the node's few; mail may wait a second.
		PollOnly: true, FetchPollInterval: mailPoll, JobTimeout: mailTime, MaxAttempts: mailTries,
		CompletedJobRetentionPeriod: mailAge, CancelledJobRetentionPeriod: mailAge, DiscardedJobRetentionPeriod: 7 * 24 * time.Hour,
		Logger: quietly(log),
	})
	if err != nil {
		return nil, fmt.Errorf("make mailer: %w", err)
	}
	return &Mailer{client}, nil
}

// quietly lets through what an operator must know.
func quietly(log *slog.Logger) *slog.Logger {
	if log == nil {
		return slog.New(slog.DiscardHandler)
	}
	return slog.New(errorsAlone{log.Handler()})
}

type errorsAlone struct{ slog.Handler }

func (h errorsAlone) Enabled(ctx context.Context, l slog.Level) bool {
	return l >= slog.LevelError && h.Handler.Enabled(ctx, l)
}

// Handle drops what River says of an error: its text is not ours to vouch for.
func (h errorsAlone) Handle(ctx context.Context, r slog.Record) error {
	out := slog.NewRecord(r.Time, r.Level, "mail queue: see the job's row", r.PC)
	return h.Handler.Handle(ctx, out)
}

// Run works until ctx ends, then lets the running mails end.
func (m *Mailer) Run(ctx context.Context) error {
	if err := m.client.Start(context.WithoutCancel(ctx)); err != nil {
		return fmt.Errorf("start mailer: %w", bare(err))
	}
	<-ctx.Done()
	bound, cancel := context.WithTimeout(context.WithoutCancel(ctx), callTime)
	defer cancel()
	if err := m.client.Stop(bound); err == nil {
		return nil
	}
	last, end := context.WithTimeout(context.WithoutCancel(ctx), callTime)
	defer end()
	return m.client.StopAndCancel(last)
}

// enqueue asks for mail in the transaction that gave the reason. A nil mailer mails nothing.
func (m *Mailer) enqueue(ctx context.Context, tx pgx.Tx, r helpline.Referral, hops []int) error {
	for _, hop := range hops {
		if err := m.insert(ctx, tx, mailJob{What: "referral", ID: r.ID, Hop: hop, N: r.Hops[hop].Chases}); err != nil {
			return err
		}
	}
	return nil
}

func (m *Mailer) insert(ctx context.Context, tx pgx.Tx, job mailJob) error {
	if m == nil {
		return nil
	}
	_, err := m.client.InsertTx(ctx, tx, job, nil)
	return err
}

type mailWorker struct {
	river.WorkerDefaults[mailJob]
	send func(ctx context.Context, m MailAbout) error
}

// Work implements river.Worker. Its errors are codes: River keeps them in the job's row.
func (w *mailWorker) Work(ctx context.Context, job *river.Job[mailJob]) error {
	m := MailAbout{Unique: fmt.Sprintf("%s.%d.%d", job.Args.ID, job.Args.Hop, job.Args.N)}
	if job.Args.What == "disclosure" {
		m.Disclosure = job.Args.ID
	} else {
		m.Referral, m.Hop = job.Args.ID, job.Args.Hop
	}
	err := w.send(ctx, m)
	switch {
	case err == nil || errors.Is(err, helpline.ErrNotFound):
		return nil
	case errors.Is(err, ErrUnavailable):
		return ErrUnavailable
	default:
		return errMail
	}
}

// errMail says that a mail did not go; the try's own error was told to the log by who sent it.
const errMail helpline.Code = "mail_not_sent"

// migrateMail brings River's own tables up, under a lock: two nodes may start at once.
func migrateMail(ctx context.Context, url string) error {
	c, err := pgxpool.ParseConfig(url)
	if err != nil {
		return errors.New("read DATABASE_URL: not a postgres:// address or keyword string")
	}
	settle(c.ConnConfig)
	c.MaxConns = 2
	pool, err := pgxpool.NewWithConfig(ctx, c)
	if err != nil {
		return fmt.Errorf("migrate mail queue: %w", bare(err))
	}
	defer pool.Close()
	err = pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock(hashtext('adviceline.river'))`); err != nil {
			return err
		}
		m, err := rivermigrate.New(riverpgxv5.New(pool), &rivermigrate.Config{Schema: mailSchema, Logger: quietly(nil)})
		if err != nil {
			return err
		}
		_, err = m.Migrate(ctx, rivermigrate.DirectionUp, nil)
		return err
	})
	if err != nil {
		return fmt.Errorf("migrate mail queue: %w", bare(err))
	}
	return nil
}
