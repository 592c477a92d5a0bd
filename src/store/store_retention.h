#ifndef HAWSER_STORE_STORE_RETENTION_H
#define HAWSER_STORE_STORE_RETENTION_H
/*
 * What is kept for a while goes here, a bounded portion at a time: before-images,
 * runs with their rows, conflicts and events that were deleted long ago, and the
 * sessions that ended. Base tables: the sync account only.
 */
#include "store/stmt.h"

/* One portion of one organisation, in the caller's transaction; false in
 * *more_out when nothing is left that is older than days. */
ERR_CHECKED bool store_retention_step(struct db *db, struct pool *pool,
    uint64_t org, int days, bool *more_out, struct err *err);
/* Sessions that expired and old failures of sign-in; of all organisations. */
ERR_CHECKED bool store_retention_sessions(struct db *db, struct err *err);
/* Jobs that must exist: one sync for each active connection, retention and
 * occurrences for each organisation. Present ones stay as they are. */
ERR_CHECKED bool store_retention_seed(struct db *db, struct err *err);
#endif
