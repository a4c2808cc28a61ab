package storage

import (
	"context"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/pressly/goose/v3"

	"adviceline/ops/servicetest"
)

// TestEarlierWriterOutlivesTheMigration: a node of the version before goes on with its prepared statements while a
// newer one changes keys and a type under it, and what it writes again is there once.
func TestEarlierWriterOutlivesTheMigration(t *testing.T) {
	t.Parallel()
	url := servicetest.Postgres(t)
	err := provide(url, "migrate", func(p *goose.Provider) error {
		_, err := p.UpTo(context.Background(), 12)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	earlier, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = earlier.Close(context.Background()) }()
	const event = `
INSERT INTO event (line, incarnation, number, contact, kind, at, reason, state, epoch, version, outcome, why)
SELECT 'main', 1, u.number, u.contact, 'offered', now(), '', 'waiting', 1, 1, true, nullif(u.why, '')::jsonb
FROM unnest($1::bigint[], $2::uuid[], $3::text[]) AS u (number, contact, why)
ON CONFLICT (line, incarnation, number) DO NOTHING`
	const contact = `
INSERT INTO contact AS c (line, contact, incarnation, number, channel, language, lane, arrival, state, epoch, version, reason)
SELECT 'main', u.contact, 1, u.number, 'chat', 'fi', 'ordinary', now(), 'waiting', 1, 1, ''
FROM unnest($1::bigint[], $2::uuid[]) AS u (number, contact)
ON CONFLICT (line, contact) DO UPDATE SET number = excluded.number WHERE excluded.number > c.number`
	contacts := []string{uuid.NewString(), uuid.NewString()}
	write := func(numbers ...int64) {
		t.Helper()
		var whys []string
		for range numbers {
			whys = append(whys, `{"rule":"arrival"}`)
		}
		if _, err := earlier.Exec(t.Context(), event, numbers, contacts[:len(numbers)], whys); err != nil {
			t.Fatal(err)
		}
		if _, err := earlier.Exec(t.Context(), contact, numbers, contacts[:len(numbers)]); err != nil {
			t.Fatal(err)
		}
	}
	write(1)
	if err := Migrate(t.Context(), url); err != nil {
		t.Fatal(err)
	}
	write(1, 2)
	s := open(t, url)
	for _, c := range contacts {
		if d, err := s.Decisions(t.Context(), "main", c); err != nil || len(d) != 1 || !alike(t, d[0].Why, `{"rule":"arrival"}`) {
			t.Errorf("%+v, %v", d, err)
		}
	}
	got, err := rows[struct{ Events, Contacts int }](t.Context(), s, `SELECT (SELECT count(*) FROM event) AS events, (SELECT count(*) FROM contact) AS contacts`, nil)
	if err != nil || got[0].Events != 2 || got[0].Contacts != 2 {
		t.Errorf("%+v, %v", got, err)
	}
}
