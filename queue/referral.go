package queue

import (
	"context"
	"encoding/json"
	"fmt"

	"adviceline/helpline"
)

// TellConsoles tells every console of something that was decided elsewhere. Who misses it reads the list.
func (q *Queue) TellConsoles(ctx context.Context, n helpline.Notice) error {
	text, err := json.Marshal(n)
	if err != nil {
		return fmt.Errorf("write notice: %w", err)
	}
	if _, _, err := q.run(ctx, "tell", text); err != nil {
		return fmt.Errorf("tell consoles: %w", err)
	}
	return nil
}
