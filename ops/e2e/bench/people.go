package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os/exec"
	"strings"
	"sync"
	"time"

	"adviceline/e2e/rig"
)

const (
	staff  = 200 // accounts
	places = 40  // conversations of each at once
)

// adviser is an account that is signed in: in the database that every run starts from, so that
// nobody waits for passwords again.
type adviser struct{ cookie *http.Cookie }

// people fills the database prepared.
func (s *stage) people(ctx context.Context) error {
	password := "pw-" + rig.Random(12)
	add := exec.CommandContext(ctx, s.binary, "adviser", "add", "adviser0", "--role", "adviser", "--languages", "fi",
		"--capacity", "3", "--password-stdin")
	add.Env = (&rig.Node{Dir: s.dir + "/first", Home: s.dir, Addr: "127.0.0.1:8080", Ops: "127.0.0.1:9090", Set: s.settings("prepared", "http://127.0.0.1:8080")}).Env()
	add.Dir, add.Stdin = "/", strings.NewReader(password+"\n")
	if out, err := add.CombinedOutput(); err != nil {
		return fmt.Errorf("add adviser: %w\n%s", err, out)
	}
	copies := []string{fmt.Sprintf("UPDATE person SET capacity = %d", places)}
	for i := 1; i < staff; i++ {
		copies = append(copies, fmt.Sprintf(`INSERT INTO person (id, name, folded, alias, roles, languages, capacity, password)
			SELECT gen_random_uuid(), 'adviser%d', 'adviser%d', alias, roles, languages, capacity, password FROM person WHERE name = 'adviser0'`, i, i))
	}
	if err := s.sql(ctx, "prepared", copies...); err != nil {
		return err
	}
	nodes, err := s.start(ctx, 1, "prepared")
	if err != nil {
		return err
	}
	s.advisers = make([]adviser, staff)
	failed := make([]error, staff)
	var work sync.WaitGroup
	slots := make(chan struct{}, 6)
	for i := range staff {
		slots <- struct{}{}
		work.Go(func() {
			s.advisers[i].cookie, failed[i] = nodes[0].signIn(ctx, fmt.Sprint("adviser", i), password)
			<-slots
		})
	}
	work.Wait()
	for _, err := range failed {
		if err != nil {
			return err
		}
	}
	s.halt()
	return nil
}

var client = &http.Client{Timeout: 20 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: 64}}

func (n *node) origin() string { return "http://" + n.Addr }

// call posts JSON as a page of the node does.
func (n *node) call(ctx context.Context, path string, body any, cookie *http.Cookie) (*http.Response, error) {
	text, err := json.Marshal(body)
	if err != nil {
		return nil, fmt.Errorf("write body: %w", err)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, n.origin()+path, bytes.NewReader(text))
	if err != nil {
		return nil, fmt.Errorf("make request: %w", err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Origin", n.origin())
	if cookie != nil {
		req.AddCookie(cookie)
	}
	res, err := client.Do(req)
	if err != nil {
		return nil, fmt.Errorf("call %s: %w", path, err)
	}
	if res.StatusCode/100 != 2 {
		_ = res.Body.Close()
		return nil, fmt.Errorf("%s answers %d", path, res.StatusCode)
	}
	return res, nil
}

func (n *node) signIn(ctx context.Context, name, password string) (*http.Cookie, error) {
	for try := 0; ; try++ {
		res, err := n.call(ctx, "/api/v1/session", map[string]string{"name": name, "password": password}, nil)
		if err != nil && try < 10 {
			continue // too many at once
		}
		if err != nil {
			return nil, err
		}
		_ = res.Body.Close()
		if cookies := res.Cookies(); len(cookies) == 1 {
			return cookies[0], nil
		}
		return nil, fmt.Errorf("sign-in gives no cookie")
	}
}
