/*
 * What is there: pages of the provider become rows of the plan. A page's rows,
 * its marks and its cursor are one transaction; only a complete listing names
 * what is absent. Must not change an event.
 */
#include "sync/engine_p.h"
#include <stdlib.h>
#include <string.h>
#include "sync/guard.h"
#include "util/str.h"
#include "util/banned.h"

#define CHUNK STORE_LINK_MOST

struct page {			/* the argument of a page's transaction */
	struct plan plan;
	struct provider_changes changes;
	bool start;		/* the first one: nothing is kept of before */
	struct run_row before;
};

struct action_row *plan_row(struct plan *p, enum sync_kind kind,
    const char *reason)
{
	struct action_row *row;

	if (p->count == p->room) {
		size_t room = p->room + p->room / 4 + 64;
		struct pool *wider = pool_new(p->pool);

		p->rows = pool_grow(wider, p->rows, p->count, room,
		    sizeof(*p->rows));
		p->room = room;
		pool_free(p->rows_pool);
		p->rows_pool = wider;
	}
	row = &p->rows[p->count++];
	*row = (struct action_row){
		.run_id = p->r->row.id, .binding_id = p->b->binding_id,
		.seq = p->next_seq++, .kind = kind, .phase = PHASE_PLANNED,
		.reason = reason,
	};
	return row;
}

static const struct link_head *head_of(const struct link_head *heads,
    size_t count, const struct digest *key)
{
	for (size_t i = 0; i < count; i++)
		if (digest_eq(&heads[i].remote_key, key))
			return &heads[i];
	return NULL;
}

static const struct pending_row *pending_of(const struct pending_row *rows,
    size_t count, uint64_t event_id)
{
	for (size_t i = 0; i < count; i++)
		if (rows[i].event_id == event_id)
			return &rows[i];
	return NULL;
}

/* Gone there: what is here decides, and is looked at only when it waits. */
static bool add_gone(struct plan *p, const struct link_head *head,
    bool changed_here, struct err *err)
{
	struct run *r = p->r;
	struct item_state s = { .local = DELTA_SAME, .remote = DELTA_GONE };
	struct stored_event here;
	struct link_row link;
	struct delta_out d;
	struct action_row *row;

	if (plan_is_held(r, head->id, SYNC_PULL_DELETE))
		return true;
	if (!store_event_get_many(r->db, p->pool, r->org, &head->event_id, 1,
	    &here, err))
		return false;
	if (changed_here || here.id == 0 || here.deleted_at != WHEN_NONE ||
	    here.calendar_id != p->b->calendar_id) {
		if (store_link_find(r->db, p->pool, r->org, head->id, &link,
		    err) < 0)
			return false;
		s.local = decide_local(p->pool, p->b, &link, &here, &s.here_hash);
	}
	s.link = &link;
	d = decide_item(p->b, &s);
	row = plan_row(p, d.kind, d.reason);
	row->event_id = head->event_id;
	row->link_id = head->id;
	row->remote_id = head->remote_id;
	row->remote_key = head->remote_key;
	row->version = head->version;
	if (here.id)
		row->title = journal_clip(p->pool, here.event->master.summary);
	return true;
}

bool plan_gone(struct plan *p, const struct link_head *heads, size_t count,
    struct err *err)
{
	uint64_t ids[CHUNK];
	struct pending_row *pending;
	size_t pending_count;

	for (size_t at = 0; at < count; at += CHUNK) {
		size_t n = count - at < CHUNK ? count - at : CHUNK;

		for (size_t i = 0; i < n; i++)
			ids[i] = heads[at + i].event_id;
		if (!store_pending_list_of(p->r->db, p->pool, p->r->org,
		    p->b->binding_id, ids, n, &pending, &pending_count, err))
			return false;
		for (size_t i = 0; i < n; i++)
			if (!add_gone(p, &heads[at + i], pending_of(pending,
			    pending_count, ids[i]) != NULL, err))
				return false;
	}
	return true;
}

