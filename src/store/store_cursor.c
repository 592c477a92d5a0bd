/* How far the reading of each binding has come, and what waits to be sent. */
#include "store/store_cursor.h"
#include "util/banned.h"

#define MOST 100

static const char LIST[] =
    "SELECT b.id AS binding_id, b.calendar_id, b.collection_id, b.direction, "
    "b.policy, b.generation, b.cursor_value, b.page_cursor, b.next_cursor, "
    "b.listing, b.paused, c.read_only, b.listed_at, c.missing_since, "
    "b.planned_run_id, c.remote_id, c.name AS collection_name, "
    "a.name AS calendar_name "
    "FROM binding b "
    "JOIN collection c ON c.org_id = ? AND c.id = b.collection_id "
    "JOIN calendar a ON a.org_id = ? AND a.id = b.calendar_id "
    "WHERE b.org_id = ? AND b.connection_id = ? AND b.removing = 0 "
    "ORDER BY b.id";
static const char START[] =
    "UPDATE binding SET page_cursor = NULL, next_cursor = NULL, "
    "generation = generation + ?, listing = ?, planned_run_id = NULL "
    "WHERE org_id = ? AND id = ?";
static const char PUT_PAGE[] =
    "UPDATE binding SET page_cursor = ? WHERE org_id = ? AND id = ?";
static const char PUT_PLANNED[] =
    "UPDATE binding SET page_cursor = NULL, next_cursor = ?, "
    "planned_run_id = ? WHERE org_id = ? AND id = ?";
static const char COMMIT[] =
    "UPDATE binding SET listed_at = IF(listing, now(6), listed_at), "
    "listing = 0, cursor_value = next_cursor, next_cursor = NULL, "
    "page_cursor = NULL WHERE org_id = ? AND id = ? AND next_cursor IS NOT NULL";
/* Without a cursor to move there is only the listing to note. */
static const char COMMIT_LISTING[] =
    "UPDATE binding SET listed_at = now(6), listing = 0, cursor_value = NULL, "
    "page_cursor = NULL WHERE org_id = ? AND id = ? AND listing = 1";
static const char MISSING[] =
    "UPDATE collection SET missing_since = IF(?, "
    "COALESCE(missing_since, now(6)), NULL) WHERE org_id = ? AND id = ?";
static const char PAUSE[] =
    "UPDATE binding SET paused = 1 WHERE org_id = ? AND id = ?";

static const char PENDING[] =
    "SELECT event_id, rev, since FROM pending "
    "WHERE org_id = ? AND binding_id = ? AND event_id > ? "
    "ORDER BY event_id LIMIT ?";
static const char PENDING_OF[] =
    "SELECT event_id, rev, since FROM pending "
    "WHERE org_id = ? AND binding_id = ? AND event_id IN (" STMT_Q10 "," STMT_Q10 "," STMT_Q10
    "," STMT_Q10 "," STMT_Q10 "," STMT_Q10 "," STMT_Q10 "," STMT_Q10 "," STMT_Q10 "," STMT_Q10 ")";
static const char PENDING_ADD[] =
    "INSERT INTO pending (org_id, binding_id, event_id, rev, since) "
    "VALUES (?, ?, ?, ?, now(6)) "
    "ON DUPLICATE KEY UPDATE rev = GREATEST(rev, VALUES(rev))";
static const char PENDING_REMOVE[] =
    "DELETE FROM pending "
    "WHERE org_id = ? AND binding_id = ? AND event_id = ? AND rev <= ?";

static const struct stmt_col COLS[] = {
	STMT_COL(struct cursor_row, binding_id),
	STMT_COL(struct cursor_row, calendar_id),
	STMT_COL(struct cursor_row, collection_id),
	STMT_COL(struct cursor_row, direction),
	STMT_COL(struct cursor_row, policy),
	STMT_COL(struct cursor_row, generation),
	STMT_COL(struct cursor_row, cursor_value),
	STMT_COL(struct cursor_row, page_cursor),
	STMT_COL(struct cursor_row, next_cursor),
	STMT_COL(struct cursor_row, listing), STMT_COL(struct cursor_row, paused),
	STMT_COL(struct cursor_row, read_only),
	STMT_COL(struct cursor_row, listed_at),
	STMT_COL(struct cursor_row, missing_since),
	STMT_COL(struct cursor_row, planned_run_id),
	STMT_COL(struct cursor_row, remote_id),
	STMT_COL(struct cursor_row, collection_name),
	STMT_COL(struct cursor_row, calendar_name), STMT_END,
};
static const struct stmt_col PENDING_COLS[] = {
	STMT_COL(struct pending_row, event_id), STMT_COL(struct pending_row, rev),
	STMT_COL(struct pending_row, since), STMT_END,
};

bool store_cursor_list(struct db *db, struct pool *pool, uint64_t org,
    uint64_t connection_id, struct cursor_row **out, size_t *count_out,
    struct err *err)
{
	return stmt_list(db, pool, LIST, STMT_ARGS(STMT_U64(org), STMT_U64(org),
	    STMT_U64(org), STMT_U64(connection_id)), COLS, sizeof(**out), out,
	    count_out, err);
}

