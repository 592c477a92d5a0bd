/*
 * Finishes removals, portion by portion, until nothing is left. It knows no
 * provider and takes no lease.
 */
#include "jobs/disconnect.h"
#include "store/store_audit.h"
#include "store/store_connection.h"
#include "store/store_disconnect.h"
#include "store/store_job.h"
#include "util/banned.h"

#define DISCONNECT_TRIES 5

struct disconnect {
	struct pool *pool;		/* reset for each step */
	uint64_t org, connection_id;
	bool all;			/* the connection itself goes */
	bool done;
};

static bool
disconnect_audit(struct db *db, const struct disconnect *d, struct err *err)
{
	struct audit_entry entry = {
		.action = "connection.removed",
		.object = pool_printf(d->pool, "connection:%llu",
		    (unsigned long long)d->connection_id),
		.via = "worker", .outcome = "done",
		.detail = "Access, links and jobs are gone.",
	};

	return store_audit_add(db, d->org, &entry, err);
}

static bool
disconnect_body(struct db *db, void *arg, struct err *err)
{
	struct disconnect *d = arg;
	struct connection_row row;
	int n;

	pool_reset(d->pool);
	n = store_connection_find(db, d->pool, d->org, 0, d->connection_id,
	    &row, err);
	if (n < 0)
		return false;
	d->all = n > 0 && row.state == CONNECTION_REMOVING;
	if (!store_disconnect_step(db, d->pool, d->org, d->connection_id,
	    &d->done, err))
		return false;
	return !d->all || !d->done || disconnect_audit(db, d, err);
}

/*
 * A worker that came to this connection at the same time may leave a lease row
 * under our hands; the next try takes it away.
 */
static bool
disconnect_steps(struct db *db, struct disconnect *d, struct err *err)
{
	static const struct db_tx_opts opts = { .idempotent = true };
	int tries = DISCONNECT_TRIES;

	while (!d->done) {
		if (db_tx(db, disconnect_body, d, &opts, err))
			continue;
		if (err->kind != ERR_CONFLICT || --tries == 0)
			return false;
	}
	return true;
}

bool
disconnect_finish(struct db *db, struct pool *pool, uint64_t org,
    uint64_t connection_id, struct err *err)
{
	struct disconnect d = { pool_new(pool), org, connection_id, false, false };
	struct job_row job;
	int queued = store_job_find(db, pool, org, connection_id,
	    JOB_DISCONNECT, &job, err);
	bool ok = queued >= 0 && disconnect_steps(db, &d, err);

	pool_free(d.pool);
	/* Wanted again meanwhile (another binding): the row stays and is due. */
	return ok && (d.all || queued == 0 ||
	    store_job_finish(db, &job, -1, 0, err));
}
