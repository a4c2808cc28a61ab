package queue

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"adviceline/helpline"
)

// Feedback implements helpline.FeedbackQueue.
func (q *Queue) Feedback(ctx context.Context, contact string, version int64, answers map[string]int) error {
	args := []any{contact, version}
	for _, question := range helpline.FeedbackQuestions {
		if mark := answers[question]; mark > 0 {
			args = append(args, question, mark)
		}
	}
	_, _, err := q.run(ctx, "feedback", args...)
	return err
}

// Ratings implements helpline.FeedbackQueue.
func (q *Queue) Ratings(ctx context.Context) (map[string]map[int]int, error) {
	all, err := q.rdb.HGetAll(ctx, q.tag+":feedback").Result()
	if err != nil {
		return nil, fmt.Errorf("read feedback: %w", err)
	}
	out := map[string]map[int]int{}
	for key, count := range all {
		question, text, _ := strings.Cut(key, ":")
		mark, _ := strconv.Atoi(text)
		n, _ := strconv.Atoi(count) // both of our own writing
		if out[question] == nil {
			out[question] = map[int]int{}
		}
		out[question][mark] = n
	}
	return out, nil
}
