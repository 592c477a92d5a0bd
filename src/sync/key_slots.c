/* Keys by open addressing. Keys are hashes already: their first bytes place them. */
#include "sync/key_slots.h"
#include <string.h>
#include "util/banned.h"

struct slot {
	const struct digest *key;	/* NULL = free */
	size_t value;
};

struct key_slots {
	struct slot *slots;
	size_t room;
};

struct key_slots *key_slots_new(struct pool *pool, size_t most)
{
	struct key_slots *k = POOL_NEW(pool, struct key_slots);

	k->room = most * 2 + 1;
	k->slots = pool_array(pool, k->room, sizeof(*k->slots));
	return k;
}

static struct slot *slot_of(const struct key_slots *k, const struct digest *key)
{
	uint32_t at;

	memcpy(&at, key->bytes, sizeof(at));
	for (at %= k->room; k->slots[at].key &&
	    !digest_eq(k->slots[at].key, key); at = (at + 1) % k->room)
		continue;
	return &k->slots[at];
}

bool key_slots_put(struct key_slots *k, const struct digest *key, size_t value)
{
	struct slot *slot = slot_of(k, key);

	if (slot->key)
		return false;
	*slot = (struct slot){ key, value };
	return true;
}

bool key_slots_find(const struct key_slots *k, const struct digest *key,
    size_t *value_out)
{
	const struct slot *slot = slot_of(k, key);

	if (slot->key)
		*value_out = slot->value;
	return slot->key != NULL;
}
