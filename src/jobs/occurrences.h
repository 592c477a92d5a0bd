#ifndef HAWSER_JOBS_OCCURRENCES_H
#define HAWSER_JOBS_OCCURRENCES_H
/*
 * Writes the occurrences of changed series ahead: a bounded window around now,
 * expanded in a child with a CPU limit, so that pages read rows and never
 * expand rules. A rule that cannot be expanded leaves its first date. The
 * window moves: a series is expanded anew when at most three quarters of it are
 * still ahead, so OCCURRENCES_DAYS_SURE ahead are always there.
 */
#include <stdbool.h>
#include "store/db.h"

#define OCCURRENCES_DAYS_BACK 400
#define OCCURRENCES_DAYS_AHEAD 800
#define OCCURRENCES_DAYS_SURE (OCCURRENCES_DAYS_AHEAD * 3 / 4)

/* What is due, a bounded number of series; true in *more_out: there are more. */
ERR_CHECKED bool occurrences_run(struct db *db, uint64_t org,
    const volatile bool *stop, bool *more_out, struct err *err);
#endif
