package web

import (
	"context"
	"net/http"
	"regexp"
	"slices"

	"adviceline/helpline"
	"adviceline/helpline/codes"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"
)

// Account is a person of the house as the list of accounts shows them.
type Account struct {
	helpline.Person
	Disabled bool
}

// Accounts is where the people of the house are kept. Add takes a password in clear and stores only its hash;
// Disable and SetPassword end the sign-ins and close the sockets of the account within a second.
// Errors: ErrExists, ErrNotFound, ErrWeakPassword, ErrBusy.
type Accounts interface {
	People(ctx context.Context) ([]Account, error)
	Add(ctx context.Context, p helpline.Person, password string) error
	Disable(ctx context.Context, name string) error
	SetPassword(ctx context.Context, name, password string) error
}

type accountBody struct {
	Name      string   `json:"name"`
	Alias     string   `json:"alias"`
	Roles     []string `json:"roles"`
	Languages []string `json:"languages"`
	Skills    []string `json:"skills"`
	Capacity  int      `json:"capacity"`
	Disabled  bool     `json:"disabled"`
}

type accountsBody struct {
	Advisers []accountBody `json:"advisers"`
}

// accountWish opens an account, or, with disable or password alone beside the name, changes one.
type accountWish struct {
	RequestID string   `json:"request_id"`
	Action    string   `json:"action"`
	Name      string   `json:"name"`
	Alias     string   `json:"alias"`
	Roles     []string `json:"roles"`
	Languages []string `json:"languages"`
	Capacity  int      `json:"capacity"`
	Password  string   `json:"password"`
}

var accountName = regexp.MustCompile(`^[\pL\pN._-]{1,64}$`)

// showAccounts lists the accounts by name.
func (s *Server) showAccounts(c echo.Context) error {
	if s.accounts == nil {
		return helpline.ErrBusy
	}
	people, err := s.accounts.People(c.Request().Context())
	if err != nil {
		return helpline.ErrBusy
	}
	b := accountsBody{Advisers: []accountBody{}}
	for _, p := range people {
		b.Advisers = append(b.Advisers, accountBody{
			p.Name, p.Alias, append([]string{}, p.Roles...), append([]string{}, p.Languages...), append([]string{}, p.Skills...), p.Capacity, p.Disabled,
		})
	}
	return c.JSON(http.StatusOK, b)
}

// changeAccounts adds or disables an account, or gives it a password.
func (s *Server) changeAccounts(c echo.Context) error {
	var b accountWish
	if _, err := decode(c, &b); err != nil {
		return err
	}
	if s.accounts == nil {
		return helpline.ErrBusy
	}
	if !canonical(b.RequestID) {
		return invalid("request_id")
	}
	if !accountName.MatchString(b.Name) {
		return invalid("name")
	}
	if err := s.changeAccount(c.Request().Context(), b); err != nil {
		return err
	}
	return c.NoContent(http.StatusNoContent)
}

func (s *Server) changeAccount(ctx context.Context, b accountWish) error {
	switch b.Action {
	case "add":
		p, err := b.person()
		if err != nil {
			return err
		}
		return s.accounts.Add(ctx, p, b.Password)
	case "disable":
		return s.accounts.Disable(ctx, b.Name)
	case "password":
		return s.accounts.SetPassword(ctx, b.Name, b.Password)
	}
	return invalid("action")
}

// person holds a wish against the lists. A supervisor makes advisers and supervisors; who keeps the machine is made
// by the command alone. The id is that of the request, so that the same one again finds its account.
func (b accountWish) person() (helpline.Person, error) {
	for i, r := range b.Roles {
		if r != helpline.RoleAdviser && r != helpline.RoleSupervisor || slices.Contains(b.Roles[:i], r) {
			return helpline.Person{}, invalid("roles")
		}
	}
	for i, l := range b.Languages {
		if !codes.Language.Has(l) || slices.Contains(b.Languages[:i], l) {
			return helpline.Person{}, invalid("languages")
		}
	}
	switch {
	case len(b.Roles) == 0:
		return helpline.Person{}, invalid("roles")
	case len(b.Languages) == 0:
		return helpline.Person{}, invalid("languages")
	case b.Capacity < 1 || b.Capacity > 3:
		return helpline.Person{}, invalid("capacity")
	case len(b.Alias) > 64:
		return helpline.Person{}, invalid("alias")
	}
	id, _ := uuid.Parse(b.RequestID)
	return helpline.Person{
		ID: id.String(), Name: b.Name, Alias: b.Alias, Roles: b.Roles, Languages: b.Languages, Capacity: b.Capacity,
	}, nil
}
