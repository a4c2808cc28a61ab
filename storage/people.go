package storage

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"adviceline/helpline"
)

// Account is a person as the list of accounts shows them.
type Account struct {
	helpline.Person
	Disabled bool
}

// fold gives the form in which names are compared. The program makes it, as what lower() knows of
// letters depends on the locale of the database.
func fold(name string) string { return strings.ToLower(strings.TrimSpace(name)) }

// AddPerson opens an account. p.ID is a UUID, passwordHash an argon2id string. Names are compared
// without case. Errors: helpline.ErrExists, helpline.ErrInvalid.
func (s *Store) AddPerson(ctx context.Context, p helpline.Person, passwordHash string) error {
	const query = `
INSERT INTO person (id, name, folded, alias, roles, languages, skills, capacity, password, disabled)
VALUES (@id, @name, @folded, @alias, @roles, @languages, @skills, @capacity, @password, false)
ON CONFLICT DO NOTHING`
	id, err := identity(p.ID)
	if err != nil || !id.Valid || fold(p.Name) == "" || !storable(p.Name, p.Alias) || !hashed(passwordHash) {
		return fmt.Errorf("add person: %w", helpline.ErrInvalid)
	}
	n, err := s.exec(ctx, query, named{
		"id": id, "name": strings.TrimSpace(p.Name), "folded": fold(p.Name), "alias": p.Alias,
		"roles": append([]string{}, p.Roles...), "languages": append([]string{}, p.Languages...),
		"skills": append([]string{}, p.Skills...), "capacity": p.Capacity, "password": passwordHash,
	})
	if err == nil && n == 0 {
		err = helpline.ErrExists
	}
	if err != nil {
		return fmt.Errorf("add person: %w", err)
	}
	return nil
}

// hashed keeps a password from being stored as it is.
func hashed(password string) bool { return strings.HasPrefix(password, "$argon2id$") }

// ListPeople gives every account by name.
func (s *Store) ListPeople(ctx context.Context) ([]Account, error) {
	const query = `
SELECT id::text AS id, name, alias, roles, languages, skills, capacity, disabled
FROM person ORDER BY folded`
	all, err := rows[Account](ctx, s, query, nil)
	if err != nil {
		return nil, fmt.Errorf("list people: %w", err)
	}
	return all, nil
}

// ServedLanguages gives every language of an adviser whose account is not disabled, in order.
func (s *Store) ServedLanguages(ctx context.Context) ([]string, error) {
	const query = `
SELECT DISTINCT l.language FROM person AS p, unnest(p.languages) AS l (language)
WHERE NOT p.disabled AND @role = ANY (p.roles) ORDER BY l.language`
	type entry struct{ Language string }
	all, err := rows[entry](ctx, s, query, named{"role": helpline.RoleAdviser})
	if err != nil {
		return nil, fmt.Errorf("list served languages: %w", err)
	}
	var list []string
	for _, e := range all {
		list = append(list, e.Language)
	}
	return list, nil
}

// PersonByName gives the account that signs in under a name, and its argon2id string. For a name that
// is unknown or disabled that is helpline.ErrBadCredentials and no string: the caller then compares
// with one of its own, so that every answer takes the same time.
func (s *Store) PersonByName(ctx context.Context, name string) (helpline.Person, string, error) {
	const query = `
SELECT id::text AS id, name, alias, roles, languages, skills, capacity, password
FROM person WHERE folded = @folded AND NOT disabled`
	type entry struct {
		helpline.Person
		Password string
	}
	if !storable(name) {
		return helpline.Person{}, "", fmt.Errorf("find person: %w", helpline.ErrBadCredentials)
	}
	all, err := rows[entry](ctx, s, query, named{"folded": fold(name)})
	if err == nil && len(all) == 0 {
		err = helpline.ErrBadCredentials
	}
	if err != nil {
		return helpline.Person{}, "", fmt.Errorf("find person: %w", err)
	}
	return all[0].Person, all[0].Password, nil
}

// DisablePerson closes an account and drops its sign-ins in the same transaction. It gives the person
// and the hashes of the sessions dropped, for their copies elsewhere. helpline.ErrNotFound.
func (s *Store) DisablePerson(ctx context.Context, name string) (helpline.Person, []string, error) {
	const query = `
UPDATE person SET disabled = true WHERE folded = @folded
RETURNING id::text AS id, name, alias, roles, languages, skills, capacity`
	p, dropped, err := s.signOut(ctx, query, named{"folded": fold(name)})
	if err != nil {
		return p, nil, fmt.Errorf("disable person: %w", err)
	}
	return p, dropped, nil
}

// SetPassword gives an account a new argon2id string and drops its sign-ins in the same transaction;
// results as DisablePerson's. Errors: helpline.ErrNotFound, helpline.ErrInvalid.
func (s *Store) SetPassword(ctx context.Context, name, passwordHash string) (helpline.Person, []string, error) {
	const query = `
UPDATE person SET password = @password WHERE folded = @folded
RETURNING id::text AS id, name, alias, roles, languages, skills, capacity`
	if !hashed(passwordHash) {
		return helpline.Person{}, nil, fmt.Errorf("set password: %w", helpline.ErrInvalid)
	}
	p, dropped, err := s.signOut(ctx, query, named{"folded": fold(name), "password": passwordHash})
	if err != nil {
		return p, nil, fmt.Errorf("set password: %w", err)
	}
	return p, dropped, nil
}

// signOut changes one person and drops their sign-ins. A session that is put meanwhile waits for the
// row of the person, so none is left over.
func (s *Store) signOut(ctx context.Context, change string, args named) (helpline.Person, []string, error) {
	const drop = `DELETE FROM session WHERE person = @person::uuid RETURNING hash`
	var p helpline.Person
	var dropped []string
	if folded, _ := args["folded"].(string); !storable(folded) {
		return p, nil, helpline.ErrNotFound
	}
	err := s.within(ctx, func(ctx context.Context, tx pgx.Tx) error {
		r, err := tx.Query(ctx, change, args)
		if err != nil {
			return err
		}
		if p, err = pgx.CollectExactlyOneRow(r, pgx.RowToStructByName[helpline.Person]); errors.Is(err, pgx.ErrNoRows) {
			return helpline.ErrNotFound
		}
		if err != nil {
			return err
		}
		if r, err = tx.Query(ctx, drop, named{"person": p.ID}); err != nil {
			return err
		}
		dropped, err = pgx.CollectRows(r, pgx.RowTo[string])
		return err
	})
	return p, dropped, err
}

// identity reads the UUID of a person or a contact; "" is none.
func identity(text string) (pgtype.UUID, error) {
	var id pgtype.UUID
	if text == "" {
		return id, nil
	}
	if len(text) != 36 || id.Scan(text) != nil {
		return pgtype.UUID{}, ErrMalformed
	}
	return id, nil
}
