/* Occurrences ahead of the pages. Must not know how a rule is read. */
#include "jobs/occurrences.h"
#include "store/store_event.h"
#include "util/log.h"
#include "util/banned.h"

#define BATCH 100
#define DAY (24 * 3600 * WHEN_SEC)

struct write {
	struct pool *pool;
	uint64_t org;
	struct stored_event *event;
	struct recur_instance *instances;
	size_t count;
};

static bool write_body(struct db *db, void *arg, struct err *err)
{
	struct write *w = arg;

	return store_event_put_instances(db, w->pool, w->org, w->event->id,
	    w->event->rev, w->event->event, w->instances, w->count, err);
}

/* What can be shown of a series whose rule is a trap. */
static void fall_back(struct write *w)
{
	const struct event *e = w->event->event;

	w->instances = recur_as_written(w->pool, e);
	w->count = e->has_master ? 1 : 0;
}

static bool expand_one(struct db *db, struct pool *pool, uint64_t org,
    struct stored_event *event, struct err *err)
{
	when_t now = when_now();
	const struct recur_window window = {
		now - OCCURRENCES_DAYS_BACK * DAY,
		now + OCCURRENCES_DAYS_AHEAD * DAY };
	struct write w = { .pool = pool, .org = org, .event = event };
	const struct db_tx_opts again = { .idempotent = true };
	struct err why = { 0 };

	if (!recur_expand(pool, event->event, &window, &w.instances, &w.count,
	    &why)) {
		log_err("series not expanded", &why);
		fall_back(&w);
	}
	return db_tx(db, write_body, &w, &again, err);
}

static bool expand_batch(struct db *db, struct pool *pool, uint64_t org,
    size_t *count_out, struct err *err)
{
	struct event_behind *behind;
	struct pool *one = pool_new(pool);

	if (!store_event_list_behind(db, pool, org, BATCH, &behind, count_out,
	    err))
		return false;
	for (size_t i = 0; i < *count_out; i++) {
		struct stored_event event;

		pool_reset(one);
		if (!store_event_get_many(db, one, org, &behind[i].id, 1, &event,
		    err))
			return false;
		if (event.id == 0 || event.deleted_at != WHEN_NONE)
			continue;
		if (!expand_one(db, one, org, &event, err))
			return false;
	}
	return true;
}

bool occurrences_run(struct db *db, uint64_t org, const volatile bool *stop,
    struct err *err)
{
	struct pool *pool = pool_new(NULL);
	bool fine = true;
	size_t n = BATCH;

	while (fine && n == BATCH && !(stop && *stop)) {
		pool_reset(pool);
		fine = expand_batch(db, pool, org, &n, err);
	}
	pool_free(pool);
	return fine;
}
