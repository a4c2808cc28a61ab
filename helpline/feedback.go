package helpline

import (
	"context"
	"errors"
	"fmt"
)

// FeedbackQuestions are the three things that a person may put a number to at the end, 1 (badly) to 5 (well):
// how easy it was to reach the line, whether one was heard, and whether one knows what to do next.
var FeedbackQuestions = []string{"reach", "heard", "next"}

// FeedbackQueue counts what people think of the service. Nothing but counts is kept: no contact, no time.
type FeedbackQueue interface {
	Feedback(ctx context.Context, contact string, version int64, answers map[string]int) error
	// Ratings gives how often each mark was given, by question.
	Ratings(ctx context.Context) (map[string]map[int]int, error)
}

// Feedback counts a person's numbers within ten minutes after the end, once for each contact. A second time
// and an unknown token count nothing and are no error: there is nothing to tell apart.
func (l *Line) Feedback(ctx context.Context, token string, answers map[string]int) error {
	c, err := l.Tokens.Claim(token)
	if err != nil || len(answers) == 0 || l.Ratings == nil {
		return nil
	}
	err = l.Ratings.Feedback(ctx, c.Contact, c.Version, answers)
	if errors.Is(err, ErrNotFound) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("count feedback: %w", err)
	}
	return nil
}
