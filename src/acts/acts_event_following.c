/*
 * "This and following": a series becomes two in one transaction, so that no date
 * is ever in both or in neither. For the providers it is an update and a create.
 */
#include "acts/acts_event_p.h"
#include "jobs/wake.h"
#include "model/event_series.h"
#include "store/store_removal.h"
#include "util/banned.h"

/* What is written, worked out before the transaction. */
struct cut {
	const struct act *act;
	struct acts_event_target target;	/* rev: as read */
	struct event *head;		/* NULL: nothing is left before */
	struct event *tail;
	bool remove;
	uint64_t id;			/* of what follows */
};

/* Dividing looks at all dates several times: not where one look was too much, or
 * is still to come. */
static bool is_easy(const struct act *act, uint64_t id, const char *key,
    struct err *err)
{
	struct event_written w;

	if (!store_event_find_written(act->db, act->org_id, id, key, &w, err))
		return false;
	if (w.too_hard)
		return err_set(err, ERR_CONFLICT, "The repetition rule takes too "
		    "long to work out, so the series cannot be divided. Make "
		    "the rule simpler first.");
	return !w.behind || w.there || acts_event_is_behind(err);
}

bool acts_event_divide(const struct act *act, uint64_t id, struct event *e,
    const char *key, struct event_series_parts *out, struct err *err)
{
	return (!act_is_page(act) || is_easy(act, id, key, err)) &&
	    event_series_split(act->pool, e, key, out, err);
}

static bool prepare(const struct act *act,
    const struct acts_event_target *target, const struct event_input *in,
    struct cut *c, struct err *err)
{
	struct event_series_parts parts;
	struct stored_event stored;
	struct event *head;

	*c = (struct cut){ .act = act, .target = *target, .remove = !in };
	if (!target->recurrence_id)
		return err_set(err, ERR_INPUT, "Say from which date on.");
	if (!acts_event_open(act, target, &stored, err))
		return false;
	c->target.rev = stored.rev;
	head = event_copy(act->pool, stored.event);
	if (!acts_event_divide(act, stored.id, head, target->recurrence_id,
	    &parts, err) || (in && !event_input_apply(act->pool, parts.tail,
	    &parts.tail->master, in, err)))
		return false;
	c->head = parts.all ? NULL : head;
	c->tail = parts.tail;
	if (parts.all)
		parts.tail->uid = stored.event->uid;
	return (parts.all || event_check(act->pool, head, err)) &&
	    event_check(act->pool, parts.tail, err);
}

/* The series' end, written; its dates behind it go from the agenda at once. */
static bool divide(struct cut *c, const struct stored_event *stored,
    struct err *err)
{
	const struct act *act = c->act;

	return store_event_put_if(act->db, act->org_id, stored->id, stored->rev,
	    c->head, NULL, err) &&
	    store_event_drop_instances_from(act->db, act->org_id, stored->id,
	    c->target.recurrence_id, err) &&
	    store_event_add(act->db, act->org_id, stored->calendar_id, c->tail,
	    &c->id, NULL, err) && act_audit(act, "event.create", "event",
	    c->id, "the rest of a series", err);
}

static bool remove_rest(const struct cut *c, struct err *err)
{
	const struct act *act = c->act;
	struct removal_row row = { .event_id = c->id, .recurrence_id = "",
	    .user_id = act->user_id };

	return store_event_remove(act->db, act->org_id, c->id, NULL, err) &&
	    store_removal_add(act->db, act->org_id, &row, err);
}

static bool cut_body(struct db *db, void *arg, struct err *err)
{
	struct cut *c = arg;
	const struct act *act = c->act;
	struct stored_event stored;

	if (!acts_event_open(act, &c->target, &stored, err))
		return false;
	c->id = stored.id;
	if (c->head && !divide(c, &stored, err))
		return false;
	if (!c->head && !c->remove && !store_event_put_if(db, act->org_id,
	    c->id, stored.rev, c->tail, NULL, err))
		return false;
	return (!c->remove || remove_rest(c, err)) &&
	    act_audit(act, c->remove ? "event.remove" : "event.edit", "event",
	    stored.id, "this date and following", err);
}

bool acts_event_edit_following(const struct act *act,
    const struct acts_event_target *target, const struct event_input *in,
    uint64_t *id_out, struct err *err)
{
	struct cut c;

	if (!prepare(act, target, in, &c, err) ||
	    !db_tx(act->db, cut_body, &c, NULL, err))
		return false;
	*id_out = c.id;
	wake_send(act->config);
	return true;
}

bool acts_event_remove_following(const struct act *act,
    const struct acts_event_target *target, struct err *err)
{
	struct cut c;

	if (!prepare(act, target, NULL, &c, err) ||
	    !db_tx(act->db, cut_body, &c, NULL, err))
		return false;
	wake_send(act->config);
	return true;
}
