#ifndef HAWSER_JOBS_WATCH_H
#define HAWSER_JOBS_WATCH_H
/*
 * The job JOB_WATCH: a connection whose provider tells of changes has a push
 * channel for each collection that is to be read, renewed between half and three
 * quarters of its life; the old one is stopped when the new one works. What can
 * not be watched is polled, and tried again: a refusal once a week, trouble in a
 * minute, two, four ... six hours. Killed anywhere, the next call goes on: a
 * channel whose answer nobody read is stopped when its first message names it,
 * and until it ends its messages count for nothing.
 */
#include <stdbool.h>
#include "sync/engine.h"

#define WATCH_LIFE_SECS (7 * 86400)

/* Until nothing is to be done now; *next_secs_out to the next time, -1 = there is
 * nothing to watch. */
ERR_CHECKED bool watch_run(struct engine *engine, uint64_t org,
    uint64_t connection_id, int *next_secs_out, struct err *err);
/* After a sync: wants the job when it has something to do. Seconds to the next
 * poll, before they are spread. */
ERR_CHECKED bool watch_after_sync(struct engine *engine, uint64_t org,
    uint64_t connection_id, int *poll_secs_out, struct err *err);
/* Where the channels of a service at this address send to. */
char *watch_address(struct pool *pool, const struct config *config,
    const char *provider);
#endif
