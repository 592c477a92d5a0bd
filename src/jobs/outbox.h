#ifndef HAWSER_JOBS_OUTBOX_H
#define HAWSER_JOBS_OUTBOX_H
/*
 * What is owed when a connection is gone: its access is revoked at the provider
 * (RFC 7009), tried again until it was, however long the provider is away; after
 * a week it is given up, and the audit says so. A dead token is one that was
 * revoked. Access that another connection uses, too, is left. Before it goes, its
 * push channels are stopped with it; those that are not end by themselves.
 */
#include <stdbool.h>
#include "sync/engine.h"

#define OUTBOX_DAYS 7
#define OUTBOX_MOST_SECS (6 * 3600)	/* between two tries */

/* A minute, doubled with each try. */
int outbox_backoff_secs(int tries);

/* What is due of an organisation; *next_secs_out to the next one, -1 = none. */
ERR_CHECKED bool outbox_run(struct engine *engine, uint64_t org,
    int *next_secs_out, struct err *err);
#endif
