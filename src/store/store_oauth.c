/* Rows of oauth_state. It can not open a verifier and knows no provider. */
#include "store/store_oauth.h"
#include "util/banned.h"

static const char ADD[] =
    "INSERT INTO oauth_state (org_id, state_hash, flow, session_hash, user_id, "
    "provider, kind, connection_id, scopes, popup, return_to, created_at, "
    "expires_at) VALUES (?, ?, ?, ?, ?, ?, ?, NULLIF(?, 0), ?, ?, ?, now(6), "
    "now(6) + INTERVAL ? MINUTE)";
static const char PUT_VERIFIER[] =
    "INSERT INTO oauth_verifier (org_id, state_id, key_id, envelope) "
    "VALUES (?, ?, ?, ?)";
static const char FIND_VERIFIER[] =
    "SELECT key_id, envelope FROM oauth_verifier "
    "WHERE org_id = ? AND state_id = ?";
static const char DROP_VERIFIER[] =
    "DELETE FROM oauth_verifier WHERE org_id = ? AND state_id = ?";
static const char TAKE[] = "CALL oauth_state_take(?)";

#define STATE_COLUMNS "SELECT id, user_id, state_hash, session_hash, flow, " \
	"provider, kind, COALESCE(connection_id, 0) AS connection_id, scopes, " \
	"popup, return_to, expires_at, consumed_at, outcome, " \
	"message, COALESCE(result_id, 0) AS result_id " \
	"FROM oauth_state WHERE org_id = ? "
static const char FIND[] = STATE_COLUMNS "AND id = ?";
static const char FIND_FLOW[] = STATE_COLUMNS
    "AND flow = ? AND session_hash = ?";

static const char END[] =
    "UPDATE oauth_state SET outcome = ?, message = ?, "
    "result_id = NULLIF(?, 0) "
    "WHERE org_id = ? AND id = ?";
static const char CANCEL[] =
    "UPDATE oauth_state SET consumed_at = now(6), outcome = 2, "
    "message = 'You closed the window.' WHERE org_id = ? AND flow = ? "
    "AND session_hash = ? AND consumed_at IS NULL";

/* Its name goes to the one that follows. */
static const char SUPERSEDE[] =
    "UPDATE oauth_state SET consumed_at = now(6), outcome = 2, "
    "flow = LEFT(state_hash, 16) WHERE org_id = ? AND flow = ? "
    "AND session_hash = ? AND consumed_at IS NULL";

static const char MISUSED[] =
    "SELECT org_id, id, misused FROM oauth_state "
    "WHERE org_id = ? AND misused > 0 LIMIT 100";
static const char TOLD[] =
    "UPDATE oauth_state "
    "SET misused = misused - LEAST(misused, ?) WHERE org_id = ? AND id = ?";
static const char DROP_VERIFIERS[] =
    "DELETE v FROM oauth_verifier v JOIN oauth_state s "
    "ON s.org_id = v.org_id AND s.id = v.state_id "
    "WHERE s.expires_at < now(6) OR s.outcome <> 0";
static const char DROP_OLD[] =
    "DELETE FROM oauth_state WHERE expires_at < now(6) - INTERVAL 1 DAY "
    "AND misused = 0";

static const struct stmt_col STATE_COLS[] = {
	STMT_COL(struct oauth_state_row, id),
	STMT_COL(struct oauth_state_row, user_id),
	STMT_COL(struct oauth_state_row, state_hash),
	STMT_COL(struct oauth_state_row, session_hash),
	STMT_COL(struct oauth_state_row, flow),
	STMT_COL(struct oauth_state_row, provider),
	STMT_COL(struct oauth_state_row, kind),
	STMT_COL(struct oauth_state_row, connection_id),
	STMT_COL(struct oauth_state_row, scopes),
	STMT_COL(struct oauth_state_row, popup),
	STMT_COL(struct oauth_state_row, return_to),
	STMT_COL(struct oauth_state_row, expires_at),
	STMT_COL(struct oauth_state_row, consumed_at),
	STMT_COL(struct oauth_state_row, outcome),
	STMT_COL(struct oauth_state_row, message),
	STMT_COL(struct oauth_state_row, result_id),
	STMT_END,
};

struct taken_row { int verdict; uint64_t id; };
static const struct stmt_col TAKEN_COLS[] = {
	STMT_COL(struct taken_row, verdict),
	STMT_COL(struct taken_row, id),
	STMT_END,
};

static const struct stmt_col MISUSED_COLS[] = {
	STMT_COL(struct oauth_misuse, org_id),
	STMT_COL(struct oauth_misuse, id),
	STMT_COL(struct oauth_misuse, misused),
	STMT_END,
};

