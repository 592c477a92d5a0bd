/* Conflicts: looked at, left as decided, or decided otherwise. */
#include "acts/acts_conflict.h"
#include <string.h>
#include "acts/acts_event_p.h"
#include "jobs/wake.h"
#include "store/store_binding.h"
#include "util/banned.h"

#define MOST 200

static bool no_such_conflict(struct err *err)
{
	return err_set(err, ERR_NOT_FOUND, "There is no such conflict.");
}

/* 1 seen, 0 not for this person, -1 failed. */
static int fill_head(const struct act *act, const struct conflict_row *row,
    struct stored_event *event, struct event_rights *rights,
    struct acts_conflict *out, struct err *err)
{
	struct event_rights_of of = { act->user_id, 0, row->event_id };
	struct binding_row binding = { 0 };
	int found = store_event_find(act->db, act->pool, act->org_id,
	    act->user_id, row->event_id, event, err);

	if (found <= 0)
		return found;
	of.calendar_id = event->calendar_id;
	found = store_event_find_rights(act->db, act->pool, act->org_id, &of,
	    rights, err);
	if (found <= 0)
		return found;
	found = store_binding_find(act->db, act->pool, act->org_id,
	    row->binding_id, &binding, err);
	if (found < 0)
		return found;
	*out = (struct acts_conflict){
		.id = row->id, .event_id = row->event_id,
		.event_rev = event->rev, .title = event->event->master.summary,
		.calendar_name = rights->name, .fields = row->fields,
		.winner = row->winner,
		.there = found && binding.connection_name ?
		    binding.connection_name : "there",
		.event_deleted = event->deleted_at != WHEN_NONE,
		.created_at = row->created_at, .resolved_at = row->resolved_at,
	};
	if (!out->title && event->event->override_count > 0)
		out->title = event->event->overrides[0].summary;
	if (!out->title || !*out->title)
		out->title = "Event without a title";
	return 1;
}

bool acts_conflict_list(const struct act *act, bool open_only,
    struct acts_conflict **out, size_t *count_out, struct err *err)
{
	struct conflict_row *rows;
	size_t count, i, n = 0;

	if (!store_conflict_list(act->db, act->pool, act->org_id, 0, open_only,
	    MOST, &rows, &count, err))
		return false;
	*out = pool_array(act->pool, count + 1, sizeof(**out));
	for (i = 0; i < count; i++) {
		struct stored_event event;
		struct event_rights rights;
		int seen = fill_head(act, &rows[i], &event, &rights,
		    &(*out)[n], err);

		if (seen < 0)
			return false;
		n += (size_t)seen;
	}
	*count_out = n;
	return true;
}

static bool open_conflict(const struct act *act, uint64_t id,
    struct conflict_row *row, struct stored_event *event,
    struct event_rights *rights, struct acts_conflict *head, struct err *err)
{
	int found = store_conflict_find(act->db, act->pool, act->org_id, id,
	    row, err);

	if (found > 0)
		found = fill_head(act, row, event, rights, head, err);
	if (found < 0)
		return false;
	return found || no_such_conflict(err);
}

static bool parse_version(const struct act *act, const struct stmt_blob *body,
    const struct event **out, struct err *err)
{
	struct event *e = NULL;

	*out = NULL;
	if (!body->data || body->len == 0)
		return true;
	if (!event_parse(act->pool, body->data, body->len, &e, err))
		return false;
	*out = e;
	return true;
}

bool acts_conflict_show(const struct act *act, uint64_t id,
    const struct zone *zone, struct acts_conflict_view *out, struct err *err)
{
	struct acts_conflict_view view = { 0 };
	struct event_words_field *fields = NULL;
	struct stored_event event;
	struct event_rights rights;
	struct conflict_row row;
	struct err why;

	if (!open_conflict(act, id, &row, &event, &rights, &view.head, err) ||
	    !parse_version(act, &row.base, &view.base, err) ||
	    !parse_version(act, &row.local, &view.here, err) ||
	    !parse_version(act, &row.remote, &view.there, err))
		return false;
	event_words_compare(act->pool, view.base, view.here, view.there, zone,
	    &fields, &view.field_count);
	view.fields = fields;
	view.editable = acts_event_may_change(act, &rights, &why);
	if (!view.editable)
		view.locked_reason = pool_strdup(act->pool, why.msg);
	*out = view;
	return true;
}

struct answer {
	const struct act *act;
	uint64_t id, rev;
	int side;			/* 0 = as it is */
};

static bool audit_answer(const struct answer *a, struct err *err)
{
	return act_audit(a->act, "conflict.resolve", "conflict", a->id,
	    a->side == ACTS_CONFLICT_HERE ?
	    "our version" : a->side == ACTS_CONFLICT_THERE ?
	    "the provider's version" : "as decided", err);
}

static bool write_version(const struct act *act,
    const struct stored_event *event, const struct event *version,
    struct err *err)
{
	bool gone = event->deleted_at != WHEN_NONE;

	if (!version)
		return gone || store_event_remove(act->db, act->org_id,
		    event->id, NULL, err);
	return (!gone || store_event_restore(act->db, act->org_id, event->id,
	    NULL, err)) && store_event_put(act->db, act->org_id, event->id,
	    version, NULL, err);
}

static bool choose(const struct answer *a, const struct conflict_row *row,
    const struct stored_event *event, struct err *err)
{
	const struct event *version;

	if (a->rev && a->rev != event->rev)
		return err_set(err, ERR_CONFLICT, "This event was changed "
		    "meanwhile. Look at it again and choose then.");
	return parse_version(a->act, a->side == ACTS_CONFLICT_HERE ?
	    &row->local : &row->remote, &version, err) &&
	    write_version(a->act, event, version, err);
}

static bool answer_body(struct db *db, void *arg, struct err *err)
{
	const struct answer *a = arg;
	struct stored_event event;
	struct event_rights rights;
	struct acts_conflict head;
	struct conflict_row row;

	if (!open_conflict(a->act, a->id, &row, &event, &rights, &head, err) ||
	    !acts_event_may_change(a->act, &rights, err))
		return false;
	if (a->side && row.resolved_at != WHEN_NONE)
		return err_set(err, ERR_CONFLICT, "This conflict has been "
		    "answered already. Edit the event instead.");
	if (a->side && !choose(a, &row, &event, err))
		return false;
	return store_conflict_resolve(db, a->act->org_id, a->id, err) &&
	    audit_answer(a, err);
}

bool acts_conflict_resolve(const struct act *act, uint64_t id, struct err *err)
{
	struct answer a = { .act = act, .id = id };

	return db_tx(act->db, answer_body, &a, NULL, err);
}

bool acts_conflict_choose(const struct act *act, uint64_t id,
    enum acts_conflict_side side, uint64_t rev, struct err *err)
{
	struct answer a = { act, id, rev, (int)side };

	if (!db_tx(act->db, answer_body, &a, NULL, err))
		return false;
	wake_send(act->config);
	return true;
}
