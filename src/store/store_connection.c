/*
 * Rows of connection, as their owner sees them, with what the card shows. It
 * does not know what a provider is, nor who may ask.
 */
#include "store/store_connection.h"
#include "util/banned.h"

#define CONNECTION_SELECT \
	"SELECT c.id, c.user_id, c.provider, c.name, c.account, c.login, " \
	"c.base_url, c.home_url, c.state, c.state_reason, c.wait_until, " \
	"c.wait_tries, c.wait_asked, c.last_started_at, c.last_ok_at, c.created_at, " \
	"c.last_run_id, c.open_run_id, c.removing, j.due AS next_due, " \
	"u.email AS owner_email, u.name AS owner_name " \
	"FROM connection c JOIN user u ON u.id = c.user_id " \
	"LEFT JOIN job j ON j.org_id = c.org_id " \
	"AND j.connection_id = c.id AND j.kind = 1 " \
	"WHERE c.org_id = ? AND (? = 0 OR c.user_id = ?) "

static const char LIST[] = CONNECTION_SELECT "ORDER BY c.id";
static const char FIND[] = CONNECTION_SELECT "AND c.id = ?";

/* Of a binding's own tables: through the binding to the connection. */
#define OF_BINDINGS(table) \
	"FROM " table " x JOIN binding b ON b.org_id = x.org_id " \
	"AND b.id = x.binding_id WHERE x.org_id = c.org_id " \
	"AND b.connection_id = c.id"

#define COUNT_SELECT \
	"SELECT c.id AS connection_id, " \
	"(SELECT COUNT(*) FROM collection o WHERE o.org_id = c.org_id " \
	"AND o.connection_id = c.id AND o.missing_since IS NULL) " \
	"AS collections, " \
	"(SELECT COUNT(*) FROM binding b WHERE b.org_id = c.org_id " \
	"AND b.connection_id = c.id AND b.removing = 0) AS bindings, " \
	"(SELECT COUNT(*) " OF_BINDINGS("link") ") AS events, " \
	"(SELECT COUNT(DISTINCT x.event_id) " OF_BINDINGS("pending") ") " \
	"AS waiting, " \
	"(SELECT COUNT(*) " OF_BINDINGS("dead_letter") ") AS set_aside, " \
	"(SELECT COUNT(*) " OF_BINDINGS("conflict") \
	" AND x.resolved_at IS NULL) AS conflicts, " \
	"(SELECT MAX(r.id) FROM sync_run r WHERE r.org_id = c.org_id " \
	"AND r.connection_id = c.id AND r.guard = 1) AS held_run_id " \
	"FROM connection c WHERE c.org_id = ? "

static const char COUNT_ONE[] = COUNT_SELECT "AND c.id = ?";
static const char COUNT_ALL[] = COUNT_SELECT
    "AND (? = 0 OR c.user_id = ?) ORDER BY c.id";

static const char INSERT[] =
    "INSERT INTO connection (org_id, user_id, provider, name, account, login, "
    "base_url, home_url, state, created_at) "
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?, 1, current_timestamp(6))";

static const char FIND_SAME[] =
    "SELECT id FROM connection WHERE org_id = ? AND user_id = ? "
    "AND provider = ? AND login = ? "
    "AND (base_url = ? OR (home_url = ? AND home_url <> '')) "
    "AND state <> 4 AND id <> ? ORDER BY id LIMIT 1";

#define NOT_REMOVING "WHERE org_id = ? AND id = ? AND state <> 4"

#define STILL_ASKED "(wait_asked AND wait_until > current_timestamp(6))"

static const char SET_STATE[] =
    "UPDATE connection SET state = ?, "
    "state_reason = IF(" STILL_ASKED " AND ? = '', state_reason, ?), "
    "wait_tries = IF(" STILL_ASKED ", wait_tries, 0), "
    "wait_until = IF(" STILL_ASKED ", wait_until, NULL) "
    NOT_REMOVING;
static const char SET_RECONNECT[] =
    "UPDATE connection SET state = 3, state_reason = ?, wait_until = NULL, "
    "wait_tries = 0, wait_asked = 0 "
    "WHERE org_id = ? AND id = ? AND state = 1";
static const char SET_WAIT[] =
    "UPDATE connection SET wait_until = ?, wait_tries = ?, wait_asked = ?, "
    "state_reason = ? "
    "WHERE org_id = ? AND id = ? AND state = 1";
