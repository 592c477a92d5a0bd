/*
 * Prepared statements: handles kept per connection, and the verbs over them.
 * It knows no table.
 */
#include <mysqld_error.h>
#include <stdio.h>
#include <string.h>
#include "store/stmt_p.h"
#include "util/banned.h"

enum { CACHE_FIRST_SLOTS = 256 };

struct stmt_cache {
	struct stmt **slots;		/* open addressing by address, a power of 2 */
	size_t slot_count, used;
};

static size_t slot_of(const struct stmt_cache *cache, const char *sql)
{
	size_t at = ((uintptr_t)sql >> 3) * 0x9E3779B97F4A7C15u >> 20;

	at &= cache->slot_count - 1;
	while (cache->slots[at] && cache->slots[at]->sql != sql)
		at = (at + 1) & (cache->slot_count - 1);
	return at;
}

static void cache_resize(struct db *db, size_t slot_count)
{
	struct stmt_cache old = *db->cache;

	db->cache->slots = pool_array(db->pool, slot_count,
	    sizeof(struct stmt *));
	db->cache->slot_count = slot_count;
	for (size_t i = 0; i < old.slot_count; i++)
		if (old.slots[i])
			db->cache->slots[slot_of(db->cache, old.slots[i]->sql)] =
			    old.slots[i];
}

static struct stmt *cache_get(struct db *db, const char *sql)
{
	size_t at;

	if (!db->cache) {
		db->cache = POOL_NEW(db->pool, struct stmt_cache);
		cache_resize(db, CACHE_FIRST_SLOTS);
	}
	at = slot_of(db->cache, sql);
	if (db->cache->slots[at])
		return db->cache->slots[at];
	if (++db->cache->used * 2 > db->cache->slot_count) {
		cache_resize(db, db->cache->slot_count * 2);
		at = slot_of(db->cache, sql);
	}
	db->cache->slots[at] = POOL_NEW(db->pool, struct stmt);
	db->cache->slots[at]->sql = sql;
	return db->cache->slots[at];
}

static void drop_handle(struct stmt *st)
{
	if (st->handle)
		mysql_stmt_close(st->handle);
	st->handle = NULL;
	st->cols = NULL;
}

void stmt_forget_handles(struct db *db)
{
	if (!db->cache)
		return;
	for (size_t i = 0; i < db->cache->slot_count; i++)
		if (db->cache->slots[i])
			drop_handle(db->cache->slots[i]);
}

bool stmt_fail(struct db *db, struct stmt *st, struct err *err)
{
	return db_fail(db, mysql_stmt_errno(st->handle),
	    mysql_stmt_error(st->handle), err);
}

static void make_handle(struct db *db, struct stmt *st)
{
	st->handle = mysql_stmt_init(db->my);
	if (!st->handle)
		die("out of memory");
}

static void make_params(struct db *db, struct stmt *st, size_t count)
{
	if (!st->params && count) {
		st->params = pool_array(db->pool, count, sizeof(MYSQL_BIND));
		st->param_slots = pool_array(db->pool, count,
		    sizeof(struct stmt_slot));
	}
	st->param_count = count;
}

bool stmt_prepare(struct db *db, const char *sql, struct stmt **out,
    struct err *err)
{
	struct stmt *st = cache_get(db, sql);

	*out = st;
	if (st->handle)
		return true;
	make_handle(db, st);
	if (mysql_stmt_prepare(st->handle, sql, strlen(sql)) != 0) {
		stmt_fail(db, st, err);
		drop_handle(st);
		return false;
	}
	make_params(db, st, mysql_stmt_param_count(st->handle));
	return true;
}

static bool is_read(const char *sql)
{
	return strncmp(sql, "SELECT", 6) == 0 || strncmp(sql, "WITH", 4) == 0;
}

static bool may_be_lost(const struct db *db)
{
	return db->in_tx || db->once;
}

/* The first time: prepared and executed in one round trip. What was lost then
 * may have been done, so this is for reads, within transactions and for what
 * may be repeated. */
