/*
 * The agenda's lines, what badge each carries, and what stands between a person
 * and an event: its calendar's owner and what the calendar is bound to.
 */
#include "store/store_event_p.h"
#include "util/banned.h"

/* Set aside beats conflict beats waiting beats agreed. Where nothing is sent,
 * nothing waits: what was changed stays here. */
#define STATE_OF(event_id) "CASE" \
	" WHEN EXISTS (SELECT 1 FROM dead_letter d WHERE d.org_id = ?" \
	" AND d.event_id = " event_id ") THEN 4" \
	" WHEN EXISTS (SELECT 1 FROM conflict x WHERE x.org_id = ?" \
	" AND x.event_id = " event_id " AND x.resolved_at IS NULL) THEN 3" \
	" ELSE COALESCE((SELECT" \
	" MIN(IF(b.direction <> 2 AND k.read_only = 0, 2, 5))" \
	" FROM pending p JOIN binding b" \
	" ON b.org_id = p.org_id AND b.id = p.binding_id" \
	" JOIN collection k ON k.org_id = b.org_id AND k.id = b.collection_id" \
	" WHERE p.org_id = ? AND p.event_id = " event_id ")," \
	" EXISTS (SELECT 1 FROM link l WHERE l.org_id = ?" \
	" AND l.event_id = " event_id ")) END"

static const char AGENDA[] = "SELECT i.event_id, i.calendar_id,"
    " i.recurrence_id, i.starts_at, i.ends_at, i.start_wall, i.end_wall,"
    " i.all_day, i.is_override, (e.zone_kind = 0) AS floating, i.summary,"
    " c.color, "
    STATE_OF("i.event_id") " AS sync_state,"
    " (e.recurrence IS NOT NULL OR e.has_master = 0) AS is_series"
    " FROM calendar c"
    " JOIN event_instance i ON i.org_id = c.org_id AND i.calendar_id = c.id"
    " JOIN event e ON e.org_id = i.org_id AND e.id = i.event_id"
    " WHERE c.org_id = ? AND c.deleted_at IS NULL"
    " AND (? = 0 OR c.user_id = ? OR c.shared = 1)"
    " AND e.deleted_at IS NULL AND i.starts_at < ? AND i.ends_at >= ?"
    " AND (i.all_day = 1 OR e.zone_kind = 0 OR (i.starts_at < ? AND (i.ends_at > ?"
    " OR (i.ends_at = i.starts_at AND i.starts_at >= ?))))"
    " ORDER BY i.starts_at, i.event_id, i.recurrence_id LIMIT 2000";

static const char STATE[] = "SELECT " STATE_OF("e.id") " AS sync_state,"
    " (SELECT MAX(x.id) FROM conflict x WHERE x.org_id = ?"
    " AND x.event_id = e.id AND x.resolved_at IS NULL) AS conflict_id,"
    " (SELECT MAX(d.reason) FROM dead_letter d WHERE d.org_id = ?"
    " AND d.event_id = e.id) AS set_aside_reason, e.rule_problem"
    " FROM event e WHERE e.org_id = ? AND e.id = ?";

static const char RIGHTS[] = "SELECT c.id AS calendar_id, c.user_id, c.shared,"
    " c.name, c.color,"
    " (SELECT COUNT(*) FROM binding b WHERE b.org_id = ?"
    " AND b.calendar_id = c.id AND b.removing = 0) AS bindings,"
    " (SELECT COUNT(*) FROM binding b JOIN collection k"
    " ON k.org_id = b.org_id AND k.id = b.collection_id"
    " WHERE b.org_id = ? AND b.calendar_id = c.id AND b.removing = 0"
    " AND (b.direction = 2 OR k.read_only = 1)) AS locked_bindings,"
    " (SELECT COUNT(*) FROM link l JOIN binding b"
    " ON b.org_id = l.org_id AND b.id = l.binding_id JOIN collection k"
    " ON k.org_id = b.org_id AND k.id = b.collection_id"
    " WHERE l.org_id = ? AND l.event_id = ? AND b.removing = 0"
    " AND (b.direction = 2 OR k.read_only = 1)) AS locked_links"
    " FROM calendar c WHERE c.org_id = ? AND c.id = ?"
    " AND c.deleted_at IS NULL AND (? = 0 OR c.user_id = ? OR c.shared = 1)";

