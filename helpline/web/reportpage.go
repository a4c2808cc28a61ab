package web

import (
	"slices"

	"adviceline/helpline"
	"adviceline/helpline/disclose"

	"github.com/labstack/echo/v4"
)

// ReportData is what the page of statistics shows: the periods, or one of them with its tables.
type ReportData struct {
	Periods  []Choice
	Period   Choice // its code empty: none is chosen
	Groups   []reportGroup
	Inside   []reportGroup // where no period is chosen: what no release has taken up yet
	Withheld []string      // titles
	Method   []string
}

// reportGroup is the tables of one population.
type reportGroup struct {
	Name   string
	Tables []reportTable
}

type reportTable struct {
	Code, Title string
	Heads       []string
	Rows        []reportRow
}

// reportRow is one figure: what it counts, about how many, and between which two numbers the true one lies.
type reportRow struct {
	Names        []string
	About, Range string
	Total        bool
}

// reportsPage shows which periods are published, or one of them, printable, without script.
func (s *Server) reportsPage(c echo.Context) error {
	if s.reports == nil {
		return helpline.ErrBusy
	}
	ctx := c.Request().Context()
	lang := s.pages.preferred(c.Request().Header.Get("Accept-Language"))
	c.Response().Header().Set("Vary", "Accept-Language")
	v := view{pages: s.pages, Lang: lang}
	all, err := s.reports.PublishedPeriods(ctx)
	if err != nil {
		return asBusy(err)
	}
	for _, p := range all {
		v.Reports.Periods = append(v.Reports.Periods, Choice{string(p), v.period(p)})
	}
	if code := c.Param("period"); code == "" {
		sums, err := s.reports.Inside(ctx)
		if err != nil {
			return asBusy(err)
		}
		v.Reports.Inside = v.inside(sums)
	} else {
		period := disclose.Period(code)
		if !slices.Contains(all, period) {
			return helpline.ErrNotFound
		}
		tables, err := s.reports.Frozen(ctx, period)
		if err != nil {
			return asBusy(err)
		}
		pub, err := disclose.Publish(period, tables)
		if err != nil {
			return err
		}
		v.Reports.fill(v, pub)
	}
	html, err := s.pages.execute("reports.html", v)
	if err != nil {
		return err
	}
	return s.page(c, html)
}

// fill takes a publication apart into tables of words.
func (d *ReportData) fill(v view, pub disclose.Publication) {
	d.Period, d.Method = Choice{string(pub.Period), v.period(pub.Period)}, v.method()
	at := map[string]int{}
	for _, t := range pub.Tables {
		plan, err := disclose.Find(t.Table)
		if err != nil {
			continue
		}
		i, known := at[plan.Population]
		if !known {
			i = len(d.Groups)
			at[plan.Population] = i
			d.Groups = append(d.Groups, reportGroup{Name: v.say("rp.of_"+plan.Population, nil)})
		}
		d.Groups[i].Tables = append(d.Groups[i].Tables, v.table(plan, t))
	}
	for _, w := range pub.Withheld {
		if plan, err := disclose.Find(w.Table); err == nil {
			d.Withheld = append(d.Withheld, v.say("rp.of_"+plan.Population, nil)+": "+v.title(w.Table))
		}
	}
}

func (v view) table(plan disclose.Table, t disclose.Published) reportTable {
	out := reportTable{Code: t.Table, Title: v.title(t.Table)}
	for _, d := range plan.Dims {
		out.Heads = append(out.Heads, v.say("rp.dim_"+d.Name, nil))
	}
	row := func(names []string, c disclose.Cell, total bool) {
		out.Rows = append(out.Rows, reportRow{
			Names: names, About: v.say("rp.about", map[string]any{"Count": c.Count}),
			Range: v.say("rp.range", map[string]any{"Low": c.Low, "High": c.High}), Total: total,
		})
	}
	for _, c := range t.Cells {
		names := make([]string, len(c.Codes))
		for i, code := range c.Codes {
			names[i] = v.label(plan.Dims[i], code)
		}
		row(names, c, false)
	}
	total := make([]string, len(plan.Dims))
	total[0] = v.say("rp.total", nil)
	row(total, t.Total, true)
	return out
}
