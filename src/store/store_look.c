/* What a run asks before it begins, each in one question. */
#include "store/store_look.h"
#include "store/store_credential_p.h"
#include "util/banned.h"

#define CONNECTION_COLUMNS \
    "c.state, EXISTS (SELECT 1 FROM provider_off p " \
    "WHERE p.org_id = c.org_id AND p.provider = c.provider) AS off, " \
    "c.provider, c.base_url, c.home_url, c.login, c.last_ok_at, c.wait_until, " \
    "now(6) AS now, c.wait_tries, c.wait_asked, c.state_reason"
static const char CONNECTION[] =
    "SELECT " CONNECTION_COLUMNS " FROM connection c "
    "WHERE c.org_id = ? AND c.id = ?";
static const char RUN[] =
    "SELECT " CONNECTION_COLUMNS ", EXISTS (SELECT 1 FROM sync_run r "
    "WHERE r.org_id = c.org_id AND r.connection_id = c.id "
    "AND r.state IN (1, 2)) AS has_open, "
    "EXISTS (SELECT 1 FROM binding b JOIN dead_letter d "
    "ON d.org_id = b.org_id AND d.binding_id = b.id "
    "WHERE b.org_id = c.org_id AND b.connection_id = c.id) AS has_dead, "
    "EXISTS (SELECT 1 FROM sync_run r WHERE r.org_id = c.org_id "
    "AND r.connection_id = c.id AND r.guard IN (1, 2, 3)) AS has_held, "
    CREDENTIAL_SEALED_COLUMNS " FROM connection c LEFT JOIN credential s "
    "ON s.org_id = c.org_id AND s.connection_id = c.id AND s.field = ? "
    CREDENTIAL_KEY_JOIN "WHERE c.org_id = ? AND c.id = ?";

#define OF(m) STMT_COL(struct look_connection, m)
static const struct stmt_col CONNECTION_COLS[] = {
	OF(state), OF(off), OF(provider), OF(base_url), OF(home_url), OF(login),
	OF(last_ok_at), OF(wait_until), OF(now), OF(wait_tries), OF(wait_asked),
	OF(state_reason), STMT_END,
};
#define IN(part, m) STMT_COL_IN(struct look_run, part, m)
static const struct stmt_col RUN_COLS[] = {
	IN(connection, state), IN(connection, off), IN(connection, provider),
	IN(connection, base_url), IN(connection, home_url),
	IN(connection, login), IN(connection, last_ok_at),
	IN(connection, wait_until), IN(connection, now),
	IN(connection, wait_tries), IN(connection, wait_asked),
	IN(connection, state_reason), STMT_COL(struct look_run, has_open),
	STMT_COL(struct look_run, has_dead), STMT_COL(struct look_run, has_held),
	CREDENTIAL_SEALED_COLS(struct look_run, password.row, password.key),
	STMT_END,
};

int store_look_find_connection(struct db *db, struct pool *pool, uint64_t org,
    uint64_t id, struct look_connection *out, struct err *err)
{
	return stmt_find(db, pool, CONNECTION, STMT_ARGS(STMT_U64(org),
	    STMT_U64(id)), CONNECTION_COLS, out, err);
}

int store_look_find_run(struct db *db, struct pool *pool, uint64_t org,
    uint64_t connection_id, struct look_run *out, struct err *err)
{
	return stmt_find(db, pool, RUN, STMT_ARGS(STMT_U64(CREDENTIAL_PASSWORD),
	    STMT_U64(org), STMT_U64(connection_id)), RUN_COLS, out, err);
}