/* A held delete of something that is there again needs no answer any more. */
static bool forget_held(struct plan *p, const struct link_head *head,
    struct err *err)
{
	struct run *r = p->r;

	for (size_t i = 0; i < r->held_count && !r->dry; i++) {
		const struct held_row *h = &r->held[i];

		if (h->link_id == head->id && h->kind == SYNC_PULL_DELETE &&
		    !store_action_put_phase(r->db, r->org, h->run_id, h->seq,
		    PHASE_SKIPPED, "It is there again.", err))
			return false;
	}
	return true;
}

static bool add_present(struct plan *p, const struct provider_item *item,
    const struct digest *key, const struct link_head *head, bool pending,
    struct err *err)
{
	const struct dead_row *dead = journal_find_dead(p->r,
	    p->b->binding_id, key);
	struct action_row *row;

	p->listed++;
	if (head && !forget_held(p, head, err))
		return false;
	if (dead && str_eq(dead->version, item->version) &&
	    !plan_is_due(p->r, dead))
		return true;
	if (head && item->version && str_eq(head->version, item->version) && !dead)
		return true;
	if (p->b->direction == BINDING_PUSH && !pending)
		return true;
	row = plan_row(p, SYNC_FETCH, head ? "Changed there." : "New there.");
	row->remote_id = item->remote_id;
	row->remote_key = *key;
	row->version = item->version;
	if (head) {
		row->event_id = head->event_id;
		row->link_id = head->id;
	}
	return true;
}

static bool plan_chunk(struct plan *p, const struct provider_item *items,
    size_t count, bool mark, struct err *err)
{
	struct run *r = p->r;
	struct digest keys[CHUNK];
	uint64_t ids[CHUNK];
	struct link_head *heads = NULL;
	struct pending_row *pending;
	size_t head_count = 0, pending_count;

	for (size_t i = 0; i < count; i++)
		keys[i] = store_link_key(items[i].remote_id);
	if (p->known && !store_link_list_heads(r->db, p->pool, r->org,
	    p->b->binding_id, keys, count, &heads, &head_count, err))
		return false;
	for (size_t i = 0; i < head_count; i++)
		ids[i] = heads[i].event_id;
	if (!store_pending_list_of(r->db, p->pool, r->org, p->b->binding_id, ids,
	    head_count, &pending, &pending_count, err) ||
	    (p->known && mark && !store_link_mark(r->db, p->pool, r->org,
	    p->b->binding_id, keys, count, p->b->generation, err)))
		return false;
	for (size_t i = 0; i < count; i++) {
		const struct link_head *h = head_of(heads, head_count, &keys[i]);
		bool waits = h && pending_of(pending, pending_count, h->event_id);
		bool fine = items[i].gone ?
		    !h || add_gone(p, h, waits, err) :
		    add_present(p, &items[i], &keys[i], h, waits, err);

		if (!fine)
			return false;
	}
	return true;
}

static bool plan_items(struct plan *p, const struct provider_changes *c,
    bool mark, struct err *err)
{
	if (c->count > 0 && !store_link_count(p->r->db, p->r->org,
	    p->b->binding_id, &p->known, err))
		return false;
	for (size_t at = 0; at < c->count; at += CHUNK) {
		size_t n = c->count - at < CHUNK ? c->count - at : CHUNK;

		if (!plan_chunk(p, &c->items[at], n, mark, err))
			return false;
	}
	return true;
}

/* What a complete listing did not name is gone. */
static bool sweep(struct plan *p, struct err *err)
{
	struct link_head *heads;
	size_t count;

	if (!store_link_list_unseen(p->r->db, p->pool, p->r->org,
	    p->b->binding_id, p->b->generation, &heads, &count, err))
		return false;
	p->unseen = count;
	return plan_gone(p, heads, count, err);
}

