/* The daily clean-up. Must not know what the rows mean. */
#include "jobs/retention.h"
#include "store/store_audit.h"
#include "store/store_job.h"
#include "store/store_oauth.h"
#include "store/store_retention.h"
#include "store/store_watch.h"
#include "util/log.h"
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

/* The whole chain, once a day; its page shows what came of it. */
static bool check_audit(struct db *db, struct pool *pool, uint64_t org,
    struct err *err)
{
	struct audit_verdict v;

	if (!store_audit_check(db, pool, org, &v, err))
		return false;
	if (!v.ok)
		log_warn("the audit was changed from outside",
		    LOG_INT("org", org), LOG_INT("entry", v.bad_seq));
	return true;
}

bool retention_run(struct db *db, uint64_t org, int keep_days,
    struct err *err)
{
	struct step s = { pool_new(NULL), org, keep_days, true };
	const struct db_tx_opts again = { .idempotent = true };
	bool fine = true;

	while (fine && s.more)
		fine = db_tx(db, step_body, &s, &again, err);
	fine = fine && check_audit(db, s.pool, org, err);
	pool_free(s.pool);
	return fine && store_retention_sessions(db, err) &&
	    store_oauth_clean(db, err) &&
	    store_watch_message_clean(db, org, err) &&
	    store_job_want(db, org, 0, JOB_OCCURRENCES, 0, 0, err);
}
