package web

import (
	"net/http"

	"github.com/labstack/echo/v4"
)

// matterBody asks for the number of a matter.
type matterBody struct {
	RequestID string `json:"request_id"`
}

type matterNumber struct {
	Number string `json:"matter_number"`
}

// matter gives the contact the number by which another adviser finds its card; the same at every request.
func (s *Server) matter(c echo.Context) error {
	var b matterBody
	if _, err := decode(c, &b); err != nil {
		return err
	}
	if !canonical(b.RequestID) {
		return invalid("request_id")
	}
	number, err := s.line.TakeMatter(c.Request().Context(), bearer(c))
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, matterNumber{Number: number})
}