/* All deletes of this binding in this run are judged together. */
static bool judge(struct plan *p, struct err *err)
{
	struct run *r = p->r;
	uint64_t known, here, there;
	struct guard_in in;
	enum guard_verdict verdict;
	const char *words;

	if (!store_link_count(r->db, r->org, p->b->binding_id, &known, err) ||
	    !store_action_count_deletes(r->db, r->org, r->row.id,
	    p->b->binding_id, &here, &there, err))
		return false;
	in = (struct guard_in){ known, here, there, p->b->listing,
	    known - p->unseen + p->listed,
	    r->engine->config->guard_min_deletes,
	    r->engine->config->guard_percent };
	verdict = guard_judge(&in);
	if (verdict == GUARD_LETS)
		return true;
	words = guard_words(r->pool, &in, verdict, p->b->collection_name);
	r->row.guard = GUARD_HELD;
	r->row.guard_count += (int)(here + there);
	r->row.guard_known += (int)known;
	r->row.guard_binding_id = p->b->binding_id;
	r->row.message = journal_clip(r->pool, words);
	return store_action_hold(r->db, r->org, r->row.id, p->b->binding_id,
	    "Waits for your answer.", err);
}

static bool flush(struct plan *p, size_t from, struct err *err)
{
	return store_action_add_many(p->r->db, p->pool, p->r->org,
	    p->rows + from, p->count - from, err);
}

/* The last page: what is absent, what waits here, what was answered. */
static bool complete(struct plan *p, const char *cursor, struct err *err)
{
	struct run *r = p->r;
	uint64_t planned;
	size_t judged;

	if (p->b->listing && !sweep(p, err))
		return false;
	if (!plan_pending(p, err) || !plan_dead(p, err) || !flush(p, 0, err))
		return false;
	judged = p->count;
	if (p->count > 0 && !judge(p, err))
		return false;
	if (!plan_answers(p, err) || !flush(p, judged, err) ||
	    !store_cursor_put_planned(r->db, r->org, p->b->binding_id,
	    r->row.id, cursor, err) ||
	    !store_action_count(r->db, r->org, r->row.id, 0, &planned, err))
		return false;
	r->row.planned = (int)planned;
	if (planned == 0 && !store_cursor_commit(r->db, r->org,
	    p->b->binding_id, err))
		return false;
	return store_run_put(r->db, r->org, &r->row, err);
}

static bool write_page(struct run *r, void *arg, struct err *err)
{
	struct page *page = arg;
	struct plan *p = &page->plan;
	struct cursor_row *b = p->b;

	r->row = page->before;
	p->count = p->listed = p->unseen = 0;
	if (page->start && !store_cursor_start(r->db, r->org, b->binding_id,
	    b->listing, err))
		return false;
	if (!store_action_next_seq(r->db, r->org, r->row.id, &p->next_seq, err) ||
	    !plan_items(p, &page->changes, b->listing, err))
		return false;
	if (page->changes.complete)
		return complete(p, page->changes.cursor, err);
	return flush(p, 0, err) && store_cursor_put_page(r->db, r->org,
	    b->binding_id, page->changes.page_cursor, err);
}

static bool wants_listing(const struct run *r, const struct cursor_row *b)
{
	return !b->cursor_value || !*b->cursor_value || r->opts->full_listing ||
	    b->listed_at == WHEN_NONE || b->listed_at < r->now -
	    (when_t)RUN_LISTING_DAYS * 24 * 3600 * WHEN_SEC;
}

/* Asks for one page; a lost cursor starts a listing, once. */
static bool read_page(struct run *r, struct cursor_row *b, struct page *page,
    struct err *err)
{
	struct provider_session *s = r->session;

	if (!journal_may_call(r, err))
		return false;
	if (s->provider->changes(s, page->plan.pool, b->remote_id,
	    b->listing ? NULL : b->cursor_value, b->page_cursor, &page->changes,
	    err))
		return true;
	if (err->kind != ERR_GONE || (b->listing && !b->page_cursor))
		return false;
	b->generation += !b->listing || !page->start;
	b->listing = true;
	b->page_cursor = NULL;
	page->start = true;
	return s->provider->changes(s, page->plan.pool, b->remote_id, NULL, NULL,
	    &page->changes, err);
}

