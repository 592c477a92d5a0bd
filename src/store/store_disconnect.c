/*
 * The end of a connection or a binding, portion by portion. It does not know
 * who asked for it and asks nothing of the provider.
 */
#include "store/store_connection.h"
#include "store/store_credential.h"
#include "store/store_disconnect.h"
#include "store/store_event.h"
#include "store/store_grant.h"
#include "store/store_job.h"
#include "store/store_outbox.h"
#include "store/store_watch.h"
#include "util/banned.h"

#define EVENTS_A_STEP 50
#define ROWS_A_STEP 500

static const char STATE[] =
    "SELECT id, state, removing FROM connection WHERE org_id = ? AND id = ?";

static const char BINDINGS_TOO[] =
    "UPDATE binding SET removing = ? "
    "WHERE org_id = ? AND connection_id = ? AND removing = 0";

static const char NEXT_BINDING[] =
    "SELECT id, calendar_id, removing FROM binding "
    "WHERE org_id = ? AND connection_id = ? AND removing <> 0 "
    "ORDER BY id LIMIT 1";

/*
 * goes: the event goes with its link. It stays when another connection keeps it
 * in step, or when it was changed here and that was never sent.
 */
static const char LINKS[] =
    "SELECT l.id, l.event_id, e.deleted_at IS NULL "
    "AND NOT EXISTS (SELECT 1 FROM link o WHERE o.org_id = l.org_id "
    "AND o.event_id = l.event_id AND o.id <> l.id) "
    "AND NOT EXISTS (SELECT 1 FROM pending p WHERE p.org_id = l.org_id "
    "AND p.binding_id = l.binding_id AND p.event_id = l.event_id) AS goes "
    "FROM link l JOIN event e ON e.org_id = l.org_id AND e.id = l.event_id "
    "WHERE l.org_id = ? AND l.binding_id = ? ORDER BY l.id LIMIT 50";

static const char REMOVE_LINK[] =
    "DELETE FROM link WHERE org_id = ? AND id = ?";
static const char REMOVE_LINKS[] =
    "DELETE FROM link WHERE org_id = ? AND binding_id = ? LIMIT 500";
static const char REMOVE_PENDING[] =
    "DELETE FROM pending WHERE org_id = ? AND binding_id = ? LIMIT 500";
static const char REMOVE_CONFLICTS[] =
    "DELETE FROM conflict WHERE org_id = ? AND binding_id = ? LIMIT 500";
static const char REMOVE_DEAD[] =
    "DELETE FROM dead_letter WHERE org_id = ? AND binding_id = ? LIMIT 500";
static const char REMOVE_BINDING[] =
    "DELETE FROM binding WHERE org_id = ? AND id = ?";

/* What was emptied and is tied to nothing else. */
static const char REMOVE_CALENDAR[] =
    "UPDATE calendar SET deleted_at = current_timestamp(6) "
    "WHERE org_id = ? AND id = ? AND deleted_at IS NULL "
    "AND id NOT IN (SELECT b.calendar_id FROM binding b "
    "WHERE b.org_id = ? AND b.calendar_id = ?) "
    "AND id NOT IN (SELECT e.calendar_id FROM event e "
    "WHERE e.org_id = ? AND e.calendar_id = ? AND e.deleted_at IS NULL)";

static const char NEXT_RUN[] =
    "SELECT id FROM sync_run WHERE org_id = ? AND connection_id = ? "
    "ORDER BY id LIMIT 1";
static const char REMOVE_IMAGES[] =
    "DELETE FROM before_image WHERE org_id = ? AND run_id = ? LIMIT 500";
static const char REMOVE_ACTIONS[] =
    "DELETE FROM sync_action WHERE org_id = ? AND run_id = ? LIMIT 500";
static const char REMOVE_RUN[] =
    "DELETE FROM sync_run WHERE org_id = ? AND id = ?";

