/*
 * What came of a batch of writes, in one transaction: links, the plan's rows,
 * what is set aside. A precondition that failed is fetched and decided anew.
 */
#include "sync/engine_p.h"
#include <string.h>
#include "util/log.h"
#include "util/str.h"
#include "util/banned.h"

/* rev 0: what is here differs and stays pending. */
static void agree(struct push *p, struct link_row *link,
    const struct event *there, const struct digest *local_hash, uint64_t rev)
{
	perform_fill(p->pool, link, there, local_hash, rev);
	p->agreed[p->agreed_count++] = *link;
	if (rev)
		p->settled[p->settled_count++] = (struct pending_row){
			.event_id = link->event_id, .rev = rev };
}

/* Is the object or the event linked otherwise so far? Then that goes first. */
static bool is_linked_otherwise(const struct push *p, size_t at,
    const struct link_head *heads, size_t count)
{
	const struct link_row *link = &p->agreed[at];

	for (size_t i = 0; i < count; i++)
		if (digest_eq(&heads[i].remote_key, &link->remote_key))
			return heads[i].event_id != link->event_id;
	for (size_t i = 0; i < p->count; i++)
		if (p->links[i].id && p->links[i].event_id == link->event_id &&
		    !digest_eq(&p->links[i].remote_key, &link->remote_key))
			return true;
	for (size_t i = 0; i < at; i++)
		if (digest_eq(&p->agreed[i].remote_key, &link->remote_key))
			return true;
	return false;
}

static bool put_links(struct push *p, size_t at, size_t count, struct err *err)
{
	struct run *r = p->r;
	struct digest keys[STORE_LINK_MOST];
	struct link_row *plain = pool_array(p->pool, count, sizeof(*plain));
	struct link_head *heads;
	size_t n = 0, head_count;

	for (size_t i = 0; i < count; i++)
		keys[i] = p->agreed[at + i].remote_key;
	if (!store_link_list_heads(r->db, p->pool, r->org, p->b->binding_id,
	    keys, count, &heads, &head_count, err))
		return false;
	for (size_t i = at; i < at + count; i++)
		if (!is_linked_otherwise(p, i, heads, head_count))
			plain[n++] = p->agreed[i];
		else if (!store_link_put(r->db, r->org, &p->agreed[i],
		    p->b->generation, err))
			return false;
	return store_link_put_many(r->db, p->pool, r->org, plain, n,
	    p->b->generation, err);
}

static bool put_agreed(struct push *p, struct err *err)
{
	size_t n;

	for (size_t at = 0; at < p->agreed_count; at += n) {
		n = p->agreed_count - at;
		if (n > STORE_LINK_MOST)
			n = STORE_LINK_MOST;
		if (!put_links(p, at, n, err))
			return false;
	}
	return store_pending_remove_many(p->r->db, p->pool, p->r->org,
	    p->b->binding_id, p->settled, p->settled_count, err);
}

static bool confirm_remove(struct push *p, size_t i, struct err *err)
{
	struct run *r = p->r;
	const struct link_row *link = &p->links[i];

	return journal_image(r, p->pool, &p->rows[i], IMAGE_REMOTE,
	    link->base.data, link->base.len, err) &&
	    store_link_remove(r->db, r->org, link->id, err) &&
	    store_pending_remove(r->db, r->org, p->b->binding_id,
	    link->event_id, p->events[i].rev, err);
}

static bool confirm_write(struct push *p, size_t i,
    const struct provider_written *w, struct err *err)
{
	struct run *r = p->r;
	struct action_row *row = &p->rows[i];
	const struct link_row *old = &p->links[i];
	struct link_row link = {
		.binding_id = p->b->binding_id, .event_id = row->event_id,
		.remote_id = w->remote_id ? w->remote_id : row->remote_id,
		.version = w->version, .remote_raw = { w->raw, w->raw_len },
	};
	const struct event *there = w->event ? w->event : p->events[i].event;

	if (old->id && !journal_image(r, p->pool, row, IMAGE_REMOTE,
	    old->base.data, old->base.len, err))
		return false;
	link.remote_key = store_link_key(link.remote_id);
	row->remote_id = link.remote_id;
	row->remote_key = link.remote_key;
	row->version = link.version;
	agree(p, &link, there, &row->intent_hash, p->events[i].rev);
	return true;
}

