package storage

import (
	"bytes"
	"cmp"
	"context"
	"slices"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"adviceline/helpline"
)

// commit stores entries of a line in one transaction. It gives those that are in Postgres now, be it
// since before, and the old ones that it left out because their incarnation is over.
func (s *Store) commit(ctx context.Context, line string, entries []*entry) (live, old []*entry, err error) {
	entries = ordered(entries)
	if !slices.ContainsFunc(entries, (*entry).more) {
		return s.commitAtOnce(ctx, line, entries)
	}
	err = s.within(ctx, func(ctx context.Context, tx pgx.Tx) error {
		current, err := fence(ctx, tx, line)
		if err != nil {
			return err
		}
		if old, live = divide(entries, current); len(live) == 0 {
			return nil
		}
		var fresh []place
		var batch pgx.Batch
		legs := ofContacts(live)
		appendEvents(&batch, line, legs, &fresh)
		upsertContacts(&batch, line, latest(legs))
		followCallbacks(&batch, line, legs)
		appendPages(&batch, line, ofPaging(live))
		if err := tx.SendBatch(ctx, &batch).Close(); err != nil {
			return err
		}
		return stage(ctx, tx, line, outcomes(legs, fresh))
	})
	return live, old, err
}

// more tells that an event changes other tables than its own and its contact's.
func (e *entry) more() bool {
	return e.Staged != nil || e.Call != nil || e.Page != nil || e.Kind == helpline.Superseded
}

// commitAtOnce is commit for entries that change nothing more, in one round trip: statements that are sent
// together are one transaction, and each of them leaves out what the fence has passed.
func (s *Store) commitAtOnce(ctx context.Context, line string, entries []*entry) (live, old []*entry, err error) {
	var current int64
	var batch pgx.Batch
	batch.Queue(fenceQuery, named{"line": line}).Query(func(r pgx.Rows) (err error) {
		current, err = incarnationOf(r)
		return err
	})
	appendEvents(&batch, line, entries, nil)
	upsertContacts(&batch, line, latest(entries))
	ctx, cancel := context.WithTimeout(ctx, callTime)
	defer cancel()
	if err := s.pool.SendBatch(ctx, &batch).Close(); err != nil {
		return nil, nil, bare(err)
	}
	old, live = divide(entries, current)
	return live, old, nil
}

// divide tells entries of incarnations that are over from the others. It expects entries in their order.
func divide(entries []*entry, current int64) (old, live []*entry) {
	n, _ := slices.BinarySearchFunc(entries, current, func(e *entry, number int64) int {
		return cmp.Compare(e.Incarnation, number)
	})
	return entries[:n], entries[n:]
}

const fenceQuery = `SELECT number FROM incarnation WHERE line = @line FOR SHARE`

// fence gives the line's incarnation and keeps it from rising until the transaction ends; 0 when the
// line has none yet.
func fence(ctx context.Context, tx pgx.Tx, line string) (int64, error) {
	r, err := tx.Query(ctx, fenceQuery, named{"line": line})
	if err != nil {
		return 0, err
	}
	return incarnationOf(r)
}

func incarnationOf(r pgx.Rows) (int64, error) {
	numbers, err := pgx.CollectRows(r, pgx.RowTo[int64])
	if err != nil || len(numbers) == 0 {
		return 0, err
	}
	return numbers[0], nil
}

// The rows of an insert come out of unnest in the list of what is selected, not behind FROM: there Postgres keeps each
// array whole in a store of its own before it reads it. An array that is NULL gives NULL in every row.
const eventInsert = `
INSERT INTO event (line, incarnation, number, contact, kind, at, reason, adviser, state, epoch, version, outcome, why)
SELECT @line::text, u.incarnation, u.number, u.contact, u.kind, u.at, coalesce(u.reason, ''), u.adviser, u.state, u.epoch,
	u.version, coalesce(u.outcome, false), u.why::json
FROM (SELECT unnest(@incarnations::bigint[]) AS incarnation, unnest(@numbers::bigint[]) AS number,
	unnest(@contacts::uuid[]) AS contact, unnest(@kinds::text[]) AS kind, unnest(@ats::timestamptz[]) AS at,
	unnest(@reasons::text[]) AS reason, unnest(@advisers::uuid[]) AS adviser, unnest(@states::text[]) AS state,
	unnest(@epochs::bigint[]) AS epoch, unnest(@versions::bigint[]) AS version, unnest(@outcomes::boolean[]) AS outcome,
	unnest(@whys::text[]) AS why) AS u
WHERE u.incarnation >= coalesce((SELECT i.number FROM incarnation AS i WHERE i.line = @line::text), 0)
ON CONFLICT (line, incarnation, number) DO NOTHING`

