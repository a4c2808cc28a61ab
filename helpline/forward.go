package helpline

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
)

// Posted is what the page of a stream has posted, on its way to the node that holds the stream.
type Posted struct {
	To      string // "a:" + adviser or "c:" + contact
	Version int64  // of the contact's token
	Mark    string // of the stream: the socket by which the live state knows it
	Key     string // wrapped data key, of these frames alone
	Sealed  string // empty: a sign of life
}

// NewStream names a stream of an adviser, or of a contact (whose own id its token has). The page
// gives the name back with what it posts; the live state holds its mark alone, so that nobody who
// reads there can post.
func NewStream(adviser string) (name, mark string) {
	name = rand.Text()
	if adviser != "" {
		name = adviser + "." + name
	}
	return name, streamMark(name)
}

func streamMark(name string) string {
	sum := sha256.Sum256([]byte(name))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// ForwardContact sends frames that came by POST, to any node, on to the contact's stream. None at all
// is a sign of life. Errors: ErrNotFound (dead token, or no stream), ErrConsoleReplaced (another
// stream or socket has its place), ErrKeysGone.
func (l *Line) ForwardContact(ctx context.Context, token, stream string, frames []json.RawMessage) error {
	c, err := l.Tokens.Claim(token)
	if err != nil {
		return err
	}
	return l.forward(ctx, Posted{To: "c:" + c.Contact, Version: c.Version, Mark: streamMark(stream)}, frames)
}

// ForwardConsole is the same for an adviser: the name of the stream is the proof.
func (l *Line) ForwardConsole(ctx context.Context, stream string, frames []json.RawMessage) error {
	adviser, _, ok := strings.Cut(stream, ".")
	if !ok || adviser == "" {
		return ErrNotFound
	}
	return l.forward(ctx, Posted{To: "a:" + adviser, Mark: streamMark(stream)}, frames)
}

func (l *Line) forward(ctx context.Context, p Posted, frames []json.RawMessage) error {
	if len(frames) > 0 {
		plain, err := json.Marshal(frames)
		if err != nil {
			return ErrInvalid
		}
		p.Key, p.Sealed, err = l.Seal.SealAnew("live", l.Now().UTC().AddDate(0, 0, 2), p.To, framesField(p.Mark), 0, plain)
		if err != nil {
			return ErrKeysGone
		}
	}
	if err := l.Queue.Forward(ctx, p); err != nil {
		return fmt.Errorf("forward frames: %w", err)
	}
	return nil
}

// framesField binds sealed frames to their stream.
func framesField(mark string) string { return "frames/" + mark }

// OpenFrames gives what a NoticeFrames brings, each frame by itself. Those that cannot be opened are
// none: their page misses the answer and sends them again.
func (l *Line) OpenFrames(n Notice) (frames [][]byte, ok bool) {
	if n.Sealed == "" {
		return nil, true
	}
	plain, err := l.Seal.Open(n.Key, n.To, framesField(n.State), 0, n.Sealed)
	if err != nil {
		l.Log.Error("posted frames cannot be opened", "error", err)
		return nil, false
	}
	var list []json.RawMessage
	if json.Unmarshal(plain, &list) != nil {
		return nil, false
	}
	for _, f := range list {
		frames = append(frames, f)
	}
	return frames, len(frames) > 0
}
