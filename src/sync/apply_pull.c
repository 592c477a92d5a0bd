/*
 * Batches of what is done here: bodies are read, then one transaction decides
 * and carries out up to RUN_PULL_BATCH rows; the last one of a binding moves its
 * cursor. What turns out to be a write over there is left as a planned push.
 */
#include "sync/engine_p.h"
#include <string.h>
#include "sync/guard.h"
#include "sync/key_slots.h"
#include "sync/match.h"
#include "util/log.h"
#include "util/str.h"
#include "util/banned.h"

/* Kinds that need the object's body; the others know it is gone. */
static bool needs_body(const struct action_row *row)
{
	return row->remote_id && (row->kind == SYNC_FETCH ||
	    row->kind == SYNC_PULL_UPDATE || row->kind == SYNC_RESTORE_LOCAL);
}

static size_t take_items(struct batch *batch, const size_t *at,
    const struct provider_item *items, size_t count)
{
	size_t bytes = 0;

	for (size_t i = 0; i < count; i++) {
		batch->items[at[i]] = items[i];
		batch->fetched[at[i]] = true;
		bytes += items[i].raw_len;
	}
	return bytes;
}

bool apply_fetch(struct run *r, const struct cursor_row *b, struct pool *pool,
    struct batch *batch, struct err *err)
{
	const char **ids = pool_array(pool, batch->count + 1, sizeof(*ids));
	size_t *at = pool_array(pool, batch->count + 1, sizeof(*at));
	size_t n = 0, sum = 0;
	struct provider_item *items;

	batch->items = pool_array(pool, batch->count + 1, sizeof(*items));
	batch->fetched = pool_array(pool, batch->count + 1, sizeof(bool));
	for (size_t i = 0; i < batch->count; i++)
		if (needs_body(&batch->rows[i])) {
			ids[n] = batch->rows[i].remote_id;
			at[n++] = i;
		}
	if (n == 0)
		return true;
	items = pool_array(pool, RUN_FETCH, sizeof(*items));
	for (size_t k = 0; k < n; k += RUN_FETCH) {
		size_t some = n - k < RUN_FETCH ? n - k : RUN_FETCH;

		if (!journal_may_call(r, err) || !r->session->provider->fetch(
		    r->session, pool, b->remote_id, ids + k, some, items, err))
			return false;
		sum += take_items(batch, at + k, items, some);
		if ((sum > RUN_PULL_BYTES || journal_is_stopped(r)) &&
		    k + some < n && !r->dry) {
			batch->count = at[k + some];
			break;
		}
	}
	return true;
}

struct loaded {
	struct link_row *links;
	size_t link_count;
	struct key_slots *by_key;
	struct stored_event *events;	/* per row; id 0 = none */
};

static const struct link_row *link_of(const struct loaded *l,
    const struct action_row *row)
{
	size_t at;

	return key_slots_find(l->by_key, &row->remote_key, &at) ?
	    &l->links[at] : NULL;
}

/* The events the rows lead to; most of a first listing lead to none. */
static bool load_events(struct batch *bt, struct loaded *l, struct err *err)
{
	uint64_t *ids = pool_array(bt->pool, bt->count, sizeof(*ids));
	size_t *at = pool_array(bt->pool, bt->count, sizeof(*at)), n = 0;
	struct stored_event *events;

	l->events = pool_array(bt->pool, bt->count, sizeof(*l->events));
	for (size_t i = 0; i < bt->count; i++) {
		const struct link_row *link = link_of(l, &bt->rows[i]);
		uint64_t id = link ? link->event_id : bt->rows[i].event_id;

		if (id) {
			ids[n] = id;
			at[n++] = i;
		}
	}
	if (n == 0)
		return true;
	events = pool_array(bt->pool, n, sizeof(*events));
	if (!store_event_get_locked(bt->r->db, bt->pool, bt->r->org, ids, n,
	    events, err))
		return false;
	for (size_t k = 0; k < n; k++)
		l->events[at[k]] = events[k];
	return true;
}

