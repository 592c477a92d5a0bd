/*
 * Rows of prepared statements into structs. Texts and blobs are bound with no
 * room and fetched by their length, so nothing is cut silently. It knows no
 * table.
 */
#include <string.h>
#include "store/stmt_p.h"
#include "util/banned.h"

static bool by_length(enum stmt_type type)
{
	return type == STMT_T_TEXT || type == STMT_T_BLOB;
}

static void bind_field(MYSQL_BIND *bind, struct stmt_slot *slot,
    enum stmt_type type)
{
	memset(bind, 0, sizeof(*bind));
	bind->buffer = &slot->v;
	bind->length = &slot->len;
	bind->is_null = &slot->is_null;
	bind->error = &slot->is_cut;
	switch (type) {
	case STMT_T_U64:
		bind->buffer_type = MYSQL_TYPE_LONGLONG;
		bind->is_unsigned = 1;
		break;
	case STMT_T_I64: case STMT_T_INT: case STMT_T_BOOL:
		bind->buffer_type = MYSQL_TYPE_LONGLONG;
		break;
	case STMT_T_TIME: case STMT_T_WALL:
		bind->buffer_type = MYSQL_TYPE_DATETIME;
		bind->buffer_length = sizeof(MYSQL_TIME);
		break;
	case STMT_T_DIGEST:
		bind->buffer_type = MYSQL_TYPE_BLOB;
		bind->buffer_length = DIGEST_BYTES;
		break;
	default:			/* by length, and fields nobody asks for */
		bind->buffer_type = MYSQL_TYPE_BLOB;
		bind->buffer_length = 0;
		break;
	}
}

static size_t count_cols(const struct stmt_col *cols)
{
	size_t n = 0;

	while (cols && cols[n].name)
		n++;
	return n;
}

static size_t field_named(const MYSQL_RES *meta, size_t count,
    const char *name, const char *sql)
{
	const MYSQL_FIELD *fields = mysql_fetch_fields((MYSQL_RES *)(uintptr_t)meta);

	for (size_t i = 0; i < count; i++)
		if (strcmp(fields[i].name, name) == 0)
			return i;
	die("no column %s in the result of: %s", name, sql);
}

static void map_cols(struct stmt *st, const MYSQL_RES *meta,
    const struct stmt_col *cols, size_t *fields_out)
{
	for (size_t i = 0; cols && cols[i].name; i++) {
		size_t f = field_named(meta, mysql_stmt_field_count(st->handle),
		    cols[i].name, st->sql);

		fields_out[i] = f;
		bind_field(&st->results[f], &st->slots[f], cols[i].type);
	}
}

/* Which field feeds which column; kept while the same columns are asked. */
static void make_map(struct db *db, struct stmt *st,
    const struct stmt_col *cols, const struct stmt_col *head)
{
	size_t count = mysql_stmt_field_count(st->handle);
	size_t first = count_cols(cols), col_count = first + count_cols(head);
	MYSQL_RES *meta = mysql_stmt_result_metadata(st->handle);

	if (!meta)
		die("no rows come from: %s", st->sql);
	if (!st->results || st->field_count < count || st->field_count < col_count) {
		size_t room = count > col_count ? count : col_count;

		st->results = pool_array(db->pool, room, sizeof(MYSQL_BIND));
		st->slots = pool_array(db->pool, room, sizeof(struct stmt_slot));
		st->col_fields = pool_array(db->pool, room, sizeof(size_t));
		st->field_count = room;
	}
	for (size_t i = 0; i < count; i++)
		bind_field(&st->results[i], &st->slots[i], STMT_T_NULL);
	map_cols(st, meta, cols, st->col_fields);
	map_cols(st, meta, head, st->col_fields + first);
	mysql_free_result(meta);
	st->cols = cols;
	st->head = head;
	st->made_for = (unsigned)count;
}

/* What a procedure returns is another row once a migration has replaced it. */
static bool fits(struct stmt *st, const struct stmt_col *cols,
    const struct stmt_col *head)
{
	unsigned count = mysql_stmt_field_count(st->handle);
	size_t first = count_cols(cols);
	MYSQL_RES *meta;
	bool same = true;

	if (st->cols != cols || st->head != head || st->made_for != count)
		return false;
	if (strncmp(st->sql, "CALL", 4) != 0 ||
	    !(meta = mysql_stmt_result_metadata(st->handle)))
		return true;
	for (size_t i = 0; same && cols && cols[i].name; i++)
		same = strcmp(mysql_fetch_field_direct(meta, (unsigned)
		    st->col_fields[i])->name, cols[i].name) == 0;
	for (size_t i = 0; same && head && head[i].name; i++)
		same = strcmp(mysql_fetch_field_direct(meta, (unsigned)
		    st->col_fields[first + i])->name, head[i].name) == 0;
	mysql_free_result(meta);
	return same;
}

bool stmt_bind_row(struct db *db, struct stmt *st,
    const struct stmt_col *cols, struct err *err)
{
	return stmt_bind_rows(db, st, cols, NULL, err);
}

bool stmt_bind_rows(struct db *db, struct stmt *st,
    const struct stmt_col *cols, const struct stmt_col *head, struct err *err)
{
	if (!fits(st, cols, head))
		make_map(db, st, cols, head);
	if (mysql_stmt_bind_result(st->handle, st->results) != 0)
		return stmt_fail(db, st, err);
	return true;
}

