/*
 * Batches of what is written there: the intent and phase "sent" are committed
 * before the call, the results in one transaction after it (apply_results.c).
 * While a batch is on its way, one transaction writes what came of the one
 * before and that the next one is sent. Whoever finds rows sent without a result
 * repeats a create with its op id and reads everything else back.
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

static bool is_sent_by(const struct push *p, size_t count, uint64_t event_id)
{
	for (size_t k = 0; k < count; k++)
		if (p->rows[k].event_id == event_id &&
		    p->rows[k].phase == PHASE_SENT)
			return true;
	return false;
}

/* An event may stand in the plan twice: as found there and as waiting here. */
static bool is_repeated(const struct push *p, size_t i)
{
	uint64_t id = p->rows[i].event_id;

	return is_sent_by(p, i, id) || (p->flying &&
	    is_sent_by(p->flying, p->flying->count, id));
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

static bool write_sent(struct push *p, struct err *err)
{
	struct run *r = p->r;

	p->sent = 0;
	p->rows = pool_memdup(p->pool, p->read, p->count * sizeof(*p->rows));
	p->repeats = pool_array(p->pool, p->count, sizeof(*p->repeats));
	p->writes = pool_array(p->pool, p->count, sizeof(*p->writes));
	p->at = pool_array(p->pool, p->count, sizeof(*p->at));
	if (!load(p, err))
		return false;
	for (size_t i = 0; i < p->count; i++)
		if (!prepare_row(p, i, err))
			return false;
	return store_action_put_many(r->db, p->pool, r->org, p->rows, p->count,
	    err);
}

/* They were not called for: planned, as they were read. */
static bool put_back(struct push *p, struct err *err)
{
	struct action_row *rows = pool_array(p->pool, p->sent + 1,
	    sizeof(*rows));

	for (size_t k = 0; k < p->sent; k++)
		rows[k] = p->read[p->at[k]];
	return store_action_put_many(p->r->db, p->pool, p->r->org, rows, p->sent,
	    err);
}

/* ---- between two calls ---- */

struct turn {
	struct push *done;		/* its results are written */
	struct push *next;		/* it is said to be sent */
	struct push *back;		/* it is not, after all */
	struct run_row before;		/* counts, for another try */
	size_t tries_before;
};

static bool write_turn(struct run *r, void *arg, struct err *err)
{
	struct turn *t = arg;

	r->row = t->before;
	r->tries_count = t->tries_before;
	return (!t->done || apply_results(t->done, err)) &&
	    (!t->back || put_back(t->back, err)) &&
	    (!t->next || write_sent(t->next, err)) &&
	    store_run_put(r->db, r->org, &r->row, err);
}

static bool turn(struct run *r, struct turn t, struct err *err)
{
	struct err ignored;

	t.before = r->row;
	t.tries_before = r->tries_count;
	if (!t.done && !t.next && !t.back)
		return true;
	if (journal_tx(r, t.done ? "results" : "sent", write_turn, &t, err))
		return true;
	r->row = t.before;
	r->tries_count = t.tries_before;
	/* What came of one batch does not hang on the preparation of another. */
	if (t.done && t.next &&
	    !turn(r, (struct turn){ .done = t.done }, &ignored))
		log_err("results not written", &ignored);
	return false;
}

/* ---- one batch after the other ---- */

enum { SLOTS = 3 };		/* results to write, on its way, to be sent */

struct pushing {
	struct run *r;
	struct cursor_row *b;
	struct action_filter filter;
	int batch;			/* rows of one */
	struct push slots[SLOTS];
	struct pool *pools[SLOTS];
	int slot;			/* used last */
	struct push *done, *now, *next;	/* of the slots; NULL = none */
	bool exhausted;			/* no more rows */
	bool turned;			/* while it was on its way */
	struct err err;			/* of that, or NONE */
};

/* The next rows of the plan; none when told to end. */
static bool find_rows(struct pushing *s, struct push **out, struct err *err)
{
	struct push *p;

	*out = NULL;
	if (s->exhausted || journal_is_stopped(s->r))
		return true;
	s->slot = (s->slot + 1) % SLOTS;
	p = &s->slots[s->slot];
	*p = (struct push){ .r = s->r, .b = s->b, .flying = s->now,
	    .pool = s->pools[s->slot] };
	pool_reset(p->pool);
	s->filter.most = (size_t)s->batch;
	if (!store_action_list(s->r->db, p->pool, s->r->org, &s->filter,
	    &p->read, &p->count, err))
		return false;
	s->exhausted = p->count == 0;
	if (s->exhausted)
		return true;
	s->filter.after_seq = p->read[p->count - 1].seq;
	*out = p;
	return true;
}

static int keep_going(void *http, int fd, bool is_read, int timeout_ms)
{
	return http_wait(http, fd, is_read, timeout_ms);
}

/* Once for each batch; while its requests are on their way, if it has some. */
static void meanwhile(void *arg)
{
	struct pushing *s = arg;
	struct http *http = s->r->engine->http;
	struct err err;

	s->turned = true;
	if (http)
		db_set_wait(keep_going, http);
	if (!find_rows(s, &s->next, &err) || !turn(s->r, (struct turn){
	    .done = s->done, .next = s->next }, &err))
		s->err = err;
	db_set_wait(NULL, NULL);
}

static bool send_now(struct pushing *s, struct err *err)
{
	struct push *p = s->now;
	struct provider_session *session = s->r->session;
	struct http *http = s->r->engine->http;
	bool fine;

	if (!journal_may_call(s->r, err))
		return false;
	journal_step(s->r, "call");
	p->results = pool_array(p->pool, p->sent, sizeof(*p->results));
	if (http)
		http_set_meanwhile(http, meanwhile, s);
	fine = session->provider->push(session, p->pool, s->b->remote_id,
	    p->writes, p->sent, p->results, err);
	if (http)
		http_set_meanwhile(http, NULL, NULL);
	journal_step(s->r, "called");
	return fine;
}

/* Calls, and brings the batch after it so far that it can be called for. */
static bool call(struct pushing *s, struct err *err)
{
	int64_t start = when_mono_ms(), took;
	bool fine;

	s->turned = false;
	s->err.kind = ERR_NONE;
	s->next = NULL;
	fine = s->now->sent == 0 || send_now(s, err);
	took = when_mono_ms() - start;
	if (took > CALL_MS && s->batch > 5)
		s->batch /= 2;
	else if (took < CALL_MS / 5 && s->batch < RUN_PUSH_BATCH)
		s->batch = s->batch * 2 < RUN_PUSH_BATCH ? s->batch * 2 :
		    RUN_PUSH_BATCH;
	if (fine && !s->turned)
		meanwhile(s);
	return fine;
}

/* Errors of the way there, or told to end: the next one is not called for. */
static bool is_interrupted(const struct pushing *s)
{
	for (size_t k = 0; k < s->now->sent; k++)
		if (apply_is_way(&s->now->results[k].err))
			return true;
	return journal_is_stopped(s->r);
}

/* What was called for is written, what was said to be sent and was not is put
 * back, before anything else. */
static bool settle(struct pushing *s, struct push *done, struct err *err)
{
	struct turn t = { .done = done, .back = s->next };

	if (s->next) {
		s->filter.after_seq = s->next->read[0].seq - 1;
		s->exhausted = false;
	}
	s->done = s->now = s->next = NULL;
	return turn(s->r, t, err);
}

static bool one_batch(struct pushing *s, struct err *err)
{
	struct push *now = s->now;
	struct err why = { 0 };
	bool fine = call(s, &why);

	if (!fine && s->err.kind == ERR_NONE) {
		if (settle(s, s->turned ? NULL : s->done, err))
			*err = why;
		return false;
	}
	if (s->err.kind != ERR_NONE) {	/* what cannot be written stays as sent */
		if (fine && now->sent > 0 &&
		    !turn(s->r, (struct turn){ .done = now }, &why))
			log_err("results not written", &why);
		*err = s->err;
		return false;
	}
	if (s->next && !is_interrupted(s)) {
		s->done = now->sent ? now : NULL;
		s->now = s->next;
		return true;
	}
	if (!settle(s, now->sent ? now : NULL, err))
		return false;
	if (now->stop.kind != ERR_NONE) {
		*err = now->stop;
		return false;
	}
	return find_rows(s, &s->now, err) &&
	    turn(s->r, (struct turn){ .next = s->now }, err);
}

bool apply_push(struct run *r, struct cursor_row *b, bool *did_out,
    struct err *err)
{
	struct pushing s = {
		.r = r, .b = b, .batch = RUN_PUSH_FIRST,
		.filter = { .run_id = r->row.id, .binding_id = b->binding_id,
		    .phase = PHASE_PLANNED, .part = ACTION_THERE },
	};
	bool fine;

	for (int i = 0; i < SLOTS; i++)
		s.pools[i] = pool_new(r->pool);
	fine = find_rows(&s, &s.now, err);
	*did_out = fine && s.now;
	r->recount |= *did_out;
	fine = fine && turn(r, (struct turn){ .next = s.now }, err);
	while (fine && s.now)
		fine = one_batch(&s, err);
	for (int i = 0; i < SLOTS; i++)
		pool_free(s.pools[i]);
	return fine;
}