/* Links by object, then the events they lead to. */
static bool load(struct batch *bt, struct loaded *l, struct err *err)
{
	struct run *r = bt->r;
	struct digest *keys = pool_array(bt->pool, bt->count, sizeof(*keys));
	size_t n = 0;

	for (size_t i = 0; i < bt->count; i++)
		if (!digest_is_zero(&bt->rows[i].remote_key))
			keys[n++] = bt->rows[i].remote_key;
	if (!store_link_list_by_key(r->db, bt->pool, r->org, bt->b->binding_id,
	    keys, n, &l->links, &l->link_count, err))
		return false;
	l->by_key = key_slots_new(bt->pool, l->link_count);
	for (size_t i = 0; i < l->link_count; i++)
		(void)key_slots_put(l->by_key, &l->links[i].remote_key, i);
	return load_events(bt, l, err);
}

/* Something here that is the same thing and has no link yet? */
static bool find_match(struct batch *bt, const struct event *there,
    struct stored_event *out, struct err *err)
{
	struct run *r = bt->r;
	uint64_t *ids;
	size_t n;
	struct stored_event *events;
	const struct event **all;
	bool *taken;
	int best;

	out->id = 0;
	if (!bt->match)
		return true;
	if (!store_link_list_unlinked(r->db, bt->pool, r->org,
	    bt->b->binding_id, bt->b->calendar_id, there, &ids, &n, err))
		return false;
	if (n == 0)
		return true;
	events = pool_array(bt->pool, n, sizeof(*events));
	all = pool_array(bt->pool, n, sizeof(*all));
	taken = pool_array(bt->pool, n, sizeof(*taken));
	if (!store_event_get_many(r->db, bt->pool, r->org, ids, n, events, err))
		return false;
	for (size_t i = 0; i < n; i++) {
		all[i] = events[i].event;
		taken[i] = events[i].id == 0 || !events[i].event;
	}
	best = match_best(bt->pool, there, all, taken, n);
	if (best >= 0)
		*out = events[best];
	return true;
}

/* What cannot be read or would not be legal here is set aside. */
static bool is_bad(struct batch *bt, size_t i, struct err *why)
{
	const struct provider_item *item = &bt->items[i];
	struct pool *scratch;
	bool bad;

	if (!bt->fetched[i] || item->gone)
		return false;
	if (item->err.kind != ERR_NONE) {
		*why = item->err;
		return true;
	}
	if (!item->event) {
		err_set(why, ERR_UPSTREAM, "The provider did not hand out this "
		    "event.");
		return true;
	}
	scratch = pool_new(bt->pool);
	bad = !event_check(scratch, item->event, why);
	pool_free(scratch);
	return bad;
}

/* Listed twice, as an object that changes during the listing may be. */
static void find_repeated(struct batch *bt)
{
	struct key_slots *seen = key_slots_new(bt->pool, bt->count);

	bt->repeated = pool_array(bt->pool, bt->count, sizeof(bool));
	for (size_t i = 0; i < bt->count; i++)
		bt->repeated[i] = !digest_is_zero(&bt->rows[i].remote_key) &&
		    !key_slots_put(seen, &bt->rows[i].remote_key, i);
}

/* As far as it can be told of what cannot be kept. */
static const char *title_of(struct batch *bt, size_t i)
{
	const struct provider_item *item = &bt->items[i];

	if (item->event && item->event->has_master)
		return journal_clip(bt->pool, item->event->master.summary);
	return item->title ? item->title : bt->out[i].title;
}

static bool work_row(struct batch *bt, struct loaded *l, size_t i,
    struct err *err)
{
	struct action_row *row = &bt->out[i];
	struct item_state s = { .link = link_of(l, row) };
	bool answered = row->kind == SYNC_RESTORE_REMOTE &&
	    str_eq(row->message, RUN_ANSWERED);
	bool gone = !needs_body(row) && !answered;
	struct err why = { 0 };

