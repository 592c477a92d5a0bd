/*
 * Rows of data_key and credential. It cannot open what it keeps, and does not
 * know the vault.
 */
#include "store/store_credential.h"
#include "util/banned.h"

#define KEY_COLUMNS "SELECT id, uses, kek_id, wrapped, state, created_at " \
	"FROM data_key WHERE org_id = ? "

static const char KEY_ALL[] = KEY_COLUMNS "ORDER BY id";
static const char KEY_ACTIVE_NEWEST[] = KEY_COLUMNS
    "AND state = 1 ORDER BY id DESC LIMIT 1";
static const char KEY_BY_ID[] = KEY_COLUMNS "AND id = ? AND state <> 3";

static const char KEY_INSERT[] =
    "INSERT INTO data_key (org_id, kek_id, wrapped, state, created_at) "
    "VALUES (?, ?, ?, 1, current_timestamp(6))";

static const char KEY_COUNT_USE[] =
    "UPDATE data_key SET uses = uses + 1 "
    "WHERE org_id = ? AND id = ? AND state = 1 AND uses < ?";

static const char KEY_SET_STATE[] =
    "UPDATE data_key SET state = ? WHERE org_id = ? AND id = ?";

static const char CREDENTIAL_PUT[] =
    "INSERT INTO credential (org_id, connection_id, field, key_id, envelope, "
    "updated_at) VALUES (?, ?, ?, ?, ?, current_timestamp(6)) "
    "ON DUPLICATE KEY UPDATE key_id = VALUES(key_id), "
    "envelope = VALUES(envelope), updated_at = VALUES(updated_at)";

static const char CREDENTIAL_FIND[] =
    "SELECT connection_id, key_id, field, envelope, updated_at "
    "FROM credential WHERE org_id = ? AND connection_id = ? AND field = ?";

static const char CREDENTIAL_REMOVE[] =
    "DELETE FROM credential WHERE org_id = ? AND connection_id = ?";

static const struct stmt_col KEY_COLS[] = {
	STMT_COL(struct data_key_row, id),
	STMT_COL(struct data_key_row, uses),
	STMT_COL(struct data_key_row, kek_id),
	STMT_COL(struct data_key_row, wrapped),
	STMT_COL(struct data_key_row, state),
	STMT_COL(struct data_key_row, created_at),
	STMT_END,
};

static const struct stmt_col CREDENTIAL_COLS[] = {
	STMT_COL(struct credential_row, connection_id),
	STMT_COL(struct credential_row, key_id),
	STMT_COL(struct credential_row, field),
	STMT_COL(struct credential_row, envelope),
	STMT_COL(struct credential_row, updated_at),
	STMT_END,
};

int
store_key_find_active(struct db *db, struct pool *pool, uint64_t org,
    struct data_key_row *out, struct err *err)
{
	return stmt_find(db, pool, KEY_ACTIVE_NEWEST,
	    STMT_ARGS(STMT_U64(org)), KEY_COLS, out, err);
}

int
store_key_find(struct db *db, struct pool *pool, uint64_t org, uint64_t id,
    struct data_key_row *out, struct err *err)
{
	return stmt_find(db, pool, KEY_BY_ID,
	    STMT_ARGS(STMT_U64(org), STMT_U64(id)), KEY_COLS, out, err);
}

bool
store_key_list(struct db *db, struct pool *pool, uint64_t org,
    struct data_key_row **out, size_t *count_out, struct err *err)
{
	return stmt_list(db, pool, KEY_ALL, STMT_ARGS(STMT_U64(org)), KEY_COLS,
	    sizeof(**out), out, count_out, err);
}

bool
store_key_add(struct db *db, uint64_t org, struct stmt_blob kek_id,
    struct stmt_blob wrapped, uint64_t *id_out, struct err *err)
{
	return stmt_insert(db, KEY_INSERT, STMT_ARGS(STMT_U64(org),
	    STMT_BLOB(kek_id.data, kek_id.len),
	    STMT_BLOB(wrapped.data, wrapped.len)), id_out, err);
}

bool
store_key_use(struct db *db, uint64_t org, uint64_t id, bool *fits_out,
    struct err *err)
{
	uint64_t rows;

	if (!stmt_exec(db, KEY_COUNT_USE, STMT_ARGS(STMT_U64(org), STMT_U64(id),
	    STMT_U64(DATA_KEY_MOST_USES)), &rows, err))
		return false;
	*fits_out = rows == 1;
	return true;
}

bool
store_key_set_state(struct db *db, uint64_t org, uint64_t id,
    enum data_key_state state, struct err *err)
{
	return stmt_exec_one(db, KEY_SET_STATE, STMT_ARGS(STMT_U64(state),
	    STMT_U64(org), STMT_U64(id)), "There is no such key.", err);
}

bool
store_credential_put(struct db *db, uint64_t org, uint64_t connection_id,
    enum credential_field field, uint64_t key_id, struct stmt_blob envelope,
    struct err *err)
{
	return stmt_exec(db, CREDENTIAL_PUT, STMT_ARGS(STMT_U64(org),
	    STMT_U64(connection_id), STMT_U64(field), STMT_U64(key_id),
	    STMT_BLOB(envelope.data, envelope.len)), NULL, err);
}

int
store_credential_find(struct db *db, struct pool *pool, uint64_t org,
    uint64_t connection_id, enum credential_field field,
    struct credential_row *out, struct err *err)
{
	return stmt_find(db, pool, CREDENTIAL_FIND, STMT_ARGS(STMT_U64(org),
	    STMT_U64(connection_id), STMT_U64(field)), CREDENTIAL_COLS, out,
	    err);
}

bool
store_credential_remove(struct db *db, uint64_t org, uint64_t connection_id,
    struct err *err)
{
	return stmt_exec(db, CREDENTIAL_REMOVE, STMT_ARGS(STMT_U64(org),
	    STMT_U64(connection_id)), NULL, err);
}