static bool execute_first(struct db *db, struct stmt *st,
    struct stmt_args args, struct err *err)
{
	unsigned count = (unsigned)args.count;

	make_handle(db, st);
	make_params(db, st, args.count);
	if (mysql_stmt_attr_set(st->handle, STMT_ATTR_PREBIND_PARAMS,
	    &count) != 0)
		return stmt_fail(db, st, err);
	if (!stmt_bind_args(db, st, args, err))
		return false;
	if (mariadb_stmt_execute_direct(st->handle, st->sql,
	    strlen(st->sql)) != 0)
		return stmt_fail(db, st, err);
	if (mysql_stmt_param_count(st->handle) != args.count)
		die("%zu values for %lu places in: %s", args.count,
		    mysql_stmt_param_count(st->handle), st->sql);
	return true;
}

static bool execute(struct db *db, struct stmt *st, struct stmt_args args,
    unsigned *code_out, struct err *err)
{
	bool first = !st->handle && (may_be_lost(db) || is_read(st->sql));
	bool good = first ? execute_first(db, st, args, err) :
	    stmt_bind_args(db, st, args, err) &&
	    (mysql_stmt_execute(st->handle) == 0 || stmt_fail(db, st, err));

	db->statement_count++;
	*code_out = good ? 0 : mysql_stmt_errno(st->handle);
	if (!good && first)
		drop_handle(st);
	return good;
}

/* May it be sent again? Nothing ran, or it only reads. */
static bool may_repeat(struct db *db, struct stmt *st, unsigned code)
{
	if (code == ER_NEED_REPREPARE || code == ER_UNKNOWN_STMT_HANDLER) {
		drop_handle(st);
		return true;
	}
	return !db->in_tx && !db->up && is_read(st->sql);
}

bool stmt_run(struct db *db, const char *sql, struct stmt_args args,
    struct stmt **out, struct err *err)
{
	struct err first;
	struct stmt *st = cache_get(db, sql);
	unsigned code;

	for (int tries = 0; tries < 2; tries++) {
		if (!db_ready(db, &first) || (!may_be_lost(db) && !is_read(sql) &&
		    !stmt_prepare(db, sql, &st, &first))) {
			if (db->in_tx || db->up)
				break;
			continue;
		}
		if (execute(db, st, args, &code, &first)) {
			*out = st;
			return true;
		}
		if (!may_repeat(db, st, code))
			break;
	}
	*err = first;
	return false;
}

bool stmt_set_up(struct db *db, const char *sql, struct stmt_args args,
    struct err *err)
{
	struct stmt *st;

	if (!stmt_prepare(db, sql, &st, err) ||
	    !stmt_bind_args(db, st, args, err))
		return false;
	db->statement_count++;
	return mysql_stmt_execute(st->handle) == 0 || stmt_fail(db, st, err);
}

void stmt_finish(struct stmt *st)
{
	if (!st->handle)
		return;
	mysql_stmt_free_result(st->handle);
	while (mysql_stmt_more_results(st->handle) &&
	    mysql_stmt_next_result(st->handle) == 0)
		mysql_stmt_free_result(st->handle);
}

bool stmt_exec(struct db *db, const char *sql, struct stmt_args args,
    uint64_t *affected_out, struct err *err)
{
	struct stmt *st;

	if (!stmt_run(db, sql, args, &st, err))
		return false;
	if (affected_out)
		*affected_out = mysql_stmt_affected_rows(st->handle);
	stmt_finish(st);
	return true;
}

bool stmt_insert(struct db *db, const char *sql, struct stmt_args args,
    uint64_t *id_out, struct err *err)
{
	struct stmt *st;

	if (!stmt_run(db, sql, args, &st, err))
		return false;
	*id_out = mysql_stmt_insert_id(st->handle);
	stmt_finish(st);
	return true;
}

