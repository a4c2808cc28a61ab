package codes

import (
	"encoding/json"
	"fmt"

	"adviceline/helpline/strict"
)

// Card is what the next adviser is told of a matter in codes. Nothing in it describes a possible victim.
// Each field holds codes of the list that it is named after; an empty one is not given.
type Card struct {
	Role         string   `json:"role,omitempty"`
	Organisation string   `json:"organisation,omitempty"`
	Language     string   `json:"language,omitempty"`
	Topic        string   `json:"topic,omitempty"`
	Urgency      string   `json:"urgency,omitempty"`
	Assessment   string   `json:"assessment,omitempty"`
	Interpreter  string   `json:"interpreter,omitempty"`
	Destination  []string `json:"destination,omitempty"`
	Outcome      []string `json:"outcome,omitempty"`
}

// CardOf takes of a form what a card may hold.
func CardOf(a Answers) Card {
	return Card{
		Role: a.Role, Organisation: a.Organisation, Language: a.Language, Topic: a.Topic, Urgency: a.Urgency,
		Assessment: a.Assessment, Interpreter: a.Interpreter, Destination: a.Destination, Outcome: a.Outcome,
	}
}

// DecodeCard reads a card, strictly, and holds it against the lists. The error wraps a strict.Problem or
// an Invalid and holds nothing of the input.
func DecodeCard(data []byte) (Card, error) {
	var c Card
	if err := strict.Decode(data, &c); err != nil {
		return Card{}, fmt.Errorf("decode card: %w", err)
	}
	a := Answers{
		Role: c.Role, Organisation: c.Organisation, Language: c.Language, Topic: c.Topic, Urgency: c.Urgency,
		Assessment: c.Assessment, Interpreter: c.Interpreter, Destination: c.Destination, Outcome: c.Outcome,
	}
	if len(a.Outcome) == 0 {
		a.Outcome = Outcome.Codes()[:1] // any: a card may lack it
	}
	if err := Validate(a); err != nil {
		return Card{}, fmt.Errorf("decode card: %w", err)
	}
	return c, nil
}

// CanonicalCard gives the one JSON text of a card.
func CanonicalCard(c Card) []byte {
	text, err := json.Marshal(c)
	if err != nil { // strings and arrays of strings always encode
		panic(fmt.Errorf("encode card: %w", err))
	}
	return text
}
