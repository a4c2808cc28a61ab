package storage

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"adviceline/helpline"
)

// Referrals keeps the referrals of one line. A change and the jobs that mail about it are one transaction,
// which writes nothing of outcomes.
type Referrals struct {
	*Store
	line string
	mail *Mailer
}

var (
	_ helpline.ReferralStore = Referrals{}
	_ helpline.ReferralClock = Referrals{}
)

// NewReferrals gives the referrals of a line; mail may be nil where nothing is mailed.
func NewReferrals(s *Store, line string, mail *Mailer) Referrals { return Referrals{s, line, mail} }

// handoff is a row of referral.
type handoff struct {
	Body      []byte
	LetterKey string
	Letter    string
	NoteKey   string
	Note      string
}

func (h handoff) domain() (helpline.Referral, error) {
	var r helpline.Referral
	if err := json.Unmarshal(h.Body, &r); err != nil {
		return r, ErrMalformed
	}
	r.Letter.Wrapped, r.Letter.Sealed = h.LetterKey, h.Letter
	r.Note.Wrapped, r.Note.Sealed = h.NoteKey, h.Note
	return r, nil
}

func (s Referrals) arguments(r helpline.Referral) (named, error) {
	body, err := json.Marshal(r)
	if err != nil {
		return nil, ErrMalformed
	}
	return named{
		"line": s.line, "id": r.ID, "word": r.Word, "body": body, "letter_key": r.Letter.Wrapped, "letter": r.Letter.Sealed,
		"note_key": r.Note.Wrapped, "note": r.Note.Sealed, "next_at": instant(r.NextAt), "due": instant(r.Due()), "ended": instant(r.Ended),
	}, nil
}

// AddReferral implements helpline.ReferralStore: the same id again changes nothing.
func (s Referrals) AddReferral(ctx context.Context, r helpline.Referral) error {
	const query = `
INSERT INTO referral (line, id, word, body, letter_key, letter, note_key, note, next_at, due, ended)
VALUES (@line, @id, @word, @body, @letter_key, @letter, @note_key, @note, coalesce(@next_at, house_now()), @due, @ended)
ON CONFLICT DO NOTHING`
	args, err := s.arguments(r)
	if err == nil {
		_, err = s.exec(ctx, query, args)
	}
	if err != nil {
		return fmt.Errorf("add referral: %w", err)
	}
	return nil
}

// Referral implements helpline.ReferralStore.
func (s Referrals) Referral(ctx context.Context, id string) (r helpline.Referral, err error) {
	const query = `
SELECT body, letter_key, letter, note_key, note FROM referral WHERE line = @line AND id = @id`
	key, err := identity(id)
	if err != nil || !key.Valid {
		return r, fmt.Errorf("read referral: %w", helpline.ErrNotFound)
	}
	found, err := rows[handoff](ctx, s.Store, query, named{"line": s.line, "id": key})
	if err == nil && len(found) == 0 {
		err = helpline.ErrNotFound
	}
	if err == nil {
		r, err = found[0].domain()
	}
	if err != nil {
		return r, fmt.Errorf("read referral: %w", err)
	}
	return r, nil
}

// ReferralByWord implements helpline.ReferralStore: the open one of that word.
func (s Referrals) ReferralByWord(ctx context.Context, word string) (string, error) {
	const query = `
SELECT id::text FROM referral WHERE line = @line AND word = @word AND ended IS NULL LIMIT 2`
	if !storable(word) {
		return "", fmt.Errorf("find referral: %w", helpline.ErrNotFound)
	}
	ctx, cancel := context.WithTimeout(ctx, callTime)
	defer cancel()
	r, err := s.pool.Query(ctx, query, named{"line": s.line, "word": word})
	var ids []string
	if err == nil {
		ids, err = pgx.CollectRows(r, pgx.RowTo[string])
	}
	if err == nil && len(ids) != 1 {
		err = helpline.ErrNotFound
	}
	if err != nil {
		return "", fmt.Errorf("find referral: %w", bare(err))
	}
	return ids[0], nil
}

// Referrals implements helpline.ReferralStore: the open ones and those that still ask for something.
func (s Referrals) Referrals(ctx context.Context) ([]helpline.Referral, error) {
	const query = `
SELECT body, letter_key, letter, note_key, note FROM referral
WHERE line = @line AND (ended IS NULL OR next_at IS NOT NULL) ORDER BY next_at NULLS LAST, id LIMIT 500`
	found, err := rows[handoff](ctx, s.Store, query, named{"line": s.line})
	if err != nil {
		return nil, fmt.Errorf("list referrals: %w", err)
	}
	all := make([]helpline.Referral, 0, len(found))
	for _, h := range found {
		r, err := h.domain()
		if err != nil {
			return nil, fmt.Errorf("list referrals: %w", err)
		}
		all = append(all, r)
	}
	return all, nil
}

// ChangeReferral implements helpline.ReferralStore.
func (s Referrals) ChangeReferral(ctx context.Context, id string, f func(*helpline.Referral, time.Time) error) (r helpline.Referral, err error) {
	key, err := identity(id)
	if err != nil || !key.Valid {
		return r, fmt.Errorf("change referral: %w", helpline.ErrNotFound)
	}
	err = s.within(ctx, func(ctx context.Context, tx pgx.Tx) error {
		now, found, err := s.locked(ctx, tx, named{"line": s.line, "id": key})
		if err != nil {
			return err
		}
		if err := f(&found, now); err != nil {
			return err
		}
		mails := found.Mails
		found.Mails = nil
		r = found
		if err := s.write(ctx, tx, found); err != nil {
			return err
		}
		return s.mail.enqueue(ctx, tx, found, mails)
	})
	if err != nil {
		return r, fmt.Errorf("change referral: %w", err)
	}
	return r, nil
}