bool store_oauth_add(struct db *db, uint64_t org,
    const struct oauth_state_row *row, uint64_t *id_out, struct err *err)
{
	return stmt_exec(db, SUPERSEDE, STMT_ARGS(STMT_U64(org),
	    STMT_BLOB(row->flow.data, row->flow.len),
	    STMT_DIGEST(&row->session_hash)), NULL, err) &&
	    stmt_insert(db, ADD, STMT_ARGS(STMT_U64(org),
	    STMT_DIGEST(&row->state_hash),
	    STMT_BLOB(row->flow.data, row->flow.len),
	    STMT_DIGEST(&row->session_hash), STMT_U64(row->user_id),
	    STMT_TEXT(row->provider), STMT_I64(row->kind),
	    STMT_U64(row->connection_id), STMT_TEXT(row->scopes),
	    STMT_I64(row->popup), STMT_I64(row->return_to),
	    STMT_I64(STORE_OAUTH_MINS)), id_out, err);
}

bool store_oauth_put_verifier(struct db *db, uint64_t org, uint64_t id,
    const struct oauth_verifier_row *row, struct err *err)
{
	return stmt_exec(db, PUT_VERIFIER, STMT_ARGS(STMT_U64(org),
	    STMT_U64(id), STMT_U64(row->key_id),
	    STMT_BLOB(row->envelope.data, row->envelope.len)), NULL, err);
}

int store_oauth_find_verifier(struct db *db, struct pool *pool, uint64_t org,
    uint64_t id, struct oauth_verifier_row *out, struct err *err)
{
	static const struct stmt_col cols[] = {
		STMT_COL(struct oauth_verifier_row, key_id),
		STMT_COL(struct oauth_verifier_row, envelope), STMT_END };

	return stmt_find(db, pool, FIND_VERIFIER, STMT_ARGS(STMT_U64(org),
	    STMT_U64(id)), cols, out, err);
}

bool store_oauth_take(struct db *db, struct pool *pool,
    const struct digest *state_hash, enum oauth_verdict *out, uint64_t *id_out,
    struct err *err)
{
	struct taken_row row = { OAUTH_UNKNOWN, 0 };

	if (stmt_find(db, pool, TAKE, STMT_ARGS(STMT_DIGEST(state_hash)),
	    TAKEN_COLS, &row, err) < 0)
		return false;
	*out = (enum oauth_verdict)row.verdict;
	*id_out = row.id;
	return true;
}

int store_oauth_find(struct db *db, struct pool *pool, uint64_t org,
    uint64_t id, struct oauth_state_row *out, struct err *err)
{
	return stmt_find(db, pool, FIND, STMT_ARGS(STMT_U64(org),
	    STMT_U64(id)), STATE_COLS, out, err);
}

int store_oauth_find_flow(struct db *db, struct pool *pool, uint64_t org,
    const struct oauth_flow *flow, const struct digest *session_hash,
    struct oauth_state_row *out, struct err *err)
{
	return stmt_find(db, pool, FIND_FLOW, STMT_ARGS(STMT_U64(org),
	    STMT_BLOB(flow->bytes, sizeof(flow->bytes)),
	    STMT_DIGEST(session_hash)), STATE_COLS, out, err);
}

bool store_oauth_end(struct db *db, uint64_t org, uint64_t id,
    const struct oauth_end *end, struct err *err)
{
	return stmt_exec(db, END, STMT_ARGS(STMT_I64(end->outcome),
	    STMT_TEXT(end->message), STMT_U64(end->connection_id),
	    STMT_U64(org), STMT_U64(id)), NULL, err) && stmt_exec(db,
	    DROP_VERIFIER, STMT_ARGS(STMT_U64(org), STMT_U64(id)), NULL, err);
}

bool store_oauth_cancel(struct db *db, uint64_t org,
    const struct oauth_flow *flow, const struct digest *session_hash,
    struct err *err)
{
	return stmt_exec(db, CANCEL, STMT_ARGS(STMT_U64(org),
	    STMT_BLOB(flow->bytes, sizeof(flow->bytes)),
	    STMT_DIGEST(session_hash)), NULL, err);
}

bool store_oauth_list_misused(struct db *db, struct pool *pool, uint64_t org,
    struct oauth_misuse **out, size_t *count_out, struct err *err)
{
	return stmt_list(db, pool, MISUSED, STMT_ARGS(STMT_U64(org)),
	    MISUSED_COLS, sizeof(**out), out, count_out, err);
}

bool store_oauth_put_told(struct db *db, const struct oauth_misuse *row,
    struct err *err)
{
	return stmt_exec(db, TOLD, STMT_ARGS(STMT_U64(row->misused),
	    STMT_U64(row->org_id), STMT_U64(row->id)), NULL, err);
}

bool store_oauth_clean(struct db *db, struct err *err)
{
	return stmt_exec(db, DROP_VERIFIERS, STMT_NO_ARGS, NULL, err) &&
	    stmt_exec(db, DROP_OLD, STMT_NO_ARGS, NULL, err);
}
