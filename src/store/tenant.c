/*
 * Views, rights and their one table. It knows no column but those that carry
 * the filter and those that nobody may see.
 */
#include <mysqld_error.h>
#include <string.h>
#include "store/db_p.h"
#include "store/stmt.h"
#include "store/tenant.h"
#include "util/str.h"
#include "util/banned.h"

#define SEE "SELECT"
#define ADD "SELECT, INSERT"
#define PUT "SELECT, INSERT, UPDATE"
#define ALL "SELECT, INSERT, UPDATE, DELETE"

static const struct tenant_table TABLES[] = {
	{ "one", TENANT_NONE },
	{ "schema_migration", TENANT_NONE, .sync = SEE },
	{ "duty", TENANT_NONE, .sync = ALL },
	{ "session", TENANT_NONE, .sync = "SELECT, DELETE" },
	{ "login_throttle", TENANT_NONE, .sync = "SELECT, DELETE" },
	{ "org", TENANT_BY_ID, SEE, SEE, SEE },
	{ "user", TENANT_BY_MEMBER, SEE, SEE, SEE, .hidden = "password_hash" },
	{ "membership", TENANT_BY_ORG, SEE, SEE, SEE },
	{ "provider_switch", TENANT_NONE },
	{ "provider_off", TENANT_BY_ORG, SEE, SEE, SEE },
	{ "kek", TENANT_SHARED, NULL, SEE, SEE },
	{ "data_key", TENANT_BY_ORG, NULL, PUT, PUT },
	{ "credential", TENANT_BY_ORG, NULL, ALL, ALL },
	{ "oauth_state", TENANT_BY_ORG, SEE, PUT, ALL },
	{ "oauth_verifier", TENANT_BY_ORG, NULL, "SELECT, INSERT, DELETE", ALL },
	{ "oauth_grant", TENANT_BY_ORG, SEE, PUT, ALL },
	{ "outbox", TENANT_BY_ORG, NULL, NULL, ALL },
	{ "watch", TENANT_BY_ORG, SEE, SEE, ALL },
	{ "connection", TENANT_BY_ORG, ALL, ALL, ALL },
	{ "connection_card", TENANT_BY_ORG, SEE, SEE, SEE, .joined = true },
	{ "lease", TENANT_BY_ORG, PUT, PUT, ALL },
	{ "collection", TENANT_BY_ORG, ALL, ALL, ALL },
	{ "calendar", TENANT_BY_ORG, ALL, ALL, ALL },
	{ "binding", TENANT_BY_ORG, ALL, ALL, ALL },
	{ "event", TENANT_BY_ORG, ALL, ALL, ALL },
	{ "event_override", TENANT_BY_ORG, ALL, ALL, ALL },
	{ "event_instance", TENANT_BY_ORG, ALL, ALL, ALL },
	{ "event_removal", TENANT_BY_ORG, ALL, ALL, ALL },
	{ "link", TENANT_BY_ORG, ALL, ALL, ALL },
	{ "pending", TENANT_BY_ORG, ALL, ALL, ALL },
	{ "job", TENANT_BY_ORG, ALL, ALL, ALL },
	{ "sync_run", TENANT_BY_ORG, ALL, ALL, ALL },
	{ "sync_action", TENANT_BY_ORG, ALL, ALL, ALL },
	{ "conflict", TENANT_BY_ORG, ALL, ALL, ALL },
	{ "dead_letter", TENANT_BY_ORG, ALL, ALL, ALL },
	{ "before_image", TENANT_BY_ORG, ALL, ALL, ALL },
	{ "audit", TENANT_BY_ORG, ADD, ADD, ADD },
	{ "audit_head", TENANT_BY_ORG, PUT, PUT, PUT },
	{ "audit_check", TENANT_BY_ORG, SEE, PUT, PUT },
	{ NULL }
};

static const struct tenant_procedure PROCEDURES[] = {
	{ "login_begin", true, false },
	{ "login_finish", true, false },
	{ "session_enter", true, true },
	{ "session_cards", true, false },
	{ "session_seen", true, true },
	{ "session_end", true, true },
	{ "session_orgs", true, true },
	{ "session_move", true, false },
	{ "password_change", true, false },
	{ "time_zone_change", true, false },
	{ "probe_begin", false, true },
	{ "oauth_state_take", false, true },
	{ "watch_message", false, true },
	{ NULL }
};

static const char COLUMNS[] = "SELECT column_name AS name "
    "FROM information_schema.columns "
    "WHERE table_schema = DATABASE() AND table_name = ? "
    "ORDER BY ordinal_position";
