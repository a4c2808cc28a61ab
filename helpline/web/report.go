package web

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"adviceline/helpline"
	"adviceline/helpline/disclose"

	"github.com/labstack/echo/v4"
)

// Reports are the released statistics, as frozen bytes. Errors: helpline.ErrNotFound for a period that is not
// published, disclose.ErrUnknownTable, disclose.ErrWithheld. Inside is what no release has taken up yet: for the page
// and the call of supervisors, never for a pack or a report.
type Reports interface {
	PublishedPeriods(ctx context.Context) ([]disclose.Period, error)
	Report(ctx context.Context, table string, period disclose.Period) (text, csv []byte, err error)
	Frozen(ctx context.Context, period disclose.Period) ([]disclose.Frozen, error)
	Inside(ctx context.Context) ([]disclose.Inside, error)
}

// codeWithheld says that a table of a period cannot be shown; there is one reason for all.
const codeWithheld helpline.Code = "withheld"

// plannedTable is one line of the plan.
type plannedTable struct {
	Table      string   `json:"table"`
	Set        string   `json:"set"`
	Population string   `json:"population"`
	Dimensions []string `json:"dimensions"`
	Base       int64    `json:"base"`
}

type planBody struct {
	Method  string         `json:"method"`
	Plan    []plannedTable `json:"plan"`
	Periods []string       `json:"periods"`
}

// showPlan gives everything that can ever be published, and the periods that are, the latest first.
func (s *Server) showPlan(c echo.Context) error {
	if s.reports == nil {
		return helpline.ErrBusy
	}
	if err := onlyQuery(c); err != nil {
		return err
	}
	periods, err := s.reports.PublishedPeriods(c.Request().Context())
	if err != nil {
		return asBusy(err)
	}
	b := planBody{Method: disclose.Method, Periods: []string{}}
	for _, t := range disclose.Plan() {
		p := plannedTable{Table: t.Name, Set: t.Set, Population: t.Population, Base: t.Base(disclose.Standard())}
		for _, d := range t.Dims {
			p.Dimensions = append(p.Dimensions, d.Name)
		}
		b.Plan = append(b.Plan, p)
	}
	for _, p := range periods {
		b.Periods = append(b.Periods, string(p))
	}
	return c.JSON(http.StatusOK, b)
}

const (
	csvType  = "text/csv; charset=utf-8"
	xlsxType = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
)

// showReport gives one table of a period: its frozen JSON, with .csv behind its name the frozen CSV, with .xlsx a
// workbook of the same figures in the browser's language.
func (s *Server) showReport(c echo.Context) error {
	period, err := s.periodOf(c)
	if err != nil {
		return err
	}
	table, form, _ := strings.Cut(c.Param("table"), ".")
	if form != "" && form != "csv" && form != "xlsx" {
		return helpline.ErrNotFound
	}
	text, csv, err := s.reports.Report(c.Request().Context(), table, period)
	if err != nil {
		return reportFault(err)
	}
	switch form {
	case "csv":
		return download(c, csvType, table+"-"+string(period)+".csv", csv)
	case "xlsx":
		return s.workbook(c, table+"-"+string(period), period, []disclose.Frozen{{Table: table, JSON: text, CSV: csv}})
	default:
		return c.Blob(http.StatusOK, "application/json", text)
	}
}

// showPack gives everything of a period and of the shorter ones in it as one file.
func (s *Server) showPack(c echo.Context) error {
	period, err := s.periodOf(c)
	if err != nil {
		return err
	}
	ctx := c.Request().Context()
	all, err := s.reports.PublishedPeriods(ctx)
	if err != nil {
		return reportFault(err)
	}
	if !slices.Contains(all, period) {
		return helpline.ErrNotFound
	}
	slices.Sort(all)
	var parts []disclose.Part
	for _, p := range all {
		if !p.Within(period) {
			continue
		}
		tables, err := s.reports.Frozen(ctx, p)
		if err != nil {
			return reportFault(err)
		}
		parts = append(parts, disclose.Part{Period: p, Tables: tables})
	}
	var languages []disclose.Words
	for _, lang := range PageLanguages() {
		languages = append(languages, s.pages.reportWords(lang))
	}
	file, err := disclose.Pack(parts, languages)
	if err != nil {
		return err
	}
	return download(c, "application/zip", "adviceline-"+string(period)+".zip", file)
}

// showBook gives every table of a period as one workbook in the browser's language.
func (s *Server) showBook(c echo.Context) error {
	period, err := s.periodOf(c)
	if err != nil {
		return err
	}
	tables, err := s.reports.Frozen(c.Request().Context(), period)
	if err != nil {
		return reportFault(err)
	}
	return s.workbook(c, "adviceline-"+string(period), period, tables)
}

func (s *Server) workbook(c echo.Context, name string, period disclose.Period, tables []disclose.Frozen) error {
	lang := s.pages.preferred(c.Request().Header.Get("Accept-Language"))
	c.Response().Header().Set("Vary", "Accept-Language")
	pub, err := disclose.Publish(period, tables)
	if err != nil {
		return err
	}
	book, err := disclose.Workbook(pub, s.pages.reportWords(lang))
	if err != nil {
		return err
	}
	return download(c, xlsxType, name+".xlsx", book)
}

// periodOf reads the one parameter of a report.
func (s *Server) periodOf(c echo.Context) (disclose.Period, error) {
	if s.reports == nil {
		return "", helpline.ErrBusy
	}
	if err := onlyQuery(c, "period"); err != nil {
		return "", err
	}
	period, err := disclose.ParsePeriod(c.QueryParam("period"))
	if err != nil {
		return "", invalid("period")
	}
	return period, nil
}

// onlyQuery refuses every parameter but these, and each of these twice.
func onlyQuery(c echo.Context, names ...string) error {
	given, err := url.ParseQuery(c.Request().URL.RawQuery)
	if err != nil {
		return codeMalformed
	}
	for name, values := range given {
		if !slices.Contains(names, name) || len(values) != 1 {
			return codeUnknown
		}
	}
	return nil
}

// reportFault maps what reading a report can meet.
func reportFault(err error) error {
	switch {
	case errors.Is(err, disclose.ErrWithheld):
		return codeWithheld
	case errors.Is(err, disclose.ErrUnknownTable):
		return helpline.ErrNotFound
	default:
		return asBusy(err)
	}
}

// download gives a file. Its name is ours: a table and a period.
func download(c echo.Context, kind, name string, body []byte) error {
	c.Response().Header().Set("Content-Disposition", `attachment; filename="`+name+`"`)
	return c.Blob(http.StatusOK, kind, body)
}