/* The bytes of one field, NUL-terminated beyond their length. */
static bool fetch_bytes(struct db *db, struct stmt *st, struct pool *pool,
    size_t field, char **out, struct err *err)
{
	unsigned long len = st->slots[field].len, again = 0;
	my_bool null = 0, cut = 0;
	MYSQL_BIND bind;

	*out = pool_alloc(pool, len + 1);
	if (!len)
		return true;
	memset(&bind, 0, sizeof(bind));
	bind.buffer_type = MYSQL_TYPE_BLOB;
	bind.buffer = *out;
	bind.buffer_length = len;
	bind.length = &again;
	bind.is_null = &null;
	bind.error = &cut;
	if (mysql_stmt_fetch_column(st->handle, &bind, (unsigned)field, 0) != 0)
		return stmt_fail(db, st, err);
	if (cut || again != len)
		die("column %zu came with %lu of %lu bytes: %s", field, again,
		    len, st->sql);
	return true;
}

static struct wall wall_of(const MYSQL_TIME *t)
{
	return (struct wall){ (int)t->year, (int)t->month, (int)t->day,
	    (int)t->hour, (int)t->minute, (int)t->second };
}

static when_t when_of(const MYSQL_TIME *t)
{
	struct wall w = wall_of(t);

	return wall_to_utc(&w) + (when_t)t->second_part;
}

static void put_null(const struct stmt_col *col, char *at)
{
	static const struct stmt_blob NO_BLOB;
	static const struct wall NO_WALL;
	static const struct digest NO_DIGEST;

	switch (col->type) {
	case STMT_T_TEXT: *(char **)(void *)at = NULL; break;
	case STMT_T_BLOB: *(struct stmt_blob *)(void *)at = NO_BLOB; break;
	case STMT_T_TIME: *(when_t *)(void *)at = WHEN_NONE; break;
	case STMT_T_WALL: *(struct wall *)(void *)at = NO_WALL; break;
	case STMT_T_DIGEST: *(struct digest *)(void *)at = NO_DIGEST; break;
	case STMT_T_INT: *(int *)(void *)at = 0; break;
	case STMT_T_BOOL: *(bool *)(void *)at = false; break;
	default: *(uint64_t *)(void *)at = 0; break;
	}
}

static bool does_not_fit(const struct stmt *st, const struct stmt_col *col,
    struct err *err)
{
	err_set(err, ERR_INTERNAL, "A value in the database does not have the "
	    "expected form.");
	return err_detail(err, "column %s of: %.160s", col->name, st->sql);
}

static bool put_value(struct db *db, struct stmt *st, struct pool *pool,
    const struct stmt_col *col, size_t field, char *at, struct err *err)
{
	struct stmt_slot *slot = &st->slots[field];
	char *bytes;

	if (by_length(col->type)) {
		if (!fetch_bytes(db, st, pool, field, &bytes, err))
			return false;
		if (col->type == STMT_T_TEXT)
			*(char **)(void *)at = bytes;
		else
			*(struct stmt_blob *)(void *)at =
			    (struct stmt_blob){ bytes, slot->len };
		return true;
	}
	if (slot->is_cut || (col->type == STMT_T_INT &&
	    (slot->v.i64 > INT32_MAX || slot->v.i64 < INT32_MIN)) ||
	    (col->type == STMT_T_DIGEST && slot->len != DIGEST_BYTES))
		return does_not_fit(st, col, err);
	switch (col->type) {
	case STMT_T_TIME: *(when_t *)(void *)at = when_of(&slot->v.time); break;
	case STMT_T_WALL: *(struct wall *)(void *)at = wall_of(&slot->v.time); break;
	case STMT_T_DIGEST: memcpy(at, slot->v.bytes, DIGEST_BYTES); break;
	case STMT_T_INT: *(int *)(void *)at = (int)slot->v.i64; break;
	case STMT_T_BOOL: *(bool *)(void *)at = slot->v.i64 != 0; break;
	default: *(uint64_t *)(void *)at = slot->v.u64; break;
	}
	return true;
}

static bool put_row(struct db *db, struct stmt *st, struct pool *pool,
    const struct stmt_col *cols, const size_t *fields, void *row_out,
    struct err *err)
{
	for (size_t i = 0; cols[i].name; i++) {
		char *at = (char *)row_out + cols[i].offset;

		if (st->slots[fields[i]].is_null)
			put_null(&cols[i], at);
		else if (!put_value(db, st, pool, &cols[i], fields[i], at, err))
			return false;
	}
	return true;
}

bool stmt_head(struct db *db, struct stmt *st, struct pool *pool,
    void *head_out, struct err *err)
{
	return put_row(db, st, pool, st->head, st->col_fields +
	    count_cols(st->cols), head_out, err);
}

int stmt_next_row(struct db *db, struct stmt *st, struct pool *pool,
    const struct stmt_col *cols, void *row_out, struct err *err)
{
	int got = mysql_stmt_fetch(st->handle);

	if (got == MYSQL_NO_DATA)
		return 0;
	/* "Truncated" is the normal answer: texts have no room yet. */
	if (got != 0 && got != MYSQL_DATA_TRUNCATED) {
		stmt_fail(db, st, err);
		return -1;
	}
	return put_row(db, st, pool, cols, st->col_fields, row_out, err) ? 1 : -1;
}