static const char TABLE_NAMES[] = "SELECT table_name AS name "
    "FROM information_schema.tables "
    "WHERE table_schema = DATABASE() AND table_type = 'BASE TABLE' "
    "ORDER BY table_name";
static const char VIEW_NAMES[] = "SELECT table_name AS name "
    "FROM information_schema.tables WHERE table_schema = ?";
static const char WHO[] = "SELECT CURRENT_USER() AS name";

struct name_row { const char *name; };
static const struct stmt_col NAME_COLS[] = {
	STMT_COL(struct name_row, name), STMT_END };

const struct tenant_table *tenant_tables(void)
{
	return TABLES;
}

const struct tenant_procedure *tenant_procedures(void)
{
	return PROCEDURES;
}

struct maker {
	struct db *db;
	struct pool *pool;
	const char *name;		/* of the database, from the configuration */
	const char *host;		/* where the accounts come from */
	struct err *err;
};

static const struct tenant_table *find_table(const char *name)
{
	for (const struct tenant_table *t = TABLES; t->name; t++)
		if (str_eq(t->name, name))
			return t;
	return NULL;
}

static bool run(struct maker *m, const char *sql)
{
	return db_query(m->db, sql, m->err);
}

/* What is not granted can not be taken away: no error. */
static bool run_revoke(struct maker *m, const char *sql)
{
	struct err first;
	unsigned code;

	if (db_query(m->db, sql, &first))
		return true;
	code = db_errno(m->db);
	if (code == ER_NONEXISTING_GRANT || code == ER_NONEXISTING_TABLE_GRANT ||
	    code == ER_NONEXISTING_PROC_GRANT)
		return true;
	*m->err = first;
	return false;
}

static bool list_columns(struct maker *m, const struct tenant_table *t,
    char **out)
{
	struct name_row *rows;
	size_t count;
	struct str list;

	if (!stmt_list(m->db, m->pool, COLUMNS, STMT_ARGS(STMT_TEXT(t->name)),
	    NAME_COLS, sizeof(*rows), &rows, &count, m->err))
		return false;
	if (!count)
		return err_set(m->err, ERR_INTERNAL, "The table %s is missing "
		    "from the database. Run hawser migrate.", t->name);
	str_init(&list, m->pool, 64 * 1024);
	for (size_t i = 0; i < count; i++)
		if (!str_eq(rows[i].name, t->hidden))
			str_addf(&list, "%s`%s`", list.len ? ", " : "",
			    rows[i].name);
	*out = list.data;
	return true;
}

static char *filter_text(struct maker *m, const struct tenant_table *t)
{
	char *tenant = pool_printf(m->pool,
	    "(SELECT `%s`.tenant() FROM `%s`.one)", m->name, m->name);

	switch (t->filter) {
	case TENANT_BY_ORG:
		return pool_printf(m->pool, "org_id = %s", tenant);
	case TENANT_BY_ID:
		return pool_printf(m->pool, "id = %s", tenant);
	case TENANT_BY_MEMBER:
		return pool_printf(m->pool, "id IN (SELECT user_id FROM "
		    "`%s`.membership WHERE org_id = %s)", m->name, tenant);
	case TENANT_SHARED:
		return pool_printf(m->pool, "%s IS NOT NULL", tenant);
	case TENANT_NONE:
		break;
	}
	die("no view of %s", t->name);
}

static bool make_view(struct maker *m, const struct tenant_table *t)
{
	char *columns;

	if (!list_columns(m, t, &columns))
		return false;
	return run(m, pool_printf(m->pool, "CREATE OR REPLACE ALGORITHM=MERGE "
	    "DEFINER='%s_owner'@'localhost' SQL SECURITY DEFINER "
	    "VIEW `%s_web`.`%s` (%s) AS SELECT %s FROM `%s`.`%s` WHERE %s "
	    "%s", m->name, m->name, t->name, columns, columns, m->name, t->name,
	    filter_text(m, t), t->joined ? "" : "WITH CASCADED CHECK OPTION"));
}

static bool drop_strange_views(struct maker *m)
{
	struct name_row *rows;
	size_t count;
	char *web = pool_printf(m->pool, "%s_web", m->name);

	if (!stmt_list(m->db, m->pool, VIEW_NAMES, STMT_ARGS(STMT_TEXT(web)),
	    NAME_COLS, sizeof(*rows), &rows, &count, m->err))
		return false;
	for (size_t i = 0; i < count; i++) {
		const struct tenant_table *t = find_table(rows[i].name);

		if ((!t || t->filter == TENANT_NONE) &&
		    !run(m, pool_printf(m->pool, "DROP VIEW `%s`.`%s`", web,
		    rows[i].name)))
			return false;
	}
	return true;
}

