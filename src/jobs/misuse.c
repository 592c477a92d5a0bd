/* Counters of misuse become entries of the audit. */
#include "jobs/misuse.h"
#include "store/store_audit.h"
#include "store/store_oauth.h"
#include "util/banned.h"

struct telling { struct pool *pool; const struct oauth_misuse *row; };

static bool tell_body(struct db *db, void *arg, struct err *err)
{
	const struct telling *t = arg;
	struct audit_entry entry = {
		.action = "oauth.misused", .object = pool_printf(t->pool,
		    "oauth:%llu", (unsigned long long)t->row->id),
		.via = "worker", .outcome = "refused",
		.detail = pool_printf(t->pool, "A sign-in that was begun here "
		    "came back in another session, %llu times. Nothing was "
		    "connected.", (unsigned long long)t->row->misused),
	};

	return store_oauth_put_told(db, t->row, err) &&
	    store_audit_add(db, t->row->org_id, &entry, err);
}

bool misuse_run(struct db *db, struct err *err)
{
	struct pool *pool = pool_new(NULL);
	struct oauth_misuse *rows;
	size_t count;
	bool fine = store_oauth_list_misused(db, pool, &rows, &count, err);

	for (size_t i = 0; fine && i < count; i++)
		fine = db_tx(db, tell_body, &(struct telling){ pool, &rows[i] },
		    NULL, err);
	pool_free(pool);
	return fine;
}