bool store_cursor_start(struct db *db, uint64_t org, uint64_t binding_id,
    bool listing, struct err *err)
{
	return stmt_exec(db, START, STMT_ARGS(STMT_I64(listing),
	    STMT_I64(listing), STMT_U64(org), STMT_U64(binding_id)), NULL, err);
}

bool store_cursor_put_page(struct db *db, uint64_t org, uint64_t binding_id,
    const char *page_cursor, struct err *err)
{
	return stmt_exec(db, PUT_PAGE, STMT_ARGS(STMT_TEXT(page_cursor),
	    STMT_U64(org), STMT_U64(binding_id)), NULL, err);
}

bool store_cursor_put_planned(struct db *db, uint64_t org,
    uint64_t binding_id, uint64_t run_id, const char *next_cursor,
    struct err *err)
{
	return stmt_exec(db, PUT_PLANNED, STMT_ARGS(STMT_TEXT(next_cursor),
	    STMT_U64(run_id), STMT_U64(org), STMT_U64(binding_id)), NULL, err);
}

bool store_cursor_commit(struct db *db, uint64_t org, uint64_t binding_id,
    struct err *err)
{
	struct stmt_args key = STMT_ARGS(STMT_U64(org), STMT_U64(binding_id));
	uint64_t n;

	return stmt_exec(db, COMMIT, key, &n, err) &&
	    (n > 0 || stmt_exec(db, COMMIT_LISTING, key, NULL, err));
}

bool store_cursor_put_missing(struct db *db, uint64_t org,
    uint64_t collection_id, bool missing, struct err *err)
{
	return stmt_exec(db, MISSING, STMT_ARGS(STMT_I64(missing), STMT_U64(org),
	    STMT_U64(collection_id)), NULL, err);
}

bool store_cursor_pause(struct db *db, uint64_t org, uint64_t binding_id,
    struct err *err)
{
	return stmt_exec(db, PAUSE, STMT_ARGS(STMT_U64(org),
	    STMT_U64(binding_id)), NULL, err);
}

bool store_pending_list(struct db *db, struct pool *pool, uint64_t org,
    uint64_t binding_id, uint64_t after_event_id, size_t most,
    struct pending_row **out, size_t *count_out, struct err *err)
{
	return stmt_list(db, pool, PENDING, STMT_ARGS(STMT_U64(org),
	    STMT_U64(binding_id), STMT_U64(after_event_id), STMT_U64(most)),
	    PENDING_COLS, sizeof(**out), out, count_out, err);
}

bool store_pending_list_of(struct db *db, struct pool *pool, uint64_t org,
    uint64_t binding_id, const uint64_t *event_ids, size_t count,
    struct pending_row **out, size_t *count_out, struct err *err)
{
	struct stmt_arg *a = pool_array(pool, 2 + MOST, sizeof(*a));

	*count_out = 0;
	if (count == 0)
		return true;
	a[0] = STMT_U64(org);
	a[1] = STMT_U64(binding_id);
	for (size_t i = 0; i < MOST; i++)
		a[2 + i] = STMT_U64(event_ids[i < count ? i : count - 1]);
	return stmt_list(db, pool, PENDING_OF, (struct stmt_args){ a, 2 + MOST },
	    PENDING_COLS, sizeof(**out), out, count_out, err);
}

bool store_pending_add(struct db *db, uint64_t org, uint64_t binding_id,
    uint64_t event_id, uint64_t rev, struct err *err)
{
	return stmt_exec(db, PENDING_ADD, STMT_ARGS(STMT_U64(org),
	    STMT_U64(binding_id), STMT_U64(event_id), STMT_U64(rev)), NULL, err);
}

bool store_pending_remove(struct db *db, uint64_t org, uint64_t binding_id,
    uint64_t event_id, uint64_t rev, struct err *err)
{
	return stmt_exec(db, PENDING_REMOVE, STMT_ARGS(STMT_U64(org),
	    STMT_U64(binding_id), STMT_U64(event_id), STMT_U64(rev)), NULL, err);
}

bool store_pending_remove_many(struct db *db, struct pool *pool, uint64_t org,
    uint64_t binding_id, const struct pending_row *rows, size_t count,
    struct err *err)
{
	enum { COLUMNS = 4 };
	struct stmt_arg *cells = pool_array(pool, count * COLUMNS + 1,
	    sizeof(*cells));

	for (size_t i = 0; i < count; i++) {
		struct stmt_arg *cell = &cells[i * COLUMNS];

		cell[0] = STMT_U64(org);
		cell[1] = STMT_U64(binding_id);
		cell[2] = STMT_U64(rows[i].event_id);
		cell[3] = STMT_U64(rows[i].rev);
	}
	return count == 0 ||
	    stmt_exec_array(db, PENDING_REMOVE, cells, count, COLUMNS, err);
}
