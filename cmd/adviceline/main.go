// Command adviceline runs the helpline's backend: `adviceline serve` and the few commands around it.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"

	"adviceline/ops"
)

// version is set at build time.
var version = "dev"

const usage = `adviceline - contact handling for a victims' helpline

  adviceline serve                    run a node (settings: environment, see README)
  adviceline migrate                  bring the database to this program's schema
  adviceline adviser add NAME ...     accounts: add, list, disable, password
  adviceline roster import FILE ...   shifts and on-call tiers: import, list, mail
  adviceline directory import FILE    receivers of referrals: import, export, partner
  adviceline simulate -in FILE        let contacts come to the model of routing
  adviceline screen --json            find in free text what names a person
  adviceline staffing -in FILE        advisers for each hour of the week
  adviceline release --from FILE ...  published tables out of outcomes, with no database
  adviceline privacy report           every store, how long and why, and what is in it now
  adviceline version                  print the version

adviceline COMMAND -h tells more.
`

// exit is an error that carries the program's exit status.
type exit struct {
	status int
	err    error
}

func (e exit) Error() string { return e.err.Error() }
func (e exit) Unwrap() error { return e.err }

// bad marks wrong words on the command line: exit status 2.
func bad(text string) error { return exit{2, errors.New(text)} }

// terminal is what a command reads and writes, so that tests can hold it.
type terminal struct {
	in       io.Reader
	out, err io.Writer
	env      []string
}

func main() {
	t := terminal{in: os.Stdin, out: os.Stdout, err: os.Stderr, env: os.Environ()}
	if err := ops.LeaveNoCore(); err != nil {
		_, _ = fmt.Fprintln(t.err, "adviceline: images of memory cannot be forbidden:", err)
		os.Exit(1)
	}
	ops.EaseCollector(t.env)
	os.Exit(run(context.Background(), t, os.Args[1:]))
}

func run(ctx context.Context, t terminal, args []string) int {
	err := dispatch(ctx, t, args)
	var e exit
	switch {
	case err == nil || errors.Is(err, flag.ErrHelp):
		return 0
	case errors.As(err, &e):
		_, _ = fmt.Fprintln(t.err, "adviceline:", err)
		return e.status
	default:
		_, _ = fmt.Fprintln(t.err, "adviceline:", err)
		return 1
	}
}

func dispatch(ctx context.Context, t terminal, args []string) error {
	if len(args) == 0 {
		_, _ = fmt.Fprint(t.err, usage)
		return bad("name a command")
	}
	switch args[0] {
	case "serve":
		return serve(ctx, t, args[1:])
	case "migrate":
		return migrate(ctx, t, args[1:])
	case "adviser":
		return adviser(ctx, t, args[1:])
	case "roster":
		return roster(ctx, t, args[1:])
	case "directory":
		return directory(ctx, t, args[1:])
	case "simulate":
		return simulate(ctx, t, args[1:])
	case "screen":
		return screenText(ctx, t, args[1:])
	case "staffing":
		return staffing(ctx, t, args[1:])
	case "release":
		return release(ctx, t, args[1:])
	case "privacy":
		return privacy(ctx, t, args[1:])
	case "version":
		_, err := fmt.Fprintln(t.out, version)
		return err
	case "help", "-h", "--help":
		_, err := fmt.Fprint(t.out, usage)
		return err
	default:
		return bad("no such command; try adviceline help")
	}
}

// flags makes a flag set whose help goes to the terminal and whose errors exit with 2.
func flags(t terminal, name, help string) *flag.FlagSet {
	f := flag.NewFlagSet(name, flag.ContinueOnError)
	f.SetOutput(t.err)
	f.Usage = func() {
		_, _ = fmt.Fprintln(t.err, help)
		f.PrintDefaults()
	}
	return f
}

func parse(f *flag.FlagSet, args []string) error {
	err := f.Parse(args)
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		return exit{2, err}
	}
	return err
}