/* A listing nobody asked for: the server forgot the cursor without a word. Its
 * absences mean as much as those of a listing we wanted. */
static void note_listing(struct cursor_row *b, struct page *page)
{
	if (page->changes.listing && !b->listing && page->start) {
		b->listing = true;
		b->generation++;
	}
}

static void prepare(struct run *r, struct cursor_row *b, struct page *page)
{
	page->start = !(r->resumed && b->page_cursor);
	if (!page->start)
		return;
	b->page_cursor = NULL;
	b->listing = wants_listing(r, b);
	b->generation += b->listing;
}

/* As the row of the binding stands now: what is still to be committed. */
static void note_planned(struct run *r, struct cursor_row *b,
    const struct provider_changes *c)
{
	bool committed = r->row.planned == 0;

	b->planned_run_id = r->row.id;
	b->next_cursor = c->cursor && !committed ?
	    pool_strdup(r->pool, c->cursor) : NULL;
	b->listing = b->listing && !committed;
}

bool plan_binding(struct run *r, struct cursor_row *b, struct err *err)
{
	struct pool *pool = pool_new(r->pool);
	struct page page = { .plan = { .r = r, .b = b, .pool = pool } };
	bool fine = true;

	prepare(r, b, &page);
	/* Stopped between two pages, the next one goes on from there. */
	for (bool more = true; more && fine && (page.start ||
	    !journal_is_stopped(r));) {
		page.before = r->row;
		fine = read_page(r, b, &page, err);
		if (!fine)
			break;
		note_listing(b, &page);
		fine = journal_tx(r, "page", write_page, &page, err);
		if (!fine)
			r->row = page.before;
		more = !page.changes.complete;
		b->page_cursor = more ? pool_strdup(r->pool,
		    page.changes.page_cursor) : NULL;
		if (fine && !more)
			note_planned(r, b, &page.changes);
		page = (struct page){ .plan = { .r = r, .b = b, .pool = pool } };
		pool_reset(pool);
	}
	pool_free(pool);
	return fine;
}

static bool was_seen(const struct plan *p, const struct digest *key)
{
	return p->seen_count > 0 && bsearch(key, p->seen, p->seen_count,
	    sizeof(*p->seen), digest_cmp);
}

static void note_seen(struct plan *p, const struct provider_changes *c)
{
	p->seen = pool_grow(p->pool, p->seen, p->seen_count,
	    p->seen_count + c->count, sizeof(*p->seen));
	for (size_t i = 0; i < c->count; i++)
		if (!c->items[i].gone)
			p->seen[p->seen_count++] =
			    store_link_key(c->items[i].remote_id);
}

static bool dry_sweep(struct plan *p, struct err *err)
{
	struct link_head *heads;
	size_t count, n = 0;

	if (!store_link_list_unseen(p->r->db, p->pool, p->r->org,
	    p->b->binding_id, INT32_MAX, &heads, &count, err))
		return false;
	if (p->seen_count > 1)
		qsort(p->seen, p->seen_count, sizeof(*p->seen), digest_cmp);
	for (size_t i = 0; i < count; i++)
		if (!was_seen(p, &heads[i].remote_key))
			heads[n++] = heads[i];
	p->unseen = n;
	return plan_gone(p, heads, n, err);
}

bool plan_dry(struct run *r, struct plan *p, struct err *err)
{
	struct page page = { .start = true, .plan = *p };
	struct cursor_row *b = p->b;

	b->page_cursor = NULL;
	b->listing = wants_listing(r, b);
	do {
		if (!read_page(r, b, &page, err))
			return false;
		b->listing |= page.changes.listing;
		note_seen(&page.plan, &page.changes);
		if (!plan_items(&page.plan, &page.changes, false, err))
			return false;
		b->page_cursor = page.changes.page_cursor;
	} while (!page.changes.complete);
	*p = page.plan;
	return (!b->listing || dry_sweep(p, err)) && plan_pending(p, err) &&
	    plan_dead(p, err);
}
