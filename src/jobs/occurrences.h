#ifndef HAWSER_JOBS_OCCURRENCES_H
#define HAWSER_JOBS_OCCURRENCES_H
/*
 * Writes the occurrences of changed series ahead: a bounded window around now,
 * expanded in a child with a CPU limit, so that pages read rows and never
 * expand rules. A rule that cannot be expanded leaves its first date.
 */
#include <stdbool.h>
#include "store/db.h"

#define OCCURRENCES_DAYS_BACK 400
#define OCCURRENCES_DAYS_AHEAD 800

ERR_CHECKED bool occurrences_run(struct db *db, uint64_t org,
    const volatile bool *stop, struct err *err);
#endif
