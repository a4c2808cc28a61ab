package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"

	"adviceline/helpline"
	"adviceline/helpline/codes"
	"adviceline/helpline/seal"
	"adviceline/storage"
)

const directoryHelp = `adviceline directory import FILE     replaces the receivers of referrals by those of a CSV file, whole or not at all
adviceline directory export          writes that file
adviceline directory partner ID [--remove]
                                     a new key for the system of receiver ID, printed once; an older one is dead.
                                     It stands for the one-time code: POST /api/v1/receipts with it as bearer token

The first line of the file names its fields, those of Open Referral's HSDS 3.0. Lists have ; between. Exit status 3:
the file is at fault, by line and field, or there is no such receiver.`

// directory is the sub-command for the receivers of referrals.
func directory(ctx context.Context, t terminal, args []string) error {
	if len(args) == 0 || args[0] == "-h" || args[0] == "--help" {
		_, err := fmt.Fprintln(t.out, directoryHelp)
		return err
	}
	steps := map[string]func(context.Context, terminal, []string) error{
		"import": directoryImport, "export": directoryExport, "partner": directoryPartner,
	}
	step, ok := steps[args[0]]
	if !ok {
		return bad("directory import, export or partner; try adviceline directory -h")
	}
	return step(ctx, t, args[1:])
}

func directoryImport(ctx context.Context, t terminal, args []string) error {
	if len(args) != 1 {
		return bad("directory import takes one FILE")
	}
	file, err := os.Open(args[0]) // #nosec G703 -- the operator's own file
	if err != nil {
		return errors.New("the file cannot be opened")
	}
	defer func() { _ = file.Close() }()
	all, err := helpline.ReadDirectory(file, codes.DestinationKind.Has, codes.Language.Has)
	if err != nil {
		return exit{3, fmt.Errorf("import directory: %w", err)}
	}
	cfg, err := settings(t)
	if err != nil {
		return err
	}
	return withStore(ctx, t, func(s *storage.Store) error {
		if err := storage.NewDirectory(s, cfg.Line).SetDirectory(ctx, helpline.Nobody, all); err != nil {
			return err
		}
		_, err := fmt.Fprintf(t.out, "%d receivers\n", len(all))
		return err
	})
}

func directoryExport(ctx context.Context, t terminal, args []string) error {
	if len(args) != 0 {
		return bad("directory export takes no words; it writes to standard output")
	}
	return withStore(ctx, t, func(s *storage.Store) error {
		all, err := s.Receivers(ctx)
		if err != nil {
			return err
		}
		return helpline.WriteDirectory(t.out, all)
	})
}

// directoryPartner makes a key for a receiver's own system. Only its keyed print is kept.
func directoryPartner(ctx context.Context, t terminal, args []string) error {
	if len(args) == 0 || args[0] == "" || args[0][0] == '-' {
		return bad("ID comes first")
	}
	f := flags(t, "directory partner", directoryHelp)
	remove := f.Bool("remove", false, "take the key away")
	if err := parse(f, args[1:]); err != nil {
		return err
	}
	cfg, err := settings(t)
	if err != nil {
		return err
	}
	return withStore(ctx, t, func(s *storage.Store) error {
		key, print := "", ""
		if !*remove {
			postgres, redis := cfg.Embedded()
			root, err := seal.LoadRoot(cfg.RootKeyFile, postgres && redis)
			if err != nil {
				return err
			}
			key = rand.Text()
			print = partnerPrint(root, key)
		}
		err := storage.NewDirectory(s, cfg.Line).SetPartner(ctx, helpline.Nobody, args[0], print)
		if errors.Is(err, helpline.ErrUnknownReceiver) {
			return exit{3, fmt.Errorf("set partner: %w", err)}
		}
		if err != nil || *remove {
			return err
		}
		_, err = io.WriteString(t.out, key+"\n")
		return err
	})
}

// partnerPrint is what is kept of a partner's key.
func partnerPrint(root []byte, key string) string {
	return helpline.NewTokens(seal.Derive(root)).ReferralPrint("partner", "", 0, key)
}