static const char REMOVE_COLLECTIONS[] =
    "DELETE FROM collection WHERE org_id = ? AND connection_id = ?";
static const char REMOVE_LEASE[] =
    "DELETE FROM lease WHERE org_id = ? AND connection_id = ?";
static const char REMOVE_CONNECTION[] =
    "DELETE FROM connection WHERE org_id = ? AND id = ? AND state = 4";

struct ending {
	uint64_t id;
	int state, removing;
};

struct ending_binding {
	uint64_t id, calendar_id;
	int removing;
};

struct ending_link {
	uint64_t id, event_id;
	bool goes;
};

static const struct stmt_col ENDING_COLS[] = {
	STMT_COL(struct ending, id),
	STMT_COL(struct ending, state),
	STMT_COL(struct ending, removing),
	STMT_END,
};

static const struct stmt_col BINDING_COLS[] = {
	STMT_COL(struct ending_binding, id),
	STMT_COL(struct ending_binding, calendar_id),
	STMT_COL(struct ending_binding, removing),
	STMT_END,
};

static const struct stmt_col LINK_COLS[] = {
	STMT_COL(struct ending_link, id),
	STMT_COL(struct ending_link, event_id),
	STMT_COL(struct ending_link, goes),
	STMT_END,
};

/* One portion of a table; *more_out when there may be another. */
static bool
disconnect_portion(struct db *db, const char *const *statements, size_t count,
    struct stmt_args args, bool *more_out, struct err *err)
{
	uint64_t rows;
	size_t i;

	*more_out = true;
	for (i = 0; i < count; i++) {
		if (!stmt_exec(db, statements[i], args, &rows, err))
			return false;
		if (rows >= ROWS_A_STEP)
			return true;
	}
	*more_out = false;
	return true;
}

static bool
disconnect_event(struct db *db, uint64_t org, uint64_t event_id,
    struct err *err)
{
	uint64_t rev;

	return store_event_remove(db, org, event_id, &rev, err);
}

/* Links with the events that go; *more_out while there are links. */
static bool
disconnect_events(struct db *db, struct pool *pool, uint64_t org,
    uint64_t binding_id, bool *more_out, struct err *err)
{
	struct ending_link *links;
	size_t count, i;

	if (!stmt_list(db, pool, LINKS, STMT_ARGS(STMT_U64(org),
	    STMT_U64(binding_id)), LINK_COLS, sizeof(*links), &links, &count,
	    err))
		return false;
	for (i = 0; i < count; i++) {
		if (links[i].goes &&
		    !disconnect_event(db, org, links[i].event_id, err))
			return false;
		if (!stmt_exec(db, REMOVE_LINK, STMT_ARGS(STMT_U64(org),
		    STMT_U64(links[i].id)), NULL, err))
			return false;
	}
	*more_out = count == EVENTS_A_STEP;
	return true;
}

static bool
disconnect_calendar(struct db *db, uint64_t org, uint64_t id, struct err *err)
{
	return stmt_exec(db, REMOVE_CALENDAR, STMT_ARGS(STMT_U64(org),
	    STMT_U64(id), STMT_U64(org), STMT_U64(id), STMT_U64(org),
	    STMT_U64(id)), NULL, err);
}

static bool
disconnect_binding(struct db *db, struct pool *pool, uint64_t org,
    uint64_t connection_id, const struct ending_binding *b, struct err *err)
{
	static const char *const rest[] = { REMOVE_LINKS, REMOVE_PENDING,
	    REMOVE_CONFLICTS, REMOVE_DEAD };
	struct stmt_arg both[] = { STMT_U64(org), STMT_U64(b->id) };
	struct stmt_args args = { both, 2 };
	struct err ignored;
	bool more = false, ok;

	if (b->removing == REMOVAL_DELETE) {
		ok = db_quiet(db, b->id, err) &&
		    disconnect_events(db, pool, org, b->id, &more, err);
		if (!db_quiet(db, 0, ok ? err : &ignored) || !ok)
			return false;
		if (more)
			return true;
	}
	if (!disconnect_portion(db, rest, 4, args, &more, err))
		return false;
	if (more)
		return true;
	return stmt_exec(db, REMOVE_BINDING, args, NULL, err) &&
	    store_connection_recount(db, org, connection_id, err) &&
	    (b->removing != REMOVAL_DELETE ||
	    disconnect_calendar(db, org, b->calendar_id, err));
}

