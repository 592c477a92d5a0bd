/*
 * What is there: pages of the provider become rows of the plan. A page's rows,
 * its marks and its cursor are one transaction; of a long listing the first rows
 * come in parts before it, and go again when it does not end. Only a complete
 * listing names what is absent. Must not change an event.
 */
#include "sync/engine_p.h"
#include <stdlib.h>
#include <string.h>
#include "sync/guard.h"
#include "util/str.h"
#include "util/banned.h"

struct page {			/* the argument of a page's transactions */
	struct plan plan;	/* its pool: of the part */
	struct pool *pool;	/* of the answer */
	struct provider_changes changes;
	const struct provider_entry *part;
	size_t part_count;
	size_t listed;		/* in the parts before */
	bool start;		/* the first one: nothing is kept of before */
	struct run_row before;
};

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

/* So many links that so many deletes of them are no share to ask about. */
static uint64_t enough_known(const struct config *c, uint64_t deletes)
{
	return c->guard_percent > 0 ? deletes * 100 /
	    (uint64_t)c->guard_percent + 100 : UINT64_MAX;
}

/* known: exactly, or more than enough_known(). */
static bool count_known(struct run *r, const struct cursor_row *b,
    uint64_t deletes, bool exactly, uint64_t *out, struct err *err)
{
	if (exactly)
		return store_link_count(r->db, r->org, b->binding_id, out, err);
	return store_link_count_up_to(r->db, r->org, b->binding_id,
	    enough_known(r->engine->config, deletes), out, err);
}

