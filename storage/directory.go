package storage

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"adviceline/helpline"
)

// receiverRow is a row of receiver.
type receiverRow struct {
	ID, Organization, Name, Kind, Phone, Email, URL string
	Languages, Areas                                []string
	MinimumAge, MaximumAge                          int
	Schedule, Status, Alert                         string
	Assured                                         time.Time
}

func (x receiverRow) domain() helpline.Receiver {
	hours, _ := helpline.ReadSchedule(x.Schedule)
	return helpline.Receiver{
		ID: x.ID, Organization: x.Organization, Name: x.Name, Kind: x.Kind, Phone: x.Phone, Email: x.Email, URL: x.URL,
		Languages: x.Languages, Areas: x.Areas, MinimumAge: x.MinimumAge, MaximumAge: x.MaximumAge, Schedule: hours,
		Status: x.Status, Alert: x.Alert, Assured: x.Assured,
	}
}

// Receivers gives the whole directory, by organisation and name.
func (s *Store) Receivers(ctx context.Context) ([]helpline.Receiver, error) {
	const query = `
SELECT id, organization, name, kind, phone, email, url, languages, areas, minimum_age, maximum_age, schedule, status, alert, assured
FROM receiver ORDER BY organization, name, id`
	found, err := rows[receiverRow](ctx, s, query, nil)
	if err != nil {
		return nil, fmt.Errorf("read directory: %w", err)
	}
	all := make([]helpline.Receiver, len(found))
	for i, x := range found {
		all[i] = x.domain()
	}
	return all, nil
}

// Receiver gives one line of the directory; helpline.ErrUnknownReceiver for another id.
func (s *Store) Receiver(ctx context.Context, id string) (helpline.Receiver, error) {
	const query = `
SELECT id, organization, name, kind, phone, email, url, languages, areas, minimum_age, maximum_age, schedule, status, alert, assured
FROM receiver WHERE id = @id`
	if !storable(id) {
		return helpline.Receiver{}, fmt.Errorf("read directory: %w", helpline.ErrUnknownReceiver)
	}
	found, err := rows[receiverRow](ctx, s, query, named{"id": id})
	if err == nil && len(found) == 0 {
		err = helpline.ErrUnknownReceiver
	}
	if err != nil {
		return helpline.Receiver{}, fmt.Errorf("read directory: %w", err)
	}
	return found[0].domain(), nil
}

// Directory changes the receivers of referrals. A change and its row of the audit, which names no receiver's person,
// are one transaction. by is the account that changes; helpline.Nobody is whoever runs the program.
type Directory struct {
	*Store
	line string // of the audit
}

// NewDirectory gives the directory of the house, with the audit of a line.
func NewDirectory(s *Store, line string) Directory { return Directory{s, line} }

// note writes the row of the audit.
func (s Directory) note(ctx context.Context, tx pgx.Tx, by, deed, code string) error {
	d := helpline.Deed{ID: helpline.Tokens{}.DeedID(), Adviser: by, Deed: deed, Contact: helpline.Nobody, Code: code}
	return Callbacks(s).note(ctx, tx, d)
}

// SetDirectory replaces the directory whole or not at all. The same again changes nothing.
func (s Directory) SetDirectory(ctx context.Context, by string, all []helpline.Receiver) error {
	const clear = `DELETE FROM receiver`
	const insert = `
INSERT INTO receiver (id, organization, name, kind, phone, email, url, languages, areas, minimum_age, maximum_age, schedule,
	status, alert, assured)
VALUES (@id, @organization, @name, @kind, @phone, @email, @url, @languages, @areas, @minimum_age, @maximum_age, @schedule,
	@status, @alert, @assured)`
	err := s.within(ctx, func(ctx context.Context, tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, clear); err != nil {
			return err
		}
		b := &pgx.Batch{}
		for _, r := range all {
			b.Queue(insert, receiverArguments(r))
		}
		if err := tx.SendBatch(ctx, b).Close(); err != nil {
			return err
		}
		from := "page"
		if by == helpline.Nobody {
			from = "command"
		}
		return s.note(ctx, tx, by, helpline.DeedDirectory, from)
	})
	if err != nil {
		return fmt.Errorf("set directory: %w", err)
	}
	return nil
}

