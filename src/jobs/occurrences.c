/* Occurrences ahead of the pages. Must not know how a rule is read. */
#include "jobs/occurrences.h"
#include "store/store_event.h"
#include "util/log.h"
#include "util/banned.h"

#define BATCH 50
#define MOST_BATCHES 100		/* then others have their turn */
#define DAY (24 * 3600 * WHEN_SEC)
#define SPREAD_DAYS 30			/* what came together is renewed apart */
#define FAILED_DAYS 30			/* until a failed one is tried again */

struct portion {
	struct pool *pool;
	uint64_t org;
	when_t now;
	struct event_expanded *all;
	size_t count;
};

/* What can be shown of a series whose rule is a trap, and why. */
static void fall_back(struct portion *p, struct event_expanded *x,
    const char *reason)
{
	x->problem = pool_printf(p->pool, "%s Only its first date is shown.",
	    reason);
	x->instances = recur_as_written(p->pool, x->event);
	x->count = x->event->has_master ? 1 : 0;
	x->renew_at = store_event_is_single(x->event) ? WHEN_NONE :
	    p->now + FAILED_DAYS * DAY;
}

static bool is_cut(const struct event_expanded *x)
{
	return x->count >= RECUR_MAX_INSTANCES;
}

/* When a quarter of what lies ahead will be over. */
static when_t renewal(const struct portion *p, const struct event_expanded *x)
{
	when_t ahead;

	if (!is_cut(x))
		return p->now + (OCCURRENCES_DAYS_AHEAD -
		    OCCURRENCES_DAYS_SURE - (when_t)(x->id % SPREAD_DAYS)) * DAY;
	ahead = x->instances[x->count - 1].starts - p->now;
	return p->now + (ahead > 4 * DAY ? ahead / 4 : DAY);
}

/* Those of them that wanted says, in one child. */
static void expand(struct portion *p, bool (*wanted)(
    const struct event_expanded *), const struct recur_window *window)
{
	const struct event **events = pool_array(p->pool, p->count + 1,
	    sizeof(*events));
	size_t *at = pool_array(p->pool, p->count + 1, sizeof(*at)), n = 0;
	struct recur_result *results;

	for (size_t i = 0; i < p->count; i++)
		if (wanted(&p->all[i])) {
			events[n] = p->all[i].event;
			at[n++] = i;
		}
	results = pool_array(p->pool, n + 1, sizeof(*results));
	recur_expand_batch(p->pool, events, n, window, results);
	for (size_t i = 0; i < n; i++) {
		struct event_expanded *x = &p->all[at[i]];

		if (results[i].reason) {
			log_warn("series not expanded",
			    LOG_INT("event", x->id),
			    LOG_STR("reason", results[i].reason));
			fall_back(p, x, results[i].reason);
			continue;
		}
		x->instances = results[i].instances;
		x->count = results[i].count;
		x->renew_at = store_event_is_single(x->event) ? WHEN_NONE :
		    renewal(p, x);
	}
}

static bool is_single(const struct event_expanded *x)
{
	return store_event_is_single(x->event);
}

static bool is_series(const struct event_expanded *x)
{
	return !store_event_is_single(x->event);
}

/* A single event is whole wherever it lies. Of a dense series a shorter past is
 * kept, so that the bound on its dates does not end it before today. */
static void expand_all(struct portion *p)
{
	static const int BACK[] = { OCCURRENCES_DAYS_BACK,
	    OCCURRENCES_DAYS_BACK / 10, 1 };

	expand(p, is_single, &recur_always);
	for (size_t i = 0; i < sizeof(BACK) / sizeof(*BACK); i++) {
		const struct recur_window window = { p->now - BACK[i] * DAY,
		    p->now + OCCURRENCES_DAYS_AHEAD * DAY };

		expand(p, i == 0 ? is_series : is_cut, &window);
	}
}

static bool write_body(struct db *db, void *arg, struct err *err)
{
	struct portion *p = arg;

	return store_event_put_instances(db, p->pool, p->org, p->all, p->count,
	    err);
}

static bool load(struct portion *p, struct db *db, size_t *due_out,
    struct err *err)
{
	struct event_behind *due;
	struct stored_event events[BATCH];
	uint64_t ids[BATCH];

	if (!store_event_list_behind(db, p->pool, p->org, BATCH, &due, due_out,
	    err))
		return false;
	for (size_t i = 0; i < *due_out; i++)
		ids[i] = due[i].id;
	if (!store_event_get_many(db, p->pool, p->org, ids, *due_out, events,
	    err))
		return false;
	p->all = pool_array(p->pool, *due_out + 1, sizeof(*p->all));
	for (size_t i = 0; i < *due_out; i++)
		if (events[i].id && events[i].deleted_at == WHEN_NONE)
			p->all[p->count++] = (struct event_expanded){
				.id = events[i].id, .rev = events[i].rev,
				.event = events[i].event };
	return true;
}

static bool work(struct db *db, struct pool *pool, uint64_t org,
    size_t *due_out, struct err *err)
{
	const struct db_tx_opts again = { .idempotent = true };
	struct portion p = { .pool = pool, .org = org, .now = when_now() };

	if (!load(&p, db, due_out, err))
		return false;
	expand_all(&p);
	return p.count == 0 || db_tx(db, write_body, &p, &again, err);
}

bool occurrences_run(struct db *db, uint64_t org, const volatile bool *stop,
    bool *more_out, struct err *err)
{
	struct pool *pool = pool_new(NULL);
	bool fine = true;
	size_t n = BATCH;

	for (int i = 0; i < MOST_BATCHES && fine && n == BATCH &&
	    !(stop && *stop); i++) {
		pool_reset(pool);
		fine = work(db, pool, org, &n, err);
	}
	*more_out = n == BATCH;
	pool_free(pool);
	return fine;
}