/* Exactly rights (NULL = none) of the four on one table or view. */
static bool set_rights(struct maker *m, const char *account,
    const char *suffix, const struct tenant_table *t, const char *rights)
{
	static const char *const WORDS[] = { "SELECT", "INSERT", "UPDATE", "DELETE" };
	struct str surplus;
	char *columns = NULL;
	bool whole = !t->hidden || *suffix;	/* a view has no hidden column */

	str_init(&surplus, m->pool, 128);
	for (size_t i = 0; i < sizeof(WORDS) / sizeof(*WORDS); i++)
		if (!rights || !strstr(rights, WORDS[i]) || !whole)
			str_addf(&surplus, "%s%s", surplus.len ? ", " : "",
			    WORDS[i]);
	if (surplus.len && !run_revoke(m, pool_printf(m->pool, "REVOKE %s ON "
	    "`%s%s`.`%s` FROM '%s_%s'@'%s'", surplus.data, m->name, suffix,
	    t->name, m->name, account, m->host)))
		return false;
	if (!rights)
		return true;
	if (!whole && !list_columns(m, t, &columns))
		return false;
	return run(m, pool_printf(m->pool, "GRANT %s%s%s%s ON `%s%s`.`%s` TO "
	    "'%s_%s'@'%s'", rights, columns ? " (" : "", columns ? columns : "",
	    columns ? ")" : "", m->name, suffix, t->name, m->name, account,
	    m->host));
}

static bool set_procedure_rights(struct maker *m,
    const struct tenant_procedure *p, const char *account, bool may)
{
	const char *sql = pool_printf(m->pool,
	    "%s EXECUTE ON PROCEDURE `%s_web`.`%s` %s '%s_%s'@'%s'",
	    may ? "GRANT" : "REVOKE", m->name, p->name, may ? "TO" : "FROM",
	    m->name, account, m->host);

	return may ? run(m, sql) : run_revoke(m, sql);
}

static bool set_all_rights(struct maker *m)
{
	for (const struct tenant_table *t = TABLES; t->name; t++) {
		if (t->filter != TENANT_NONE &&
		    (!set_rights(m, "web", "_web", t, t->web) ||
		    !set_rights(m, "hooks", "_web", t, t->hooks)))
			return false;
		if (!set_rights(m, "sync", "", t, t->sync))
			return false;
	}
	for (const struct tenant_procedure *p = PROCEDURES; p->name; p++)
		if (!set_procedure_rights(m, p, "web", p->web) ||
		    !set_procedure_rights(m, p, "hooks", p->hooks))
			return false;
	return true;
}

/* A table that the list does not know would have no wall. */
static bool check_tables(struct maker *m)
{
	struct name_row *rows;
	size_t count;

	if (!stmt_list(m->db, m->pool, TABLE_NAMES, STMT_NO_ARGS, NAME_COLS,
	    sizeof(*rows), &rows, &count, m->err))
		return false;
	for (size_t i = 0; i < count; i++)
		if (!find_table(rows[i].name))
			return err_set(m->err, ERR_INTERNAL, "The database has a "
			    "table %s that this version does not know. Give it "
			    "its place in the list of tenant tables, or drop it.",
			    rows[i].name);
	return true;
}

static bool make_all(struct maker *m, size_t *views_out)
{
	struct name_row who;
	const char *at;

	*views_out = 0;
	if (stmt_find(m->db, m->pool, WHO, STMT_NO_ARGS, NAME_COLS, &who,
	    m->err) != 1)
		return false;
	at = strrchr(who.name, '@');
	m->host = at ? at + 1 : "localhost";
	if (!check_tables(m) || !drop_strange_views(m))
		return false;
	for (const struct tenant_table *t = TABLES; t->name; t++)
		if (t->filter != TENANT_NONE) {
			if (!make_view(m, t))
				return err_add(m->err, "view %s", t->name);
			++*views_out;
		}
	return set_all_rights(m);
}

bool tenant_make(struct db *db, size_t *views_out, struct err *err)
{
	struct maker m = { .db = db, .pool = pool_new(NULL),
	    .name = db->config->db_name, .err = err };
	bool good = make_all(&m, views_out);

	pool_free(m.pool);
	return good;
}
