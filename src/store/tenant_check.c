/*
 * Does an account have exactly the rights of the table in tenant.c? Asked as
 * that account, which sees its own grants. And is everything there that the
 * migrations made? Asked as the administrator. It changes nothing.
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

static const char OBJECTS[] = "SELECT table_schema AS base, table_name AS name "
    "FROM information_schema.tables WHERE table_schema IN (DATABASE(), ?) "
    "UNION ALL SELECT routine_schema, routine_name "
    "FROM information_schema.routines WHERE routine_schema IN (DATABASE(), ?) "
    "UNION ALL SELECT trigger_schema, trigger_name "
    "FROM information_schema.triggers WHERE trigger_schema = DATABASE()";
/* What has no place in the list of tables; t/store/doctor.t holds it whole. */
static const char *const OTHERS[] = { "tenant", "data_key_before_insert",
	"event_before_insert",
	"event_before_update", "event_after_insert", "event_after_update",
	"event_after_delete", "event_override_after_insert",
	"event_override_after_update", "event_override_after_delete",
	"sync_run_after_insert", "sync_run_after_update",
	"sync_run_after_delete", "connection_watch_after_update",
	"binding_watch_after_update", "binding_after_insert", "binding_after_update",
	"binding_after_delete", "dead_letter_after_insert",
	"dead_letter_after_delete", "conflict_after_insert",
	"conflict_after_update", "conflict_after_delete" };

struct object { const char *base, *name; };
static const struct stmt_col OBJECT_COLS[] = {
	STMT_COL(struct object, base), STMT_COL(struct object, name), STMT_END };

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

struct search {
	const struct object *rows;
	size_t count;
	struct str missing;
};

static void look_for(struct search *s, const char *base, const char *name)
{
	for (size_t i = 0; i < s->count; i++)
		if (str_eq(s->rows[i].name, name) && str_eq(s->rows[i].base, base))
			return;
	str_addf(&s->missing, "%s%s.%s", s->missing.len ? ", " : "", base, name);
}

bool tenant_check_objects(struct db *db, struct pool *pool,
    const char **missing_out, struct err *err)
{
	const char *base = db->config->db_name;
	const char *web = pool_printf(pool, "%s_web", base);
	struct search s = { 0 };
	struct object *rows;

	if (!stmt_list(db, pool, OBJECTS, STMT_ARGS(STMT_TEXT(web),
	    STMT_TEXT(web)), OBJECT_COLS, sizeof(*rows), &rows, &s.count, err))
		return false;
	s.rows = rows;
	str_init(&s.missing, pool, 16 * 1024);
	for (const struct tenant_table *t = tenant_tables(); t->name; t++) {
		look_for(&s, base, t->name);
		if (t->filter != TENANT_NONE)
			look_for(&s, web, t->name);
	}
	for (const struct tenant_procedure *p = tenant_procedures(); p->name; p++)
		look_for(&s, web, p->name);
	for (size_t i = 0; i < sizeof(OTHERS) / sizeof(*OTHERS); i++)
		look_for(&s, base, OTHERS[i]);
	*missing_out = s.missing.len ? s.missing.data : NULL;
	return true;
}
