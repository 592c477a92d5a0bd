/*
 * Events on somebody's behalf: created, edited, deleted, shown. Import and
 * export are acts_event_file.c.
 */
#include "acts/acts_event_p.h"
#include <string.h>
#include "jobs/wake.h"
#include "model/event_series.h"
#include "store/store_removal.h"
#include "store/store_calendar.h"
#include "util/banned.h"

static bool no_such_event(struct err *err)
{
	return err_set(err, ERR_NOT_FOUND, "There is no such event.");
}

bool acts_event_find_calendar(const struct act *act, uint64_t calendar_id,
    uint64_t event_id, struct event_rights *out, struct err *err)
{
	struct event_rights_of of = { act->user_id, calendar_id, event_id };
	int found = store_event_find_rights(act->db, act->pool, act->org_id,
	    &of, out, err);

	if (found < 0)
		return false;
	return found || err_set(err, ERR_NOT_FOUND,
	    "There is no such calendar.");
}

/* Why this person may not change events there; NULL = may. */
static const char *locked_reason(const struct act *act,
    const struct event_rights *rights)
{
	if (rights->locked_links > 0)
		return "This event comes from a calendar that can only be "
		    "read. Change it where it comes from.";
	if (rights->bindings > 0 && rights->locked_bindings == rights->bindings)
		return "This calendar is filled from one that can only be "
		    "read. Choose another calendar, or change it there.";
	if (act->user_id != 0 && rights->user_id != act->user_id &&
	    act->role < ROLE_ADMIN)
		return "This calendar is shared with you to be read. Ask its "
		    "owner to change it.";
	return NULL;
}

bool acts_event_may_change(const struct act *act,
    const struct event_rights *rights, struct err *err)
{
	const char *reason = locked_reason(act, rights);

	return !reason || err_set(err, ERR_FORBIDDEN, "%s", reason);
}

struct create {
	const struct act *act;
	uint64_t calendar_id;
	struct event *e;
	bool once;
	uint64_t *id_out;
};

/* The same form sent again, because its answer did not arrive: 1. With other
 * words in it, it is another event. */
static int find_made(struct create *c, struct err *err)
{
	const struct act *act = c->act;
	struct stored_event old;
	struct digest there, here;
	int found;

	if (!c->once)
		return 0;
	if (!store_calendar_lock(act->db, act->org_id, c->calendar_id, err))
		return -1;
	found = store_event_find_uid(act->db, act->pool, act->org_id,
	    c->calendar_id, c->e->uid, &old, err);
	if (found <= 0)
		return found;
	there = event_hash(act->pool, old.event);
	here = event_hash(act->pool, c->e);
	*c->id_out = old.id;
	if (old.deleted_at == WHEN_NONE && digest_eq(&there, &here))
		return 1;
	c->e->uid = event_input_uid(act->pool, NULL);
	return 0;
}

static bool create_body(struct db *db, void *arg, struct err *err)
{
	struct create *c = arg;
	struct event_rights rights;
	int made;

	if (!acts_event_find_calendar(c->act, c->calendar_id, 0, &rights,
	    err) || !acts_event_may_change(c->act, &rights, err))
		return false;
	made = find_made(c, err);
	if (made != 0)
		return made > 0;
	return store_event_add(db, c->act->org_id, c->calendar_id, c->e,
	    c->id_out, NULL, err) &&
	    act_audit(c->act, "event.create", "event", *c->id_out, NULL, err);
}

bool acts_event_create(const struct act *act, uint64_t calendar_id,
    const struct event_input *in, uint64_t *id_out, struct err *err)
{
	struct create c = { act, calendar_id, NULL, in->once && *in->once,
	    id_out };
	struct event *e;

	if (!event_input_make(act->pool, in, &e, err) ||
	    !event_check(act->pool, e, err))
		return false;
	c.e = e;
	if (!db_tx(act->db, create_body, &c, NULL, err))
		return false;
	wake_send(act->config);
	return true;
}

/* The event, its rights, and that nobody was faster. */
bool acts_event_open(const struct act *act,
    const struct acts_event_target *target, struct stored_event *out,
    struct err *err)
{
	struct event_rights rights;
	int found = store_event_find(act->db, act->pool, act->org_id,
	    act->user_id, target->id, out, err);

