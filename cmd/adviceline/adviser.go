package main

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/google/uuid"

	"adviceline/agents"
	"adviceline/helpline"
	"adviceline/helpline/codes"
	"adviceline/storage"
)

const adviserHelp = `adviceline adviser add NAME --password-stdin [--role adviser,supervisor,admin] [--languages fi,en]
                       [--capacity 2] [--alias "what contacts are told"] [--skills of the setting SKILLS]
adviceline adviser list
adviceline adviser disable NAME      signs the account out; its open legs stay with it for the grace
adviceline adviser password NAME --password-stdin

Passwords have 15 to 256 characters. Exit status 3: NAME exists already.`

var accountName = regexp.MustCompile(`^[\p{L}\p{N}._-]{1,64}$`)

// adviser is the sub-command for accounts. It works beside a running node and without one.
func adviser(ctx context.Context, t terminal, args []string) error {
	if len(args) == 0 || args[0] == "-h" || args[0] == "--help" {
		_, err := fmt.Fprintln(t.out, adviserHelp)
		return err
	}
	steps := map[string]func(context.Context, terminal, []string) error{
		"add": adviserAdd, "list": adviserList, "disable": adviserDisable, "password": adviserPassword,
	}
	step, ok := steps[args[0]]
	if !ok {
		return bad("adviser add, list, disable or password; try adviceline adviser -h")
	}
	return step(ctx, t, args[1:])
}

func adviserAdd(ctx context.Context, t terminal, args []string) error {
	f := flags(t, "adviser add", adviserHelp)
	role := f.String("role", helpline.RoleAdviser, "comma list of adviser, supervisor, admin")
	languages := f.String("languages", "fi", "comma list of language codes")
	capacity := f.Int("capacity", 2, "chats at once, 1 to 3")
	alias := f.String("alias", "", "what contacts are told")
	skills := f.String("skills", "", "comma list of the setting SKILLS")
	stdin := f.Bool("password-stdin", false, "read the password from standard input")
	name, err := named(f, args)
	if err != nil {
		return err
	}
	cfg, err := settings(t)
	if err != nil {
		return err
	}
	p := helpline.Person{
		ID: uuid.NewString(), Name: name, Alias: *alias, Roles: strings.Split(*role, ","),
		Languages: strings.Split(*languages, ","), Capacity: *capacity,
	}
	if *skills != "" {
		p.Skills = strings.Split(*skills, ",")
	}
	if err := checkPerson(p, cfg.Rule.Skills); err != nil {
		return err
	}
	hash, err := readPassword(t.in, *stdin)
	if err != nil {
		return err
	}
	return withStore(ctx, t, func(s *storage.Store) error {
		err := s.AddPerson(ctx, p, hash)
		if errors.Is(err, helpline.ErrExists) {
			return exit{3, errors.New("an account of that name exists")}
		}
		return err
	})
}

// checkPerson holds an account against the lists; skills are those of the settings.
func checkPerson(p helpline.Person, skills []string) error {
	for _, r := range p.Roles {
		if r != helpline.RoleAdviser && r != helpline.RoleSupervisor && r != helpline.RoleAdmin {
			return bad("--role takes adviser, supervisor, admin")
		}
	}
	for i, l := range p.Languages {
		if !codes.Language.Has(l) || slices.Contains(p.Languages[:i], l) {
			return bad("--languages takes codes of the language list, each once")
		}
	}
	for i, k := range p.Skills {
		if !slices.Contains(skills, k) || slices.Contains(p.Skills[:i], k) {
			return bad("--skills takes codes of the setting SKILLS, each once")
		}
	}
	if p.Capacity < 1 || p.Capacity > 3 {
		return bad("--capacity is 1 to 3")
	}
	if len(p.Alias) > 64 {
		return bad("--alias has at most 64 bytes")
	}
	return nil
}

// named parses NAME and the flags after it.
func named(f interface {
	Parse([]string) error
	NArg() int
}, args []string) (string, error) {
	if len(args) > 0 && (args[0] == "-h" || args[0] == "--help") {
		return "", f.Parse(args)
	}
	if len(args) == 0 || strings.HasPrefix(args[0], "-") {
		return "", bad("NAME comes first")
	}
	if err := f.Parse(args[1:]); err != nil {
		return "", exit{2, err}
	}
	if f.NArg() > 0 {
		return "", bad("one NAME, then options")
	}
	if !accountName.MatchString(args[0]) {
		return "", bad("NAME takes letters, digits, dot, dash and underscore, at most 64")
	}
	return args[0], nil
}

func readPassword(in io.Reader, stdin bool) (hash string, err error) {
	if !stdin {
		return "", bad("give --password-stdin: a password on the command line would be seen by others")
	}
	line, err := bufio.NewReader(io.LimitReader(in, 1024)).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return "", fmt.Errorf("read password: %w", err)
	}
	return agents.HashPassword(strings.TrimRight(line, "\r\n"))
}

func adviserList(ctx context.Context, t terminal, args []string) error {
	if err := parse(flags(t, "adviser list", adviserHelp), args); err != nil {
		return err
	}
	return withStore(ctx, t, func(s *storage.Store) error {
		people, err := s.ListPeople(ctx)
		if err != nil {
			return err
		}
		w := tabwriter.NewWriter(t.out, 0, 4, 2, ' ', 0)
		_, _ = fmt.Fprintln(w, "NAME\tROLES\tLANGUAGES\tSKILLS\tCAPACITY\tALIAS\tSTATE")
		for _, p := range people {
			state := "enabled"
			if p.Disabled {
				state = "disabled"
			}
			_, _ = fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%d\t%s\t%s\n", p.Name, strings.Join(p.Roles, ","),
				strings.Join(p.Languages, ","), cmp.Or(strings.Join(p.Skills, ","), "-"), p.Capacity, p.Alias, state)
		}
		return w.Flush()
	})
}

func adviserDisable(ctx context.Context, t terminal, args []string) error {
	name, err := named(flags(t, "adviser disable", adviserHelp), args)
	if err != nil {
		return err
	}
	return withHouse(ctx, t, func(h house) error {
		p, hashes, err := h.store.DisablePerson(ctx, name)
		if err != nil {
			return err
		}
		return h.signOut(ctx, p.ID, hashes)
	})
}

func adviserPassword(ctx context.Context, t terminal, args []string) error {
	f := flags(t, "adviser password", adviserHelp)
	stdin := f.Bool("password-stdin", false, "read the password from standard input")
	name, err := named(f, args)
	if err != nil {
		return err
	}
	hash, err := readPassword(t.in, *stdin)
	if err != nil {
		return err
	}
	return withHouse(ctx, t, func(h house) error {
		p, hashes, err := h.store.SetPassword(ctx, name, hash)
		if err != nil {
			return err
		}
		return h.signOut(ctx, p.ID, hashes)
	})
}
