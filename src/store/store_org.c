/* Organisations. It knows nothing of their members. */
#include <string.h>
#include "store/store_org.h"
#include "util/banned.h"

static const char ADD[] =
    "INSERT INTO org (name, created_at) VALUES (?, UTC_TIMESTAMP(6))";
static const char ADD_HEAD[] =
    "INSERT INTO audit_head (org_id, seq, hash) VALUES (?, 0, ?)";
static const char FIND[] = "SELECT id, name, created_at FROM org WHERE id = ?";
static const char FIND_NAME[] =
    "SELECT id, name, created_at FROM org WHERE name = ?";
static const char LIST[] =
    "SELECT id, name, created_at FROM org ORDER BY name, id";

static const struct stmt_col COLS[] = {
	STMT_COL(struct org_row, id), STMT_COL(struct org_row, name),
	STMT_COL(struct org_row, created_at), STMT_END };

bool store_org_add(struct db *db, const char *name, uint64_t *id_out,
    struct err *err)
{
	static const struct digest NOTHING_YET;

	if (!stmt_insert(db, ADD, STMT_ARGS(STMT_TEXT(name)), id_out, err))
		return err->kind != ERR_CONFLICT ? false : err_set(err,
		    ERR_CONFLICT, "There is already an organisation \"%s\".",
		    name);
	return stmt_exec(db, ADD_HEAD, STMT_ARGS(STMT_U64(*id_out),
	    STMT_DIGEST(&NOTHING_YET)), NULL, err);
}

int store_org_find(struct db *db, struct pool *pool, uint64_t org,
    struct org_row *out, struct err *err)
{
	return stmt_find(db, pool, FIND, STMT_ARGS(STMT_U64(org)), COLS, out, err);
}

int store_org_find_name(struct db *db, struct pool *pool, const char *name,
    struct org_row *out, struct err *err)
{
	return stmt_find(db, pool, FIND_NAME, STMT_ARGS(STMT_TEXT(name)), COLS,
	    out, err);
}

bool store_org_list(struct db *db, struct pool *pool, struct org_row **out,
    size_t *count_out, struct err *err)
{
	return stmt_list(db, pool, LIST, STMT_NO_ARGS, COLS,
	    sizeof(struct org_row), out, count_out, err);
}

int store_org_find_only(struct db *db, struct pool *pool, struct org_row *out,
    struct err *err)
{
	struct org_row *rows;
	size_t count;

	if (!store_org_list(db, pool, &rows, &count, err))
		return -1;
	if (count != 1)
		return 0;
	*out = rows[0];
	return 1;
}