static const char SET_OK[] =
    "UPDATE connection SET last_ok_at = current_timestamp(6), "
    "wait_until = NULL, wait_tries = 0, wait_asked = 0, "
    "state_reason = IF(state = 1, '', state_reason) " NOT_REMOVING;
static const char SET_HOME[] =
    "UPDATE connection SET home_url = ? " NOT_REMOVING;
static const char SET_ACCOUNT[] =
    "UPDATE connection SET login = ?, account = ?, home_url = ?, state = 1, "
    "state_reason = '', wait_until = NULL, wait_tries = 0, wait_asked = 0 "
    NOT_REMOVING;
static const char SET_REMOVING[] =
    "UPDATE connection SET state = 4, removing = ?, state_reason = '', "
    "wait_until = NULL " NOT_REMOVING;

/* An INSERT when there is no row yet: a worker that is about to take its first
 * lease waits for this transaction and then sees the new state. */
static const char RAISE_FENCE[] =
    "INSERT INTO lease (org_id, connection_id, owner, fence, until) "
    "VALUES (?, ?, '', 1, current_timestamp(6)) "
    "ON DUPLICATE KEY UPDATE owner = '', fence = fence + 1, "
    "until = current_timestamp(6)";

static const char GONE[] =
    "This connection is being removed, or is no longer there.";

static const struct stmt_col COLS[] = {
	STMT_COL(struct connection_row, id),
	STMT_COL(struct connection_row, user_id),
	STMT_COL(struct connection_row, provider),
	STMT_COL(struct connection_row, name),
	STMT_COL(struct connection_row, account),
	STMT_COL(struct connection_row, login),
	STMT_COL(struct connection_row, base_url),
	STMT_COL(struct connection_row, home_url),
	STMT_COL(struct connection_row, state),
	STMT_COL(struct connection_row, state_reason),
	STMT_COL(struct connection_row, wait_until),
	STMT_COL(struct connection_row, wait_tries),
	STMT_COL(struct connection_row, wait_asked),
	STMT_COL(struct connection_row, last_started_at),
	STMT_COL(struct connection_row, last_ok_at),
	STMT_COL(struct connection_row, created_at),
	STMT_COL(struct connection_row, last_run_id),
	STMT_COL(struct connection_row, open_run_id),
	STMT_COL(struct connection_row, removing),
	STMT_COL(struct connection_row, next_due),
	STMT_COL(struct connection_row, owner_email),
	STMT_COL(struct connection_row, owner_name),
	STMT_END,
};

static const struct stmt_col COUNT_COLS[] = {
	STMT_COL(struct connection_counts, connection_id),
	STMT_COL(struct connection_counts, collections),
	STMT_COL(struct connection_counts, bindings),
	STMT_COL(struct connection_counts, events),
	STMT_COL(struct connection_counts, waiting),
	STMT_COL(struct connection_counts, set_aside),
	STMT_COL(struct connection_counts, conflicts),
	STMT_COL(struct connection_counts, held_run_id),
	STMT_END,
};

bool
store_connection_add(struct db *db, uint64_t org,
    const struct connection_new *c, uint64_t *id_out, struct err *err)
{
	return stmt_insert(db, INSERT, STMT_ARGS(STMT_U64(org),
	    STMT_U64(c->user_id), STMT_TEXT(c->provider), STMT_TEXT(c->name),
	    STMT_TEXT(c->account), STMT_TEXT(c->login), STMT_TEXT(c->base_url),
	    STMT_TEXT(c->home_url)), id_out, err);
}

int
store_connection_find(struct db *db, struct pool *pool, uint64_t org,
    uint64_t viewer, uint64_t id, struct connection_row *out, struct err *err)
{
	return stmt_find(db, pool, FIND, STMT_ARGS(STMT_U64(org),
	    STMT_U64(viewer), STMT_U64(viewer), STMT_U64(id)), COLS, out, err);
}

bool
store_connection_list(struct db *db, struct pool *pool, uint64_t org,
    uint64_t viewer, struct connection_row **out, size_t *count_out,
    struct err *err)
{
	return stmt_list(db, pool, LIST, STMT_ARGS(STMT_U64(org),
	    STMT_U64(viewer), STMT_U64(viewer)), COLS, sizeof(**out), out,
	    count_out, err);
}

bool
store_connection_count(struct db *db, struct pool *pool, uint64_t org,
    uint64_t id, struct connection_counts *out, struct err *err)
{
	int n;

	*out = (struct connection_counts){ .connection_id = id };
	n = stmt_find(db, pool, COUNT_ONE, STMT_ARGS(STMT_U64(org),
	    STMT_U64(id)), COUNT_COLS, out, err);
	return n >= 0;
}

