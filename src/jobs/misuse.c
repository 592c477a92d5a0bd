/* Counters of misuse become entries of the audit. */
#include "jobs/misuse.h"
#include "store/store_audit.h"
#include "store/store_oauth.h"
#include "store/store_watch.h"
#include "util/str.h"
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

static bool sign_ins(struct db *db, struct pool *pool, uint64_t org,
    struct err *err)
{
	struct oauth_misuse *rows;
	size_t count;
	bool fine = store_oauth_list_misused(db, pool, org, &rows, &count,
	    err);

	for (size_t i = 0; fine && i < count; i++)
		fine = db_tx(db, tell_body, &(struct telling){ pool, &rows[i] },
		    NULL, err);
	return fine;
}

/* ---- messages ---- */

struct message_telling {
	struct pool *pool;
	uint64_t org;
	const struct watch_misuse *row;
};

static const char *message_words(const struct message_telling *t)
{
	struct str s;

	str_init(&s, t->pool, 240);
	if (t->row->misused > 0)
		str_addf(&s, "Messages that are not its provider's, or of a "
		    "channel that has ended, %llu times. ",
		    (unsigned long long)t->row->misused);
	if (t->row->repeated >= STORE_WATCH_REPEATED)
		str_addf(&s, "Messages that had come before, %llu times. ",
		    (unsigned long long)t->row->repeated);
	str_add(&s, "Nothing was done.");
	return s.data;
}

static bool message_body(struct db *db, void *arg, struct err *err)
{
	const struct message_telling *t = arg;
	struct audit_entry entry = {
		.action = "watch.misused", .object = pool_printf(t->pool,
		    "connection:%llu",
		    (unsigned long long)t->row->connection_id),
		.via = "worker", .outcome = "refused",
		.detail = message_words(t),
	};

	return store_watch_message_put_told(db, t->org, t->row, err) &&
	    store_audit_add(db, t->org, &entry, err);
}

static bool messages(struct db *db, struct pool *pool, uint64_t org,
    struct err *err)
{
	struct watch_misuse *rows;
	size_t count;
	bool fine = store_watch_message_list_misused(db, pool, org, &rows,
	    &count, err);

	for (size_t i = 0; fine && i < count; i++)
		fine = db_tx(db, message_body, &(struct message_telling){ pool,
		    org, &rows[i] }, NULL, err);
	return fine;
}

bool misuse_run(struct db *db, uint64_t org, struct err *err)
{
	struct pool *pool = pool_new(NULL);
	bool fine = sign_ins(db, pool, org, err) && messages(db, pool, org, err);

	pool_free(pool);
	return fine;
}
