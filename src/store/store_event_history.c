/* What an event's page and the search tell beside the event itself. */
#include "store/store_event_history.h"
#include "util/banned.h"

static const char PLACES[] = "SELECT n.id AS connection_id,"
    " n.name AS connection, k.name AS collection, l.synced_at,"
    " p.since AS waits_since, (b.direction <> 2 AND k.read_only = 0) AS sends,"
    " COALESCE(d.id, 0) AS dead_id, COALESCE(d.reason, '') AS dead_reason"
    " FROM binding b JOIN collection k ON k.org_id = b.org_id"
    " AND k.id = b.collection_id JOIN connection n ON n.org_id = b.org_id"
    " AND n.id = b.connection_id LEFT JOIN link l ON l.org_id = b.org_id"
    " AND l.binding_id = b.id AND l.event_id = ? LEFT JOIN pending p"
    " ON p.org_id = b.org_id AND p.binding_id = b.id AND p.event_id = ?"
    " LEFT JOIN dead_letter d ON d.org_id = b.org_id AND d.binding_id = b.id"
    " AND d.event_id = ? WHERE b.org_id = ? AND b.removing = 0"
    " AND (b.calendar_id = ? OR l.id IS NOT NULL)"
    " AND (? = 0 OR n.user_id = ?) ORDER BY n.name, k.name LIMIT 20";
static const char HISTORY[] = "SELECT a.run_id, a.kind, a.phase, a.reason,"
    " a.message, n.name AS connection, a.updated_at, i.body AS `before`"
    " FROM sync_action a JOIN sync_run r ON r.org_id = a.org_id"
    " AND r.id = a.run_id JOIN connection n ON n.org_id = r.org_id"
    " AND n.id = r.connection_id LEFT JOIN before_image i"
    " ON i.org_id = a.org_id AND i.run_id = a.run_id AND i.seq = a.seq"
    " AND i.side = 1 WHERE a.org_id = ? AND a.event_id = ?"
    " AND (? = 0 OR n.user_id = ?)"
    " ORDER BY a.run_id DESC, a.seq DESC LIMIT 20";
static const char CLASHES[] = "SELECT x.id, x.fields, x.winner, x.created_at,"
    " x.resolved_at FROM conflict x JOIN binding b ON b.org_id = x.org_id"
    " AND b.id = x.binding_id JOIN connection n ON n.org_id = b.org_id"
    " AND n.id = b.connection_id WHERE x.org_id = ? AND x.event_id = ?"
    " AND (? = 0 OR n.user_id = ?) ORDER BY x.id DESC LIMIT 20";
/* A hundred rows: of large zones the beginnings, where their names stand. */
static const char SEARCH[] = "(SELECT e.id AS event_id, e.calendar_id,"
    " 0 AS connection_id, LEFT(COALESCE(e.summary, ''), 240) AS title,"
    " c.name AS calendar, c.color, e.start_wall, e.all_day, e.zone_kind,"
    " e.tzid, LEFT(e.zones, 20000) AS zones,"
    " COALESCE((SELECT MAX(d.id) FROM dead_letter d JOIN binding b"
    " ON b.org_id = d.org_id AND b.id = d.binding_id JOIN connection n"
    " ON n.org_id = b.org_id AND n.id = b.connection_id"
    " WHERE d.org_id = e.org_id AND d.event_id = e.id"
    " AND (? = 0 OR n.user_id = ?)), 0) AS dead_id,"
    " COALESCE((SELECT MAX(d.reason) FROM dead_letter d"
    " WHERE d.org_id = e.org_id AND d.event_id = e.id), '') AS dead_reason"
    " FROM event e JOIN calendar c ON c.org_id = e.org_id"
    " AND c.id = e.calendar_id WHERE e.org_id = ? AND e.deleted_at IS NULL"
    " AND c.deleted_at IS NULL AND (? = 0 OR c.user_id = ? OR c.shared = 1)"
    " AND e.summary LIKE ? ESCAPE '|'"
    " ORDER BY e.start_wall DESC LIMIT 100)"
    " UNION ALL (SELECT 0, b.calendar_id, n.id, d.title, c.name, c.color,"
    " NULL, 0, 0, NULL, '', d.id, d.reason FROM dead_letter d JOIN binding b"
    " ON b.org_id = d.org_id AND b.id = d.binding_id JOIN calendar c"
    " ON c.org_id = b.org_id AND c.id = b.calendar_id JOIN connection n"
    " ON n.org_id = b.org_id AND n.id = b.connection_id"
    " WHERE d.org_id = ? AND d.event_id IS NULL"
    " AND (? = 0 OR n.user_id = ?) AND d.title LIKE ? ESCAPE '|'"
    " ORDER BY d.id DESC LIMIT 100)";

