/* What a run asks before it begins, each in one question. */
#include "store/store_look.h"
#include "util/banned.h"

static const char CONNECTION[] =
    "SELECT c.state, EXISTS (SELECT 1 FROM provider_off p "
    "WHERE p.org_id = c.org_id AND p.provider = c.provider) AS off, "
    "c.provider, c.base_url, c.home_url, c.login, c.wait_until, "
    "now(6) AS now, c.wait_tries FROM connection c "
    "WHERE c.org_id = ? AND c.id = ?";
static const char RUN[] =
    "SELECT EXISTS (SELECT 1 FROM sync_run r WHERE r.org_id = ? "
    "AND r.connection_id = ? AND r.state IN (1, 2)) AS has_open, "
    "EXISTS (SELECT 1 FROM binding b JOIN dead_letter d "
    "ON d.org_id = b.org_id AND d.binding_id = b.id "
    "WHERE b.org_id = ? AND b.connection_id = ?) AS has_dead, "
    "EXISTS (SELECT 1 FROM sync_run r WHERE r.org_id = ? "
    "AND r.connection_id = ? AND r.guard IN (1, 2, 3)) AS has_held, "
    "now(6) AS now";

static const struct stmt_col CONNECTION_COLS[] = {
	STMT_COL(struct look_connection, state),
	STMT_COL(struct look_connection, off),
	STMT_COL(struct look_connection, provider),
	STMT_COL(struct look_connection, base_url),
	STMT_COL(struct look_connection, home_url),
	STMT_COL(struct look_connection, login),
	STMT_COL(struct look_connection, wait_until),
	STMT_COL(struct look_connection, now),
	STMT_COL(struct look_connection, wait_tries), STMT_END,
};
static const struct stmt_col RUN_COLS[] = {
	STMT_COL(struct look_run, has_open), STMT_COL(struct look_run, has_dead),
	STMT_COL(struct look_run, has_held), STMT_COL(struct look_run, now),
	STMT_END,
};

int store_look_connection(struct db *db, struct pool *pool, uint64_t org,
    uint64_t id, struct look_connection *out, struct err *err)
{
	return stmt_find(db, pool, CONNECTION, STMT_ARGS(STMT_U64(org),
	    STMT_U64(id)), CONNECTION_COLS, out, err);
}

bool store_look_run(struct db *db, struct pool *pool, uint64_t org,
    uint64_t connection_id, struct look_run *out, struct err *err)
{
	return stmt_find(db, pool, RUN, STMT_ARGS(STMT_U64(org),
	    STMT_U64(connection_id), STMT_U64(org), STMT_U64(connection_id),
	    STMT_U64(org), STMT_U64(connection_id)), RUN_COLS, out, err) > 0;
}