const eventInsertTold = eventInsert + `
RETURNING incarnation, number, outcome`

// appendEvents queues the insert of events. fresh, unless nil, gets the places of those that brought an outcome and
// were not there yet.
func appendEvents(b *pgx.Batch, line string, entries []*entry, fresh *[]place) {
	query := eventInsert
	if fresh != nil {
		query = eventInsertTold
	}
	queued := b.Queue(query, named{
		"line":         line,
		"incarnations": column(entries, func(e *entry) int64 { return e.Incarnation }),
		"numbers":      column(entries, func(e *entry) int64 { return e.Number }),
		"contacts":     column(entries, func(e *entry) pgtype.UUID { return e.contact }),
		"kinds":        column(entries, func(e *entry) string { return e.Kind }),
		"ats":          column(entries, func(e *entry) pgtype.Timestamptz { return instant(e.At) }),
		"reasons":      sparse(entries, func(e *entry) string { return e.Reason }),
		"advisers":     sparse(entries, func(e *entry) pgtype.UUID { return e.adviser }),
		"states":       column(entries, func(e *entry) string { return string(e.State) }),
		"epochs":       column(entries, func(e *entry) int64 { return e.Epoch }),
		"versions":     column(entries, func(e *entry) int64 { return e.Version }),
		"outcomes":     sparse(entries, func(e *entry) bool { return e.Staged != nil }),
		"whys":         sparse(entries, func(e *entry) pgtype.Text { return pgtype.Text{String: e.Why, Valid: e.Why != ""} }),
	})
	if fresh != nil {
		queued.Query(func(r pgx.Rows) error {
			added, err := pgx.CollectRows(r, pgx.RowToStructByName[added])
			for _, a := range added {
				if a.Outcome {
					*fresh = append(*fresh, a.place)
				}
			}
			return err
		})
	}
}

// added is an event that was not there before.
type added struct {
	place
	Outcome bool
}

const contactUpsert = `
INSERT INTO contact AS c (line, contact, incarnation, number, channel, language, lane, arrival, state, owner, epoch,
	version, accepted_at, ended_at, recorded_at, reason)
SELECT @line::text, u.contact, u.incarnation, u.number, u.channel,
	CASE WHEN u.ended IS NULL OR u.language IN ('fi', 'sv', 'en') THEN u.language ELSE 'other' END,
	u.lane, u.arrival, u.state, u.owner, u.epoch, u.version, u.accepted, u.ended, u.recorded, coalesce(u.reason, '')
FROM (SELECT unnest(@contacts::uuid[]) AS contact, unnest(@incarnations::bigint[]) AS incarnation,
	unnest(@numbers::bigint[]) AS number, unnest(@channels::text[]) AS channel, unnest(@languages::text[]) AS language,
	unnest(@lanes::text[]) AS lane, unnest(@arrivals::timestamptz[]) AS arrival, unnest(@states::text[]) AS state,
	unnest(@owners::uuid[]) AS owner, unnest(@epochs::bigint[]) AS epoch, unnest(@versions::bigint[]) AS version,
	unnest(@accepted::timestamptz[]) AS accepted, unnest(@ended::timestamptz[]) AS ended,
	unnest(@recorded::timestamptz[]) AS recorded, unnest(@reasons::text[]) AS reason) AS u
WHERE u.incarnation >= coalesce((SELECT i.number FROM incarnation AS i WHERE i.line = @line::text), 0)
ON CONFLICT (line, contact) DO UPDATE SET
	incarnation = excluded.incarnation, number = excluded.number, channel = excluded.channel,
	language = excluded.language, lane = excluded.lane, arrival = excluded.arrival, state = excluded.state,
	owner = excluded.owner, epoch = excluded.epoch, version = excluded.version, accepted_at = excluded.accepted_at,
	ended_at = excluded.ended_at, recorded_at = excluded.recorded_at, reason = excluded.reason
WHERE (excluded.incarnation, excluded.number) > (c.incarnation, c.number)`