/* A portion of the oldest run; *more_out while there was one. */
static bool
disconnect_run(struct db *db, uint64_t org, uint64_t connection_id,
    bool *more_out, struct err *err)
{
	static const char *const parts[] = { REMOVE_IMAGES, REMOVE_ACTIONS };
	struct stmt_args args;
	uint64_t run_id;
	bool more;

	if (!stmt_count(db, NEXT_RUN, STMT_ARGS(STMT_U64(org),
	    STMT_U64(connection_id)), &run_id, err))
		return false;
	*more_out = run_id != 0;
	if (run_id == 0)
		return true;
	args = STMT_ARGS(STMT_U64(org), STMT_U64(run_id));
	if (!disconnect_portion(db, parts, 2, args, &more, err))
		return false;
	return more || stmt_exec(db, REMOVE_RUN, args, NULL, err);
}

static bool
disconnect_connection(struct db *db, uint64_t org, uint64_t connection_id,
    bool *done_out, struct err *err)
{
	struct stmt_arg both[] = { STMT_U64(org), STMT_U64(connection_id) };
	struct stmt_args args = { both, 2 };
	bool more;

	if (!disconnect_run(db, org, connection_id, &more, err))
		return false;
	if (more)
		return true;
	*done_out = true;
	return stmt_exec(db, REMOVE_COLLECTIONS, args, NULL, err) &&
	    stmt_exec(db, REMOVE_LEASE, args, NULL, err) &&
	    store_job_remove_connection(db, org, connection_id, err) &&
	    stmt_exec(db, REMOVE_CONNECTION, args, NULL, err);
}

/* The parts of a connection that goes are gone first of all: what lets one in,
 * and whoever is working with it. */
static bool
disconnect_close(struct db *db, uint64_t org, const struct ending *c,
    struct err *err)
{
	return store_connection_raise_fence(db, org, c->id, err) &&
	    store_watch_close(db, org, c->id, err) &&
	    store_outbox_take_tokens(db, org, c->id, err) &&
	    store_grant_remove(db, org, c->id, err) &&
	    store_credential_remove(db, org, c->id, err) &&
	    stmt_exec(db, BINDINGS_TOO, STMT_ARGS(STMT_I64(c->removing),
	    STMT_U64(org), STMT_U64(c->id)), NULL, err);
}

bool
store_disconnect_step(struct db *db, struct pool *pool, uint64_t org,
    uint64_t connection_id, bool *done_out, struct err *err)
{
	struct stmt_arg both[] = { STMT_U64(org), STMT_U64(connection_id) };
	struct stmt_args args = { both, 2 };
	struct ending c;
	struct ending_binding b;
	bool all;
	int n;

	*done_out = false;
	n = stmt_find(db, pool, STATE, args, ENDING_COLS, &c, err);
	if (n <= 0) {
		*done_out = n == 0;
		return n == 0;
	}
	all = c.state == CONNECTION_REMOVING;
	if (all && !disconnect_close(db, org, &c, err))
		return false;
	n = stmt_find(db, pool, NEXT_BINDING, args, BINDING_COLS, &b, err);
	if (n < 0)
		return false;
	if (n > 0)
		return disconnect_binding(db, pool, org, connection_id, &b,
		    err);
	if (all)
		return disconnect_connection(db, org, connection_id, done_out,
		    err);
	*done_out = true;
	return true;
}
