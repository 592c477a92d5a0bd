/*
 * The plan without doing it: lists, reads, decides, judges, and writes nothing
 * but the run and its rows. Must not take the lease nor move a cursor.
 */
#include "sync/engine_p.h"
#include <string.h>
#include "sync/guard.h"
#include "util/banned.h"

static const struct link_row *link_of(const struct link_row *links,
    size_t count, const struct digest *key)
{
	for (size_t i = 0; i < count; i++)
		if (digest_eq(&links[i].remote_key, key))
			return &links[i];
	return NULL;
}

static void decide_row(const struct cursor_row *b, struct pool *pool,
    struct batch *bt, size_t i, struct item_state *s)
{
	struct action_row *row = &bt->rows[i];
	const struct provider_item *item = &bt->items[i];
	struct err why = { 0 };
	struct delta_out d;

	if (!item->gone && (!item->event || item->err.kind != ERR_NONE ||
	    !event_check(pool, item->event, &why))) {
		row->phase = PHASE_FAILED;
		row->message = journal_clip(pool, item->err.kind != ERR_NONE ?
		    item->err.msg : why.msg);
		return;
	}
	s->there = item;
	decide_states(pool, b, s, false);
	d = decide_item(b, s);
	row->kind = d.kind;
	row->reason = d.reason;
	if (item->event)
		row->title = journal_clip(pool, item->event->master.summary);
}

static bool decide_batch(struct run *r, struct cursor_row *b,
    struct pool *pool, struct action_row *rows, size_t count, struct err *err)
{
	struct batch bt = { .r = r, .b = b, .pool = pool, .rows = rows,
	    .count = count };
	struct digest keys[RUN_BATCH];
	struct link_row *links;
	size_t n = 0;

	for (size_t i = 0; i < count; i++)
		if (rows[i].kind == SYNC_FETCH)
			keys[n++] = rows[i].remote_key;
	if (n == 0)
		return true;
	if (!store_link_list_by_key(r->db, pool, r->org, b->binding_id, keys, n,
	    &links, &n, err) || !apply_fetch(r, b, pool, &bt, err))
		return false;
	for (size_t i = 0; i < count; i++) {
		struct item_state s = { .link = link_of(links, n,
		    &rows[i].remote_key) };
		struct stored_event *here = POOL_NEW(pool, struct stored_event);

		if (!bt.fetched[i] || rows[i].kind != SYNC_FETCH)
			continue;
		if (s.link && !store_event_get_many(r->db, pool, r->org,
		    &s.link->event_id, 1, here, err))
			return false;
		s.here = here->id ? here : NULL;
		decide_row(b, pool, &bt, i, &s);
	}
	return true;
}

static bool judge(struct run *r, const struct cursor_row *b,
    const struct plan *p, struct err *err)
{
	uint64_t known;
	struct guard_in in = { .listing = b->listing, .listed = p->seen_count,
	    .min_deletes = r->engine->config->guard_min_deletes,
	    .percent = r->engine->config->guard_percent };
	enum guard_verdict verdict;

	if (!store_link_count(r->db, r->org, b->binding_id, &known, err))
		return false;
	in.known = known;
	for (size_t i = 0; i < p->count; i++) {
		in.deletes_here += p->rows[i].kind == SYNC_PULL_DELETE;
		in.deletes_there += p->rows[i].kind == SYNC_PUSH_DELETE;
	}
	verdict = guard_judge(&in);
	if (verdict == GUARD_LETS)
		return true;
	r->row.guard_count += (int)(in.deletes_here + in.deletes_there);
	r->row.guard_known += (int)known;
	r->row.message = journal_clip(r->pool, guard_words(r->pool, &in, verdict,
	    b->collection_name));
	for (size_t i = 0; i < p->count; i++)
		if (delta_is_delete((enum sync_kind)p->rows[i].kind))
			p->rows[i].phase = PHASE_HELD;
	return true;
}

struct record {
	struct plan *plans;
	size_t count;
};

static bool write_record(struct db *db, void *arg, struct err *err)
{
	struct run *r = ((void **)arg)[0];
	const struct record *rec = ((void **)arg)[1];
	int seq = 1;

	r->row.planned = 0;
	if (!store_run_add(db, r->org, &r->row, &r->row.id, err))
		return false;
	for (size_t i = 0; i < rec->count; i++) {
		const struct plan *p = &rec->plans[i];

		for (size_t k = 0; k < p->count; k++) {
			p->rows[k].run_id = r->row.id;
			p->rows[k].seq = seq++;
		}
		r->row.planned += (int)p->count;
		if (!store_action_add_many(db, p->pool, r->org, p->rows,
		    p->count, err))
			return false;
	}
	return store_run_put(db, r->org, &r->row, err);
}

bool dry_run(struct run *r, struct err *err)
{
	struct record rec = { pool_array(r->pool, r->binding_count + 1,
	    sizeof(*rec.plans)), 0 };
	void *arg[] = { r, &rec };

	r->row.state = RUN_DRY;
	for (size_t i = 0; i < r->binding_count; i++) {
		struct plan *p = &rec.plans[rec.count];

		if (r->bindings[i].paused)
			continue;
		*p = (struct plan){ .r = r, .b = &r->bindings[i],
		    .pool = r->pool };
		if (!plan_dry(r, p, err))
			return false;
		for (size_t at = 0; at < p->count; at += RUN_BATCH)
			if (!decide_batch(r, p->b, r->pool, p->rows + at,
			    p->count - at < RUN_BATCH ? p->count - at :
			    RUN_BATCH, err))
				return false;
		if (!judge(r, p->b, p, err))
			return false;
		rec.count++;
	}
	return db_tx(r->db, write_record, arg, NULL, err);
}
