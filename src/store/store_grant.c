/* Rows of oauth_grant. A claim and its end are single conditional statements. */
#include "store/store_grant.h"
#include "util/banned.h"

static const char FIND[] =
    "SELECT generation, expires_at, ends_at, now(6) AS now, claimed_until, "
    "claimed_by, scopes, missing FROM oauth_grant WHERE org_id = ? AND connection_id = ?";
static const char PUT[] =
    "INSERT INTO oauth_grant (org_id, connection_id, generation, expires_at, "
    "ends_at, scopes, missing, updated_at) VALUES (?, ?, 1, "
    "now(6) + INTERVAL ? SECOND, now(6) + INTERVAL NULLIF(?, 0) SECOND, ?, ?, "
    "now(6)) ON DUPLICATE KEY UPDATE generation = generation + 1, "
    "expires_at = VALUES(expires_at), ends_at = VALUES(ends_at), "
    "scopes = VALUES(scopes), missing = VALUES(missing), claimed_by = '', "
    "claimed_until = NULL, updated_at = VALUES(updated_at)";
static const char CLAIM[] =
    "UPDATE oauth_grant SET claimed_by = ?, "
    "claimed_until = now(6) + INTERVAL ? SECOND "
    "WHERE org_id = ? AND connection_id = ? AND generation = ? "
    "AND (claimed_until IS NULL OR claimed_until < now(6))";
static const char RENEW[] =
    "UPDATE oauth_grant SET generation = generation + 1, "
    "expires_at = now(6) + INTERVAL ? SECOND, "
    "ends_at = COALESCE(now(6) + INTERVAL NULLIF(?, 0) SECOND, ends_at), "
    "scopes = COALESCE(?, scopes), missing = COALESCE(?, missing), "
    "claimed_by = '', claimed_until = NULL, updated_at = now(6) "
    "WHERE org_id = ? AND connection_id = ? AND generation = ? "
    "AND claimed_by = ?";
static const char FREE[] =
    "UPDATE oauth_grant SET claimed_by = '', claimed_until = NULL "
    "WHERE org_id = ? AND connection_id = ? AND generation = ? "
    "AND claimed_by = ?";
static const char EXPIRE[] =
    "UPDATE oauth_grant SET expires_at = now(6) "
    "WHERE org_id = ? AND connection_id = ? AND generation = ? "
    "AND expires_at > now(6)";
static const char REMOVE[] =
    "DELETE FROM oauth_grant WHERE org_id = ? AND connection_id = ?";

static const struct stmt_col COLS[] = {
	STMT_COL(struct grant_row, generation),
	STMT_COL(struct grant_row, expires_at),
	STMT_COL(struct grant_row, ends_at),
	STMT_COL(struct grant_row, now),
	STMT_COL(struct grant_row, claimed_until),
	STMT_COL(struct grant_row, claimed_by),
	STMT_COL(struct grant_row, scopes),
	STMT_COL(struct grant_row, missing),
	STMT_END,
};

int store_grant_find(struct db *db, struct pool *pool, uint64_t org,
    uint64_t connection_id, struct grant_row *out, struct err *err)
{
	return stmt_find(db, pool, FIND, STMT_ARGS(STMT_U64(org),
	    STMT_U64(connection_id)), COLS, out, err);
}

bool store_grant_put(struct db *db, uint64_t org, uint64_t connection_id,
    const struct grant_put *put, struct err *err)
{
	return stmt_exec(db, PUT, STMT_ARGS(STMT_U64(org),
	    STMT_U64(connection_id), STMT_I64(put->access_secs),
	    STMT_I64(put->ends_secs), STMT_TEXT(put->scopes),
	    STMT_TEXT(put->missing)), NULL, err);
}

bool store_grant_claim(struct db *db, const struct grant_claim *c,
    bool *won_out, struct err *err)
{
	uint64_t rows;

	if (!stmt_exec(db, CLAIM, STMT_ARGS(STMT_TEXT(c->owner),
	    STMT_I64(c->secs), STMT_U64(c->org_id), STMT_U64(c->connection_id),
	    STMT_U64(c->generation)), &rows, err))
		return false;
	*won_out = rows == 1;
	return true;
}

bool store_grant_renew(struct db *db, const struct grant_claim *c,
    const struct grant_put *put, bool *done_out, struct err *err)
{
	uint64_t rows;

	if (!stmt_exec(db, RENEW, STMT_ARGS(STMT_I64(put->access_secs),
	    STMT_I64(put->ends_secs), STMT_TEXT(put->scopes),
	    STMT_TEXT(put->missing), STMT_U64(c->org_id),
	    STMT_U64(c->connection_id), STMT_U64(c->generation),
	    STMT_TEXT(c->owner)), &rows, err))
		return false;
	*done_out = rows == 1;
	return true;
}

bool store_grant_free(struct db *db, const struct grant_claim *c,
    struct err *err)
{
	return stmt_exec(db, FREE, STMT_ARGS(STMT_U64(c->org_id),
	    STMT_U64(c->connection_id), STMT_U64(c->generation),
	    STMT_TEXT(c->owner)), NULL, err);
}

bool store_grant_expire(struct db *db, uint64_t org, uint64_t connection_id,
    uint64_t generation, struct err *err)
{
	return stmt_exec(db, EXPIRE, STMT_ARGS(STMT_U64(org),
	    STMT_U64(connection_id), STMT_U64(generation)), NULL, err);
}

bool store_grant_remove(struct db *db, uint64_t org, uint64_t connection_id,
    struct err *err)
{
	return stmt_exec(db, REMOVE, STMT_ARGS(STMT_U64(org),
	    STMT_U64(connection_id)), NULL, err);
}
