package main

import (
	"context"
	"errors"
	"time"

	"adviceline/helpline"
	"adviceline/helpline/deliver"
	"adviceline/ops"
	"adviceline/storage"
)

// openPager makes what wakes people on the roster; openLoops runs it.
func (n *node) openPager(context.Context) error {
	ways, err := pageWays(n.cfg.Paging)
	if err != nil {
		return err
	}
	n.pager = helpline.NewPager(helpline.PagerOptions{
		Queue: n.queue, Watches: n.store.Watches, Ways: ways, Result: n.metrics.Page, Now: n.now(), Log: n.log,
		Link: func(page, adviser string) string {
			return n.cfg.PublicOrigins[0] + "/p/" + n.line.Tokens.SignPage(page, adviser)
		},
	})
	return nil
}

// note hands the events of a sweep to the ledger, and the steps of paging among them to the pager.
func (n *node) note(events []helpline.Event) {
	n.line.Note(events)
	n.pager.Take(events)
}

// pageWays opens the ways that are set.
func pageWays(p ops.Paging) (ways []helpline.PageWay, err error) {
	if p.WebhookURL != "" {
		w, err := deliver.NewWebhook(p.WebhookURL, p.WebhookSecret)
		if err != nil {
			return nil, errors.Join(ops.SettingError{Name: "WEBHOOK_SECRET", Code: ops.NotAChoice}, err)
		}
		ways = append(ways, pageWay(w))
	}
	if p.SMTPHost != "" {
		m, err := deliver.NewMail(mailOptions(p))
		if err != nil {
			return nil, errors.Join(ops.SettingError{Name: "SMTP_FROM", Code: ops.NotAChoice}, err)
		}
		ways = append(ways, pageWay(m))
	}
	return ways, nil
}

// mailOptions say where mail of this line goes out.
func mailOptions(p ops.Paging) deliver.MailOptions {
	return deliver.MailOptions{
		Host: p.SMTPHost, Port: p.SMTPPort, TLS: p.SMTPTLS, User: p.SMTPUser, Password: p.SMTPPassword, From: p.SMTPFrom,
	}
}

func pageWay(w deliver.Way) helpline.PageWay {
	return helpline.PageWay{Name: w.Name(), Send: func(ctx context.Context, c helpline.PageCall) error {
		err := w.Send(ctx, deliver.Page{
			ID: c.ID, Step: c.Step, Cause: c.Cause, Waited: int(c.Waited.Seconds()), Link: c.Link, To: c.Mail,
		})
		if errors.Is(err, deliver.ErrNoAddress) {
			return helpline.ErrNotFound
		}
		return err
	}}
}

// shifts is the roster for the front, with codes that it knows.
type shifts struct{ store *storage.Store }

func (s shifts) Roster(ctx context.Context, after time.Time) ([]helpline.Shift, error) {
	list, err := s.store.Roster(ctx, after)
	return list, away(err)
}

func (s shifts) SetRoster(ctx context.Context, request string, print []byte, list []helpline.Shift, now time.Time) error {
	return away(s.store.SetRoster(ctx, storage.RosterChange{Shifts: list, Now: now, Request: request, Print: print}))
}

// away says busy where Postgres is.
func away(err error) error {
	if errors.Is(err, storage.ErrUnavailable) {
		return errors.Join(helpline.ErrBusy, err)
	}
	return err
}
