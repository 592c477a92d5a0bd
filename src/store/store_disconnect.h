#ifndef HAWSER_STORE_STORE_DISCONNECT_H
#define HAWSER_STORE_STORE_DISCONNECT_H
/*
 * Takes away what a removed connection or binding leaves behind, a bounded
 * portion at a time: whatever is still there says what comes next, so it may
 * stop anywhere. With REMOVAL_DELETE the imported events go too, except those
 * that another connection keeps in step. Base tables: the sync account only.
 */
#include "store/stmt.h"
#include "store/store_types.h"

/* In a transaction of its own each; *done_out when nothing is left (of a
 * connection that is being removed: the row itself is gone). */
ERR_CHECKED bool store_disconnect_step(struct db *db, struct pool *pool,
    uint64_t org, uint64_t connection_id, bool *done_out, struct err *err);
#endif
