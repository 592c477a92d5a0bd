/*
 * Batches of what is written there: the intent and phase "sent" are committed
 * before the call, the results in one transaction after it (apply_results.c).
 * Whoever finds rows sent without a result repeats a create with its op id and
 * reads everything else back.
 */
#include "sync/engine_p.h"
#include <string.h>
#include "util/log.h"
#include "util/str.h"
#include "util/banned.h"

#define CALL_MS 20000		/* a call should not take longer */

/* Fixed before the first try and the same in every later run, so that a create
 * is repeated, never doubled; an object that was there before (remote_id) and
 * is made again is another one. */
static void fix_op(struct push *p, const struct action_row *row,
    uint8_t out[16])
{
	const char *text = pool_printf(p->pool, "create %llu %llu %llu %s",
	    (unsigned long long)p->r->org,
	    (unsigned long long)p->b->binding_id,
	    (unsigned long long)row->event_id,
	    row->remote_id ? row->remote_id : "");
	struct digest d = digest_sha256(text, strlen(text));

	memcpy(out, d.bytes, 16);
}

static bool load_links(struct push *p, const uint64_t *ids, size_t at,
    size_t count, struct err *err)
{
	struct link_row *links;
	size_t n;

	if (!store_link_list_by_event(p->r->db, p->pool, p->r->org,
	    p->b->binding_id, ids + at, count, &links, &n, err))
		return false;
	for (size_t i = at; i < at + count; i++)
		for (size_t k = 0; k < n; k++)
			if (links[k].event_id == ids[i])
				p->links[i] = links[k];
	return true;
}

static bool load(struct push *p, struct err *err)
{
	struct run *r = p->r;
	uint64_t ids[RUN_PUSH_BATCH];

	p->events = pool_array(p->pool, p->count, sizeof(*p->events));
	p->links = pool_array(p->pool, p->count, sizeof(*p->links));
	for (size_t i = 0; i < p->count; i++)
		ids[i] = p->rows[i].event_id;
	if (!store_event_get_many(r->db, p->pool, r->org, ids, p->count,
	    p->events, err))
		return false;
	for (size_t at = 0; at < p->count; at += STORE_LINK_MOST)
		if (!load_links(p, ids, at, p->count - at < STORE_LINK_MOST ?
		    p->count - at : STORE_LINK_MOST, err))
			return false;
	return true;
}

static bool skip(struct push *p, size_t i, const char *why, bool settled,
    struct err *err)
{
	struct run *r = p->r;
	struct action_row *row = &p->rows[i];
	const struct stored_event *e = &p->events[i];

	row->phase = PHASE_SKIPPED;
	row->message = why;
	r->row.done++;
	if (!settled || e->id == 0)
		return true;
	return (!p->links[i].id || e->deleted_at != WHEN_NONE ||
	    store_link_put_rev(r->db, r->org, p->links[i].id, e->rev, err)) &&
	    store_pending_remove(r->db, r->org, p->b->binding_id, e->id, e->rev,
	    err);
}

static void add_write(struct push *p, size_t i, enum provider_verb verb)
{
	struct action_row *row = &p->rows[i];
	const struct link_row *link = &p->links[i];
	struct provider_write *w = &p->writes[p->sent];

	*w = (struct provider_write){ .verb = verb };
	if (verb == PROVIDER_CREATE)
		fix_op(p, row, w->op_id);
	else
		memcpy(w->op_id, row->op_id.data, sizeof(w->op_id));
	if (verb != PROVIDER_CREATE) {
		w->remote_id = row->remote_id = link->remote_id;
		w->version = row->version = link->version;
		row->remote_key = link->remote_key;
		row->link_id = link->id;
		w->base_raw = link->remote_raw.data;
		w->base_raw_len = link->remote_raw.len;
	}
	if (verb != PROVIDER_REMOVE) {
		struct digest before = row->intent_hash;
		struct digest key = store_dead_event_key(row->event_id);

		w->event = p->events[i].event;
		row->intent_hash = event_hash(p->pool, w->event);
		p->repeats[i] = journal_find_dead(p->r, p->b->binding_id, &key) ||
		    (!digest_is_zero(&before) &&
		    !digest_eq(&before, &row->intent_hash));
	}
	row->phase = PHASE_SENT;
	p->at[p->sent++] = i;
}

/* An event may stand in the plan twice: as found there and as waiting here. */
static bool is_repeated(const struct push *p, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (p->rows[k].event_id == p->rows[i].event_id &&
		    p->rows[k].phase == PHASE_SENT)
			return true;
	return false;
}