	if (found < 0)
		return false;
	if (!found || out->deleted_at != WHEN_NONE)
		return no_such_event(err);
	if (!acts_event_find_calendar(act, out->calendar_id, out->id, &rights,
	    err))
		return err->kind == ERR_NOT_FOUND ? no_such_event(err) : false;
	if (!acts_event_may_change(act, &rights, err))
		return false;
	if (target->rev && target->rev != out->rev)
		return err_set(err, ERR_CONFLICT, "This event was changed "
		    "meanwhile. Look at it again and repeat your change.");
	return true;
}

/*
 * What an edit makes of the event is worked out before the transaction, since
 * a rule may have to be expanded for it; inside it is only written, if the
 * event is still the one that was read.
 */
struct edit {
	const struct act *act;
	struct acts_event_target target;	/* rev: as read */
	const char *key;		/* one date of a series; NULL = whole */
	struct event *made;		/* NULL = the event goes as a whole */
	uint64_t rev;			/* afterwards */
	bool restored;			/* it was deleted, and is no more */
};

static bool open_edit(const struct act *act,
    const struct acts_event_target *target, struct edit *c,
    struct stored_event *stored, struct err *err)
{
	*c = (struct edit){ .act = act, .target = *target };
	if (!acts_event_open(act, target, stored, err))
		return false;
	c->target.rev = stored->rev;
	c->key = event_series_is(stored->event) ? target->recurrence_id : NULL;
	return true;
}

static bool find_date(const struct act *act, const struct stored_event *stored,
    const char *key, struct event_written *w, struct event_series_date *out,
    struct err *err)
{
	bool on_page = act_is_page(act);

	if (!store_event_find_written(act->db, act->org_id, stored->id, key, w,
	    err))
		return false;
	*out = (struct event_series_date){ key,
	    w->there && (on_page || !w->behind) };
	if (out->known || !on_page || event_series_has_own(stored->event, key))
		return true;
	return w->behind ? acts_event_is_behind(err) : err_set(err,
	    ERR_NOT_FOUND, "The series has no such date. Look at it again.");
}

bool acts_event_find_date(const struct act *act,
    const struct stored_event *stored, const char *key,
    struct event_series_date *out, struct err *err)
{
	struct event_written w;

	return find_date(act, stored, key, &w, out, err);
}

/* What is written may be of the rule before: to change a date, the series must
 * have it now. */
static bool find_to_change(const struct act *act,
    const struct stored_event *stored, const char *key,
    struct event_series_date *out, struct err *err)
{
	struct event_written w;

	if (!find_date(act, stored, key, &w, out, err))
		return false;
	out->known = w.there && !w.behind;
	return true;
}

bool acts_event_is_behind(struct err *err)
{
	return err_set(err, ERR_CONFLICT, "The dates of this series are being "
	    "worked out just now. Look again in a moment.");
}

static bool prepare_edit(const struct act *act,
    const struct acts_event_target *target, const struct event_input *in,
    struct edit *c, struct err *err)
{
	struct event_series_date date;
	struct stored_event stored;
	struct event_part *part;

	if (!open_edit(act, target, c, &stored, err))
		return false;
	c->made = event_copy(act->pool, stored.event);
	part = &c->made->master;
	if (c->key && (!find_to_change(act, &stored, c->key, &date, err) ||
	    !event_series_occurrence(act->pool, c->made, &date, &part, err)))
		return false;
	if (!c->key && !c->made->has_master)
		return err_set(err, ERR_CONFLICT, "Only single dates of this "
		    "series are known here. Change one of them.");
	return event_input_apply(act->pool, c->made, part, in, err) &&
	    event_check(act->pool, c->made, err);
}

/* What is in somebody else's calendar does not vanish into a private one. */
static bool stays_seen(const struct act *act, const struct event_rights *from,
    const struct event_rights *to, struct err *err)
{
	return act->user_id == 0 || from->user_id == act->user_id ||
	    to->shared || to->user_id == from->user_id ||
	    err_set(err, ERR_INPUT, "The calendar is somebody else's: its "
	    "events can be moved to a shared calendar only.");
}

/* For the servers it is deleted from the one and made on the other. */
static bool move(struct edit *c, const struct stored_event *stored,
    struct err *err)
{
	uint64_t to = c->target.calendar_id;
	struct event_rights from, rights;

