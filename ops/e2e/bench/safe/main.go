// Command safe is the hand-written minimum that gives the product's own guarantees on the paths of an intake,
// an offer and a message, and nothing else: the reference for goals G1 to G11. It is no helpline: one class, no
// rule, no pages, no sign-in, no rebuild, timers that nobody sweeps.
//
// What it does as the product does: bodies and frames are decoded strictly; the contact's id, token and number are
// made from the request by HMAC; what a contact tells and says is sealed under a key of its own before it reaches
// Redis; every step is one script, which checks the incarnation first, numbers its events and keeps them in a
// spool; scripts go out in shared round trips; what is acknowledged waits for a commit shared with others, fenced by
// the incarnation; a spool entry goes once Postgres has it; a notice to a node carries a counter; a message is
// kept, numbered, held to its sender's rate and found again by its cid; frames are padded to 512 bytes.
//
//	safe serve               a node: ADDR, OPS_ADDR, REDIS_URL, DATABASE_URL, ROOT_KEY_FILE
//	safe arrival N           times of N scripts that offer a contact as it comes, 200 a second
//	safe backlog N           offers a second out of N who wait
package main

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	_ "embed"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/signal"
	"strconv"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/redis/go-redis/v9"

	"adviceline/e2e/rig"
)

//go:embed safe.lua
var library string

// life is the only incarnation of a run.
const life = "1"

// node is one process.
type node struct {
	name     string
	rdb      *redis.Client
	scripts  *writer
	ledger   *ledger
	root     []byte
	keys     *keys
	people   *people
	accepted atomic.Int64
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:])
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "safe:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	if len(args) == 0 {
		return errors.New("serve, arrival N or backlog N")
	}
	n, err := open(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = n.rdb.Close() }()
	if args[0] == "serve" {
		return n.serve(ctx)
	}
	count := 0
	if len(args) == 2 {
		count, _ = strconv.Atoi(args[1])
	}
	switch {
	case count < 1:
		return errors.New("how many?")
	case args[0] == "arrival":
		return n.arrival(ctx, count)
	case args[0] == "backlog":
		return n.backlog(ctx, count)
	}
	return errors.New("serve, arrival N or backlog N")
}

// open connects to the stores and loads the scripts.
func open(ctx context.Context) (*node, error) {
	o, err := redis.ParseURL(os.Getenv("REDIS_URL"))
	if err != nil {
		return nil, fmt.Errorf("read REDIS_URL: %w", err)
	}
	o.MaxRetries, o.PoolSize = -1, 8
	root, err := os.ReadFile(os.Getenv("ROOT_KEY_FILE"))
	if err != nil {
		return nil, fmt.Errorf("read root key: %w", err)
	}
	sum := sha256.Sum256(root)
	n := &node{name: rig.Random(4), rdb: redis.NewClient(o), root: sum[:], people: newPeople()}
	if n.keys, err = newKeys(n.derive("day")); err != nil {
		return nil, err
	}
	if err := n.rdb.FunctionLoadReplace(ctx, library).Err(); err != nil {
		return nil, fmt.Errorf("load scripts: %w", err)
	}
	if err := n.rdb.HSetNX(ctx, tag+":meta", "inc", life).Err(); err != nil {
		return nil, fmt.Errorf("begin: %w", err)
	}
	n.scripts = newWriter(ctx, n.rdb, n.name)
	return n, nil
}

// derive is the HMAC of some words under the root key.
func (n *node) derive(words ...string) []byte {
	h := hmac.New(sha256.New, n.root)
	for _, w := range words {
		h.Write([]byte(w))
		h.Write([]byte{0})
	}
	return h.Sum(nil)
}

// serve listens until ctx ends.
func (n *node) serve(ctx context.Context) error {
	pool, err := pgxpool.New(ctx, os.Getenv("DATABASE_URL"))
	if err != nil {
		return fmt.Errorf("connect to postgres: %w", err)
	}
	defer pool.Close()
	if n.ledger, err = newLedger(ctx, pool, n.rdb); err != nil {
		return err
	}
	go n.listen(ctx)
	private := http.NewServeMux()
	private.HandleFunc("/readyz", func(http.ResponseWriter, *http.Request) {})
	private.HandleFunc("/metrics", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = fmt.Fprintf(w, "adviceline_contacts_accepted_total %d\n", n.accepted.Load())
	})
	failed := make(chan error, 2)
	for addr, h := range map[string]http.Handler{os.Getenv("ADDR"): n.routes(), os.Getenv("OPS_ADDR"): private} {
		s := &http.Server{Addr: addr, Handler: h, ReadHeaderTimeout: 10 * time.Second}
		go func() { failed <- s.ListenAndServe() }()
	}
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
		return nil
	}
}
