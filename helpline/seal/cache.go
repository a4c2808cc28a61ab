package seal

import (
	"sync"
	"time"

	"github.com/tink-crypto/tink-go/v2/aead/subtle"
)

// cacheSize is how many unwrapped data keys a node holds at most.
const cacheSize = 20_000

// dataKey is an unwrapped data key.
type dataKey struct {
	aead  *subtle.XChaCha20Poly1305
	until time.Time // not used from this instant on
}

// dataCache holds unwrapped data keys by their wrapped text, in two halves: new keys go to the
// young one; when that is full or five minutes old it becomes the old one and the old one is
// dropped. So no key stays over ten minutes, the size is bounded, and there is no list to keep in
// order on the hot path. A key that is dropped while in use costs one more unwrapping.
type dataCache struct {
	mu         sync.RWMutex
	young, old map[string]dataKey
	born       time.Time // when the young half was begun
}

func (c *dataCache) get(wrapped string, now time.Time) (dataKey, bool) {
	c.mu.RLock()
	key, ok := c.young[wrapped]
	if !ok {
		key, ok = c.old[wrapped]
	}
	c.mu.RUnlock()
	return key, ok && now.Before(key.until)
}

func (c *dataCache) put(wrapped string, key dataKey, now time.Time) {
	c.turn(now)
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.young == nil {
		c.young = map[string]dataKey{}
	}
	c.young[wrapped] = key
	if len(c.young) >= cacheSize/2 {
		c.old, c.young, c.born = c.young, nil, now
	}
}

// turn drops the half whose keys may be over ten minutes old.
func (c *dataCache) turn(now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	age := now.Sub(c.born)
	switch {
	case age >= hold:
		c.young, c.old = nil, nil
	case age >= hold/2:
		c.young, c.old = nil, c.young
	default:
		return
	}
	c.born = now
}

func (c *dataCache) drop() {
	c.mu.Lock()
	c.young, c.old = nil, nil
	c.mu.Unlock()
}