	return to == 0 || to == stored->calendar_id ||
	    (acts_event_find_calendar(c->act, stored->calendar_id, 0, &from,
	    err) && acts_event_find_calendar(c->act, to, 0, &rights, err) &&
	    acts_event_may_change(c->act, &rights, err) &&
	    stays_seen(c->act, &from, &rights, err) &&
	    store_event_move(c->act->db, c->act->org_id, stored->id, to,
	    &c->rev, err) &&
	    act_audit(c->act, "event.move", "event", stored->id, NULL, err));
}

static bool edit_body(struct db *db, void *arg, struct err *err)
{
	struct edit *c = arg;
	struct stored_event stored;

	return acts_event_open(c->act, &c->target, &stored, err) &&
	    store_event_put_if(db, c->act->org_id, stored.id, stored.rev,
	    c->made, &c->rev, err) && move(c, &stored, err) &&
	    act_audit(c->act, "event.edit", "event", stored.id,
	    c->key ? "one date" : NULL, err);
}

/* Whoever named no version does not care who was faster. */
#define TRIES 3

static bool again(const struct acts_event_target *target, int *tries,
    struct err *err)
{
	return !target->rev && err->kind == ERR_CONFLICT && ++*tries < TRIES;
}

bool acts_event_edit(const struct act *act,
    const struct acts_event_target *target, const struct event_input *in,
    uint64_t *rev_out, struct err *err)
{
	struct edit c;
	int tries = 0;
	bool fine;

	do
		fine = prepare_edit(act, target, in, &c, err) &&
		    db_tx(act->db, edit_body, &c, NULL, err);
	while (!fine && again(target, &tries, err));
	if (!fine)
		return false;
	if (rev_out)
		*rev_out = c.rev;
	wake_send(act->config);
	return true;
}

static bool prepare_remove(const struct act *act,
    const struct acts_event_target *target, struct edit *c, struct err *err)
{
	struct event_series_date date;
	struct stored_event stored;

	if (!open_edit(act, target, c, &stored, err))
		return false;
	if (!c->key || (!stored.event->has_master &&
	    stored.event->override_count <= 1))
		return true;
	c->made = event_copy(act->pool, stored.event);
	return find_to_change(act, &stored, c->key, &date, err) &&
	    event_series_exclude(act->pool, c->made, &date, err) &&
	    event_check(act->pool, c->made, err);
}

/* Who did it is noted beside what was deleted, for the way back. */
static bool note_removal(const struct act *act, const struct edit *c,
    const struct event *before, struct err *err)
{
	struct removal_row row = { .event_id = c->target.id,
	    .user_id = act->user_id,
	    .recurrence_id = c->made ? c->key : "" };

	if (c->made) {
		row.body.data = event_format(act->pool, before);
		row.body.len = strlen(row.body.data);
	}
	return store_removal_add(act->db, act->org_id, &row, err);
}

static bool remove_date(const struct act *act, struct edit *c,
    const struct event *before, struct err *err)
{
	uint64_t id = c->target.id;

	return note_removal(act, c, before, err) &&
	    store_event_put_if(act->db, act->org_id, id, c->target.rev,
	    c->made, &c->rev, err) &&
	    store_event_drop_instance(act->db, act->org_id, id, c->key, err) &&
	    act_audit(act, "event.remove", "event", id, "one date", err);
}

static bool remove_body(struct db *db, void *arg, struct err *err)
{
	struct edit *c = arg;
	struct stored_event stored;

	if (!acts_event_open(c->act, &c->target, &stored, err))
		return false;
	if (c->made)
		return remove_date(c->act, c, stored.event, err);
	return store_event_remove(db, c->act->org_id, stored.id, NULL, err) &&
	    note_removal(c->act, c, NULL, err) &&
	    act_audit(c->act, "event.remove", "event", stored.id, NULL, err);
}

bool acts_event_remove(const struct act *act,
    const struct acts_event_target *target, struct err *err)
{
	struct edit c;
	int tries = 0;
	bool fine;

	do
		fine = prepare_remove(act, target, &c, err) &&
		    db_tx(act->db, remove_body, &c, NULL, err);
	while (!fine && again(target, &tries, err));
	if (!fine)
		return false;
	wake_send(act->config);
	return true;
}

