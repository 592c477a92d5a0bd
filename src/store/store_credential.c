/*
 * Rows of data_key and credential. It cannot open what it keeps, and does not
 * know the vault.
 */
#include "store/store_credential.h"
#include "store/store_credential_p.h"
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
    "UPDATE data_key SET uses = uses + ? "
    "WHERE org_id = ? AND id = ? AND state = 1 AND uses + ? <= ?";

static const char KEY_REST[] =
    "UPDATE data_key SET state = 2 WHERE org_id = ? AND id < ? AND state = 1";

/* Nobody seals with a key that is decrypt-only, so nobody comes after. */
static const char KEY_RETIRE[] =
    "UPDATE data_key SET state = 3 WHERE org_id = ? AND state = 2 "
    "AND NOT EXISTS (SELECT 1 FROM credential c "
    "WHERE c.org_id = data_key.org_id AND c.key_id = data_key.id) "
    "AND NOT EXISTS (SELECT 1 FROM oauth_verifier v "
    "WHERE v.org_id = data_key.org_id AND v.key_id = data_key.id) "
    "AND NOT EXISTS (SELECT 1 FROM outbox o "
    "WHERE o.org_id = data_key.org_id AND o.key_id = data_key.id)";

static const char KEY_REMOVE[] =
    "DELETE FROM data_key WHERE org_id = ? AND id = ? AND state = 3";

static const char KEY_COUNT_CREDENTIALS[] =
    "SELECT COUNT(*) FROM credential WHERE org_id = ? AND key_id = ?";

/* Of all organisations: the key file is above them. */
static const char KEY_WRAPPED_OTHERWISE[] =
    "SELECT org_id, id, kek_id, wrapped FROM data_key "
    "WHERE kek_id <> ? ORDER BY org_id, id LIMIT ?";
static const char KEY_COUNT_OTHERWISE[] =
    "SELECT COUNT(*) FROM data_key WHERE kek_id <> ?";
static const char KEY_REWRAP[] =
    "UPDATE data_key SET kek_id = ?, wrapped = ? "
    "WHERE org_id = ? AND id = ? AND kek_id = ? AND wrapped = ?";

static const char CREDENTIAL_PUT[] =
    "INSERT INTO credential (org_id, connection_id, field, key_id, envelope, "
    "updated_at) VALUES (?, ?, ?, ?, ?, current_timestamp(6)) "
    "ON DUPLICATE KEY UPDATE key_id = VALUES(key_id), "
    "envelope = VALUES(envelope), updated_at = VALUES(updated_at)";

static const char CREDENTIAL_SEALED[] =
    "SELECT " CREDENTIAL_SEALED_COLUMNS " FROM credential s "
    CREDENTIAL_KEY_JOIN
    "WHERE s.org_id = ? AND s.connection_id = ? AND s.field = ?";

static const char CREDENTIAL_OLD[] =
    "SELECT connection_id, key_id, field, envelope, updated_at "
    "FROM credential WHERE org_id = ? AND key_id <> ? AND connection_id >= ? "
    "AND (connection_id > ? OR field > ?) "
    "ORDER BY connection_id, field LIMIT ?";

static const char CREDENTIAL_COUNT_OLD[] =
    "SELECT COUNT(*) FROM credential WHERE org_id = ? AND key_id <> ?";

/* Those of a connection that asks for its password may never open again. */
static const char CREDENTIAL_COUNT_LEFT[] =
    "SELECT COUNT(*) FROM credential c "
    "JOIN connection n ON n.org_id = c.org_id AND n.id = c.connection_id "
    "WHERE c.org_id = ? AND c.key_id <> ? AND n.state <> 3";

/* What kind of password it is, and since when, stays as it was. */
static const char CREDENTIAL_RESEAL[] =
    "UPDATE credential SET key_id = ?, envelope = ? WHERE org_id = ? "
    "AND connection_id = ? AND field = ? AND key_id = ? AND envelope = ?";

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

