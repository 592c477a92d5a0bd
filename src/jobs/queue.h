#ifndef HAWSER_JOBS_QUEUE_H
#define HAWSER_JOBS_QUEUE_H
/*
 * Due jobs, one after the other, until none is due. A claim moves the job's due
 * time to the end of the lease, so that a worker that dies loses nothing; what
 * was wanted during the work is due again at its end.
 */
#include "sync/engine.h"

/* Jobs done in *done_out (may be NULL). Ends early when engine->stop is set. */
ERR_CHECKED bool queue_work(struct engine *engine, size_t *done_out,
    struct err *err);
/* How many are due, at most 100. */
ERR_CHECKED bool queue_count_due(struct db *db, size_t *out, struct err *err);
#endif
