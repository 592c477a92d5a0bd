/*
 * Entries of a list become rows of the plan, each with its reason, by what is
 * linked and what waits here. Must not ask the provider.
 */
#include "sync/engine_p.h"
#include "util/str.h"
#include "util/banned.h"

#define CHUNK STORE_LINK_MOST

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
    const struct stored_event *here, bool changed_here, struct err *err)
{
	struct run *r = p->r;
	struct item_state s = { .local = DELTA_SAME, .remote = DELTA_GONE };
	struct link_row link;
	struct delta_out d;
	struct action_row *row;

	if (plan_is_held(r, head->id, SYNC_PULL_DELETE))
		return true;
	if (changed_here || here->id == 0 || here->deleted_at != WHEN_NONE ||
	    here->calendar_id != p->b->calendar_id) {
		if (store_link_find(r->db, p->pool, r->org, head->id, &link,
		    err) < 0)
			return false;
		s.local = decide_local(p->pool, p->b, &link, here, &s.here_hash);
	}
	s.link = &link;
	d = decide_item(p->b, &s);
	row = plan_row(p, d.kind, d.reason);
	row->event_id = head->event_id;
	row->link_id = head->id;
	row->remote_id = head->remote_id;
	row->remote_key = head->remote_key;
	row->version = head->version;
	if (here->id)
		row->title = journal_clip(p->pool, here->event->master.summary);
	return true;
}

/* At most CHUNK of them. */
static bool add_all_gone(struct plan *p, const struct link_head *const *heads,
    size_t count, const struct pending_row *pending, size_t pending_count,
    struct err *err)
{
	struct stored_event here[CHUNK];
	uint64_t ids[CHUNK];

	for (size_t i = 0; i < count; i++)
		ids[i] = heads[i]->event_id;
	if (count > 0 && !store_event_get_many(p->r->db, p->pool, p->r->org, ids,
	    count, here, err))
		return false;
	for (size_t i = 0; i < count; i++)
		if (!add_gone(p, heads[i], &here[i], pending_of(pending,
		    pending_count, ids[i]) != NULL, err))
			return false;
	return true;
}

bool plan_gone(struct plan *p, const struct link_head *heads, size_t count,
    struct err *err)
{
	uint64_t ids[CHUNK];
	const struct link_head *gone[CHUNK];
	struct pending_row *pending;
	size_t pending_count;

	for (size_t at = 0; at < count; at += CHUNK) {
		size_t n = count - at < CHUNK ? count - at : CHUNK;

		for (size_t i = 0; i < n; i++) {
			gone[i] = &heads[at + i];
			ids[i] = gone[i]->event_id;
		}
		if (!store_pending_list_of(p->r->db, p->pool, p->r->org,
		    p->b->binding_id, ids, n, &pending, &pending_count, err) ||
		    !add_all_gone(p, gone, n, pending, pending_count, err))
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

static bool add_present(struct plan *p, const struct provider_entry *item,
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
	if (dead)
		p->r->dead_planned[dead - p->r->dead] = true;
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

static bool plan_chunk(struct plan *p, const struct provider_entry *items,
    size_t count, bool mark, struct err *err)
{
	struct run *r = p->r;
	struct digest keys[CHUNK];
	uint64_t ids[CHUNK];
	struct link_head *heads = NULL;
	const struct link_head *gone[CHUNK];
	struct pending_row *pending;
	size_t head_count = 0, pending_count, gone_count = 0;

	for (size_t i = 0; i < count; i++)
		keys[i] = store_link_key(items[i].remote_id);
	if (p->linked && !store_link_list_heads(r->db, p->pool, r->org,
	    p->b->binding_id, keys, count, &heads, &head_count, err))
		return false;
	for (size_t i = 0; i < head_count; i++)
		ids[i] = heads[i].event_id;
	if (!store_pending_list_of(r->db, p->pool, r->org, p->b->binding_id, ids,
	    head_count, &pending, &pending_count, err) ||
	    (p->linked && mark && !store_link_mark(r->db, p->pool, r->org,
	    p->b->binding_id, keys, count, p->b->generation, err)))
		return false;
	for (size_t i = 0; i < count; i++) {
		const struct link_head *h = head_of(heads, head_count, &keys[i]);
		bool waits = h && pending_of(pending, pending_count, h->event_id);

		if (items[i].gone && h)
			gone[gone_count++] = h;
		else if (!items[i].gone &&
		    !add_present(p, &items[i], &keys[i], h, waits, err))
			return false;
	}
	return add_all_gone(p, gone, gone_count, pending, pending_count, err);
}

bool plan_entries(struct plan *p, const struct provider_entry *entries,
    size_t count, bool mark, struct err *err)
{
	uint64_t links;

	if (count > 0 && !p->looked) {
		if (!store_link_count_up_to(p->r->db, p->r->org,
		    p->b->binding_id, 1, &links, err))
			return false;
		p->linked = links > 0;
		p->looked = true;
	}
	for (size_t at = 0; at < count; at += CHUNK) {
		size_t n = count - at < CHUNK ? count - at : CHUNK;

		if (!plan_chunk(p, &entries[at], n, mark, err))
			return false;
	}
	return true;
}
