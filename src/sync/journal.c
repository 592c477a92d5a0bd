/*
 * Transactions under the lease, and what a run leaves behind for people. Must
 * not decide anything about events.
 */
#include "sync/engine_p.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "util/log.h"
#include "util/str.h"
#include "util/banned.h"

#define CLIP_BYTES 230			/* of a message, which has 250 */

struct tx {
	struct run *r;
	run_body *body;
	void *arg;
	bool last;
};

static bool under_lease(struct db *db, void *arg, struct err *err)
{
	struct tx *tx = arg;

	return (tx->last ? store_lease_end : store_lease_renew)(db,
	    &tx->r->lease, err) && (!tx->body || tx->body(tx->r, tx->arg, err));
}

void journal_step(struct run *r, const char *name)
{
	if (r->engine->step)
		r->engine->step(r->engine->step_arg, name);
}

/* A commit whose answer was lost ends the run: the next one finds in the plan
 * what was done and what was sent. */
bool journal_tx(struct run *r, const char *step, run_body *body, void *arg,
    struct err *err)
{
	struct tx tx = { r, body, arg, false };
	int64_t now = when_mono_ms();

	journal_step(r, step);
	if (!db_tx(r->db, under_lease, &tx, NULL, err))
		return false;
	r->renewed_ms = now;
	journal_step(r, step);
	return true;
}

bool journal_end(struct run *r, const char *step, run_body *body,
    struct err *err)
{
	struct tx tx = { r, body, NULL, true };

	if (!db_quiet(r->db, 0, err))
		return false;
	journal_step(r, step);
	if (!db_tx(r->db, under_lease, &tx, NULL, err))
		return false;
	r->released = true;
	journal_step(r, step);
	return true;
}

void journal_bound_call(const struct run *r)
{
	int secs = r->engine->config->lease_secs * 2 / 3;

	if (r->engine->http)
		http_set_deadline(r->engine->http,
		    secs > RUN_CALL_SECS ? secs : RUN_CALL_SECS);
}

bool journal_may_call(struct run *r, struct err *err)
{
	int64_t gone = when_mono_ms() - r->renewed_ms;
	int64_t lease = (int64_t)r->lease.secs * 1000;

	journal_bound_call(r);
	if (r->dry || gone < lease / 3)
		return true;
	if (gone < lease * 2 / 3)
		return journal_tx(r, "renew", NULL, NULL, err);
	/* Stopped for long: whether it is still ours only the row can tell. */
	log_warn("lease nearly over", LOG_INT("ms", gone));
	return journal_tx(r, "late", NULL, NULL, err);
}

static void sleep_ms(struct run *r, int ms)
{
	struct timespec ts = { ms / 1000, (long)(ms % 1000) * 1000000 };

	if (r->engine->sleep_ms) {
		r->engine->sleep_ms(ms);
		return;
	}
	while (nanosleep(&ts, &ts) < 0 && errno == EINTR &&
	    !journal_is_stopped(r))
		;
}

bool journal_sleep(struct run *r, int ms, struct err *err)
{
	while (ms > 0 && !journal_is_stopped(r)) {
		int slice = ms < 5000 ? ms : 5000;

		sleep_ms(r, slice);
		ms -= slice;
		if (!journal_may_call(r, err))
			return false;
	}
	return true;
}

bool journal_is_stopped(const struct run *r)
{
	return (r->engine->stop && *r->engine->stop) ||
	    (r->until_ms && when_mono_ms() >= r->until_ms);
}

const char *journal_clip(struct pool *pool, const char *text)
{
	const char *whole = text ? text : "";
	char *start = str_cut(pool, whole, CLIP_BYTES);

	return str_eq(start, whole) ? start : pool_printf(pool, "%s...", start);
}

bool journal_image(struct run *r, struct pool *pool,
    const struct action_row *row, enum image_side side, const void *body,
    size_t len, struct err *err)
{
	struct image_row image = {
		.run_id = r->row.id, .seq = row->seq, .event_id = row->event_id,
		.side = side, .body = { body, len },
	};

	(void)pool;
	return store_image_add(r->db, r->org, &image, err);
}

bool journal_image_event(struct run *r, struct pool *pool,
    const struct action_row *row, enum image_side side, const struct event *e,
    struct err *err)
{
	const char *text = event_format(pool, e);

	return journal_image(r, pool, row, side, text, strlen(text), err);
}

static struct digest item_key(const struct action_row *row)
{
	return digest_is_zero(&row->remote_key) ?
	    store_dead_event_key(row->event_id) : row->remote_key;
}

/* What has no title is told by the name of its file. */
static const char *name_of(struct pool *pool, const struct action_row *row)
{
	const char *slash = row->remote_id ? strrchr(row->remote_id, '/') : NULL;

	if ((row->title && *row->title) || !row->remote_id)
		return row->title;
	return journal_clip(pool, slash && slash[1] ? slash + 1 :
	    row->remote_id);
}

bool journal_set_aside(struct run *r, const struct cursor_row *b,
    struct action_row *row, const char *rev, const char *reason,
    struct err *err)
{
	struct dead_row dead = {
		.binding_id = b->binding_id, .item_key = item_key(row),
		.event_id = row->event_id, .remote_id = row->remote_id,
		.version = rev ? rev : row->version,
		.reason = journal_clip(r->pool, reason),
	};

	dead.title = row->title = name_of(r->pool, row);
	row->phase = PHASE_FAILED;
	row->message = dead.reason;
	r->row.count_set_aside++;
	return store_dead_add(r->db, r->org, &dead, err);
}

const char *journal_rev(struct pool *pool, uint64_t rev)
{
	return pool_printf(pool, "rev %llu", (unsigned long long)rev);
}

bool journal_clear(struct run *r, const struct cursor_row *b,
    const struct action_row *row, struct err *err)
{
	struct digest by_event = store_dead_event_key(row->event_id);

	if (r->dead_count == 0)
		return true;
	if (row->event_id && !store_dead_remove(r->db, r->org, b->binding_id,
	    &by_event, err))
		return false;
	return digest_is_zero(&row->remote_key) || store_dead_remove(r->db,
	    r->org, b->binding_id, &row->remote_key, err);
}

static int dead_cmp(const void *a, const void *b)
{
	const struct dead_row *x = a, *y = b;

	if (x->binding_id != y->binding_id)
		return x->binding_id < y->binding_id ? -1 : 1;
	return digest_cmp(&x->item_key, &y->item_key);
}

void journal_sort_dead(struct run *r)
{
	if (r->dead_count > 1)
		qsort(r->dead, r->dead_count, sizeof(*r->dead), dead_cmp);
}

const struct dead_row *journal_find_dead(const struct run *r,
    uint64_t binding_id, const struct digest *key)
{
	const struct dead_row wanted = { .binding_id = binding_id,
	    .item_key = *key };

	return r->dead_count == 0 ? NULL : bsearch(&wanted, r->dead,
	    r->dead_count, sizeof(*r->dead), dead_cmp);
}

bool journal_try_again(struct run *r, int seq)
{
	int tries = 0;

	r->tries = pool_grow(r->pool, r->tries, r->tries_count,
	    r->tries_count + 1, sizeof(*r->tries));
	r->tries[r->tries_count++] = seq;
	for (size_t i = 0; i < r->tries_count; i++)
		tries += r->tries[i] == seq;
	return tries < RUN_TRIES;
}