func (s Referrals) locked(ctx context.Context, tx pgx.Tx, args named) (now time.Time, r helpline.Referral, err error) {
	const query = `
SELECT body, letter_key, letter, note_key, note FROM referral WHERE line = @line AND id = @id FOR UPDATE`
	const clock = `SELECT house_now()`
	q, err := tx.Query(ctx, query, args)
	if err != nil {
		return now, r, err
	}
	found, err := pgx.CollectRows(q, pgx.RowToStructByName[handoff])
	if err != nil {
		return now, r, err
	}
	if len(found) == 0 {
		return now, r, helpline.ErrNotFound
	}
	if err := tx.QueryRow(ctx, clock).Scan(&now); err != nil {
		return now, r, err
	}
	r, err = found[0].domain()
	return now.UTC(), r, err
}

func (s Referrals) write(ctx context.Context, tx pgx.Tx, r helpline.Referral) error {
	const query = `
UPDATE referral SET body = @body, letter_key = @letter_key, letter = @letter, note_key = @note_key, note = @note,
	next_at = @next_at, due = @due, ended = @ended, word = @word
WHERE line = @line AND id = @id`
	args, err := s.arguments(r)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, query, args)
	return err
}

// DueReferrals implements helpline.ReferralClock. Where another node is looking there is nothing to do.
func (s Referrals) DueReferrals(ctx context.Context, most int) (ids []string, err error) {
	const lock = `SELECT pg_try_advisory_xact_lock(hashtext('adviceline.referrals'))`
	const query = `
SELECT id::text FROM referral WHERE line = @line AND due <= house_now() ORDER BY due LIMIT @most`
	err = s.within(ctx, func(ctx context.Context, tx pgx.Tx) error {
		var mine bool
		if err := tx.QueryRow(ctx, lock).Scan(&mine); err != nil || !mine {
			return err
		}
		r, err := tx.Query(ctx, query, named{"line": s.line, "most": most})
		if err != nil {
			return err
		}
		ids, err = pgx.CollectRows(r, pgx.RowTo[string])
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("look for due referrals: %w", err)
	}
	return ids, nil
}

// SettleReferrals implements helpline.ReferralClock: what ended 30 days ago is counted and deleted, in one
// transaction.
func (s Referrals) SettleReferrals(ctx context.Context) (n int64, err error) {
	const take = `
DELETE FROM referral WHERE line = @line AND id IN (
	SELECT id FROM referral WHERE line = @line AND ended <= house_now() - @stays::interval ORDER BY ended LIMIT 200 FOR UPDATE SKIP LOCKED)
RETURNING body, '' AS letter_key, '' AS letter, '' AS note_key, '' AS note`
	const count = `
INSERT INTO referral_count AS c (line, quarter, destination, state, reason, days, n)
VALUES (@line, @quarter, @destination, @state, @reason, @days, 1)
ON CONFLICT (line, quarter, destination, state, reason, days) DO UPDATE SET n = c.n + 1`
	err = s.within(ctx, func(ctx context.Context, tx pgx.Tx) error {
		r, err := tx.Query(ctx, take, named{"line": s.line, "stays": helpline.ReferralStays})
		if err != nil {
			return err
		}
		gone, err := pgx.CollectRows(r, pgx.RowToStructByName[handoff])
		if err != nil {
			return err
		}
		for _, h := range gone {
			r, err := h.domain()
			if err != nil {
				return err
			}
			for _, c := range r.Counts() {
				if _, err := tx.Exec(ctx, count, named{
					"line": s.line, "quarter": c.Quarter, "destination": c.Destination, "state": string(c.State), "reason": c.Reason, "days": c.Days,
				}); err != nil {
					return err
				}
			}
		}
		n = int64(len(gone))
		return nil
	})
	if err != nil {
		return 0, fmt.Errorf("settle referrals: %w", err)
	}
	return n, nil
}

// Unanswered counts the referrals that their receivers have neither accepted nor declined, and of them those without
// a receipt for helpline.ReferralChase.
func (s Referrals) Unanswered(ctx context.Context) (all, late int, err error) {
	const query = `
SELECT count(*) AS "all", count(*) FILTER (WHERE h.hop->>'state' = 'sent' AND (h.hop->>'sent')::timestamptz <= house_now() - @chase::interval) AS late
FROM referral AS r, LATERAL (SELECT r.body->'Hops'->((r.body->>'At')::int) AS hop) AS h
WHERE r.line = @line AND r.ended IS NULL AND h.hop->>'state' IN ('sent', 'received')`
	type entry struct{ All, Late int }
	found, err := rows[entry](ctx, s.Store, query, named{"line": s.line, "chase": helpline.ReferralChase})
	if err != nil {
		return 0, 0, fmt.Errorf("count unanswered referrals: %w", err)
	}
	return found[0].All, found[0].Late, nil
}

// ReferralCounts gives what is left of referrals, for the statistics.
func (s Referrals) ReferralCounts(ctx context.Context) ([]helpline.ReferralCount, error) {
	const query = `
SELECT quarter, destination, state, reason, days, n FROM referral_count WHERE line = @line
ORDER BY quarter, destination, state, reason, days`
	all, err := rows[helpline.ReferralCount](ctx, s.Store, query, named{"line": s.line})
	if err != nil {
		return nil, fmt.Errorf("count referrals: %w", err)
	}
	return all, nil
}
