package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"text/tabwriter"
	"time"

	"adviceline/helpline"
	"adviceline/helpline/calendar"
	"adviceline/storage"
)

const rosterHelp = `adviceline roster import FILE [--zone Europe/Helsinki]
                                     replaces the roster from now on by the shifts of an iCalendar file:
                                     SUMMARY is the account's name, CATEGORIES is DUTY or ON-CALL-1 to ON-CALL-4
adviceline roster list               shifts from now on
adviceline roster mail NAME [ADDRESS]
                                     where NAME is paged by mail; without ADDRESS: nowhere

A file with any fault changes nothing. Exit status 3: the file or a shift is at fault, by a code.`

// houseZone is the zone of rosters that name none.
const houseZone = "Europe/Helsinki"

// roster is the sub-command for shifts.
func roster(ctx context.Context, t terminal, args []string) error {
	if len(args) == 0 || args[0] == "-h" || args[0] == "--help" {
		_, err := fmt.Fprintln(t.out, rosterHelp)
		return err
	}
	steps := map[string]func(context.Context, terminal, []string) error{
		"import": rosterImport, "list": rosterList, "mail": rosterMail,
	}
	step, ok := steps[args[0]]
	if !ok {
		return bad("roster import, list or mail; try adviceline roster -h")
	}
	return step(ctx, t, args[1:])
}

func rosterImport(ctx context.Context, t terminal, args []string) error {
	if len(args) == 0 || args[0] == "" || args[0][0] == '-' {
		return bad("FILE comes first")
	}
	f := flags(t, "roster import", rosterHelp)
	name := f.String("zone", houseZone, "zone of instants that name none")
	if err := parse(f, args[1:]); err != nil {
		return err
	}
	zone, err := time.LoadLocation(*name)
	if err != nil {
		return bad("--zone takes a zone of the IANA database")
	}
	file, err := os.Open(args[0]) // #nosec G703 -- the operator's own file
	if err != nil {
		return errors.New("the file cannot be opened")
	}
	defer func() { _ = file.Close() }()
	now := time.Now()
	shifts, err := calendarShifts(calendar.Read(file, calendar.Window{
		From: now, Until: now.Add(helpline.RosterAhead), Zone: zone, Most: helpline.MaxShifts,
	}))
	if err == nil {
		err = helpline.CheckShifts(shifts, now)
	}
	if err != nil {
		return exit{3, fmt.Errorf("import roster: %w", err)}
	}
	return withStore(ctx, t, func(s *storage.Store) error {
		err := s.SetRoster(ctx, storage.RosterChange{Shifts: shifts, Now: now})
		if errors.Is(err, helpline.ErrUnknownAdviser) {
			return exit{3, err}
		}
		if err != nil {
			return err
		}
		_, err = fmt.Fprintln(t.out, len(shifts), "shifts")
		return err
	})
}

// calendarShifts gives a calendar's entries as shifts, and its codes as those of rosters.
func calendarShifts(entries []calendar.Entry, err error) ([]helpline.Shift, error) {
	switch {
	case errors.Is(err, calendar.ErrTooLarge):
		return nil, helpline.ErrTooManyShifts
	case err != nil:
		return nil, helpline.ErrBrokenCalendar
	}
	shifts := make([]helpline.Shift, len(entries))
	for i, e := range entries {
		shifts[i] = helpline.Shift{Name: e.Name, Tier: e.Tier, From: e.From, Until: e.Until}
	}
	return shifts, nil
}

func rosterList(ctx context.Context, t terminal, args []string) error {
	if err := parse(flags(t, "roster list", rosterHelp), args); err != nil {
		return err
	}
	return withStore(ctx, t, func(s *storage.Store) error {
		shifts, err := s.Roster(ctx, time.Now())
		if err != nil {
			return err
		}
		w := tabwriter.NewWriter(t.out, 0, 4, 2, ' ', 0)
		_, _ = fmt.Fprintln(w, "TIER\tFROM\tUNTIL\tNAME")
		for _, x := range shifts {
			_, _ = fmt.Fprintf(w, "%d\t%s\t%s\t%s\n", x.Tier, x.From.Format(time.RFC3339), x.Until.Format(time.RFC3339), x.Name)
		}
		return w.Flush()
	})
}

func rosterMail(ctx context.Context, t terminal, args []string) error {
	if len(args) < 1 || len(args) > 2 || !accountName.MatchString(args[0]) {
		return bad("roster mail NAME [ADDRESS]")
	}
	return withStore(ctx, t, func(s *storage.Store) error {
		return s.SetPager(ctx, args[0], append(args, "")[1])
	})
}
