#ifndef HAWSER_JOBS_DISCONNECT_H
#define HAWSER_JOBS_DISCONNECT_H
/*
 * The job JOB_DISCONNECT: finishes the removal of a connection, or of those of
 * its bindings that are being removed. Needs no lease: the act that began it
 * raised the fence. Killed anywhere, the job row stays and the next call goes
 * on. Nothing is asked of the provider.
 */
#include "store/db.h"
#include "util/pool.h"

/* Works until nothing is left, then removes the job. The sync account. */
ERR_CHECKED bool disconnect_finish(struct db *db, struct pool *pool,
    uint64_t org, uint64_t connection_id, struct err *err);
#endif
