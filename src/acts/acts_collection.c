/*
 * Which remote calendars are tied to which local ones. It only writes the wish;
 * the worker carries it out.
 */
#include "acts/acts_collection.h"
#include "jobs/wake.h"
#include "store/store_connection.h"
#include "util/banned.h"

struct collection_change {
	const struct act *act;
	uint64_t id;
	struct collection_choice choice;
	enum removal_choice removal;
	uint64_t calendar_id;
	bool changed;
};

/* The connection is the asker's own; an admin sees others', not what is in
 * them. */
static bool
collection_connection(const struct act *act, uint64_t id,
    struct connection_row *out, struct err *err)
{
	int n = store_connection_find(act->db, act->pool, act->org_id,
	    act->user_id, id, out, err);

	if (n == 0)
		return err_set(err, ERR_NOT_FOUND,
		    "There is no such connection.");
	return n > 0;
}

bool
acts_collection_list(const struct act *act, uint64_t connection_id,
    struct collection_row **out, size_t *count_out, struct err *err)
{
	struct connection_row row;

	return collection_connection(act, connection_id, &row, err) &&
	    store_collection_list(act->db, act->pool, act->org_id,
	    act->user_id, connection_id, out, count_out, err);
}

static bool
collection_reach(const struct act *act, uint64_t id,
    struct collection_row *out, struct connection_row *connection,
    struct err *err)
{
	int n = store_collection_find(act->db, act->pool, act->org_id,
	    act->user_id, id, out, err);

	if (n == 0)
		return err_set(err, ERR_NOT_FOUND,
		    "There is no such remote calendar.");
	if (n < 0 || !collection_connection(act, out->connection_id, connection,
	    err))
		return false;
	if (connection->state == CONNECTION_REMOVING ||
	    out->removing != REMOVAL_NONE)
		return err_set(err, ERR_CONFLICT, "This calendar is just being "
		    "disconnected; try again in a moment.");
	return true;
}

static bool
select_check(const struct collection_row *row, struct collection_choice *choice,
    struct err *err)
{
	if (choice->direction == 0)
		choice->direction = row->read_only ? BINDING_PULL : BINDING_BOTH;
	if (choice->policy == 0)
		choice->policy = POLICY_REMOTE_WINS;
	if (choice->direction < BINDING_BOTH || choice->direction > BINDING_PUSH ||
	    choice->policy < POLICY_REMOTE_WINS ||
	    choice->policy > POLICY_LOCAL_WINS)
		return err_set(err, ERR_INPUT,
		    "There is no such direction or policy.");
	if (row->read_only && choice->direction != BINDING_PULL)
		return err_set(err, ERR_INPUT, "This remote calendar can only "
		    "be read; choose the direction pull.");
	if (row->missing_since != WHEN_NONE)
		return err_set(err, ERR_CONFLICT,
		    "This calendar no longer exists at the provider.");
	return true;
}

/* The calendar that was named belongs to the connection's owner. */
static bool
select_named(const struct act *act, uint64_t owner, uint64_t id,
    struct err *err)
{
	struct calendar_row row;

	if (!acts_calendar_get(act, id, &row, err))
		return false;
	if (row.user_id != owner)
		return err_set(err, ERR_FORBIDDEN, "Only a calendar of the "
		    "connection's owner can be tied to it.");
	return true;
}

static bool
select_calendar(const struct act *act, const struct collection_row *row,
    uint64_t owner, uint64_t wanted, uint64_t *id_out, struct err *err)
{
	struct calendar_row *rows;
	size_t count;

	*id_out = wanted;
	if (wanted != 0)
		return select_named(act, owner, wanted, err);
	if (!store_calendar_list(act->db, act->pool, act->org_id, owner, &rows,
	    &count, err))
		return false;
	return store_calendar_add(act->db, act->org_id, owner, row->name,
	    acts_calendar_color(act, row->color, count), false, id_out, err) &&
	    act_audit(act, "calendar.add", "calendar", *id_out, NULL, err);
}

static bool
select_new(const struct act *act, const struct collection_row *row,
    uint64_t owner, struct collection_change *c,
    const struct collection_choice *choice, struct err *err)
{
	struct binding_new b = { .collection_id = row->id,
	    .connection_id = row->connection_id,
	    .direction = choice->direction, .policy = choice->policy };
	struct calendar_row calendar;
	uint64_t id;

	if (!select_calendar(act, row, owner, choice->calendar_id,
	    &c->calendar_id, err))
		return false;
	b.calendar_id = c->calendar_id;
	/* Asked again: it may have been removed while this one waited for it. */
	return store_binding_add(act->db, act->org_id, &b, &id, err) &&
	    acts_calendar_get(act, c->calendar_id, &calendar, err);
}

static bool
select_again(const struct act *act, const struct collection_row *row,
    struct collection_change *c, const struct collection_choice *choice,
    struct err *err)
{
	if (choice->calendar_id != 0 && choice->calendar_id != row->calendar_id)
		return err_set(err, ERR_CONFLICT, "This remote calendar is tied "
		    "to another calendar; untie it first.");
	c->calendar_id = row->calendar_id;
	return store_binding_put(act->db, act->pool, act->org_id,
	    row->binding_id, choice->direction, choice->policy, err);
}

static bool
select_body(struct db *db, void *arg, struct err *err)
{
	struct collection_change *c = arg;
	const struct act *act = c->act;
	struct collection_choice choice = c->choice;
	struct collection_row row;
	struct connection_row connection;

	(void)db;
	if (!collection_reach(act, c->id, &row, &connection, err) ||
	    !select_check(&row, &choice, err))
		return false;
	if (row.binding_id != 0 ? !select_again(act, &row, c, &choice, err) :
	    !select_new(act, &row, connection.user_id, c, &choice, err))
		return false;
	return act_want(act, row.connection_id, JOB_SYNC, err) &&
	    act_audit(act, "collection.select", "collection", c->id, NULL, err);
}

bool
acts_collection_select(const struct act *act, uint64_t collection_id,
    const struct collection_choice *choice, uint64_t *calendar_id_out,
    struct err *err)
{
	struct collection_change c = { .act = act, .id = collection_id,
	    .choice = *choice };

	if (!db_tx(act->db, select_body, &c, NULL, err))
		return false;
	wake_send(act->config);
	*calendar_id_out = c.calendar_id;
	return true;
}

static bool
unselect_body(struct db *db, void *arg, struct err *err)
{
	struct collection_change *c = arg;
	const struct act *act = c->act;
	struct collection_row row;
	struct connection_row connection;

	if (!collection_reach(act, c->id, &row, &connection, err))
		return false;
	c->changed = row.binding_id != 0;
	if (!c->changed)
		return true;
	return store_binding_set_removing(db, act->org_id, row.connection_id,
	    row.binding_id, c->removal, err) &&
	    act_want(act, row.connection_id, JOB_DISCONNECT, err) &&
	    act_audit(act, "collection.unselect", "collection", c->id,
	    c->removal == REMOVAL_DELETE ? "The imported events go too." :
	    "The imported events stay.", err);
}

bool
acts_collection_unselect(const struct act *act, uint64_t collection_id,
    enum removal_choice choice, struct err *err)
{
	struct collection_change c = { .act = act, .id = collection_id,
	    .removal = choice };

	if (choice != REMOVAL_KEEP && choice != REMOVAL_DELETE)
		return err_set(err, ERR_INPUT,
		    "Say whether the imported events stay or go.");
	if (!db_tx(act->db, unselect_body, &c, NULL, err))
		return false;
	if (c.changed)
		wake_send(act->config);
	return true;
}
