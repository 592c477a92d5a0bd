/* What is switched off where. It does not know which providers there are. */
#include "store/store_provider.h"
#include "util/banned.h"

static const char IS_OFF[] =
    "SELECT COUNT(*) FROM provider_off WHERE org_id = ? AND provider = ?";
static const char LIST_OFF[] =
    "SELECT provider FROM provider_off WHERE org_id = ?";
static const char MODE[] =
    "SELECT mode FROM provider_switch WHERE provider = ?";
static const char ORGS[] =
    "SELECT o.id AS org_id, o.name FROM org o WHERE NOT EXISTS "
    "(SELECT 1 FROM provider_off p WHERE p.org_id = o.id AND p.provider = ?) "
    "ORDER BY o.name";
static const char SET[] =
    "INSERT INTO provider_switch (provider, mode) VALUES (?, ?) "
    "ON DUPLICATE KEY UPDATE mode = VALUES(mode)";
static const char ALL_ON[] = "DELETE FROM provider_off WHERE provider = ?";
static const char ALL_OFF[] =
    "INSERT INTO provider_off (org_id, provider) SELECT id, ? FROM org";
static const char ORG_ON[] =
    "DELETE FROM provider_off WHERE org_id = ? AND provider = ?";
static const char BEGIN_ORG[] =
    "INSERT INTO provider_off (org_id, provider) "
    "SELECT ?, provider FROM provider_switch WHERE mode <> 0";
/* What every page shows stands with the organisation; 0 = of all. */
static const char NOTE[] =
    "UPDATE org SET providers_off = COALESCE((SELECT GROUP_CONCAT(p.provider) "
    "FROM provider_off p WHERE p.org_id = org.id), '') WHERE ? = 0 OR id = ?";
static const char USERS[] =
    "SELECT DISTINCT c.org_id, EXISTS (SELECT 1 FROM provider_off o "
    "WHERE o.org_id = c.org_id AND o.provider = c.provider) AS off "
    "FROM connection c WHERE c.provider = ? ORDER BY c.org_id";
static const char RAISE_FENCES[] =
    "UPDATE lease SET fence = fence + 1, owner = '', until = now(6) "
    "WHERE org_id = ? AND connection_id IN (SELECT id FROM connection "
    "WHERE org_id = ? AND provider = ?)";
static const char WANT[] =
    "INSERT INTO job (org_id, connection_id, kind, due, wanted_at) "
    "SELECT org_id, id, 1, now(6), now(6) FROM connection "
    "WHERE org_id = ? AND provider = ? AND state = 1 "
    "ON DUPLICATE KEY UPDATE due = LEAST(due, VALUES(due))";

static const struct stmt_col OFF_COLS[] = {
	STMT_COL(struct provider_off, provider), STMT_END,
};
static const struct stmt_col ORG_COLS[] = {
	STMT_COL(struct provider_org, org_id), STMT_COL(struct provider_org, name),
	STMT_END,
};
static const struct stmt_col USER_COLS[] = {
	STMT_COL(struct provider_user, org_id),
	STMT_COL(struct provider_user, off), STMT_END,
};
struct mode_row { int mode; };
static const struct stmt_col MODE_COLS[] = {
	STMT_COL(struct mode_row, mode), STMT_END,
};

int store_provider_is_off(struct db *db, uint64_t org, const char *provider,
    struct err *err)
{
	uint64_t n;

	if (!stmt_count(db, IS_OFF, STMT_ARGS(STMT_U64(org),
	    STMT_TEXT(provider)), &n, err))
		return -1;
	return n > 0;
}

bool store_provider_list_off(struct db *db, struct pool *pool, uint64_t org,
    struct provider_off **out, size_t *count_out, struct err *err)
{
	return stmt_list(db, pool, LIST_OFF, STMT_ARGS(STMT_U64(org)), OFF_COLS,
	    sizeof(**out), out, count_out, err);
}

bool store_provider_find_mode(struct db *db, struct pool *pool,
    const char *provider, enum provider_mode *out, struct err *err)
{
	struct mode_row row = { PROVIDER_ON };

	if (stmt_find(db, pool, MODE, STMT_ARGS(STMT_TEXT(provider)), MODE_COLS,
	    &row, err) < 0)
		return false;
	*out = (enum provider_mode)row.mode;
	return true;
}

bool store_provider_list_orgs(struct db *db, struct pool *pool,
    const char *provider, struct provider_org **out, size_t *count_out,
    struct err *err)
{
	return stmt_list(db, pool, ORGS, STMT_ARGS(STMT_TEXT(provider)), ORG_COLS,
	    sizeof(**out), out, count_out, err);
}

static bool note(struct db *db, uint64_t org, struct err *err)
{
	return stmt_exec(db, NOTE, STMT_ARGS(STMT_U64(org), STMT_U64(org)), NULL,
	    err);
}

bool store_provider_set(struct db *db, const char *provider,
    enum provider_mode mode, const uint64_t *orgs, size_t count,
    struct err *err)
{
	struct stmt_args name = STMT_ARGS(STMT_TEXT(provider));

	if (!stmt_exec(db, SET, STMT_ARGS(STMT_TEXT(provider), STMT_U64(mode)),
	    NULL, err) || !stmt_exec(db, ALL_ON, name, NULL, err) ||
	    (mode != PROVIDER_ON && !stmt_exec(db, ALL_OFF, name, NULL, err)))
		return false;
	for (size_t i = 0; i < count; i++)
		if (!stmt_exec(db, ORG_ON, STMT_ARGS(STMT_U64(orgs[i]),
		    STMT_TEXT(provider)), NULL, err))
			return false;
	return note(db, 0, err);
}

bool store_provider_begin_org(struct db *db, uint64_t org, struct err *err)
{
	return stmt_exec(db, BEGIN_ORG, STMT_ARGS(STMT_U64(org)), NULL, err) &&
	    note(db, org, err);
}

bool store_provider_list_users(struct db *db, struct pool *pool,
    const char *provider, struct provider_user **out, size_t *count_out,
    struct err *err)
{
	return stmt_list(db, pool, USERS, STMT_ARGS(STMT_TEXT(provider)),
	    USER_COLS, sizeof(**out), out, count_out, err);
}

bool store_provider_raise_fences(struct db *db, uint64_t org,
    const char *provider, struct err *err)
{
	return stmt_exec(db, RAISE_FENCES, STMT_ARGS(STMT_U64(org),
	    STMT_U64(org), STMT_TEXT(provider)), NULL, err);
}

bool store_provider_want(struct db *db, uint64_t org, const char *provider,
    struct err *err)
{
	return stmt_exec(db, WANT, STMT_ARGS(STMT_U64(org),
	    STMT_TEXT(provider)), NULL, err);
}
