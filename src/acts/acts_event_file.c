/*
 * iCalendar files in and out. A file is taken as a whole in one transaction;
 * items that cannot be taken are told one by one with their reason.
 */
#include "acts/acts_event_p.h"
#include "jobs/wake.h"
#include "providers/ical_map.h"
#include "util/banned.h"

struct import {
	const struct act *act;
	uint64_t calendar_id;
	struct ical_item *items;
	size_t count;
	struct acts_event_import result;
	struct acts_event_refusal *refusals;
	const struct event **fresh;
	size_t fresh_count;
};

static void refuse(struct import *im, const char *uid, const char *reason)
{
	im->refusals[im->result.refused++] = (struct acts_event_refusal){
		uid ? uid : "", reason };
}

static bool take_known(struct import *im, const struct stored_event *known,
    const struct event *e, struct err *err)
{
	struct digest was = event_hash(im->act->pool, known->event);
	struct digest now = event_hash(im->act->pool, e);

	if (digest_eq(&was, &now)) {
		im->result.same++;
		return true;
	}
	im->result.updated++;
	return store_event_put(im->act->db, im->act->org_id, known->id, e, NULL,
	    err);
}

static bool take_item(struct import *im, const struct ical_item *item,
    struct err *err)
{
	struct stored_event known;
	struct err refused;
	int found;

	if (!item->event) {
		refuse(im, item->uid, item->reason);
		return true;
	}
	if (!event_check(im->act->pool, item->event, &refused)) {
		refuse(im, item->uid, pool_strdup(im->act->pool, refused.msg));
		return true;
	}
	found = store_event_find_uid(im->act->db, im->act->pool,
	    im->act->org_id, im->calendar_id, item->event->uid, &known, err);
	if (found < 0)
		return false;
	if (found)
		return take_known(im, &known, item->event, err);
	im->fresh[im->fresh_count++] = item->event;
	return true;
}

static bool import_body(struct db *db, void *arg, struct err *err)
{
	struct import *im = arg;
	struct pool *pool = im->act->pool;
	struct event_rights rights;
	uint64_t *ids = pool_array(pool, im->count + 1, sizeof(*ids));
	size_t i;

	im->result = (struct acts_event_import){ 0 };
	im->fresh_count = 0;
	if (!acts_event_find_calendar(im->act, im->calendar_id, 0, &rights,
	    err) || !acts_event_may_change(im->act, &rights, err))
		return false;
	for (i = 0; i < im->count; i++)
		if (!take_item(im, &im->items[i], err))
			return false;
	if (!store_event_add_many(db, pool, im->act->org_id, im->calendar_id,
	    im->fresh, im->fresh_count, ids, err))
		return false;
	im->result.added = im->fresh_count;
	return act_audit(im->act, "event.import", "calendar", im->calendar_id,
	    pool_printf(pool, "%zu added, %zu updated, %zu refused",
	    im->result.added, im->result.updated, im->result.refused), err);
}

bool acts_event_import(const struct act *act, uint64_t calendar_id,
    const char *text, size_t len, struct acts_event_import *out,
    struct err *err)
{
	struct import im = { .act = act, .calendar_id = calendar_id };

	if (!ical_split(act->pool, text, len, &im.items, &im.count, err))
		return false;
	im.refusals = pool_array(act->pool, im.count + 1, sizeof(*im.refusals));
	im.fresh = pool_array(act->pool, im.count + 1, sizeof(*im.fresh));
	if (!db_tx(act->db, import_body, &im, NULL, err))
		return false;
	*out = im.result;
	out->refusals = im.refusals;
	wake_send(act->config);
	return true;
}

bool acts_event_export(const struct act *act, uint64_t calendar_id,
    char **text_out, size_t *len_out, struct err *err)
{
	struct store_event_listing what = { act->user_id, calendar_id, 0 };
	const struct event **all = NULL;
	struct stored_event *some;
	struct event_rights rights;
	size_t count, total = 0, i;

	if (calendar_id && !acts_event_find_calendar(act, calendar_id, 0,
	    &rights, err))
		return false;
	do {
		if (!store_event_list_alive(act->db, act->pool, act->org_id,
		    &what, &some, &count, err))
			return false;
		all = pool_grow(act->pool, all, total, total + count,
		    sizeof(*all));
		for (i = 0; i < count; i++)
			all[total++] = some[i].event;
		if (count > 0)
			what.after_id = some[count - 1].id;
	} while (count > 0);
	return ical_join(act->pool, all, total, when_now(), text_out, len_out,
	    err);
}