/* Is it still to be sent, now that it is its turn? */
static bool prepare_row(struct push *p, size_t i, struct err *err)
{
	struct action_row *row = &p->rows[i];
	const struct stored_event *e = &p->events[i];
	const struct link_row *link = p->links[i].id ? &p->links[i] : NULL;
	struct digest hash;
	enum delta_state local = decide_local(p->pool, p->b, link, e, &hash);
	struct err why = { 0 };

	if (e->event)
		row->title = journal_clip(p->pool, e->event->master.summary);
	if (is_repeated(p, i))
		return skip(p, i, "It is sent by another row.", false, err);
	if (row->kind == SYNC_PUSH_DELETE) {
		if (local != DELTA_GONE || !link)
			return skip(p, i, "It is not deleted any more.", !link, err);
		add_write(p, i, PROVIDER_REMOVE);
		return true;
	}
	if (local == DELTA_GONE)
		return skip(p, i, "It was deleted meanwhile.", !link, err);
	if (link && local == DELTA_SAME)
		return skip(p, i, "Both sides agree already.", true, err);
	if (!event_check(p->pool, e->event, &why)) {
		p->r->row.done++;
		return journal_set_aside(p->r, p->b, row,
		    journal_rev(p->pool, e->rev), why.msg, err);
	}
	row->kind = link ? SYNC_PUSH_UPDATE : SYNC_PUSH_CREATE;
	add_write(p, i, link ? PROVIDER_UPDATE : PROVIDER_CREATE);
	return true;
}

static bool write_sent(struct run *r, void *arg, struct err *err)
{
	struct push *p = arg;

	r->row = p->before;
	p->sent = 0;
	p->rows = pool_memdup(p->pool, p->read, p->count * sizeof(*p->rows));
	p->repeats = pool_array(p->pool, p->count, sizeof(*p->repeats));
	if (!load(p, err))
		return false;
	for (size_t i = 0; i < p->count; i++)
		if (!prepare_row(p, i, err))
			return false;
	return store_action_put_many(r->db, p->pool, r->org, p->rows, p->count,
	    err) && store_run_put(r->db, r->org, &r->row, err);
}

/* ---- one batch ---- */

static bool call(struct push *p, int *batch, struct err *err)
{
	struct run *r = p->r;
	int64_t start = when_mono_ms(), took;
	bool fine;

	if (!journal_may_call(r, err))
		return false;
	journal_step(r, "call");
	p->results = pool_array(p->pool, p->sent, sizeof(*p->results));
	fine = r->session->provider->push(r->session, p->pool, p->b->remote_id,
	    p->writes, p->sent, p->results, err);
	journal_step(r, "called");
	took = when_mono_ms() - start;
	if (took > CALL_MS && *batch > 5)
		*batch /= 2;
	else if (took < CALL_MS / 5 && *batch < RUN_PUSH_BATCH)
		*batch = *batch * 2 < RUN_PUSH_BATCH ? *batch * 2 :
		    RUN_PUSH_BATCH;
	return fine;
}

static bool push_batch(struct push *p, int *batch, struct err *err)
{
	struct run *r = p->r;

	p->writes = pool_array(p->pool, p->count, sizeof(*p->writes));
	p->at = pool_array(p->pool, p->count, sizeof(*p->at));
	p->before = r->row;
	if (!journal_tx(r, "sent", write_sent, p, err)) {
		r->row = p->before;
		return false;
	}
	if (p->sent == 0)
		return true;
	if (!call(p, batch, err))
		return false;
	p->before = r->row;
	if (!journal_tx(r, "results", apply_results, p, err)) {
		r->row = p->before;
		return false;
	}
	if (p->stop.kind == ERR_NONE)
		return true;
	*err = p->stop;
	return false;
}

bool apply_push(struct run *r, struct cursor_row *b, bool *did_out,
    struct err *err)
{
	struct pool *pool = pool_new(r->pool);
	struct action_filter filter = {
		.run_id = r->row.id, .binding_id = b->binding_id,
		.phase = PHASE_PLANNED, .part = ACTION_THERE,
	};
	bool fine = true, more = true;
	int batch = 10;

	*did_out = false;
	while (fine && more && !journal_is_stopped(r)) {
		struct push p = { .r = r, .b = b, .pool = pool };

		pool_reset(pool);
		filter.most = (size_t)batch;
		fine = store_action_list(r->db, pool, r->org, &filter, &p.read,
		    &p.count, err);
		more = fine && p.count > 0;
		if (!more)
			break;
		*did_out = r->recount = true;
		filter.after_seq = p.read[p.count - 1].seq;
		fine = push_batch(&p, &batch, err);
	}
	pool_free(pool);
	return fine;
}
