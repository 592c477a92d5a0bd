/* What is kept for a while, portion by portion; and the jobs that must exist. */
#include "store/store_retention.h"
#include "util/banned.h"

static const char IMAGES[] =
    "DELETE FROM before_image WHERE org_id = ? "
    "AND created_at < now(6) - INTERVAL ? DAY LIMIT 500";
/* Not the ones that wait for an answer, nor a connection's last one. */
static const char OLD_RUN[] =
    "SELECT MIN(r.id) FROM sync_run r WHERE r.org_id = ? "
    "AND r.finished_at < now(6) - INTERVAL ? DAY AND r.guard <> 1 "
    "AND NOT EXISTS (SELECT 1 FROM connection c WHERE c.org_id = ? "
    "AND c.last_run_id = r.id)";
static const char RUN_ACTIONS[] =
    "DELETE FROM sync_action WHERE org_id = ? AND run_id = ? LIMIT 1000";
static const char RUN[] = "DELETE FROM sync_run WHERE org_id = ? AND id = ?";
static const char CONFLICTS[] =
    "DELETE FROM conflict WHERE org_id = ? AND resolved_at IS NOT NULL "
    "AND created_at < now(6) - INTERVAL ? DAY LIMIT 500";
/* Linked ones are not agreed on yet: they stay until they are. */
static const char OLD_EVENTS[] =
    "SELECT e.id FROM event e WHERE e.org_id = ? "
    "AND e.deleted_at < now(6) - INTERVAL ? DAY AND NOT EXISTS "
    "(SELECT 1 FROM link l WHERE l.org_id = ? AND l.event_id = e.id) "
    "ORDER BY e.id LIMIT 100";
static const char EVENT_CONFLICTS[] =
    "DELETE FROM conflict WHERE org_id = ? AND event_id = ?";
static const char EVENT_INSTANCES[] =
    "DELETE FROM event_instance WHERE org_id = ? AND event_id = ?";
static const char EVENT_OVERRIDES[] =
    "DELETE FROM event_override WHERE org_id = ? AND event_id = ?";
static const char EVENT_REMOVALS[] =
    "DELETE FROM event_removal WHERE org_id = ? AND event_id = ?";
static const char REMOVALS[] =
    "DELETE FROM event_removal WHERE org_id = ? AND recurrence_id <> '' "
    "AND created_at < now(6) - INTERVAL ? DAY LIMIT 500";
static const char EVENT[] =
    "DELETE FROM event WHERE org_id = ? AND id = ? AND deleted_at IS NOT NULL";

static const char SESSIONS[] =
    "DELETE FROM session WHERE expires_at < now(6)";
static const char THROTTLE[] =
    "DELETE FROM login_throttle WHERE window_start < now(6) - INTERVAL 1 DAY";

static const char SEED_SYNC[] =
    "INSERT IGNORE INTO job (org_id, connection_id, kind, due, wanted_at) "
    "SELECT org_id, id, 1, now(6), now(6) FROM connection WHERE state = 1";
static const char SEED_RETENTION[] =
    "INSERT IGNORE INTO job (org_id, connection_id, kind, due, wanted_at) "
    "SELECT id, 0, 4, now(6), now(6) FROM org";

struct id_row { uint64_t id; };
static const struct stmt_col ID_COLS[] = {
	STMT_COL(struct id_row, id), STMT_END,
};

static bool drop_event(struct db *db, uint64_t org, uint64_t id,
    struct err *err)
{
	struct stmt_args key = STMT_ARGS(STMT_U64(org), STMT_U64(id));

	return stmt_exec(db, EVENT_CONFLICTS, key, NULL, err) &&
	    stmt_exec(db, EVENT_INSTANCES, key, NULL, err) &&
	    stmt_exec(db, EVENT_OVERRIDES, key, NULL, err) &&
	    stmt_exec(db, EVENT_REMOVALS, key, NULL, err) &&
	    stmt_exec(db, EVENT, key, NULL, err);
}

static bool drop_events(struct db *db, struct pool *pool, uint64_t org,
    int days, size_t *count_out, struct err *err)
{
	struct id_row *rows;

	if (!stmt_list(db, pool, OLD_EVENTS, STMT_ARGS(STMT_U64(org),
	    STMT_I64(days), STMT_U64(org)), ID_COLS, sizeof(*rows), &rows,
	    count_out, err))
		return false;
	for (size_t i = 0; i < *count_out; i++)
		if (!drop_event(db, org, rows[i].id, err))
			return false;
	return true;
}

/* The oldest run: its rows, then itself. */
static bool drop_run(struct db *db, uint64_t org, int days, uint64_t *run_out,
    struct err *err)
{
	uint64_t n;

	if (!stmt_count(db, OLD_RUN, STMT_ARGS(STMT_U64(org), STMT_I64(days),
	    STMT_U64(org)), run_out, err))
		return false;
	if (*run_out == 0)
		return true;
	if (!stmt_exec(db, RUN_ACTIONS, STMT_ARGS(STMT_U64(org),
	    STMT_U64(*run_out)), &n, err))
		return false;
	return n == 1000 || stmt_exec(db, RUN, STMT_ARGS(STMT_U64(org),
	    STMT_U64(*run_out)), NULL, err);
}

bool store_retention_step(struct db *db, struct pool *pool, uint64_t org,
    int days, bool *more_out, struct err *err)
{
	struct stmt_args age = STMT_ARGS(STMT_U64(org), STMT_I64(days));
	uint64_t images, conflicts, removals, run;
	size_t events;

	if (!stmt_exec(db, IMAGES, age, &images, err) ||
	    !stmt_exec(db, CONFLICTS, age, &conflicts, err) ||
	    !stmt_exec(db, REMOVALS, age, &removals, err) ||
	    !drop_run(db, org, days, &run, err) ||
	    !drop_events(db, pool, org, days, &events, err))
		return false;
	*more_out = images == 500 || conflicts == 500 || removals == 500 || run > 0 ||
	    events == 100;
	return true;
}

bool store_retention_sessions(struct db *db, struct err *err)
{
	return stmt_exec(db, SESSIONS, STMT_NO_ARGS, NULL, err) &&
	    stmt_exec(db, THROTTLE, STMT_NO_ARGS, NULL, err);
}

bool store_retention_seed(struct db *db, struct err *err)
{
	return stmt_exec(db, SEED_SYNC, STMT_NO_ARGS, NULL, err) &&
	    stmt_exec(db, SEED_RETENTION, STMT_NO_ARGS, NULL, err);
}