	if (bt->repeated[i]) {
		row->phase = PHASE_SKIPPED;
		bt->r->row.done++;
		return true;
	}
	if (is_bad(bt, i, &why)) {
		row->version = bt->items[i].version ? bt->items[i].version :
		    row->version;
		row->title = title_of(bt, i);
		log_err("item set aside", &why);
		bt->r->row.done++;
		return journal_set_aside(bt->r, bt->b, row, NULL, why.msg, err);
	}
	s.here = l->events[i].id ? &l->events[i] : NULL;
	s.there = bt->fetched[i] ? &bt->items[i] : NULL;
	if (s.there && !s.there->gone && !s.link && (!s.here ||
	    s.here->deleted_at != WHEN_NONE)) {
		struct stored_event *found = POOL_NEW(bt->pool,
		    struct stored_event);

		s.here = NULL;
		if (!find_match(bt, s.there->event, found, err))
			return false;
		if (found->id)
			s.here = found;
	}
	decide_states(bt->pool, bt->b, &s, gone);
	return perform_row(bt, i, &s, err);
}

static bool anything_waits(struct batch *bt, struct err *err)
{
	struct pending_row *rows;
	size_t n;

	if (!store_pending_list(bt->r->db, bt->pool, bt->r->org,
	    bt->b->binding_id, 0, 1, &rows, &n, err))
		return false;
	bt->match = n > 0;
	return true;
}

/* What was listed and is not handed out is gone for the guard too: a server in
 * trouble lists everything as changed and then knows none of it. */
static bool judge_gone(struct batch *bt, const struct loaded *l,
    struct err *err)
{
	struct run *r = bt->r;
	const struct config *config = r->engine->config;
	struct guard_in in = { .min_deletes = config->guard_min_deletes,
	    .percent = config->guard_percent };
	uint64_t links, all, done;
	int gone = 0;

	for (size_t i = 0; i < bt->count; i++)
		gone += bt->fetched[i] && bt->items[i].gone &&
		    link_of(l, &bt->rows[i]);
	if (gone == 0)
		return true;
	if (!store_link_count(r->db, r->org, bt->b->binding_id, &links, err) ||
	    !store_action_count_deleted(r->db, r->org, r->row.id,
	    bt->b->binding_id, &all, &done, err))
		return false;
	in.known = links + done;
	in.deletes_here = all + (uint64_t)gone;
	if (r->row.guard != GUARD_HELD) {
		enum guard_verdict verdict = guard_judge(&in);

		if (verdict == GUARD_LETS)
			return true;
		r->row.guard = GUARD_HELD;
		r->row.guard_known += (int)in.known;
		r->row.guard_binding_id = bt->b->binding_id;
		r->row.message = journal_clip(r->pool, guard_words(r->pool, &in,
		    verdict, bt->b->collection_name));
	}
	r->row.guard_count += gone;
	return true;
}

static bool write_batch(struct run *r, void *arg, struct err *err)
{
	struct batch *bt = arg;
	struct loaded l = { 0 };

	r->row = bt->before;
	pool_reset(bt->pool);
	perform_begin(bt);
	bt->recount = false;
	find_repeated(bt);
	bt->out = pool_memdup(bt->pool, bt->rows, bt->count * sizeof(*bt->out));
	if (!anything_waits(bt, err) || !load(bt, &l, err) ||
	    !judge_gone(bt, &l, err))
		return false;
	for (size_t i = 0; i < bt->count; i++)
		if (!work_row(bt, &l, i, err))
			return false;
	return perform_end(bt, err) &&
	    store_action_put_many(r->db, bt->pool, r->org, bt->out, bt->count,
	    err) &&
	    (!bt->last || store_cursor_commit(r->db, r->org, bt->b->binding_id,
	    err)) && store_run_put(r->db, r->org, &r->row, err);
}

struct verdict {
	struct batch *batch;
	const char *reason;
};

/* One row that the database or the model refused: it alone is set aside. */
static bool write_failure(struct run *r, void *arg, struct err *err)
{
	struct verdict *v = arg;
	struct batch *bt = v->batch;

	r->row = bt->before;
	pool_reset(bt->pool);
	bt->out = pool_memdup(bt->pool, bt->rows, sizeof(*bt->out));
	r->row.done++;
	return journal_set_aside(r, bt->b, bt->out, NULL, v->reason, err) &&
	    store_action_put(r->db, r->org, bt->out, err) &&
	    (!bt->last || store_cursor_commit(r->db, r->org, bt->b->binding_id,
	    err)) && store_run_put(r->db, r->org, &r->row, err);
}

