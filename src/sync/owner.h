#ifndef HAWSER_SYNC_OWNER_H
#define HAWSER_SYNC_OWNER_H
/* The name a process signs leases with: boot id, pid and start time, so that on
 * the same host a dead owner is told from a living one with certainty. */
#include <stdbool.h>
#include "util/pool.h"

const char *owner_self(struct pool *pool);
/* True only when it was a process of this boot of this host that is no more. */
bool owner_is_dead(const char *owner);
#endif