static const struct stmt_col WRAPPED_COLS[] = {
	STMT_COL(struct data_key_wrapped, org_id),
	STMT_COL(struct data_key_wrapped, id),
	STMT_COL(struct data_key_wrapped, kek_id),
	STMT_COL(struct data_key_wrapped, wrapped),
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

static const struct stmt_col SEALED_COLS[] = {
	CREDENTIAL_SEALED_COLS(struct credential_sealed, row, key), STMT_END,
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
store_key_use(struct db *db, uint64_t org, uint64_t id, uint64_t seals,
    bool *fits_out, struct err *err)
{
	uint64_t rows;

	if (!stmt_exec(db, KEY_COUNT_USE, STMT_ARGS(STMT_U64(seals),
	    STMT_U64(org), STMT_U64(id), STMT_U64(seals),
	    STMT_U64(DATA_KEY_MOST_USES)), &rows, err))
		return false;
	*fits_out = rows == 1;
	return true;
}

bool
store_key_rest(struct db *db, uint64_t org, uint64_t before_id,
    struct err *err)
{
	return stmt_exec(db, KEY_REST, STMT_ARGS(STMT_U64(org),
	    STMT_U64(before_id)), NULL, err);
}

bool
store_key_retire(struct db *db, uint64_t org, uint64_t *count_out,
    struct err *err)
{
	return stmt_exec(db, KEY_RETIRE, STMT_ARGS(STMT_U64(org)), count_out,
	    err);
}

bool
store_key_remove(struct db *db, uint64_t org, uint64_t id, struct err *err)
{
	return stmt_exec_one(db, KEY_REMOVE, STMT_ARGS(STMT_U64(org),
	    STMT_U64(id)), "This key is not retired.", err);
}

bool
store_key_count_credentials(struct db *db, uint64_t org, uint64_t id,
    uint64_t *out, struct err *err)
{
	return stmt_count(db, KEY_COUNT_CREDENTIALS, STMT_ARGS(STMT_U64(org),
	    STMT_U64(id)), out, err);
}

bool
store_key_list_wrapped_otherwise(struct db *db, struct pool *pool,
    struct stmt_blob kek_id, size_t most, struct data_key_wrapped **out,
    size_t *count_out, struct err *err)
{
	return stmt_list(db, pool, KEY_WRAPPED_OTHERWISE, STMT_ARGS(
	    STMT_BLOB(kek_id.data, kek_id.len), STMT_U64(most)), WRAPPED_COLS,
	    sizeof(**out), out, count_out, err);
}

bool
store_key_count_wrapped_otherwise(struct db *db, struct stmt_blob kek_id,
    uint64_t *out, struct err *err)
{
	return stmt_count(db, KEY_COUNT_OTHERWISE, STMT_ARGS(
	    STMT_BLOB(kek_id.data, kek_id.len)), out, err);
}

bool
store_key_rewrap(struct db *db, const struct data_key_wrapped *old,
    struct stmt_blob kek_id, struct stmt_blob wrapped, bool *done_out,
    struct err *err)
{
	uint64_t rows;

	if (!stmt_exec(db, KEY_REWRAP, STMT_ARGS(
	    STMT_BLOB(kek_id.data, kek_id.len),
	    STMT_BLOB(wrapped.data, wrapped.len), STMT_U64(old->org_id),
	    STMT_U64(old->id), STMT_BLOB(old->kek_id.data, old->kek_id.len),
	    STMT_BLOB(old->wrapped.data, old->wrapped.len)), &rows, err))
		return false;
	*done_out = rows == 1;
	return true;
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
    struct credential_sealed *out, struct err *err)
{
	return stmt_find(db, pool, CREDENTIAL_SEALED, STMT_ARGS(STMT_U64(org),
	    STMT_U64(connection_id), STMT_U64(field)), SEALED_COLS, out, err);
}

bool
store_credential_remove(struct db *db, uint64_t org, uint64_t connection_id,
    struct err *err)
{
	return stmt_exec(db, CREDENTIAL_REMOVE, STMT_ARGS(STMT_U64(org),
	    STMT_U64(connection_id)), NULL, err);
}

bool
store_credential_list_old(struct db *db, struct pool *pool, uint64_t org,
    uint64_t key_id, const struct credential_row *after, size_t most,
    struct credential_row **out, size_t *count_out, struct err *err)
{
	return stmt_list(db, pool, CREDENTIAL_OLD, STMT_ARGS(STMT_U64(org),
	    STMT_U64(key_id), STMT_U64(after->connection_id),
	    STMT_U64(after->connection_id), STMT_U64((uint64_t)after->field),
	    STMT_U64(most)), CREDENTIAL_COLS, sizeof(**out), out, count_out, err);
}

bool
store_credential_count_old(struct db *db, uint64_t org, uint64_t key_id,
    bool usable_only, uint64_t *out, struct err *err)
{
	struct stmt_args args = STMT_ARGS(STMT_U64(org), STMT_U64(key_id));

	if (usable_only)
		return stmt_count(db, CREDENTIAL_COUNT_LEFT, args, out, err);
	return stmt_count(db, CREDENTIAL_COUNT_OLD, args, out, err);
}

bool
store_credential_reseal(struct db *db, uint64_t org,
    const struct credential_row *old, uint64_t key_id,
    struct stmt_blob envelope, bool *done_out, struct err *err)
{
	uint64_t rows;

	if (!stmt_exec(db, CREDENTIAL_RESEAL, STMT_ARGS(STMT_U64(key_id),
	    STMT_BLOB(envelope.data, envelope.len), STMT_U64(org),
	    STMT_U64(old->connection_id), STMT_U64((uint64_t)old->field),
	    STMT_U64(old->key_id),
	    STMT_BLOB(old->envelope.data, old->envelope.len)), &rows, err))
		return false;
	*done_out = rows == 1;
	return true;
}
