/* Rows of kek. It has never seen a key. */
#include "store/store_kek.h"
#include "util/banned.h"

static const char ACTIVE[] = "SELECT id, state, created_at FROM kek "
    "WHERE state = 2";
static const char LIST[] = "SELECT k.id, k.state, k.created_at, "
    "(SELECT COUNT(*) FROM data_key d WHERE d.kek_id = k.id) AS wraps "
    "FROM kek k ORDER BY k.created_at, k.id";
static const char ADD[] = "INSERT INTO kek (id, state, created_at) "
    "VALUES (?, ?, current_timestamp(6))";
static const char ACTIVATE[] = "UPDATE kek SET state = IF(id = ?, 2, 3) "
    "WHERE state = 2 OR id = ?";
static const char REMOVE[] = "DELETE FROM kek WHERE id = ?";

static const struct stmt_col ACTIVE_COLS[] = {
	STMT_COL(struct kek_row, id), STMT_COL(struct kek_row, state),
	STMT_COL(struct kek_row, created_at), STMT_END };
static const struct stmt_col COLS[] = {
	STMT_COL(struct kek_row, id), STMT_COL(struct kek_row, state),
	STMT_COL(struct kek_row, created_at), STMT_COL(struct kek_row, wraps),
	STMT_END };

int store_kek_find_active(struct db *db, struct pool *pool,
    struct kek_row *out, struct err *err)
{
	return stmt_find(db, pool, ACTIVE, STMT_NO_ARGS, ACTIVE_COLS, out, err);
}

bool store_kek_list(struct db *db, struct pool *pool, struct kek_row **out,
    size_t *count_out, struct err *err)
{
	return stmt_list(db, pool, LIST, STMT_NO_ARGS, COLS, sizeof(**out), out,
	    count_out, err);
}

bool store_kek_add(struct db *db, struct stmt_blob id, enum kek_state state,
    struct err *err)
{
	return stmt_exec(db, ADD, STMT_ARGS(STMT_BLOB(id.data, id.len),
	    STMT_U64(state)), NULL, err);
}

bool store_kek_activate(struct db *db, struct stmt_blob id, struct err *err)
{
	return stmt_exec(db, ACTIVATE, STMT_ARGS(STMT_BLOB(id.data, id.len),
	    STMT_BLOB(id.data, id.len)), NULL, err);
}

bool store_kek_remove(struct db *db, struct stmt_blob id, struct err *err)
{
	return stmt_exec(db, REMOVE, STMT_ARGS(STMT_BLOB(id.data, id.len)), NULL,
	    err);
}
