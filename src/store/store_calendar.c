/*
 * Rows of calendar, as a person sees them. It does not know what they are tied
 * to, only how often.
 */
#include "store/store_calendar.h"
#include "util/banned.h"

#define CALENDAR_SELECT \
	"SELECT k.id, k.user_id, k.name, k.color, k.shared, " \
	"k.user_id = ? AS mine, u.name AS owner_name, k.created_at, " \
	"(SELECT COUNT(*) FROM event e WHERE e.org_id = k.org_id " \
	"AND e.calendar_id = k.id AND e.deleted_at IS NULL) AS events, " \
	"(SELECT COUNT(*) FROM binding b WHERE b.org_id = k.org_id " \
	"AND b.calendar_id = k.id) AS bindings " \
	"FROM calendar k JOIN user u ON u.id = k.user_id " \
	"WHERE k.org_id = ? AND k.deleted_at IS NULL " \
	"AND (? = 0 OR k.user_id = ? OR k.shared = 1) "

static const char LIST[] = CALENDAR_SELECT
    "ORDER BY mine DESC, k.name, k.id";
static const char FIND[] = CALENDAR_SELECT "AND k.id = ?";

static const char INSERT[] =
    "INSERT INTO calendar (org_id, user_id, name, color, shared, created_at) "
    "VALUES (?, ?, ?, ?, ?, current_timestamp(6))";
static const char PUT[] =
    "UPDATE calendar SET name = ?, color = ?, shared = ? "
    "WHERE org_id = ? AND id = ? AND deleted_at IS NULL";

static const char LOCK[] =
    "SELECT id FROM calendar WHERE org_id = ? AND id = ? FOR UPDATE";
static const char COUNT_BINDINGS[] =
    "SELECT COUNT(*) FROM binding WHERE org_id = ? AND calendar_id = ?";
static const char REMOVE[] =
    "UPDATE calendar SET deleted_at = current_timestamp(6) "
    "WHERE org_id = ? AND id = ? AND deleted_at IS NULL";
static const char REMOVE_EVENTS[] =
    "UPDATE event SET deleted_at = current_timestamp(6) "
    "WHERE org_id = ? AND calendar_id = ? AND deleted_at IS NULL";
static const char REMOVE_INSTANCES[] =
    "DELETE FROM event_instance WHERE org_id = ? AND calendar_id = ?";

static const char GONE[] = "There is no such calendar.";

static const struct stmt_col COLS[] = {
	STMT_COL(struct calendar_row, id),
	STMT_COL(struct calendar_row, user_id),
	STMT_COL(struct calendar_row, name),
	STMT_COL(struct calendar_row, color),
	STMT_COL(struct calendar_row, shared),
	STMT_COL(struct calendar_row, mine),
	STMT_COL(struct calendar_row, owner_name),
	STMT_COL(struct calendar_row, created_at),
	STMT_COL(struct calendar_row, events),
	STMT_COL(struct calendar_row, bindings),
	STMT_END,
};

bool
store_calendar_list(struct db *db, struct pool *pool, uint64_t org,
    uint64_t viewer, struct calendar_row **out, size_t *count_out,
    struct err *err)
{
	return stmt_list(db, pool, LIST, STMT_ARGS(STMT_U64(viewer),
	    STMT_U64(org), STMT_U64(viewer), STMT_U64(viewer)), COLS,
	    sizeof(**out), out, count_out, err);
}

int
store_calendar_find(struct db *db, struct pool *pool, uint64_t org,
    uint64_t viewer, uint64_t id, struct calendar_row *out, struct err *err)
{
	return stmt_find(db, pool, FIND, STMT_ARGS(STMT_U64(viewer),
	    STMT_U64(org), STMT_U64(viewer), STMT_U64(viewer), STMT_U64(id)),
	    COLS, out, err);
}

bool
store_calendar_add(struct db *db, uint64_t org, uint64_t user_id,
    const char *name, const char *color, bool shared, uint64_t *id_out,
    struct err *err)
{
	return stmt_insert(db, INSERT, STMT_ARGS(STMT_U64(org),
	    STMT_U64(user_id), STMT_TEXT(name), STMT_TEXT(color),
	    STMT_U64(shared)), id_out, err);
}

bool
store_calendar_put(struct db *db, uint64_t org, uint64_t id, const char *name,
    const char *color, bool shared, struct err *err)
{
	return stmt_exec_one(db, PUT, STMT_ARGS(STMT_TEXT(name),
	    STMT_TEXT(color), STMT_U64(shared), STMT_U64(org), STMT_U64(id)),
	    GONE, err);
}

bool
store_calendar_lock(struct db *db, uint64_t org, uint64_t id, struct err *err)
{
	uint64_t same;

	return stmt_count(db, LOCK, STMT_ARGS(STMT_U64(org), STMT_U64(id)),
	    &same, err);
}

bool
store_calendar_remove(struct db *db, uint64_t org, uint64_t id,
    struct err *err)
{
	struct stmt_arg both[] = { STMT_U64(org), STMT_U64(id) };
	struct stmt_args args = { both, 2 };
	uint64_t bindings;

	/* The calendar's row first: a binding that is being made waits on it. */
	if (!stmt_exec_one(db, REMOVE, args, GONE, err) ||
	    !stmt_count(db, COUNT_BINDINGS, args, &bindings, err))
		return false;
	if (bindings > 0)
		return err_set(err, ERR_CONFLICT, "This calendar is tied to a "
		    "remote one; untie it first.");
	return stmt_exec(db, REMOVE_EVENTS, args, NULL, err) &&
	    stmt_exec(db, REMOVE_INSTANCES, args, NULL, err);
}
