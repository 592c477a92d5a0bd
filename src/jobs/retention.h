#ifndef HAWSER_JOBS_RETENTION_H
#define HAWSER_JOBS_RETENTION_H
/* The daily job of an organisation: what is older than [sync] keep_days goes,
 * ended sessions go, series get their next occurrences. */
#include <stdbool.h>
#include "store/db.h"

ERR_CHECKED bool retention_run(struct db *db, uint64_t org, int keep_days,
    struct err *err);
#endif