bool store_event_list_places(struct db *db, struct pool *pool, uint64_t org,
    const struct event_history_of *of, struct event_place **out,
    size_t *count_out, struct err *err)
{
	static const struct stmt_col cols[] = {
		STMT_COL(struct event_place, connection_id),
		STMT_COL(struct event_place, connection),
		STMT_COL(struct event_place, collection),
		STMT_COL(struct event_place, synced_at),
		STMT_COL(struct event_place, waits_since),
		STMT_COL(struct event_place, sends),
		STMT_COL(struct event_place, dead_id),
		STMT_COL(struct event_place, dead_reason), STMT_END,
	};

	return stmt_list(db, pool, PLACES, STMT_ARGS(STMT_U64(of->event_id),
	    STMT_U64(of->event_id), STMT_U64(of->event_id), STMT_U64(org),
	    STMT_U64(of->calendar_id), STMT_U64(of->viewer),
	    STMT_U64(of->viewer)), cols, sizeof(**out), out, count_out, err);
}

bool store_event_list_history(struct db *db, struct pool *pool, uint64_t org,
    const struct event_history_of *of, struct event_happening **out,
    size_t *count_out, struct err *err)
{
	static const struct stmt_col cols[] = {
		STMT_COL(struct event_happening, run_id),
		STMT_COL(struct event_happening, kind),
		STMT_COL(struct event_happening, phase),
		STMT_COL(struct event_happening, reason),
		STMT_COL(struct event_happening, message),
		STMT_COL(struct event_happening, connection),
		STMT_COL(struct event_happening, updated_at),
		STMT_COL(struct event_happening, before), STMT_END,
	};

	return stmt_list(db, pool, HISTORY, STMT_ARGS(STMT_U64(org),
	    STMT_U64(of->event_id), STMT_U64(of->viewer),
	    STMT_U64(of->viewer)), cols, sizeof(**out), out, count_out, err);
}

bool store_event_list_clashes(struct db *db, struct pool *pool, uint64_t org,
    const struct event_history_of *of, struct event_clash **out,
    size_t *count_out, struct err *err)
{
	static const struct stmt_col cols[] = {
		STMT_COL(struct event_clash, id),
		STMT_COL(struct event_clash, fields),
		STMT_COL(struct event_clash, winner),
		STMT_COL(struct event_clash, created_at),
		STMT_COL(struct event_clash, resolved_at), STMT_END,
	};

	return stmt_list(db, pool, CLASHES, STMT_ARGS(STMT_U64(org),
	    STMT_U64(of->event_id), STMT_U64(of->viewer),
	    STMT_U64(of->viewer)), cols, sizeof(**out), out, count_out, err);
}

bool store_event_search(struct db *db, struct pool *pool, uint64_t org,
    uint64_t viewer, const char *title, struct event_found **out,
    size_t *count_out, struct err *err)
{
	static const struct stmt_col cols[] = {
		STMT_COL(struct event_found, event_id),
		STMT_COL(struct event_found, calendar_id),
		STMT_COL(struct event_found, connection_id),
		STMT_COL(struct event_found, title),
		STMT_COL(struct event_found, calendar),
		STMT_COL(struct event_found, color),
		STMT_COL(struct event_found, start_wall),
		STMT_COL(struct event_found, all_day),
		STMT_COL(struct event_found, zone_kind),
		STMT_COL(struct event_found, tzid),
		STMT_COL(struct event_found, zones),
		STMT_COL(struct event_found, dead_id),
		STMT_COL(struct event_found, dead_reason), STMT_END,
	};
	const char *like = stmt_like(pool, title);

	return stmt_list(db, pool, SEARCH, STMT_ARGS(STMT_U64(viewer),
	    STMT_U64(viewer), STMT_U64(org), STMT_U64(viewer),
	    STMT_U64(viewer), STMT_TEXT(like), STMT_U64(org), STMT_U64(viewer), STMT_U64(viewer),
	    STMT_TEXT(like)), cols, sizeof(**out), out, count_out, err);
}