static bool confirm(struct push *p, size_t i, const struct provider_written *w,
    struct err *err)
{
	struct action_row *row = &p->rows[i];
	bool fine = row->kind == SYNC_PUSH_DELETE ? confirm_remove(p, i, err) :
	    confirm_write(p, i, w, err);

	row->phase = PHASE_DONE;
	p->r->row.done++;
	p->r->row.count_out++;
	return fine && journal_clear(p->r, p->b, row, err);
}

/* A create that was repeated found what the first try had put there, and since
 * then it was changed here: that object is the base, the change is still due. */
static void confirm_older(struct push *p, size_t i,
    const struct provider_written *w)
{
	struct action_row *row = &p->rows[i];
	struct link_row link = {
		.binding_id = p->b->binding_id, .event_id = row->event_id,
		.remote_id = w->remote_id, .version = w->version,
		.remote_raw = { w->raw, w->raw_len },
	};

	link.remote_key = store_link_key(link.remote_id);
	row->kind = SYNC_PUSH_UPDATE;
	row->phase = PHASE_PLANNED;
	agree(p, &link, w->event, NULL, 0);
}

static bool is_older(const struct push *p, size_t i,
    const struct provider_written *w)
{
	struct digest got;

	if (p->rows[i].kind != SYNC_PUSH_CREATE || !p->repeats[i] || !w->event)
		return false;
	got = event_hash(p->pool, w->event);
	return !digest_eq(&got, &p->rows[i].intent_hash);
}

/* Read it and decide again, three times at most. */
static bool look_again(struct push *p, size_t i, const struct err *why,
    struct err *err)
{
	struct action_row *row = &p->rows[i];

	if (!journal_try_again(p->r, row->seq)) {
		p->r->row.done++;
		return journal_set_aside(p->r, p->b, row,
		    journal_rev(p->pool, p->events[i].rev),
		    "It changes there faster than it can be written.", err);
	}
	row->phase = PHASE_PLANNED;
	row->message = journal_clip(p->pool, why->msg);
	if (row->kind != SYNC_PUSH_CREATE)
		row->kind = SYNC_FETCH;
	return true;
}

/* One error of many is the item's; what concerns the way there stops the run
 * and leaves the rows as they are: they are looked at again. */
bool apply_is_way(const struct err *e)
{
	return e->kind == ERR_TIMEOUT || e->kind == ERR_RECONNECT ||
	    e->scope >= ERR_COLLECTION;
}

static bool take_result(struct push *p, size_t k, struct err *err)
{
	const struct provider_written *w = &p->results[k];
	size_t i = p->at[k];
	struct action_row *row = &p->rows[i];
	bool create = row->kind == SYNC_PUSH_CREATE;

	if (w->err.kind == ERR_NONE && is_older(p, i, w)) {
		confirm_older(p, i, w);
		return true;
	}
	if (w->err.kind == ERR_NONE)
		return confirm(p, i, w, err);
	if (w->err.kind == ERR_UNCERTAIN ||
	    (w->err.kind == ERR_CONFLICT && !create))
		return look_again(p, i, &w->err, err);
	if ((w->err.kind == ERR_NOT_FOUND || w->err.kind == ERR_GONE) &&
	    !create && w->err.scope == ERR_ITEM)
		return row->kind == SYNC_PUSH_DELETE ? confirm(p, i, w, err) :
		    look_again(p, i, &w->err, err);
	if (apply_is_way(&w->err)) {
		p->stop = w->err;	/* the row stays as sent */
		return true;
	}
	log_err("item set aside", &w->err);
	p->r->row.done++;
	return journal_set_aside(p->r, p->b, row,
	    journal_rev(p->pool, p->events[i].rev), w->err.msg, err);
}

bool apply_results(struct push *p, struct err *err)
{
	struct action_row *saved = p->rows;
	bool fine = true;

	memset(&p->stop, 0, sizeof(p->stop));
	/* A retried transaction starts from the rows as they were sent. */
	p->rows = pool_memdup(p->pool, saved, p->count * sizeof(*saved));
	p->agreed = pool_array(p->pool, p->sent, sizeof(*p->agreed));
	p->settled = pool_array(p->pool, p->sent, sizeof(*p->settled));
	p->agreed_count = p->settled_count = 0;
	for (size_t k = 0; k < p->sent && fine; k++)
		fine = take_result(p, k, err);
	fine = fine && put_agreed(p, err) && store_action_put_many(p->r->db,
	    p->pool, p->r->org, p->rows, p->count, err);
	p->rows = saved;
	return fine;
}
