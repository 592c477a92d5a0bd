/*
 * What the decisions of a batch have in common, written together at the end of
 * its transaction: events that are new, changed or deleted here, by arrays.
 */
#include "sync/engine_p.h"
#include "util/banned.h"

static struct link_row link_of(const struct batch *bt,
    const struct batch_item *x)
{
	const struct provider_item *t = &bt->items[x->at];
	const struct action_row *row = &bt->out[x->at];

	return (struct link_row){
		.binding_id = bt->b->binding_id, .remote_key = row->remote_key,
		.remote_id = t->remote_id ? t->remote_id : row->remote_id,
		.version = t->version, .remote_raw = { t->raw, t->raw_len },
		.base = perform_format(bt->pool, t->event),
		.remote_hash = x->hash, .local_hash = x->hash,
	};
}

static bool clear_all(struct batch *bt, const struct batch_later *later,
    struct err *err)
{
	for (size_t k = 0; k < later->count; k++)
		if (!journal_clear(bt->r, bt->b, &bt->out[later->items[k].at],
		    err))
			return false;
	return true;
}

static bool create_events(struct batch *bt, struct link_row *links,
    struct err *err)
{
	size_t count = bt->creates.count;
	const struct event **events = pool_array(bt->pool, count,
	    sizeof(*events));
	uint64_t *ids = pool_array(bt->pool, count, sizeof(*ids));

	for (size_t k = 0; k < count; k++)
		events[k] = bt->items[bt->creates.items[k].at].event;
	if (!store_event_add_many(bt->r->db, bt->pool, bt->r->org,
	    bt->b->calendar_id, events, count, ids, err))
		return false;
	for (size_t k = 0; k < count; k++) {
		links[k].event_id = ids[k];
		links[k].synced_rev = 1 + events[k]->override_count;
		bt->out[bt->creates.items[k].at].event_id = ids[k];
	}
	return true;
}

static bool create_all(struct batch *bt, struct err *err)
{
	size_t count = bt->creates.count;
	struct link_row *links = pool_array(bt->pool, count, sizeof(*links));

	for (size_t k = 0; k < count; k++)
		links[k] = link_of(bt, &bt->creates.items[k]);
	return create_events(bt, links, err) && store_link_put_many(bt->r->db,
	    bt->pool, bt->r->org, links, count, bt->b->generation, err) &&
	    clear_all(bt, &bt->creates, err);
}

/* ---- of what is there already ---- */

static bool add_images(struct batch *bt, const struct batch_later *later,
    struct err *err)
{
	struct image_row *images = pool_array(bt->pool, later->count,
	    sizeof(*images));

	for (size_t k = 0; k < later->count; k++) {
		const struct batch_item *x = &later->items[k];

		images[k] = (struct image_row){
			.run_id = bt->r->row.id, .seq = bt->out[x->at].seq,
			.event_id = x->here->id, .side = IMAGE_LOCAL,
			.body = x->as_agreed ? x->link->base :
			    perform_format(bt->pool, x->here->event),
		};
	}
	return store_image_add_many(bt->r->db, bt->pool, bt->r->org, images,
	    later->count, err);
}

/* Most batches meet nothing that waits. */
static bool settle(struct batch *bt, const struct batch_later *later,
    const struct store_event_change *changes, struct err *err)
{
	struct pending_row *rows;

	if (!bt->match)
		return true;
	rows = pool_array(bt->pool, later->count, sizeof(*rows));
	for (size_t k = 0; k < later->count; k++)
		rows[k] = (struct pending_row){ .event_id = changes[k].id,
		    .rev = changes[k].rev };
	return store_pending_remove_many(bt->r->db, bt->pool, bt->r->org,
	    bt->b->binding_id, rows, later->count, err);
}

static struct store_event_change *changes_of(struct batch *bt,
    const struct batch_later *later)
{
	struct store_event_change *changes = pool_array(bt->pool, later->count,
	    sizeof(*changes));

	for (size_t k = 0; k < later->count; k++) {
		const struct batch_item *x = &later->items[k];

		changes[k] = (struct store_event_change){ .id = x->here->id,
		    .rev = x->here->rev, .event = bt->items[x->at].event };
	}
	return changes;
}

static bool update_all(struct batch *bt, struct err *err)
{
	const struct batch_later *later = &bt->updates;
	struct run *r = bt->r;
	struct store_event_change *changes = changes_of(bt, later);
	struct link_row *links = pool_array(bt->pool, later->count,
	    sizeof(*links));

	if (!add_images(bt, later, err) || !store_event_put_many(r->db,
	    bt->pool, r->org, bt->b->calendar_id, changes, later->count, err))
		return false;
	for (size_t k = 0; k < later->count; k++) {
		links[k] = link_of(bt, &later->items[k]);
		links[k].event_id = changes[k].id;
		links[k].synced_rev = changes[k].rev;
	}
	return store_link_put_many(r->db, bt->pool, r->org, links, later->count,
	    bt->b->generation, err) && settle(bt, later, changes, err) &&
	    clear_all(bt, later, err);
}

static bool delete_all(struct batch *bt, struct err *err)
{
	const struct batch_later *later = &bt->deletes;
	struct run *r = bt->r;
	struct store_event_change *changes = changes_of(bt, later);
	uint64_t *ids = pool_array(bt->pool, later->count, sizeof(*ids));

	for (size_t k = 0; k < later->count; k++)
		ids[k] = later->items[k].link->id;
	/* What waited is settled as of the version that goes. */
	return add_images(bt, later, err) && settle(bt, later, changes, err) &&
	    store_link_remove_many(r->db, r->org, ids, later->count, err) &&
	    store_event_remove_many(r->db, bt->pool, r->org,
	    bt->b->calendar_id, changes, later->count, err) &&
	    clear_all(bt, later, err);
}

void perform_begin(struct batch *bt)
{
	struct batch_later *all[] = { &bt->creates, &bt->updates, &bt->deletes };

	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++) {
		all[i]->count = 0;
		all[i]->items = pool_array(bt->pool, bt->count,
		    sizeof(*all[i]->items));
	}
}

bool perform_end(struct batch *bt, struct err *err)
{
	return (bt->creates.count == 0 || create_all(bt, err)) &&
	    (bt->updates.count == 0 || update_all(bt, err)) &&
	    (bt->deletes.count == 0 || delete_all(bt, err));
}
