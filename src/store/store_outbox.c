/* Rows of outbox. It can not open what it keeps. */
#include "store/store_outbox.h"
#include "store/store_credential_p.h"
#include "store/store_job.h"
#include "util/banned.h"

/* The refresh token takes its access tokens with it; where there is none, the
 * access token itself. */
static const char TAKE[] =
    "INSERT INTO outbox (org_id, kind, provider, login, connection_id, field, "
    "key_id, envelope, due, created_at) SELECT n.org_id, 1, n.provider, "
    "n.login, n.id, c.field, c.key_id, c.envelope, now(6), now(6) "
    "FROM connection n JOIN credential c ON c.org_id = n.org_id "
    "AND c.connection_id = n.id WHERE n.org_id = ? AND n.id = ? "
    "AND c.field = (SELECT MAX(f.field) FROM credential f "
    "WHERE f.org_id = n.org_id AND f.connection_id = n.id "
    "AND f.field IN (2, 3))";
static const char DUE[] =
    "SELECT s.id AS outbox_id, s.kind, s.provider, s.login, s.tries, "
    "s.created_at AS owed_since, s.connection_id, s.key_id, s.field, "
    "s.envelope, s.created_at AS updated_at, k.id, k.uses, k.kek_id, "
    "k.wrapped, k.state, k.created_at FROM outbox s " CREDENTIAL_KEY_JOIN
    "WHERE s.org_id = ? AND s.due <= now(6) ORDER BY s.due LIMIT 20";
static const char NEXT[] =
    "SELECT 1 + GREATEST(0, TIMESTAMPDIFF(SECOND, now(6), MIN(due))) "
    "FROM outbox WHERE org_id = ?";
static const char PUT_OFF[] =
    "UPDATE outbox SET tries = tries + 1, due = now(6) + INTERVAL ? SECOND "
    "WHERE org_id = ? AND id = ?";
static const char REMOVE[] =
    "DELETE FROM outbox WHERE org_id = ? AND id = ?";
static const char OTHERS[] =
    "SELECT COUNT(*) FROM connection WHERE provider = ? AND login = ? "
    "AND state <> 4";

#define OF(column, member) \
	{ column, STMT_TYPE(((struct outbox_row *)0)->member), \
	    offsetof(struct outbox_row, member) }
static const struct stmt_col COLS[] = {
	OF("outbox_id", id), STMT_COL(struct outbox_row, kind),
	STMT_COL(struct outbox_row, provider),
	STMT_COL(struct outbox_row, login), STMT_COL(struct outbox_row, tries),
	OF("owed_since", created_at),
	CREDENTIAL_SEALED_COLS(struct outbox_row, token.row, token.key),
	STMT_END,
};
#undef OF

bool store_outbox_take_tokens(struct db *db, uint64_t org,
    uint64_t connection_id, struct err *err)
{
	uint64_t rows;

	if (!stmt_exec(db, TAKE, STMT_ARGS(STMT_U64(org),
	    STMT_U64(connection_id)), &rows, err))
		return false;
	return rows == 0 || store_job_want(db, org, 0, JOB_OUTBOX, 0, 0, err);
}

bool store_outbox_list_due(struct db *db, struct pool *pool, uint64_t org,
    struct outbox_row **out, size_t *count_out, struct err *err)
{
	struct outbox_row *rows;

	if (!stmt_list(db, pool, DUE, STMT_ARGS(STMT_U64(org)), COLS,
	    sizeof(*rows), &rows, count_out, err))
		return false;
	for (size_t i = 0; i < *count_out; i++)
		rows[i].connection_id = rows[i].token.row.connection_id;
	*out = rows;
	return true;
}

bool store_outbox_next_secs(struct db *db, uint64_t org, int *secs_out,
    struct err *err)
{
	uint64_t secs;

	if (!stmt_count(db, NEXT, STMT_ARGS(STMT_U64(org)), &secs, err))
		return false;
	*secs_out = secs == 0 ? -1 : secs > 86400 ? 86400 : (int)secs;
	return true;
}

bool store_outbox_put_off(struct db *db, uint64_t org, uint64_t id, int secs,
    struct err *err)
{
	return stmt_exec(db, PUT_OFF, STMT_ARGS(STMT_I64(secs), STMT_U64(org),
	    STMT_U64(id)), NULL, err);
}

bool store_outbox_remove(struct db *db, uint64_t org, uint64_t id,
    struct err *err)
{
	return stmt_exec(db, REMOVE, STMT_ARGS(STMT_U64(org), STMT_U64(id)),
	    NULL, err);
}

bool store_outbox_count_others(struct db *db, const struct outbox_row *row,
    uint64_t *out, struct err *err)
{
	return stmt_count(db, OTHERS, STMT_ARGS(STMT_TEXT(row->provider),
	    STMT_TEXT(row->login)), out, err);
}