static bool is_own_fault(const struct err *err)
{
	return err->scope == ERR_ITEM && (err->kind == ERR_INPUT ||
	    err->kind == ERR_CONFLICT || err->kind == ERR_INTERNAL ||
	    err->kind == ERR_NOT_FOUND);
}

static void note_links(struct run *r, const struct batch *bt)
{
	r->links_added += (int)bt->creates.count - (int)bt->deletes.count;
	r->recount |= bt->recount;
}

/* The whole batch; when the data of one of them is refused, by halves. */
static bool write_rows(struct run *r, struct batch *bt, struct err *err)
{
	struct err first = { 0 };
	struct batch part;
	size_t half;

	bt->before = r->row;
	if (journal_tx(r, "batch", write_batch, bt, &first)) {
		note_links(r, bt);
		return true;
	}
	r->row = bt->before;
	if (!is_own_fault(&first)) {
		*err = first;
		return false;
	}
	for (int tries = 1; tries < RUN_TRIES && bt->count == 1; tries++)
		if (first.kind == ERR_CONFLICT &&
		    journal_tx(r, "batch", write_batch, bt, &first)) {
			note_links(r, bt);
			return true;
		}
	if (bt->count == 1) {
		struct verdict v = { bt, first.msg };

		log_err("item set aside", &first);
		return journal_tx(r, "failure", write_failure, &v, err);
	}
	half = (bt->count + 1) / 2;
	for (size_t from = 0; from < bt->count; from += half) {
		part = *bt;
		part.rows += from;
		part.items += from;
		part.fetched += from;
		part.count = bt->count - from < half ? bt->count - from : half;
		part.last = bt->last && from + part.count == bt->count;
		if (!write_rows(r, &part, err))
			return false;
	}
	return true;
}

/* Where a binding's rows have got to. */
struct portion {
	int after;		/* the row done last */
	size_t most;		/* of the next batch */
	bool more;
};

static bool apply_batch(struct run *r, struct cursor_row *b, struct pool *pool,
    struct portion *p, struct err *err)
{
	struct action_filter filter = {
		.run_id = r->row.id, .binding_id = b->binding_id,
		.phase = PHASE_PLANNED, .part = ACTION_HERE,
		.after_seq = p->after, .most = p->most + 1,
	};
	struct batch bt = { .r = r, .b = b, .pool = pool_new(pool) };
	size_t read;

	if (!store_action_list(r->db, pool, r->org, &filter, &bt.rows,
	    &bt.count, err))
		return false;
	if (bt.count == 0) {
		p->more = false;
		return true;
	}
	read = bt.count;
	if (bt.count > p->most)
		bt.count = p->most;
	if (!apply_fetch(r, b, pool, &bt, err))
		return false;
	p->more = bt.count < read;
	bt.last = !p->more;
	p->after = bt.rows[bt.count - 1].seq;
	return write_rows(r, &bt, err);
}

static bool move_cursor(struct run *r, void *arg, struct err *err)
{
	const struct cursor_row *b = arg;

	return store_cursor_commit(r->db, r->org, b->binding_id, err);
}

static bool is_cursor_due(const struct run *r, const struct cursor_row *b)
{
	return b->planned_run_id == r->row.id && (b->next_cursor || b->listing);
}

bool apply_pull(struct run *r, struct cursor_row *b, struct err *err)
{
	struct pool *pool = pool_new(r->pool);
	struct portion p = { .most = RUN_PULL_FIRST, .more = true };
	bool fine = true;

	while (fine && p.more && !journal_is_stopped(r)) {
		pool_reset(pool);
		fine = apply_batch(r, b, pool, &p, err);
		p.most = p.most * 2 < RUN_PULL_BATCH ? p.most * 2 : RUN_PULL_BATCH;
	}
	/* Nothing was left to do here: the cursor's data is here already. */
	if (fine && !p.more && p.after == 0 && is_cursor_due(r, b))
		fine = journal_tx(r, "cursor", move_cursor, b, err);
	if (fine && !p.more) {
		b->next_cursor = NULL;
		b->listing = false;
	}
	pool_free(pool);
	return fine;
}