static const char CONFLICTS[] = "SELECT COUNT(*) FROM conflict x"
    " JOIN event e ON e.org_id = x.org_id AND e.id = x.event_id"
    " JOIN calendar c ON c.org_id = e.org_id AND c.id = e.calendar_id"
    " WHERE x.org_id = ? AND x.resolved_at IS NULL"
    " AND c.deleted_at IS NULL AND (? = 0 OR c.user_id = ? OR c.shared = 1)";

#define DAY_MARGIN (14 * 3600 * WHEN_SEC)

bool store_event_agenda(struct db *db, struct pool *pool, uint64_t org,
    uint64_t user_id, when_t from, when_t until, struct agenda_row **out,
    size_t *count_out, struct err *err)
{
	static const struct stmt_col cols[] = {
		STMT_COL(struct agenda_row, event_id),
		STMT_COL(struct agenda_row, calendar_id),
		STMT_COL(struct agenda_row, recurrence_id),
		STMT_COL(struct agenda_row, starts_at),
		STMT_COL(struct agenda_row, ends_at),
		STMT_COL(struct agenda_row, start_wall),
		STMT_COL(struct agenda_row, end_wall),
		STMT_COL(struct agenda_row, all_day),
		STMT_COL(struct agenda_row, is_override),
		STMT_COL(struct agenda_row, floating),
		STMT_COL(struct agenda_row, summary),
		STMT_COL(struct agenda_row, color),
		STMT_COL(struct agenda_row, sync_state),
		STMT_COL(struct agenda_row, is_series), STMT_END,
	};

	return stmt_list(db, pool, AGENDA, STMT_ARGS(STMT_U64(org),
	    STMT_U64(org), STMT_U64(org), STMT_U64(org), STMT_U64(org),
	    STMT_U64(user_id), STMT_U64(user_id),
	    STMT_TIME(until + DAY_MARGIN), STMT_TIME(from - DAY_MARGIN),
	    STMT_TIME(until), STMT_TIME(from), STMT_TIME(from)), cols,
	    sizeof(**out), out, count_out, err);
}

int store_event_find_state(struct db *db, struct pool *pool, uint64_t org,
    uint64_t id, struct event_state *out, struct err *err)
{
	static const struct stmt_col cols[] = {
		STMT_COL(struct event_state, sync_state),
		STMT_COL(struct event_state, conflict_id),
		STMT_COL(struct event_state, set_aside_reason),
		STMT_COL(struct event_state, rule_problem), STMT_END,
	};

	return stmt_find(db, pool, STATE, STMT_ARGS(STMT_U64(org),
	    STMT_U64(org), STMT_U64(org), STMT_U64(org), STMT_U64(org),
	    STMT_U64(org), STMT_U64(org), STMT_U64(id)), cols, out, err);
}

int store_event_find_rights(struct db *db, struct pool *pool, uint64_t org,
    const struct event_rights_of *of, struct event_rights *out,
    struct err *err)
{
	static const struct stmt_col cols[] = {
		STMT_COL(struct event_rights, calendar_id),
		STMT_COL(struct event_rights, user_id),
		STMT_COL(struct event_rights, shared),
		STMT_COL(struct event_rights, name),
		STMT_COL(struct event_rights, color),
		STMT_COL(struct event_rights, bindings),
		STMT_COL(struct event_rights, locked_bindings),
		STMT_COL(struct event_rights, locked_links), STMT_END,
	};

	return stmt_find(db, pool, RIGHTS, STMT_ARGS(STMT_U64(org),
	    STMT_U64(org), STMT_U64(org), STMT_U64(of->event_id),
	    STMT_U64(org), STMT_U64(of->calendar_id), STMT_U64(of->viewer),
	    STMT_U64(of->viewer)), cols, out, err);
}

bool store_event_count_conflicts(struct db *db, uint64_t org, uint64_t viewer,
    uint64_t *out, struct err *err)
{
	return stmt_count(db, CONFLICTS, STMT_ARGS(STMT_U64(org),
	    STMT_U64(viewer), STMT_U64(viewer)), out, err);
}
