#ifndef HAWSER_STORE_STORE_LEASE_H
#define HAWSER_STORE_STORE_LEASE_H
/*
 * Who works on a connection. Taken and renewed by conditional UPDATE only, with
 * a fence that grows by one with each taking; the database's clock decides.
 */
#include "store/stmt.h"

struct lease {
	uint64_t org_id, connection_id, fence;
	const char *owner;
	int secs;
};

struct lease_row {
	const char *owner;
	uint64_t fence;
	int64_t until;
};

/* With db_once or in a transaction. Free, expired, this owner's own, or held by exactly dead
 * (NULL = nobody known dead): 1 and fence set; 0 = held by somebody else. Makes
 * the row when there is none. */
ERR_CHECKED int store_lease_take(struct db *db, struct lease *lease,
    const struct lease_row *dead, struct err *err);
ERR_CHECKED int store_lease_find(struct db *db, struct pool *pool, uint64_t org,
    uint64_t connection_id, struct lease_row *out, struct err *err);
/* First statement of every write transaction of a run. ERR_CONFLICT, scope RUN:
 * somebody else has it. */
ERR_CHECKED bool store_lease_renew(struct db *db, const struct lease *lease,
    struct err *err);
/* Of the last one: as renew, and given back with it. */
ERR_CHECKED bool store_lease_end(struct db *db, const struct lease *lease,
    struct err *err);
ERR_CHECKED bool store_lease_release(struct db *db, const struct lease *lease,
    struct err *err);
#endif