// PutReceiver keeps one line of the directory, over an older one of its id. helpline.ErrTooMany when there is
// no room for another.
func (s Directory) PutReceiver(ctx context.Context, by string, r helpline.Receiver) error {
	const query = `
INSERT INTO receiver AS x (id, organization, name, kind, phone, email, url, languages, areas, minimum_age, maximum_age, schedule,
	status, alert, assured)
SELECT @id, @organization, @name, @kind, @phone, @email, @url, @languages, @areas, @minimum_age, @maximum_age, @schedule,
	@status, @alert, @assured
WHERE EXISTS (SELECT FROM receiver WHERE id = @id) OR (SELECT count(*) FROM receiver) < @most
ON CONFLICT (id) DO UPDATE SET organization = excluded.organization, name = excluded.name, kind = excluded.kind,
	phone = excluded.phone, email = excluded.email, url = excluded.url, languages = excluded.languages, areas = excluded.areas,
	minimum_age = excluded.minimum_age, maximum_age = excluded.maximum_age, schedule = excluded.schedule,
	status = excluded.status, alert = excluded.alert, assured = excluded.assured`
	args := receiverArguments(r)
	args["most"] = helpline.MaxReceivers
	err := s.within(ctx, func(ctx context.Context, tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, query, args)
		if err == nil && tag.RowsAffected() == 0 {
			err = helpline.ErrTooMany
		}
		if err != nil {
			return err
		}
		return s.note(ctx, tx, by, helpline.DeedReceiver, r.ID)
	})
	if err != nil {
		return fmt.Errorf("put receiver: %w", err)
	}
	return nil
}

func receiverArguments(r helpline.Receiver) named {
	return named{
		"id": r.ID, "organization": r.Organization, "name": r.Name, "kind": r.Kind, "phone": r.Phone, "email": r.Email, "url": r.URL,
		"languages": list(r.Languages), "areas": list(r.Areas), "minimum_age": r.MinimumAge, "maximum_age": r.MaximumAge,
		"schedule": helpline.ScheduleText(r.Schedule), "status": r.Status, "alert": r.Alert, "assured": r.Assured,
	}
}

// list keeps a missing list an empty one.
func list(s []string) []string {
	if s == nil {
		return []string{}
	}
	return s
}

// PartnerOf gives the receiver whose system shows the key of this print; helpline.ErrNotFound for none.
func (s *Store) PartnerOf(ctx context.Context, print string) (receiver string, err error) {
	const query = `
SELECT receiver FROM partner WHERE print = @print`
	ctx, cancel := context.WithTimeout(ctx, callTime)
	defer cancel()
	r, err := s.pool.Query(ctx, query, named{"print": print})
	var found []string
	if err == nil {
		found, err = pgx.CollectRows(r, pgx.RowTo[string])
	}
	if err == nil && len(found) == 0 {
		err = helpline.ErrNotFound
	}
	if err != nil {
		return "", fmt.Errorf("find partner: %w", bare(err))
	}
	return found[0], nil
}

// SetPartner keeps the print of a partner's key; an empty one takes it away. helpline.ErrUnknownReceiver
// for a receiver that is not in the directory.
func (s Directory) SetPartner(ctx context.Context, by, receiver, print string) error {
	const set = `
INSERT INTO partner AS p (receiver, print) SELECT id, @print FROM receiver WHERE id = @receiver
ON CONFLICT (receiver) DO UPDATE SET print = excluded.print`
	const remove = `DELETE FROM partner WHERE receiver = @receiver`
	if !storable(receiver) {
		return fmt.Errorf("set partner: %w", helpline.ErrUnknownReceiver)
	}
	query, args, deed := set, named{"receiver": receiver, "print": print}, helpline.DeedPartner
	if print == "" {
		query, args, deed = remove, named{"receiver": receiver}, helpline.DeedNoPartner
	}
	err := s.within(ctx, func(ctx context.Context, tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, query, args)
		if err != nil {
			return err
		}
		if tag.RowsAffected() == 0 {
			if print != "" {
				return helpline.ErrUnknownReceiver
			}
			return nil // there was none
		}
		return s.note(ctx, tx, by, deed, receiver)
	})
	if err != nil {
		return fmt.Errorf("set partner: %w", err)
	}
	return nil
}
