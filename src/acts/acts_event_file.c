/*
 * iCalendar files in and out. A file is taken as a whole in one transaction;
 * items that cannot be taken are told one by one with their reason.
 */
#include "acts/acts_event_p.h"
#include "jobs/wake.h"
#include "providers/ical_map.h"
#include "util/banned.h"

#define AT_ONCE STORE_EVENT_UIDS_MOST
#define COMPARED 500	/* events read back at a time */

struct import {
	const struct act *act;
	uint64_t calendar_id;
	struct ical_file *file;
	struct acts_event_import result;
	struct acts_event_refusal *refusals;
	struct pool *pool;		/* of the portion */
};

static void refuse(struct import *im, const char *uid, const char *reason)
{
	im->refusals[im->result.refused++] = (struct acts_event_refusal){
		uid ? uid : "", pool_strdup(im->act->pool, reason) };
}

static bool take_known(struct import *im, const struct stored_event *known,
    const struct event *e, struct err *err)
{
	struct digest was, now;
	uint64_t id;

	/* Cleaned away since its UID was looked for. */
	if (!known->id) {
		im->result.added++;
		return store_event_add(im->act->db, im->act->org_id,
		    im->calendar_id, e, &id, NULL, err);
	}
	was = event_hash(im->pool, known->event);
	now = event_hash(im->pool, e);
	if (digest_eq(&was, &now)) {
		im->result.same++;
		return true;
	}
	im->result.updated++;
	return store_event_put(im->act->db, im->act->org_id, known->id, e, NULL,
	    err);
}

static bool take_all_known(struct import *im, const struct event *const *events,
    const uint64_t *ids, size_t count, struct err *err)
{
	struct stored_event *known = pool_array(im->pool, COMPARED,
	    sizeof(*known));

	for (size_t at = 0; at < count; at += COMPARED) {
		size_t n = count - at < COMPARED ? count - at : COMPARED;

		if (!store_event_get_many(im->act->db, im->pool,
		    im->act->org_id, ids + at, n, known, err))
			return false;
		for (size_t i = 0; i < n; i++)
			if (!take_known(im, &known[i], events[at + i], err))
				return false;
	}
	return true;
}

/* What can be taken of a portion; the rest is told. */
static size_t sift(struct import *im, size_t from, size_t count,
    const struct event **out)
{
	struct ical_item *items = pool_array(im->pool, count, sizeof(*items));
	struct err refused;
	size_t n = 0;

	ical_file_read(im->file, im->pool, from, count, items);
	for (size_t i = 0; i < count; i++)
		if (!items[i].event)
			refuse(im, items[i].uid, items[i].reason);
		else if (!event_check(im->pool, items[i].event, &refused))
			refuse(im, items[i].uid, refused.msg);
		else
			out[n++] = items[i].event;
	return n;
}

static bool take_portion(struct import *im, size_t from, size_t count,
    struct err *err)
{
	const struct act *act = im->act;
	const struct event **events = pool_array(im->pool, count,
	    sizeof(*events));
	const struct event **known = pool_array(im->pool, count,
	    sizeof(*known));
	uint64_t *ids = pool_array(im->pool, count, sizeof(*ids));
	uint64_t *known_ids = pool_array(im->pool, count, sizeof(*known_ids));
	size_t n = sift(im, from, count, events), fresh = 0, met = 0;

	if (!store_event_find_uids(act->db, im->pool, act->org_id,
	    im->calendar_id, events, n, ids, err))
		return false;
	for (size_t i = 0; i < n; i++)
		if (ids[i]) {
			known[met] = events[i];
			known_ids[met++] = ids[i];
		} else {
			events[fresh++] = events[i];
		}
	im->result.added += fresh;
	return take_all_known(im, known, known_ids, met, err) &&
	    store_event_add_many(act->db, im->pool, act->org_id,
	    im->calendar_id, events, fresh, ids, err);
}

static bool import_body(struct db *db, void *arg, struct err *err)
{
	struct import *im = arg;
	size_t count = ical_file_count(im->file);
	struct event_rights rights;

	(void)db;
	im->result = (struct acts_event_import){ 0 };
	if (!acts_event_find_calendar(im->act, im->calendar_id, 0, &rights,
	    err) || !acts_event_may_change(im->act, &rights, err))
		return false;
	for (size_t at = 0; at < count; at += AT_ONCE) {
		pool_reset(im->pool);
		if (!take_portion(im, at, count - at < AT_ONCE ? count - at :
		    AT_ONCE, err))
			return false;
	}
	return act_audit(im->act, "event.import", "calendar", im->calendar_id,
	    pool_printf(im->act->pool, "%zu added, %zu updated, %zu refused",
	    im->result.added, im->result.updated, im->result.refused), err);
}

bool acts_event_import(const struct act *act, uint64_t calendar_id,
    const char *text, size_t len, struct acts_event_import *out,
    struct err *err)
{
	struct import im = { .act = act, .calendar_id = calendar_id };
	bool fine;

	if (!ical_file_open(act->pool, text, len, &im.file, err))
		return false;
	im.refusals = pool_array(act->pool, ical_file_count(im.file) + 1,
	    sizeof(*im.refusals));
	im.pool = pool_new(act->pool);
	fine = db_tx(act->db, import_body, &im, NULL, err);
	pool_free(im.pool);
	if (!fine)
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