bool stmt_update_id(struct db *db, const char *sql, struct stmt_args args,
    uint64_t *affected_out, uint64_t *id_out, struct err *err)
{
	struct stmt *st;

	if (!stmt_run(db, sql, args, &st, err))
		return false;
	*affected_out = mysql_stmt_affected_rows(st->handle);
	*id_out = mysql_stmt_insert_id(st->handle);
	stmt_finish(st);
	return true;
}

bool stmt_exec_one(struct db *db, const char *sql, struct stmt_args args,
    const char *what_msg, struct err *err)
{
	uint64_t affected;

	if (!stmt_exec(db, sql, args, &affected, err))
		return false;
	return affected == 1 || err_set(err, ERR_CONFLICT, "%s", what_msg);
}

int stmt_find(struct db *db, struct pool *pool, const char *sql,
    struct stmt_args args, const struct stmt_col *cols, void *row_out,
    struct err *err)
{
	struct stmt *st;
	int got = -1;

	if (!stmt_run(db, sql, args, &st, err))
		return -1;
	if (stmt_bind_row(db, st, cols, err))
		got = stmt_next_row(db, st, pool, cols, row_out, err);
	stmt_finish(st);
	return got;
}

bool stmt_list(struct db *db, struct pool *pool, const char *sql,
    struct stmt_args args, const struct stmt_col *cols, size_t row_bytes,
    void *rows_out, size_t *count_out, struct err *err)
{
	return stmt_list_headed(db, pool, sql, args, NULL, NULL, cols,
	    row_bytes, rows_out, count_out, err);
}

bool stmt_list_headed(struct db *db, struct pool *pool, const char *sql,
    struct stmt_args args, const struct stmt_col *head, void *head_out,
    const struct stmt_col *cols, size_t row_bytes, void *rows_out,
    size_t *count_out, struct err *err)
{
	struct stmt *st;
	size_t room = 16, count = 0;
	char *rows = pool_array(pool, room, row_bytes);
	int got = -1;

	if (!stmt_run(db, sql, args, &st, err))
		return false;
	if (stmt_bind_rows(db, st, cols, head, err))
		while ((got = stmt_next_row(db, st, pool, cols,
		    rows + count * row_bytes, err)) == 1) {
			if (head && count == 0 &&
			    !stmt_head(db, st, pool, head_out, err)) {
				got = -1;
				break;
			}
			if (++count == room) {
				rows = pool_grow(pool, rows, room, room * 2,
				    row_bytes);
				room *= 2;
			}
		}
	stmt_finish(st);
	if (got < 0)
		return false;
	memcpy(rows_out, &rows, sizeof(rows));
	*count_out = count;
	return true;
}

bool stmt_count(struct db *db, const char *sql, struct stmt_args args,
    uint64_t *out, struct err *err)
{
	struct stmt *st;
	MYSQL_BIND bind;
	my_bool is_null = 0;
	uint64_t number = 0;
	int got;

	if (!stmt_run(db, sql, args, &st, err))
		return false;
	memset(&bind, 0, sizeof(bind));
	bind.buffer_type = MYSQL_TYPE_LONGLONG;
	bind.buffer = &number;
	bind.is_unsigned = 1;
	bind.is_null = &is_null;
	if (mysql_stmt_field_count(st->handle) != 1)
		die("one number expected of: %s", sql);
	/* The next user of this handle binds its own row again. */
	st->cols = NULL;
	if (mysql_stmt_bind_result(st->handle, &bind) != 0) {
		stmt_fail(db, st, err);
		stmt_finish(st);
		return false;
	}
	got = mysql_stmt_fetch(st->handle);
	if (got == 1)
		stmt_fail(db, st, err);
	stmt_finish(st);
	if (got == 0 || got == MYSQL_NO_DATA)
		*out = got == MYSQL_NO_DATA || is_null ? 0 : number;
	else if (got == MYSQL_DATA_TRUNCATED)
		return err_set(err, ERR_INTERNAL, "A number in the database "
		    "is negative or too large.");
	return got != 1;
}
