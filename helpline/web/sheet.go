package web

import (
	"context"
	"net/http"
	"slices"

	"adviceline/helpline"
	"adviceline/helpline/codes"

	"github.com/labstack/echo/v4"
)

// Sheets is where small tables are kept. SetSheet replaces one whole. Errors: ErrInvalid, ErrBusy.
type Sheets interface {
	Sheet(ctx context.Context, name string) ([][]string, error)
	SetSheet(ctx context.Context, name string, rows [][]string) error
}

type sheetBody struct {
	Columns []string   `json:"columns"`
	Rows    [][]string `json:"rows"`
}

type sheetChange struct {
	RequestID string     `json:"request_id"`
	Rows      [][]string `json:"rows"`
}

// showSheet gives a sheet; who is signed in may read them, since canned replies are used at the console.
func (s *Server) showSheet(c echo.Context) error {
	sheet, known := helpline.SheetOf(c.Param("sheet"))
	if !known {
		return helpline.ErrNotFound
	}
	if s.sheets == nil {
		return helpline.ErrBusy
	}
	rows, err := s.sheets.Sheet(c.Request().Context(), sheet.Name)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, sheetBody{sheet.Columns, append([][]string{}, rows...)})
}

// setSheet replaces a sheet. Text that looks like an identifier is masked: replies are for everybody.
func (s *Server) setSheet(c echo.Context) error {
	var b sheetChange
	if _, err := decode(c, &b); err != nil {
		return err
	}
	sheet, known := helpline.SheetOf(c.Param("sheet"))
	switch {
	case !known:
		return helpline.ErrNotFound
	case s.sheets == nil:
		return helpline.ErrBusy
	case !canonical(b.RequestID):
		return invalid("request_id")
	}
	if err := sheet.Check(b.Rows); err != nil {
		return err
	}
	if at := slices.Index(sheet.Columns, "language"); at >= 0 {
		for _, r := range b.Rows {
			if !codes.Language.Has(r[at]) {
				return helpline.ErrSheetRefused
			}
		}
	}
	if at := slices.Index(sheet.Columns, "text"); at >= 0 && s.screen != nil {
		for _, r := range b.Rows {
			r[at] = s.screen(r[at])
		}
	}
	if err := s.sheets.SetSheet(c.Request().Context(), sheet.Name, b.Rows); err != nil {
		return err
	}
	return c.NoContent(http.StatusNoContent)
}
