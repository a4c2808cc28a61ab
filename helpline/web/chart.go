package web

import (
	"fmt"
	"math"
	"net/http"
	"strconv"
	"time"

	"adviceline/helpline"

	"github.com/go-analyze/charts"
	"github.com/labstack/echo/v4"
)

// chartZone is the zone of the hours below a chart: the house's.
const chartZone = "Europe/Helsinki"

// palette is the colours of a chart: its ground and letters, and those of up to three series.
type palette struct {
	dark                                 bool
	ground, ink, line, came, lost, third string
}

// chartColours are those of page.css, light and dark: what came, of that what was lost, and a third.
var chartColours = map[string]palette{
	"light.svg": {false, "#ffffff", "#17211f", "#cfd8d5", "#0b5d66", "#972f13", "#584200"},
	"dark.svg":  {true, "#18201f", "#e8efed", "#34413e", "#87d4d4", "#ffb59f", "#f4dc96"},
}

// chart draws the board's last day by the hour; the same figures stand in a table beside it.
func (s *Server) chart(c echo.Context) error {
	colours, known := chartColours[c.Param("theme")]
	if !known {
		return helpline.ErrNotFound
	}
	if s.hours == nil {
		return helpline.ErrBusy
	}
	until := s.now()
	hours, err := s.hours(c.Request().Context(), until.Add(-boardDay).Truncate(time.Hour), until, helpline.BoardTarget)
	if err != nil {
		return helpline.ErrBusy
	}
	zone, err := time.LoadLocation(chartZone)
	if err != nil {
		return err
	}
	came, lost, labels := make([]float64, 24), make([]float64, 24), make([]string, 24)
	first := until.Truncate(time.Hour).Add(-23 * time.Hour)
	for i := range labels { // every third: all 24 would run into each other
		if hour := first.Add(time.Duration(i) * time.Hour).In(zone).Hour(); hour%3 == 0 {
			labels[i] = strconv.Itoa(hour)
		}
	}
	for _, h := range hours {
		if i := int(h.At.Sub(first) / time.Hour); i >= 0 && i < 24 {
			came[i], lost[i] = float64(h.Arrived), float64(h.Abandoned)
		}
	}
	return bars(c, colours, labels, came, lost)
}

// bars answers with a small chart of whole numbers, a bar of each series for every label.
func bars(c echo.Context, colours palette, labels []string, series ...[]float64) error {
	top := float64(4) // people are whole: marks at whole numbers, four of them
	for _, row := range series {
		for i, n := range row {
			top = max(top, 4*math.Ceil(n/4))
			if n == 0 {
				row[i] = charts.GetNullValue() // a bar of no height is drawn as a line
			}
		}
	}
	opt := charts.NewBarChartOptionWithData(series)
	opt.Theme = charts.MakeTheme(charts.ThemeOption{
		IsDarkMode: colours.dark, BackgroundColor: charts.ParseColor(colours.ground), TextColor: charts.ParseColor(colours.ink),
		AxisStrokeColor: charts.ParseColor(colours.line), AxisSplitLineColor: charts.ParseColor(colours.line),
		SeriesColors: []charts.Color{charts.ParseColor(colours.came), charts.ParseColor(colours.lost), charts.ParseColor(colours.third)},
	})
	opt.CategoryAxis.Labels, opt.CategoryAxis.BoundaryGap = labels, charts.Ptr(true)
	opt.CategoryAxis.LabelFontStyle = charts.FontStyle{FontSize: 10, FontColor: charts.ParseColor(colours.ink)}
	opt.ValueAxis = []charts.ValueAxisOption{{Min: charts.Ptr(0.0), Max: charts.Ptr(top), LabelCount: 5}}
	opt.ValueFormatter = func(v float64) string { return strconv.Itoa(int(math.Round(v))) }
	p := charts.NewPainter(charts.PainterOptions{OutputFormat: charts.ChartOutputSVG, Width: 720, Height: 220})
	if err := p.BarChart(opt); err != nil {
		return fmt.Errorf("draw chart: %w", err)
	}
	svg, err := p.Bytes()
	if err != nil {
		return fmt.Errorf("write chart: %w", err)
	}
	return c.Blob(http.StatusOK, "image/svg+xml", svg)
}
