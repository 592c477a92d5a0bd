/* The list of what can be restored, and the way back of a single date. */
#include "acts/acts_deleted.h"
#include "acts/acts_event_p.h"
#include "jobs/wake.h"
#include "model/event_series.h"
#include "util/banned.h"

bool acts_deleted_list(const struct act *act, const char *title,
    enum removal_by by, struct deleted_row **out, size_t *count_out,
    struct err *err)
{
	struct deleted_filter filter = { .viewer = act->user_id,
	    .title = title ? title : "", .by = by, .most = ACTS_DELETED_MOST };

	return store_removal_list(act->db, act->pool, act->org_id, &filter, out,
	    count_out, err);
}

struct back { const struct act *act; uint64_t id, event_id; };

static bool back_body(struct db *db, void *arg, struct err *err)
{
	struct back *b = arg;
	const struct act *act = b->act;
	struct acts_event_target target = { 0 };
	struct event *before = NULL, *e;
	struct stored_event stored;
	struct removal_row row;
	int found = store_removal_find(db, act->pool, act->org_id,
	    act->user_id, b->id, &row, err);

	if (found < 0)
		return false;
	if (!found || !*row.recurrence_id)
		return err_set(err, ERR_NOT_FOUND, "There is no such date to "
		    "restore. It may be back already.");
	target.id = b->event_id = row.event_id;
	if (!acts_event_open(act, &target, &stored, err))
		return false;
	e = event_copy(act->pool, stored.event);
	if (row.body.data && row.body.len && !event_parse(act->pool,
	    row.body.data, row.body.len, &before, err))
		return false;
	return event_series_include(act->pool, e, row.recurrence_id, before,
	    err) && event_check(act->pool, e, err) &&
	    store_event_put_if(db, act->org_id, stored.id, stored.rev, e, NULL,
	    err) && store_removal_drop(db, act->org_id, stored.id,
	    row.recurrence_id, err) &&
	    act_audit(act, "event.restore", "event", stored.id, "one date", err);
}

bool acts_deleted_restore_date(const struct act *act, uint64_t id,
    uint64_t *event_id_out, struct err *err)
{
	struct back b = { .act = act, .id = id };

	if (!db_tx(act->db, back_body, &b, NULL, err))
		return false;
	*event_id_out = b.event_id;
	wake_send(act->config);
	return true;
}
