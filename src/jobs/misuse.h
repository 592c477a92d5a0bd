#ifndef HAWSER_JOBS_MISUSE_H
#define HAWSER_JOBS_MISUSE_H
/*
 * What came from outside in somebody's name and was not theirs, where nobody was
 * signed in who could have it in the audit: counted where it came in, told here,
 * a thousand times as one entry.
 */
#include "store/db.h"

/* Sign-ins of anybody, messages to the channels of this organisation. */
ERR_CHECKED bool misuse_run(struct db *db, uint64_t org, struct err *err);
#endif
