package web

import (
	"net/http"
	"strconv"

	"adviceline/helpline"
	"adviceline/helpline/disclose"

	"github.com/labstack/echo/v4"
)

// insideBody is what was counted since the last release, rounded: for the house's own supervisors, never handed on.
type insideBody struct {
	Base   int64         `json:"base"`
	Tables []insideTable `json:"tables"`
}

type insideTable struct {
	Table      string       `json:"table"`
	Population string       `json:"population"`
	Dimension  string       `json:"dimension"`
	Total      int64        `json:"total"`
	Cells      []insideCell `json:"cells"`
}

type insideCell struct {
	Code  string `json:"code"`
	Count int64  `json:"count"`
}

// showInside gives the sums of flushed counters that no release has taken up, rounded.
func (s *Server) showInside(c echo.Context) error {
	if s.reports == nil {
		return helpline.ErrBusy
	}
	if err := onlyQuery(c); err != nil {
		return err
	}
	all, err := s.reports.Inside(c.Request().Context())
	if err != nil {
		return asBusy(err)
	}
	b := insideBody{Base: disclose.InsideBase, Tables: []insideTable{}}
	for _, x := range all {
		d := x.Table.Dims[0]
		t := insideTable{Table: x.Table.Name, Population: x.Table.Population, Dimension: d.Name, Total: x.Total}
		for i, code := range d.Codes {
			t.Cells = append(t.Cells, insideCell{code, x.Cells[i]})
		}
		b.Tables = append(b.Tables, t)
	}
	return c.JSON(http.StatusOK, b)
}

// inside puts the same sums into words, by population.
func (v view) inside(all []disclose.Inside) (out []reportGroup) {
	for _, x := range all {
		name := v.say("rp.of_"+x.Table.Population, nil)
		if len(out) == 0 || out[len(out)-1].Name != name {
			out = append(out, reportGroup{Name: name})
		}
		d := x.Table.Dims[0]
		t := reportTable{Code: x.Table.Name, Title: v.title(x.Table.Name), Heads: []string{v.say("rp.dim_"+d.Name, nil)}}
		for i, code := range d.Codes {
			t.Rows = append(t.Rows, reportRow{Names: []string{v.label(d, code)}, About: strconv.FormatInt(x.Cells[i], 10)})
		}
		t.Rows = append(t.Rows, reportRow{Names: []string{v.say("rp.total", nil)}, About: strconv.FormatInt(x.Total, 10), Total: true})
		g := &out[len(out)-1]
		g.Tables = append(g.Tables, t)
	}
	return out
}