bool
store_connection_list_counted(struct db *db, struct pool *pool, uint64_t org,
    uint64_t viewer, struct connection_card **out, size_t *count_out,
    struct err *err)
{
	struct connection_row *rows;
	struct connection_counts *counts;
	struct connection_card *cards;
	size_t row_count, counted, i, k = 0;

	if (!store_connection_list(db, pool, org, viewer, &rows, &row_count,
	    err))
		return false;
	if (!stmt_list(db, pool, COUNT_ALL, STMT_ARGS(STMT_U64(org),
	    STMT_U64(viewer), STMT_U64(viewer)), COUNT_COLS, sizeof(*counts),
	    &counts, &counted, err))
		return false;
	cards = pool_array(pool, row_count, sizeof(*cards));
	for (i = 0; i < row_count; i++) {
		cards[i].row = rows[i];
		while (k < counted && counts[k].connection_id < rows[i].id)
			k++;
		if (k < counted && counts[k].connection_id == rows[i].id)
			cards[i].counts = counts[k];
	}
	*out = cards;
	*count_out = row_count;
	return true;
}

int
store_connection_find_same(struct db *db, uint64_t org,
    const struct connection_new *c, uint64_t *id_out, struct err *err)
{
	if (!stmt_count(db, FIND_SAME, STMT_ARGS(STMT_U64(org),
	    STMT_U64(c->user_id), STMT_TEXT(c->provider), STMT_TEXT(c->login),
	    STMT_TEXT(c->base_url), STMT_TEXT(c->home_url),
	    STMT_U64(c->own_id)), id_out, err))
		return -1;
	return *id_out != 0;
}

bool
store_connection_set_state(struct db *db, uint64_t org, uint64_t id,
    enum connection_state state, const char *reason, struct err *err)
{
	return stmt_exec_one(db, SET_STATE, STMT_ARGS(STMT_U64(state),
	    STMT_TEXT(reason), STMT_TEXT(reason), STMT_U64(org), STMT_U64(id)),
	    GONE, err);
}

bool
store_connection_set_reconnect(struct db *db, uint64_t org, uint64_t id,
    const char *reason, struct err *err)
{
	return stmt_exec(db, SET_RECONNECT, STMT_ARGS(STMT_TEXT(reason),
	    STMT_U64(org), STMT_U64(id)), NULL, err);
}

bool
store_connection_set_wait(struct db *db, uint64_t org, uint64_t id,
    const struct connection_wait *wait, struct err *err)
{
	return stmt_exec(db, SET_WAIT, STMT_ARGS(STMT_TIME(wait->until),
	    STMT_I64(wait->tries), STMT_I64(wait->asked),
	    STMT_TEXT(wait->reason), STMT_U64(org), STMT_U64(id)), NULL, err);
}

bool
store_connection_set_ok(struct db *db, uint64_t org, uint64_t id,
    struct err *err)
{
	return stmt_exec_one(db, SET_OK, STMT_ARGS(STMT_U64(org), STMT_U64(id)),
	    GONE, err);
}

bool
store_connection_set_home(struct db *db, uint64_t org, uint64_t id,
    const char *home_url, struct err *err)
{
	return stmt_exec_one(db, SET_HOME, STMT_ARGS(STMT_TEXT(home_url),
	    STMT_U64(org), STMT_U64(id)), GONE, err);
}

bool
store_connection_set_account(struct db *db, uint64_t org, uint64_t id,
    const char *login, const char *account, const char *home_url,
    struct err *err)
{
	return stmt_exec_one(db, SET_ACCOUNT, STMT_ARGS(STMT_TEXT(login),
	    STMT_TEXT(account), STMT_TEXT(home_url), STMT_U64(org),
	    STMT_U64(id)), GONE, err);
}

bool
store_connection_raise_fence(struct db *db, uint64_t org, uint64_t id,
    struct err *err)
{
	return stmt_exec(db, RAISE_FENCE, STMT_ARGS(STMT_U64(org),
	    STMT_U64(id)), NULL, err);
}

bool
store_connection_set_removing(struct db *db, uint64_t org, uint64_t id,
    enum removal_choice choice, struct err *err)
{
	return stmt_exec_one(db, SET_REMOVING, STMT_ARGS(STMT_U64(choice),
	    STMT_U64(org), STMT_U64(id)), GONE, err) &&
	    store_connection_raise_fence(db, org, id, err);
}
