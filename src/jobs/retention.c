/* The daily clean-up. Must not know what the rows mean. */
#include "jobs/retention.h"
#include "store/store_job.h"
#include "store/store_retention.h"
#include "util/banned.h"

struct step {
	struct pool *pool;
	uint64_t org;
	int days;
	bool more;
};

static bool step_body(struct db *db, void *arg, struct err *err)
{
	struct step *s = arg;

	pool_reset(s->pool);
	return store_retention_step(db, s->pool, s->org, s->days, &s->more, err);
}

bool retention_run(struct db *db, uint64_t org, int keep_days,
    struct err *err)
{
	struct step s = { pool_new(NULL), org, keep_days, true };
	const struct db_tx_opts again = { .idempotent = true };
	bool fine = true;

	while (fine && s.more)
		fine = db_tx(db, step_body, &s, &again, err);
	pool_free(s.pool);
	return fine && store_retention_sessions(db, err) &&
	    store_job_want(db, org, 0, JOB_OCCURRENCES, 0, 0, err);
}
