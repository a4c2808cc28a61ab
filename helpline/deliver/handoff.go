package deliver

import "context"

// Handoff is what a receiver is told by mail: that something waits, its reference word and where. Nothing
// of a person has a place in it, by design of the type.
type Handoff struct {
	ID   string // of the job: the same for every try
	To   string
	Word string
	Link string
}

// SendHandoff is one try to tell a receiver, in Finnish, Swedish and English: nobody knows who reads the
// box.
func (m *Mail) SendHandoff(ctx context.Context, h Handoff) error {
	text := "Teille on asia, viite " + h.Word + ".\n" +
		"Linkki ei avaudu ilman kertakäyttöistä koodia, jonka kerromme puhelimitse.\n\n" +
		"Ni har ett ärende, referens " + h.Word + ".\n" + //nolint:misspell // Swedish
		"Länken öppnas inte utan en engångskod som vi berättar per telefon.\n\n" +
		"A matter waits for you, reference " + h.Word + ".\n" +
		"The link does not open without a one-time code, which we tell you by telephone.\n\n" + h.Link + "\n"
	return m.post(ctx, h.ID, h.To, h.Word, text)
}

// SendRegister is one try to tell a supervisor that the register of disclosures has a new line.
func (m *Mail) SendRegister(ctx context.Context, id, to string) error {
	return m.post(ctx, id, to, "Adviceline: register",
		"A line was added to the register of disclosures. Please read it and note that you have seen it.\n")
}
