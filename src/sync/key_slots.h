#ifndef HAWSER_SYNC_KEY_SLOTS_H
#define HAWSER_SYNC_KEY_SLOTS_H
/* The rows of a batch by the key of their object; it knows neither. */
#include <stdbool.h>
#include <stddef.h>
#include "util/digest.h"
#include "util/pool.h"

struct key_slots;

/* Room for so many keys, which must outlive it. */
struct key_slots *key_slots_new(struct pool *pool, size_t most);
/* False: it is there already, with the value of before. */
bool key_slots_put(struct key_slots *k, const struct digest *key, size_t value);
bool key_slots_find(const struct key_slots *k, const struct digest *key,
    size_t *value_out);
#endif