/* Made again meanwhile, here or there: two of one UID would not both be kept. */
static bool no_twin(const struct act *act, const struct stored_event *stored,
    struct err *err)
{
	struct stored_event twin;
	int found = store_event_find_uid(act->db, act->pool, act->org_id,
	    stored->calendar_id, stored->event->uid, &twin, err);

	if (found <= 0)
		return found == 0;
	return err_set(err, ERR_CONFLICT, "The same event is in its calendar "
	    "again, as “%s”. Nothing was restored; look at that one.",
	    twin.event->master.summary ? twin.event->master.summary :
	    "(no title)");
}

static bool restore_body(struct db *db, void *arg, struct err *err)
{
	struct edit *c = arg;
	const struct act *act = c->act;
	struct stored_event stored;
	struct event_rights rights;
	int found = store_event_find(db, act->pool, act->org_id, act->user_id,
	    c->target.id, &stored, err);

	if (found < 0)
		return false;
	if (!found)
		return no_such_event(err);
	c->restored = stored.deleted_at != WHEN_NONE;
	if (!c->restored)
		return true;
	return acts_event_find_calendar(act, stored.calendar_id, stored.id,
	    &rights, err) && acts_event_may_change(act, &rights, err) &&
	    no_twin(act, &stored, err) &&
	    store_event_restore(db, act->org_id, stored.id, NULL, err) &&
	    store_removal_drop(db, act->org_id, stored.id, "", err) &&
	    act_audit(act, "event.restore", "event", stored.id, NULL, err);
}

bool acts_event_restore(const struct act *act, uint64_t id,
    bool *restored_out, struct err *err)
{
	struct edit c = { .act = act, .target = { .id = id } };

	if (!db_tx(act->db, restore_body, &c, NULL, err))
		return false;
	*restored_out = c.restored;
	wake_send(act->config);
	return true;
}

const char *acts_event_state_words(int sync_state)
{
	switch ((enum event_sync_state)sync_state) {
	case EVENT_SYNC_LOCAL:
		return "Only here";
	case EVENT_SYNC_AGREED:
		return "Both sides agree";
	case EVENT_SYNC_WAITING:
		return "Waits to be sent";
	case EVENT_SYNC_CONFLICT:
		return "Changed on both sides";
	case EVENT_SYNC_SET_ASIDE:
		return "Set aside";
	case EVENT_SYNC_STAYS:
		return "Stays here";
	}
	return "";
}

static bool fill_view(const struct act *act, const struct event_rights *rights,
    struct acts_event_view *out, struct err *err)
{
	struct event_state state = { 0 };

	if (store_event_find_state(act->db, act->pool, act->org_id,
	    out->stored.id, &state, err) < 0)
		return false;
	out->calendar_name = rights->name;
	out->calendar_color = rights->color;
	out->locked_reason = locked_reason(act, rights);
	out->editable = !out->locked_reason;
	out->sync_state = state.sync_state;
	out->sync_words = acts_event_state_words(state.sync_state);
	out->sync_detail = state.sync_state == EVENT_SYNC_STAYS ?
	    "Its calendar is only read from there: what was changed here is "
	    "not sent." : state.set_aside_reason;
	out->conflict_id = state.conflict_id;
	out->rule_problem = state.rule_problem;
	if (event_series_is(out->stored.event) && out->stored.event->has_master)
		out->recur_words = recur_words(act->pool, out->stored.event);
	return true;
}

bool acts_event_show(const struct act *act, uint64_t id,
    struct acts_event_view *out, struct err *err)
{
	struct acts_event_view view = { 0 };
	struct event_rights rights;
	int found = store_event_find(act->db, act->pool, act->org_id,
	    act->user_id, id, &view.stored, err);

	if (found < 0)
		return false;
	if (!found || view.stored.deleted_at != WHEN_NONE)
		return no_such_event(err);
	if (!acts_event_find_calendar(act, view.stored.calendar_id, id, &rights,
	    err))
		return err->kind == ERR_NOT_FOUND ? no_such_event(err) : false;
	if (!fill_view(act, &rights, &view, err))
		return false;
	*out = view;
	return true;
}
