/*
 * Does an account have exactly the rights of the table in tenant.c? Asked as
 * that account, which sees its own grants.
 */
#include <string.h>
#include "store/db_p.h"
#include "store/stmt.h"
#include "store/tenant.h"
#include "util/str.h"
#include "util/banned.h"

static const char WIDE[] = "SELECT COUNT(*) FROM "
    "(SELECT 1 FROM information_schema.user_privileges "
    "WHERE privilege_type <> 'USAGE' UNION ALL "
    "SELECT 1 FROM information_schema.schema_privileges) AS wide";
static const char GRANTED[] = "SELECT table_schema AS base, table_name AS name, "
    "GROUP_CONCAT(privilege_type ORDER BY FIELD(privilege_type, "
    "'SELECT', 'INSERT', 'UPDATE', 'DELETE') SEPARATOR ', ') AS rights "
    "FROM information_schema.table_privileges GROUP BY 1, 2";

struct granted { const char *base, *name, *rights; };
static const struct stmt_col COLS[] = {
	STMT_COL(struct granted, base), STMT_COL(struct granted, name),
	STMT_COL(struct granted, rights), STMT_END };

static const char *wanted(const struct db *db, const struct tenant_table *t)
{
	switch (db->account) {
	case DB_WEB: return t->filter == TENANT_NONE ? NULL : t->web;
	case DB_HOOKS: return t->filter == TENANT_NONE ? NULL : t->hooks;
	/* Given column by column: not in the list of whole tables. */
	case DB_SYNC: return t->hidden ? NULL : t->sync;
	case DB_ADMIN: break;
	}
	die("rights of the admin account are not listed");
}

static const char *compare(const struct db *db, struct pool *pool,
    const struct granted *rows, size_t count)
{
	const char *suffix = db->account == DB_SYNC ? "" : "_web";
	const char *base = pool_printf(pool, "%s%s", db->config->db_name, suffix);

	for (const struct tenant_table *t = tenant_tables(); t->name; t++) {
		const char *has = NULL, *want = wanted(db, t);

		for (size_t i = 0; i < count; i++)
			if (str_eq(rows[i].base, base) && str_eq(rows[i].name, t->name))
				has = rows[i].rights;
		if (!str_eq(has, want))
			return pool_printf(pool, "it has %s on %s.%s instead of %s",
			    has ? has : "no rights", base, t->name,
			    want ? want : "none");
	}
	for (size_t i = 0; i < count; i++)
		if (!str_eq(rows[i].base, base))
			return pool_printf(pool, "it has %s on %s.%s, which is not "
			    "its own", rows[i].rights, rows[i].base, rows[i].name);
	return NULL;
}

bool tenant_check_rights(struct db *db, struct pool *pool,
    const char **wrong_out, struct err *err)
{
	struct granted *rows;
	size_t count;
	uint64_t wide;

	if (!stmt_count(db, WIDE, STMT_NO_ARGS, &wide, err) ||
	    !stmt_list(db, pool, GRANTED, STMT_NO_ARGS, COLS, sizeof(*rows),
	    &rows, &count, err))
		return false;
	*wrong_out = wide ? "it has rights on whole databases" :
	    compare(db, pool, rows, count);
	return true;
}
