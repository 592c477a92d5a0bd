/* Who deleted what, and the list of what can be restored. */
#include "store/store_removal.h"
#include "util/banned.h"

/* By its owner, and by whoever deleted it while the calendar is shared: what was
 * deleted before that is nobody else's. */
#define SEEN " AND (? = 0 OR c.user_id = ? OR (c.shared = 1" \
	" AND r.user_id = ?))"
#define WANTED " AND c.deleted_at IS NULL" SEEN \
	" AND (? = '' OR e.summary LIKE ? ESCAPE '|')" \
	" AND (? = 0 OR e.id = ?)"

static const char ADD[] = "INSERT INTO event_removal (org_id, event_id,"
    " recurrence_id, user_id, body, created_at)"
    " SELECT e.org_id, e.id, ?, ?, ?, COALESCE(e.deleted_at, ?) FROM event e"
    " WHERE e.org_id = ? AND e.id = ?"
    " ON DUPLICATE KEY UPDATE user_id = VALUES(user_id), body = VALUES(body),"
    " created_at = VALUES(created_at)";
static const char FIND[] = "SELECT r.id, r.event_id, r.user_id,"
    " r.recurrence_id, r.body FROM event_removal r JOIN event e"
    " ON e.org_id = r.org_id AND e.id = r.event_id JOIN calendar c"
    " ON c.org_id = e.org_id AND c.id = e.calendar_id"
    " WHERE r.org_id = ? AND r.id = ?" SEEN;
static const char DROP[] = "DELETE FROM event_removal WHERE org_id = ?"
    " AND event_id = ? AND recurrence_id = ?";

/* A person's entry is about this deletion when both are of one moment: it may
 * have been restored and deleted again by a sync. */
static const char LIST[] = "SELECT d.*, COALESCE(u.name, '') AS user_name,"
    " COALESCE((SELECT n.user_id FROM sync_run s JOIN connection n"
    " ON n.org_id = s.org_id AND n.id = s.connection_id"
    " WHERE s.org_id = ? AND s.id = d.run_id) = ?, 0) AS run_is_own FROM ("
    "SELECT e.id AS event_id, e.calendar_id, 0 AS removal_id,"
    " '' AS recurrence_id, LEFT(COALESCE(e.summary, ''), 240) AS title,"
    " c.name AS calendar, c.color, e.deleted_at,"
    " r.id IS NOT NULL AS by_person, COALESCE(r.user_id, 0) AS user_id,"
    " IF(r.id IS NOT NULL, 0, COALESCE((SELECT MAX(a.run_id)"
    " FROM sync_action a WHERE a.org_id = e.org_id AND a.event_id = e.id"
    " AND a.kind = 3 AND a.phase = 3), 0)) AS run_id"
    " FROM event e JOIN calendar c ON c.org_id = e.org_id"
    " AND c.id = e.calendar_id LEFT JOIN event_removal r"
    " ON r.org_id = e.org_id AND r.event_id = e.id AND r.recurrence_id = ''"
    " AND r.created_at = e.deleted_at"
    " WHERE e.org_id = ? AND e.deleted_at IS NOT NULL" WANTED
    " UNION ALL SELECT e.id, e.calendar_id, r.id, r.recurrence_id,"
    " LEFT(COALESCE(e.summary, ''), 240), c.name, c.color, r.created_at, 1,"
    " r.user_id, 0"
    " FROM event_removal r JOIN event e ON e.org_id = r.org_id"
    " AND e.id = r.event_id JOIN calendar c ON c.org_id = e.org_id"
    " AND c.id = e.calendar_id WHERE r.org_id = ? AND r.recurrence_id <> ''"
    " AND e.deleted_at IS NULL" WANTED
    ") d LEFT JOIN user u ON u.id = d.user_id"
    " WHERE (? = 0 OR d.by_person = (? = 1))"
    " ORDER BY d.deleted_at DESC, d.event_id DESC LIMIT ?";

static const struct stmt_col COLS[] = {
	STMT_COL(struct removal_row, id), STMT_COL(struct removal_row, event_id),
	STMT_COL(struct removal_row, user_id),
	STMT_COL(struct removal_row, recurrence_id),
	STMT_COL(struct removal_row, body), STMT_END,
};
static const struct stmt_col LIST_COLS[] = {
	STMT_COL(struct deleted_row, event_id),
	STMT_COL(struct deleted_row, calendar_id),
	STMT_COL(struct deleted_row, removal_id),
	STMT_COL(struct deleted_row, recurrence_id),
	STMT_COL(struct deleted_row, title),
	STMT_COL(struct deleted_row, calendar),
	STMT_COL(struct deleted_row, color),
	STMT_COL(struct deleted_row, deleted_at),
	STMT_COL(struct deleted_row, by_person),
	STMT_COL(struct deleted_row, user_name),
	STMT_COL(struct deleted_row, run_id),
	STMT_COL(struct deleted_row, run_is_own), STMT_END,
};

bool store_removal_add(struct db *db, uint64_t org,
    const struct removal_row *row, struct err *err)
{
	return stmt_exec(db, ADD, STMT_ARGS(STMT_TEXT(row->recurrence_id),
	    STMT_U64(row->user_id), STMT_BLOB(row->body.data, row->body.len),
	    STMT_TIME(when_now()), STMT_U64(org), STMT_U64(row->event_id)),
	    NULL, err);
}

int store_removal_find(struct db *db, struct pool *pool, uint64_t org,
    uint64_t viewer, uint64_t id, struct removal_row *out, struct err *err)
{
	return stmt_find(db, pool, FIND, STMT_ARGS(STMT_U64(org), STMT_U64(id),
	    STMT_U64(viewer), STMT_U64(viewer), STMT_U64(viewer)), COLS, out,
	    err);
}

bool store_removal_drop(struct db *db, uint64_t org, uint64_t event_id,
    const char *recurrence_id, struct err *err)
{
	return stmt_exec(db, DROP, STMT_ARGS(STMT_U64(org), STMT_U64(event_id),
	    STMT_TEXT(recurrence_id)), NULL, err);
}

bool store_removal_list(struct db *db, struct pool *pool, uint64_t org,
    const struct deleted_filter *f, struct deleted_row **out,
    size_t *count_out, struct err *err)
{
	const char *like = stmt_like(pool, f->title);

	return stmt_list(db, pool, LIST, STMT_ARGS(STMT_U64(org),
	    STMT_U64(f->viewer), STMT_U64(org), STMT_U64(f->viewer),
	    STMT_U64(f->viewer), STMT_U64(f->viewer), STMT_TEXT(f->title),
	    STMT_TEXT(like), STMT_U64(f->event_id), STMT_U64(f->event_id),
	    STMT_U64(org), STMT_U64(f->viewer), STMT_U64(f->viewer),
	    STMT_U64(f->viewer), STMT_TEXT(f->title), STMT_TEXT(like),
	    STMT_U64(f->event_id), STMT_U64(f->event_id), STMT_I64(f->by),
	    STMT_I64(f->by), STMT_U64(f->most)), LIST_COLS, sizeof(**out), out,
	    count_out, err);
}
