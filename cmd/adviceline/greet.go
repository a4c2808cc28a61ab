package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/google/uuid"

	"adviceline/agents"
	"adviceline/helpline"
)

// demo is the accounts that a trial starts with. Their passwords are drawn at the first start and kept
// beside the data, for the next start to print: they are for a trial and for nothing else.
var demo = []helpline.Person{
	{Name: "aino", Alias: "Aino", Roles: []string{helpline.RoleAdviser}, Languages: []string{"fi", "en"}, Capacity: 2},
	{Name: "elsa", Alias: "Elsa", Roles: []string{helpline.RoleAdviser}, Languages: []string{"sv", "en"}, Capacity: 2},
}

// greet says where the pages are and, on a trial, who may sign in.
func (n *node) greet(t terminal) error {
	origin := n.cfg.PublicOrigins[0]
	_, err := fmt.Fprintf(t.out, `
Adviceline %s is up.
  contact page   %s
  console        %s/console
  health         http://%s/readyz
%s
Ctrl-C stops it; the data stay.
`, version, origin, origin, n.cfg.OpsAddr, n.demo)
	return err
}

func (n *node) demoAccounts(ctx context.Context) (string, error) {
	path := filepath.Join(n.cfg.DataDir, "demo-accounts.txt")
	kept, err := os.ReadFile(path) // #nosec G304 -- the operator's own folder
	if err == nil {
		return string(kept), nil
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("read demo accounts: %w", err)
	}
	var list strings.Builder
	list.WriteString("  demo accounts, for a trial only:\n")
	for _, p := range demo {
		password := strings.ToLower(rand.Text()[:20])
		if err := n.addDemo(ctx, p, password); err != nil {
			return "", err
		}
		fmt.Fprintf(&list, "    %-6s %s   %s\n", p.Name, password, strings.Join(p.Languages, ", "))
	}
	if err := os.WriteFile(path, []byte(list.String()), 0o600); err != nil {
		return "", fmt.Errorf("keep demo accounts: %w", err)
	}
	return list.String(), nil
}

// addDemo makes the account, or gives it a new password if a start was cut off between two steps.
func (n *node) addDemo(ctx context.Context, p helpline.Person, password string) error {
	hash, err := agents.HashPassword(password)
	if err != nil {
		return err
	}
	p.ID = uuid.NewString()
	err = n.store.AddPerson(ctx, p, hash)
	if errors.Is(err, helpline.ErrExists) {
		_, _, err = n.store.SetPassword(ctx, p.Name, hash)
	}
	if err != nil {
		return fmt.Errorf("make demo account: %w", err)
	}
	return nil
}
