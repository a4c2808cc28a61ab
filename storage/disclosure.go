package storage

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"adviceline/helpline"
)

// Disclosures keeps the register of disclosures without consent of one line.
type Disclosures struct {
	*Store
	line string
	mail *Mailer
}

var _ helpline.DisclosureStore = Disclosures{}

// NewDisclosures gives the register of a line; mail may be nil where nothing is mailed.
func NewDisclosures(s *Store, line string, mail *Mailer) Disclosures {
	return Disclosures{s, line, mail}
}

// AddDisclosure implements helpline.DisclosureStore.
func (s Disclosures) AddDisclosure(ctx context.Context, d helpline.Disclosure) error {
	const query = `
INSERT INTO disclosure (line, id, at, ground, receiver, receipt, adviser)
VALUES (@line, @id, coalesce(@at, house_now()), @ground, @receiver, @receipt, @adviser) ON CONFLICT DO NOTHING`
	if !storable(d.Receipt) {
		return fmt.Errorf("add disclosure: %w", helpline.ErrInvalid)
	}
	err := s.within(ctx, func(ctx context.Context, tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, query, named{
			"line": s.line, "id": d.ID, "at": instant(d.At), "ground": d.Ground, "receiver": d.Receiver, "receipt": d.Receipt, "adviser": d.Adviser,
		})
		if err != nil || tag.RowsAffected() == 0 {
			return err
		}
		return s.mail.insert(ctx, tx, mailJob{What: "disclosure", ID: d.ID})
	})
	if err != nil {
		return fmt.Errorf("add disclosure: %w", err)
	}
	return nil
}

// disclosed is a row of disclosure.
type disclosed struct {
	ID       string
	At       time.Time
	Ground   string
	Receiver string
	Receipt  string
	Adviser  string
	Alias    string
	Seen     pgtype.Timestamptz
	SeenBy   string
	SeenWho  string
}

// Disclosures implements helpline.DisclosureStore: latest first.
func (s Disclosures) Disclosures(ctx context.Context, before time.Time, n int) ([]helpline.Disclosure, error) {
	const query = `
SELECT d.id::text AS id, d.at, d.ground, d.receiver, d.receipt, d.adviser::text AS adviser, coalesce(nullif(a.alias, ''), a.name, '') AS alias,
	d.seen, coalesce(d.seen_by::text, '') AS seen_by, coalesce(nullif(b.alias, ''), b.name, '') AS seen_who
FROM disclosure AS d LEFT JOIN person AS a ON a.id = d.adviser LEFT JOIN person AS b ON b.id = d.seen_by
WHERE d.line = @line AND (@before::timestamptz IS NULL OR d.at < @before) ORDER BY d.at DESC, d.id LIMIT @n`
	found, err := rows[disclosed](ctx, s.Store, query, named{"line": s.line, "before": instant(before), "n": n})
	if err != nil {
		return nil, fmt.Errorf("read disclosures: %w", err)
	}
	all := make([]helpline.Disclosure, len(found))
	for i, d := range found {
		all[i] = helpline.Disclosure{
			ID: d.ID, At: d.At.UTC(), Ground: d.Ground, Receiver: d.Receiver, Receipt: d.Receipt, Adviser: d.Adviser,
			Alias: d.Alias, SeenBy: d.SeenBy, SeenWho: d.SeenWho,
		}
		if d.Seen.Valid {
			all[i].Seen = d.Seen.Time.UTC()
		}
	}
	return all, nil
}

// SeeDisclosure implements helpline.DisclosureStore: the first supervisor stays.
func (s Disclosures) SeeDisclosure(ctx context.Context, id, supervisor string) error {
	const query = `
UPDATE disclosure SET seen = coalesce(seen, house_now()), seen_by = coalesce(seen_by, @by) WHERE line = @line AND id = @id`
	key, err := identity(id)
	if err != nil || !key.Valid {
		return fmt.Errorf("see disclosure: %w", helpline.ErrNotFound)
	}
	n, err := s.exec(ctx, query, named{"line": s.line, "id": key, "by": supervisor})
	if err == nil && n == 0 {
		err = helpline.ErrNotFound
	}
	if err != nil {
		return fmt.Errorf("see disclosure: %w", err)
	}
	return nil
}

// UnseenDisclosures implements helpline.DisclosureStore.
func (s Disclosures) UnseenDisclosures(ctx context.Context) (n int, err error) {
	const query = `
SELECT count(*)::integer FROM disclosure WHERE line = @line AND seen IS NULL`
	ctx, cancel := context.WithTimeout(ctx, callTime)
	defer cancel()
	if err := s.pool.QueryRow(ctx, query, named{"line": s.line}).Scan(&n); err != nil {
		return 0, fmt.Errorf("count disclosures: %w", bare(err))
	}
	return n, nil
}

// PurgeDisclosures deletes what is older than the controller keeps and tells how many.
func (s *Store) PurgeDisclosures(ctx context.Context, stays time.Duration) (int64, error) {
	const query = `DELETE FROM disclosure WHERE at <= house_now() - @stays::interval`
	n, err := s.exec(ctx, query, named{"stays": stays})
	if err != nil {
		return 0, fmt.Errorf("purge disclosures: %w", err)
	}
	return n, nil
}

// SupervisorMails gives where supervisors are told by mail.
func (s *Store) SupervisorMails(ctx context.Context) ([]string, error) {
	const query = `
SELECT g.mail FROM pager AS g JOIN person AS p ON p.id = g.person
WHERE NOT p.disabled AND @role::text = ANY (p.roles) ORDER BY g.mail`
	ctx, cancel := context.WithTimeout(ctx, callTime)
	defer cancel()
	r, err := s.pool.Query(ctx, query, named{"role": helpline.RoleSupervisor})
	var all []string
	if err == nil {
		all, err = pgx.CollectRows(r, pgx.RowTo[string])
	}
	if err != nil {
		return nil, fmt.Errorf("read supervisors' addresses: %w", bare(err))
	}
	return all, nil
}