// upsertContacts queues the rows of contacts, one entry each, where the entry is newer than the row.
// A row that is newer is locked all the same. Once the contact has ended, its language is coarse.
func upsertContacts(b *pgx.Batch, line string, entries []*entry) {
	b.Queue(contactUpsert, named{
		"line":         line,
		"contacts":     column(entries, func(e *entry) pgtype.UUID { return e.contact }),
		"incarnations": column(entries, func(e *entry) int64 { return e.Incarnation }),
		"numbers":      column(entries, func(e *entry) int64 { return e.Number }),
		"channels":     column(entries, func(e *entry) string { return e.Channel }),
		"languages":    column(entries, func(e *entry) string { return e.Language }),
		"lanes":        column(entries, func(e *entry) string { return string(e.Lane) }),
		"arrivals":     column(entries, func(e *entry) pgtype.Timestamptz { return instant(e.Arrival) }),
		"states":       column(entries, func(e *entry) string { return string(e.State) }),
		"owners":       sparse(entries, func(e *entry) pgtype.UUID { return e.owner }),
		"epochs":       column(entries, func(e *entry) int64 { return e.Epoch }),
		"versions":     column(entries, func(e *entry) int64 { return e.Version }),
		"accepted":     sparse(entries, func(e *entry) pgtype.Timestamptz { return instant(e.Accepted) }),
		"ended":        sparse(entries, func(e *entry) pgtype.Timestamptz { return instant(e.Ended) }),
		"recorded":     sparse(entries, func(e *entry) pgtype.Timestamptz { return instant(e.Recorded) }),
		"reasons":      sparse(entries, func(e *entry) string { return e.Reason }),
	})
}

// outcomes gives the last outcome of each contact by key, where its event is fresh. One that is not
// was staged when its event was: to stage it again after its flush would count it twice.
func outcomes(entries []*entry, fresh []place) []*entry {
	if len(fresh) == 0 {
		return nil
	}
	added := make(map[place]bool, len(fresh))
	for _, p := range fresh {
		added[p] = true
	}
	withOutcome := slices.DeleteFunc(slices.Clone(entries), func(e *entry) bool { return e.Staged == nil })
	last := slices.DeleteFunc(latest(withOutcome), func(e *entry) bool { return !added[e.place()] })
	slices.SortFunc(last, func(a, b *entry) int { return bytes.Compare(a.Staged.Key, b.Staged.Key) })
	return last
}

// stageQuery looks a later outcome up by index, one by one: OFFSET 0 keeps it from becoming a join, for which a
// large batch read all outcomes that the ledger has.
const stageQuery = `
INSERT INTO staged (key, generation, wrapped, sealed)
SELECT u.key, u.generation, u.wrapped, u.sealed
FROM unnest(@incarnations::bigint[], @numbers::bigint[], @contacts::uuid[], @keys::bytea[], @generations::text[],
	@wrapped::text[], @sealed::text[])
	AS u (incarnation, number, contact, key, generation, wrapped, sealed)
WHERE NOT EXISTS (
	SELECT FROM event AS e
	WHERE e.outcome AND e.line = @line::text AND e.contact = u.contact
		AND (e.incarnation, e.number) > (u.incarnation, u.number) OFFSET 0)
ON CONFLICT (key) DO UPDATE SET
	generation = excluded.generation, wrapped = excluded.wrapped, sealed = excluded.sealed`

// stage keeps sealed outcomes unless a later one of the contact was committed before.
func stage(ctx context.Context, tx pgx.Tx, line string, entries []*entry) error {
	if len(entries) == 0 {
		return nil
	}
	_, err := tx.Exec(ctx, stageQuery, stagedColumns(line, entries))
	return err
}

func stagedColumns(line string, entries []*entry) named {
	return named{
		"line":         line,
		"incarnations": column(entries, func(e *entry) int64 { return e.Incarnation }),
		"numbers":      column(entries, func(e *entry) int64 { return e.Number }),
		"contacts":     column(entries, func(e *entry) pgtype.UUID { return e.contact }),
		"keys":         column(entries, func(e *entry) []byte { return e.Staged.Key }),
		"generations":  column(entries, func(e *entry) string { return e.Staged.Generation }),
		"wrapped":      column(entries, func(e *entry) string { return e.Staged.Wrapped }),
		"sealed":       column(entries, func(e *entry) string { return e.Staged.Sealed }),
	}
}
