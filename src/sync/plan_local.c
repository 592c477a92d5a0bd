/*
 * What waits here, what was set aside and is due, what a person answered: rows
 * of the plan beside those that come from the provider's list. Must not talk
 * to a provider.
 */
#include "sync/engine_p.h"
#include <stdlib.h>
#include "util/str.h"
#include "util/banned.h"

#define PENDING STORE_LINK_MOST		/* at a time */

static int id_cmp(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

static bool is_listed(const struct plan *p, uint64_t event_id)
{
	return p->listed_id_count > 0 && bsearch(&event_id, p->listed_ids,
	    p->listed_id_count, sizeof(event_id), id_cmp);
}

bool plan_is_held(const struct run *r, uint64_t link_id, int kind)
{
	for (size_t i = 0; i < r->held_count; i++)
		if (r->held[i].link_id == link_id && r->held[i].kind == kind)
			return true;
	return false;
}

bool plan_is_due(const struct run *r, const struct dead_row *dead)
{
	return dead->next_try_at != WHEN_NONE && dead->next_try_at <= r->now;
}

static const struct link_row *link_of(const struct link_row *links,
    size_t count, uint64_t event_id)
{
	for (size_t i = 0; i < count; i++)
		if (links[i].event_id == event_id)
			return &links[i];
	return NULL;
}

/* Why it stays is noted once, not with every run. */
static bool note_waiting(struct plan *p, const struct stored_event *e,
    const struct link_row *link, const char *reason, struct err *err)
{
	struct action_row *last, *row;
	size_t n;

	if (!store_action_list_of_event(p->r->db, p->scratch, p->r->org, e->id,
	    1, &last, &n, err))
		return false;
	if (n > 0 && last->kind == SYNC_NOTHING && str_eq(last->reason, reason))
		return true;
	row = plan_row(p, SYNC_NOTHING, reason);
	row->phase = PHASE_SKIPPED;
	row->event_id = e->id;
	row->link_id = link ? link->id : 0;
	row->title = journal_clip(p->pool, e->event->master.summary);
	return true;
}

/* Nothing is left to send: both sides agree up to this rev. */
static bool settle(struct plan *p, const struct stored_event *e,
    const struct link_row *link, const struct pending_row *pending,
    struct err *err)
{
	struct run *r = p->r;

	if (r->dry)
		return true;
	if (link && e->id && e->deleted_at == WHEN_NONE &&
	    !store_link_put_rev(r->db, r->org, link->id, e->rev, err))
		return false;
	return store_pending_remove(r->db, r->org, p->b->binding_id,
	    pending->event_id, e->id ? e->rev : pending->rev, err);
}

static bool is_set_aside(const struct plan *p, const struct stored_event *e)
{
	struct digest key = store_dead_event_key(e->id);
	const struct dead_row *dead = journal_find_dead(p->r,
	    p->b->binding_id, &key);

	return dead && !plan_is_due(p->r, dead) && str_eq(dead->version,
	    journal_rev(p->pool, e->rev));
}

static bool is_set_aside_there(const struct plan *p,
    const struct link_row *link, const struct stored_event *e)
{
	const struct dead_row *dead = link ? journal_find_dead(p->r,
	    p->b->binding_id, &link->remote_key) : NULL;

	return dead && !plan_is_due(p->r, dead) && str_eq(dead->version,
	    journal_rev(p->pool, e->rev));
}

static bool add_pending(struct plan *p, const struct stored_event *e,
    const struct link_row *link, const struct pending_row *pending,
    struct err *err)
{
	struct item_state s = { .link = link, .here = e };
	struct delta_out d;
	struct action_row *row;

	decide_states(p->scratch, p->b, &s, false);
	d = decide_item(p->b, &s);
	if (d.kind == SYNC_NOTHING)
		return d.waits ? note_waiting(p, e, link, d.reason, err) :
		    settle(p, e, link, pending, err);
	if (is_set_aside(p, e) || is_set_aside_there(p, link, e) ||
	    (link && plan_is_held(p->r, link->id, d.kind)))
		return true;
	row = plan_row(p, d.kind, d.reason);
	row->event_id = e->id;
	row->title = journal_clip(p->pool, e->event->master.summary);
	if (link) {
		row->link_id = link->id;
		row->remote_id = pool_strdup(p->pool, link->remote_id);
		row->remote_key = link->remote_key;
		row->version = pool_strdup(p->pool, link->version);
	}
	return true;
}

static bool plan_pending_chunk(struct plan *p, const struct pending_row *rows,
    size_t count, struct err *err)
{
	struct run *r = p->r;
	uint64_t ids[PENDING];
	struct stored_event events[PENDING];
	struct link_row *links;
	size_t link_count;

	for (size_t i = 0; i < count; i++)
		ids[i] = rows[i].event_id;
	if (!store_event_get_many(r->db, p->scratch, r->org, ids, count, events,
	    err) || !store_link_list_by_event(r->db, p->scratch, r->org,
	    p->b->binding_id, ids, count, &links, &link_count, err))
		return false;
	for (size_t i = 0; i < count; i++)
		if (!is_listed(p, ids[i]) && !add_pending(p, &events[i],
		    link_of(links, link_count, ids[i]), &rows[i], err))
			return false;
	return true;
}

/* The events that the list from there has put in the plan. */
static void note_listed(struct plan *p)
{
	p->listed_ids = pool_array(p->pool, p->count + 1,
	    sizeof(*p->listed_ids));
	p->listed_id_count = 0;
	for (size_t i = 0; i < p->count; i++)
		if (p->rows[i].event_id)
			p->listed_ids[p->listed_id_count++] =
			    p->rows[i].event_id;
	qsort(p->listed_ids, p->listed_id_count, sizeof(*p->listed_ids), id_cmp);
}

bool plan_pending(struct plan *p, struct err *err)
{
	struct pending_row *rows;
	uint64_t after = 0;
	size_t n = 0;
	bool fine = true;

	note_listed(p);
	p->scratch = pool_new(p->pool);
	do {
		pool_reset(p->scratch);
		fine = store_pending_list(p->r->db, p->scratch, p->r->org,
		    p->b->binding_id, after, PENDING, &rows, &n, err) &&
		    (n == 0 || plan_pending_chunk(p, rows, n, err));
		after = fine && n > 0 ? rows[n - 1].event_id : after;
	} while (fine && n == PENDING);
	pool_free(p->scratch);
	p->scratch = NULL;
	return fine;
}

/* Sorted: what of the other side stands in the plan. */
static struct digest *listed_keys(const struct plan *p, size_t *count_out)
{
	struct digest *keys = pool_array(p->pool, p->count + 1, sizeof(*keys));
	size_t n = 0;

	for (size_t i = 0; i < p->count; i++)
		if (!digest_is_zero(&p->rows[i].remote_key))
			keys[n++] = p->rows[i].remote_key;
	qsort(keys, n, sizeof(*keys), digest_cmp);
	*count_out = n;
	return keys;
}

/* Objects there that failed and are due again; events wait as pending. */
bool plan_dead(struct plan *p, struct err *err)
{
	struct digest *keys;
	size_t count;

	(void)err;
	if (p->r->dead_count == 0)
		return true;
	note_listed(p);
	keys = listed_keys(p, &count);
	for (size_t i = 0; i < p->r->dead_count; i++) {
		const struct dead_row *dead = &p->r->dead[i];
		struct action_row *row;

		if (p->r->dead_planned[i] || bsearch(&dead->item_key, keys,
		    count, sizeof(*keys), digest_cmp) || dead->binding_id != p->b->binding_id ||
		    !dead->remote_id || !plan_is_due(p->r, dead) ||
		    is_listed(p, dead->event_id))
			continue;
		row = plan_row(p, SYNC_FETCH, "It failed before and is tried again.");
		row->remote_id = dead->remote_id;
		row->remote_key = dead->item_key;
		row->version = dead->version;
		row->event_id = dead->event_id;
		row->title = dead->title;
	}
	return true;
}

static enum sync_kind answered_kind(const struct held_row *h)
{
	if (h->guard == GUARD_APPROVED)
		return (enum sync_kind)h->kind;
	return h->kind == SYNC_PULL_DELETE ? SYNC_RESTORE_REMOTE :
	    SYNC_RESTORE_LOCAL;
}

bool plan_answers(struct plan *p, struct err *err)
{
	struct run *r = p->r;

	for (size_t i = 0; i < r->held_count; i++) {
		const struct held_row *h = &r->held[i];
		bool approved = h->guard == GUARD_APPROVED;
		struct action_row *row;

		if (h->guard == GUARD_HELD || h->binding_id != p->b->binding_id)
			continue;
		row = plan_row(p, answered_kind(h), approved ?
		    "You approved that it is deleted." :
		    "You refused that it is deleted.");
		row->message = RUN_ANSWERED;
		row->event_id = h->event_id;
		row->link_id = h->link_id;
		row->remote_id = h->remote_id;
		row->version = h->version;
		row->title = h->title;
		if (h->remote_id)
			row->remote_key = store_link_key(h->remote_id);
		if (!r->dry && !store_action_put_phase(r->db, r->org, h->run_id,
		    h->seq, approved ? PHASE_DONE : PHASE_REFUSED,
		    pool_printf(p->pool, "Answered; carried out by run %llu.",
		    (unsigned long long)r->row.id), err))
			return false;
	}
	return true;
}
