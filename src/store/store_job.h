#ifndef HAWSER_STORE_STORE_JOB_H
#define HAWSER_STORE_STORE_JOB_H
/*
 * Queued work, one row per (organisation, connection, kind). A request raises
 * wanted_at and pulls due forward; whoever finishes compares wanted_at with the
 * one it claimed, so a request that came during the run is not lost.
 */
#include "store/stmt.h"
#include "store/store_types.h"

struct job_row {
	uint64_t org_id, connection_id;
	int kind;			/* enum job_kind */
	when_t due, wanted_at;
	int tries;
	uint64_t asked_by;		/* user; 0 = none */
	int cause;			/* enum run_cause; 0 = schedule or change */
};

#define JOB_ASKED_BY_COMMAND UINT64_MAX	/* the operator is no user */

/* In the caller's transaction or alone. delay_secs 0 = now; an earlier due
 * stays. asked_by 0 = nobody. connection_id 0 = the organisation's own. Then wake_send(). */
ERR_CHECKED bool store_job_want(struct db *db, uint64_t org,
    uint64_t connection_id, enum job_kind kind, uint64_t asked_by,
    int delay_secs, struct err *err);
ERR_CHECKED int store_job_find(struct db *db, struct pool *pool, uint64_t org,
    uint64_t connection_id, enum job_kind kind, struct job_row *out,
    struct err *err);
/* Due now, earliest first, skipping offset rows. */
ERR_CHECKED bool store_job_list_due(struct db *db, struct pool *pool,
    size_t offset, size_t most, struct job_row **out, size_t *count_out,
    struct err *err);
/* 1 = mine: due moved to now + secs; 0 = somebody was faster. */
ERR_CHECKED int store_job_claim(struct db *db, const struct job_row *job,
    int secs, struct err *err);
/* Not ours to do now: due again in secs; wanted_at stays. */
ERR_CHECKED bool store_job_put_off(struct db *db, const struct job_row *job,
    int secs, struct err *err);
/* Done. next_secs < 0: the row goes; else due again then. Wanted again
 * meanwhile: due at once. */
ERR_CHECKED bool store_job_finish(struct db *db, const struct job_row *job,
    int next_secs, int tries, struct err *err);
ERR_CHECKED bool store_job_remove_connection(struct db *db, uint64_t org,
    uint64_t connection_id, struct err *err);
#endif
