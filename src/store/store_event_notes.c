/*
 * What the triggers note for everybody else's changes, for a batch of the
 * engine's: pending for the calendar's other bindings, and the jobs.
 */
#include "store/db_p.h"
#include "store/store_event_p.h"
#include "store/store_job.h"
#include "util/banned.h"

/* Others may have inserted between the first and the last: an event of theirs
 * that is noted once more is looked at once more. */
static const char PENDING[] =
    "INSERT INTO pending (org_id, binding_id, event_id, rev, since)"
    " SELECT b.org_id, b.id, e.id, e.rev, now(6)"
    " FROM binding b STRAIGHT_JOIN event e ON e.org_id = ?"
    " AND e.id BETWEEN ? AND ? AND e.calendar_id = b.calendar_id"
    " WHERE b.org_id = ? AND b.calendar_id = ? AND b.id <> ?"
    " AND b.removing = 0"
    " ON DUPLICATE KEY UPDATE rev = GREATEST(pending.rev, VALUES(rev))";
static const char PENDING_CHANGED[] =
    "INSERT INTO pending (org_id, binding_id, event_id, rev, since)"
    " SELECT b.org_id, b.id, e.id, e.rev, now(6)"
    " FROM " STORE_EVENT_IDS " STRAIGHT_JOIN event e ON e.org_id = ?"
    " AND e.id = ids.id JOIN binding b ON b.org_id = ?"
    " AND b.calendar_id = ? AND b.id <> ?"
    " AND b.removing = 0"
    " ON DUPLICATE KEY UPDATE rev = VALUES(rev)";
static const char OTHERS[] =
    "SELECT COUNT(*) FROM binding WHERE org_id = ? AND calendar_id = ?"
    " AND id <> ? AND removing = 0";
static const char JOBS[] =
    "INSERT INTO job (org_id, connection_id, kind, due, wanted_at)"
    " SELECT DISTINCT b.org_id, b.connection_id, 1, now(6), now(6)"
    " FROM binding b JOIN connection c ON c.org_id = ?"
    " AND c.id = b.connection_id AND c.state = 1"
    " WHERE b.org_id = ? AND b.calendar_id = ? AND b.id <> ?"
    " AND b.removing = 0"
    " ON DUPLICATE KEY UPDATE due = LEAST(due, now(6)),"
    " wanted_at = now(6)";

/* Whose dates are the job's? */
static bool any_behind(struct pool *pool, const struct event *const *events,
    size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (!store_event_is_plain(pool, events[i]))
			return true;
	return false;
}

bool store_event_note_added(struct db *db, struct pool *pool, uint64_t org,
    uint64_t calendar_id, const struct event *const *events,
    const uint64_t *ids, size_t count, struct err *err)
{
	uint64_t first = ids[0], last = ids[0], noted;

	if (db->quiet_binding == 0)
		return true;
	for (size_t i = 1; i < count; i++) {
		first = ids[i] < first ? ids[i] : first;
		last = ids[i] > last ? ids[i] : last;
	}
	return stmt_exec(db, PENDING, STMT_ARGS(STMT_U64(org),
	    STMT_U64(first), STMT_U64(last), STMT_U64(org),
	    STMT_U64(calendar_id), STMT_U64(db->quiet_binding)), &noted, err) &&
	    (noted == 0 || stmt_exec(db, JOBS, STMT_ARGS(STMT_U64(org),
	    STMT_U64(org), STMT_U64(calendar_id),
	    STMT_U64(db->quiet_binding)), NULL, err)) &&
	    (!any_behind(pool, events, count) || store_job_want(db, org, 0,
	    JOB_OCCURRENCES, 0, 0, err));
}

/* A binding that is just being made takes up all that is there by itself. */
static bool note_others(struct db *db, struct pool *pool, uint64_t org,
    uint64_t calendar_id, const uint64_t *ids, size_t count, struct err *err)
{
	struct stmt_arg binding = STMT_U64(db->quiet_binding);
	uint64_t bindings;

	if (!stmt_count(db, OTHERS, STMT_ARGS(STMT_U64(org),
	    STMT_U64(calendar_id), binding), &bindings, err))
		return false;
	if (bindings == 0)
		return true;
	return stmt_exec(db, PENDING_CHANGED, STMT_ARGS(STMT_TEXT(
	    store_event_ids(pool, ids, count)), STMT_U64(org), STMT_U64(org),
	    STMT_U64(calendar_id), binding), NULL, err) && stmt_exec(db, JOBS,
	    STMT_ARGS(STMT_U64(org), STMT_U64(org), STMT_U64(calendar_id),
	    binding), NULL, err);
}

bool store_event_note_changed(struct db *db, struct pool *pool, uint64_t org,
    uint64_t calendar_id, const uint64_t *ids, size_t count, bool behind,
    struct err *err)
{
	if (db->quiet_binding == 0)
		return true;
	return note_others(db, pool, org, calendar_id, ids, count, err) &&
	    (!behind || store_job_want(db, org, 0, JOB_OCCURRENCES, 0, 0, err));
}
