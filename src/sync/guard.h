#ifndef HAWSER_SYNC_GUARD_H
#define HAWSER_SYNC_GUARD_H
/*
 * When does a run delete so much that a person must be asked? Pure. Deletes of
 * both directions count together, per binding and run.
 */
#include <stdbool.h>
#include <stddef.h>
#include "util/pool.h"

#define GUARD_EMPTIED_LEAST 5	/* all of so many gone, one by one */

struct guard_in {
	size_t known;			/* links before the run */
	size_t deletes_here, deletes_there;
	bool listing;			/* absence was seen in a complete listing */
	size_t listed;			/* objects in that listing */
	int min_deletes, percent;	/* [sync] guard_min_deletes, guard_percent */
};

enum guard_verdict { GUARD_LETS, GUARD_TOO_MANY, GUARD_EMPTIED };
enum guard_verdict guard_judge(const struct guard_in *in);
/* "47 of 120 events would be deleted ..." */
char *guard_words(struct pool *pool, const struct guard_in *in,
    enum guard_verdict verdict, const char *collection_name);
#endif