/* All deletes of this binding in this run are judged together. */
static bool judge(struct plan *p, struct err *err)
{
	struct run *r = p->r;
	const struct config *config = r->engine->config;
	struct guard_in in = { .listing = p->b->listing,
	    .min_deletes = config->guard_min_deletes,
	    .percent = config->guard_percent };
	uint64_t known, here, there;
	enum guard_verdict verdict;
	const char *words;

	if (!store_action_count_deletes(r->db, r->org, r->row.id,
	    p->b->binding_id, &here, &there, err) ||
	    !count_known(r, p->b, here + there, in.listing, &known, err))
		return false;
	in.deletes_here = here;
	in.deletes_there = there;
	in.known = known;
	in.listed = known - p->unseen + p->listed;
	verdict = guard_judge(&in);
	if (verdict == GUARD_LETS)
		return true;
	if (!count_known(r, p->b, here + there, true, &known, err))
		return false;
	in.known = known;
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

/* A fresh run numbers its rows without a gap. */
static bool count_planned(const struct plan *p, uint64_t *out, struct err *err)
{
	struct run *r = p->r;

	if (r->resumed || r->has_parts)
		return store_action_count(r->db, r->org, r->row.id, 0, out, err);
	*out = (uint64_t)(p->next_seq - 1);
	return true;
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
	/* Also when it is the pages before that had them all. */
	if (p->next_seq > 1 && !judge(p, err))
		return false;
	if (!plan_answers(p, err) || !flush(p, judged, err) ||
	    !store_cursor_put_planned(r->db, r->org, p->b->binding_id,
	    r->row.id, cursor, err) || !count_planned(p, &planned, err))
		return false;
	r->row.planned = (int)planned;
	if (planned > 0 && r->last_listing)
		r->row.state = RUN_APPLYING;
	if (planned == 0 && !store_cursor_commit(r->db, r->org,
	    p->b->binding_id, err))
		return false;
	return store_run_put(r->db, r->org, &r->row, err);
}

/* The first transaction of a sequence of pages starts anew. */
static bool begin(struct run *r, struct page *page, struct err *err)
{
	struct plan *p = &page->plan;
	const struct cursor_row *b = p->b;

	r->row = page->before;
	p->count = p->unseen = 0;
	p->listed = page->listed;
	p->next_seq = r->next_seq;
	if (page->start && !store_cursor_start(r->db, r->org, b->binding_id,
	    b->listing, err))
		return false;
	if (page->start && (r->resumed || r->has_parts) &&
	    !store_action_drop_planned(r->db, r->org, r->row.id, b->binding_id,
	    err))
		return false;
	return p->next_seq > 0 || store_action_next_seq(r->db, r->org,
	    r->row.id, &p->next_seq, err);
}

static bool write_part(struct run *r, void *arg, struct err *err)
{
	struct page *page = arg;

	return begin(r, page, err) && plan_entries(&page->plan, page->part,
	    page->part_count, true, err) && flush(&page->plan, 0, err);
}

static bool write_page(struct run *r, void *arg, struct err *err)
{
	struct page *page = arg;
	struct plan *p = &page->plan;
	struct cursor_row *b = p->b;

	if (!begin(r, page, err) || !plan_entries(p, page->changes.entries,
	    page->changes.count, b->listing, err))
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

/* A listing nobody asked for: the server forgot the cursor without a word. Its
 * absences mean as much as those of a listing we wanted. */
static void note_listing(struct cursor_row *b, const struct page *page)
{
	if (!b->listing && page->start) {
		b->listing = true;
		b->generation++;
	}
}

static void forget_rows(struct page *page)
{
	struct plan *p = &page->plan;

	pool_reset(p->pool);
	p->rows = NULL;
	p->rows_pool = NULL;
	p->count = p->room = 0;
}

static bool take_part(void *arg, const struct provider_entry *entries,
    size_t count, struct err *err)
{
	struct page *page = arg;
	struct run *r = page->plan.r;

	note_listing(page->plan.b, page);
	page->part = entries;
	page->part_count = count;
	if (!journal_tx(r, "part", write_part, page, err))
		return false;
	r->has_parts = true;
	r->next_seq = page->plan.next_seq;
	page->listed = page->plan.listed;
	page->start = false;
	forget_rows(page);
	return true;
}

/* Asks for one page; a lost cursor starts a listing, once. */
static bool read_page(struct run *r, struct cursor_row *b, struct page *page,
    struct err *err)
{
	struct provider_session *s = r->session;
	struct provider_since since = {
		.collection_id = b->remote_id,
		.cursor = b->listing ? NULL : b->cursor_value,
		.page_cursor = b->page_cursor,
		.take = r->dry ? NULL : take_part, .take_arg = page,
	};

	if (!journal_may_call(r, err))
		return false;
	if (s->provider->changes(s, page->pool, &since, &page->changes, err))
		return true;
	if (err->kind != ERR_GONE || (b->listing && !b->page_cursor))
		return false;
	b->generation += !b->listing || !page->start;
	b->listing = true;
	b->page_cursor = NULL;
	page->start = true;
	since.cursor = since.page_cursor = NULL;
	return s->provider->changes(s, page->pool, &since, &page->changes, err);
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

/* Nothing came, nothing waits, the cursor stays: there is nothing to write. */
static bool is_no_change(struct run *r, const struct cursor_row *b,
    const struct page *page, bool clean, bool *out, struct err *err)
{
	const struct provider_changes *c = &page->changes;
	struct pending_row *rows;
	size_t n;

	*out = false;
	if (!clean || !page->start || r->resumed || r->has_parts || b->listing ||
	    c->listing || !c->complete || c->count > 0 || r->dead_count > 0 ||
	    r->held_count > 0 || !str_eq(c->cursor, b->cursor_value))
		return true;
	if (!store_pending_list(r->db, page->pool, r->org, b->binding_id, 0, 1,
	    &rows, &n, err))
		return false;
	*out = n == 0;
	return true;
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
	struct page page = { .pool = pool, .plan = { .r = r, .b = b } };
	bool fine = true, clean, same;

	clean = !b->page_cursor && !b->next_cursor && !b->listing;
	prepare(r, b, &page);
	/* Stopped between two pages, the next one goes on from there. */
	for (bool more = true; more && fine && (page.start ||
	    !journal_is_stopped(r));) {
		page.before = r->row;
		page.plan.pool = pool_new(pool);
		fine = read_page(r, b, &page, err) &&
		    is_no_change(r, b, &page, clean, &same, err);
		if (!fine)
			break;
		if (same) {
			b->planned_run_id = r->row.id;
			break;
		}
		if (page.changes.listing)
			note_listing(b, &page);
		fine = journal_tx(r, "page", write_page, &page, err);
		if (!fine)
			r->row = page.before;
		more = !page.changes.complete;
		b->page_cursor = more ? pool_strdup(r->pool,
		    page.changes.page_cursor) : NULL;
		if (fine)
			r->next_seq = page.plan.next_seq;
		if (fine && !more)
			note_planned(r, b, &page.changes);
		page = (struct page){ .pool = pool, .plan = { .r = r, .b = b } };
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
		if (!c->entries[i].gone)
			p->seen[p->seen_count++] =
			    store_link_key(c->entries[i].remote_id);
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
	struct page page = { .start = true, .plan = *p, .pool = p->pool };
	struct cursor_row *b = p->b;

	b->page_cursor = NULL;
	b->listing = wants_listing(r, b);
	do {
		if (!read_page(r, b, &page, err))
			return false;
		b->listing |= page.changes.listing;
		note_seen(&page.plan, &page.changes);
		if (!plan_entries(&page.plan, page.changes.entries,
		    page.changes.count, false, err))
			return false;
		b->page_cursor = page.changes.page_cursor;
	} while (!page.changes.complete);
	*p = page.plan;
	return (!b->listing || dry_sweep(p, err)) && plan_pending(p, err) &&
	    plan_dead(p, err);
}
