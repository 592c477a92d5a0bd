/*
 * Values into prepared statements, one row or many (array binding). It knows
 * no table.
 */
#include <string.h>
#include "store/stmt_p.h"
#include "util/banned.h"

static void time_from_wall(const struct wall *w, unsigned usecs, MYSQL_TIME *out)
{
	memset(out, 0, sizeof(*out));
	out->year = (unsigned)w->year;
	out->month = (unsigned)w->month;
	out->day = (unsigned)w->day;
	out->hour = (unsigned)w->hour;
	out->minute = (unsigned)w->minute;
	out->second = (unsigned)w->second;
	out->second_part = usecs;
	out->time_type = MYSQL_TIMESTAMP_DATETIME;
}

void stmt_time_from_when(when_t t, MYSQL_TIME *out)
{
	struct wall w = wall_from_utc(t);
	int64_t usecs = t % WHEN_SEC;

	time_from_wall(&w, (unsigned)(usecs < 0 ? usecs + WHEN_SEC : usecs), out);
}

/* A wall time travels as the instant that has these digits in UTC. */
struct stmt_arg stmt_wall(const struct wall *w)
{
	if (!w || w->year == 0)
		return (struct stmt_arg){ STMT_T_WALL, { .i64 = WHEN_NONE } };
	return (struct stmt_arg){ STMT_T_WALL, { .i64 = wall_to_utc(w) } };
}

static bool is_null(const struct stmt_arg *arg)
{
	switch (arg->type) {
	case STMT_T_NULL: return true;
	case STMT_T_TEXT: return !arg->v.text;
	case STMT_T_BLOB: return !arg->v.blob.data;
	case STMT_T_TIME: case STMT_T_WALL: return arg->v.i64 == WHEN_NONE;
	default: return false;
	}
}

static enum enum_field_types wire_type(enum stmt_type type)
{
	switch (type) {
	case STMT_T_U64: case STMT_T_I64: return MYSQL_TYPE_LONGLONG;
	case STMT_T_TEXT: return MYSQL_TYPE_STRING;
	case STMT_T_BLOB: return MYSQL_TYPE_BLOB;
	case STMT_T_TIME: case STMT_T_WALL: return MYSQL_TYPE_DATETIME;
	case STMT_T_NULL: return MYSQL_TYPE_NULL;
	default: die("a value of type %d can not be sent", (int)type);
	}
}

/* Points bind at the value; numbers and times are copied to the slot. */
static void bind_value(const struct stmt_arg *arg, MYSQL_BIND *bind,
    struct stmt_slot *slot)
{
	memset(bind, 0, sizeof(*bind));
	bind->buffer_type = is_null(arg) ? MYSQL_TYPE_NULL :
	    wire_type(arg->type);
	bind->length = &slot->len;
	bind->buffer = &slot->v;
	slot->len = 0;
	switch (bind->buffer_type) {
	case MYSQL_TYPE_LONGLONG:
		bind->is_unsigned = arg->type == STMT_T_U64;
		slot->v.u64 = arg->v.u64;
		break;
	case MYSQL_TYPE_STRING:
		bind->buffer = (void *)(uintptr_t)arg->v.text;
		slot->len = strlen(arg->v.text);
		break;
	case MYSQL_TYPE_BLOB:
		bind->buffer = (void *)(uintptr_t)arg->v.blob.data;
		slot->len = arg->v.blob.len;
		break;
	case MYSQL_TYPE_DATETIME:
		stmt_time_from_when(arg->v.i64, &slot->v.time);
		break;
	default:
		break;
	}
	bind->buffer_length = slot->len;
}

bool stmt_bind_args(struct db *db, struct stmt *st, struct stmt_args args,
    struct err *err)
{
	if (args.count != st->param_count)
		die("%zu values for %zu places in: %s", args.count,
		    st->param_count, st->sql);
	if (!args.count)
		return true;
	for (size_t i = 0; i < args.count; i++)
		bind_value(&args.items[i], &st->params[i], &st->param_slots[i]);
	if (mysql_stmt_bind_param(st->handle, st->params) != 0)
		return stmt_fail(db, st, err);
	return true;
}

/* ---- arrays, column by column ---- */

struct column {
	void **pointers;		/* texts, blobs, times */
	uint64_t *numbers;
	MYSQL_TIME *times;
	unsigned long *lengths;
	char *indicators;
};

static enum stmt_type column_type(const struct stmt_arg *cells, size_t rows,
    size_t columns)
{
	enum stmt_type type = STMT_T_NULL;

	for (size_t r = 0; r < rows; r++) {
		enum stmt_type t = cells[r * columns].type;

		if (t == STMT_T_NULL || t == type)
			continue;
		if (type != STMT_T_NULL)
			die("two types in one column of an array");
		type = t;
	}
	/* All NULL: any type will do for the wire. */
	return type == STMT_T_NULL ? STMT_T_TEXT : type;
}

static void fill_cell(struct column *c, size_t row, const struct stmt_arg *arg)
{
	c->indicators[row] = STMT_INDICATOR_NONE;
	if (is_null(arg)) {
		c->indicators[row] = STMT_INDICATOR_NULL;
		return;
	}
	switch (wire_type(arg->type)) {
	case MYSQL_TYPE_LONGLONG:
		c->numbers[row] = arg->v.u64;
		break;
	case MYSQL_TYPE_STRING:
		c->pointers[row] = (void *)(uintptr_t)arg->v.text;
		c->lengths[row] = strlen(arg->v.text);
		break;
	case MYSQL_TYPE_BLOB:
		c->pointers[row] = (void *)(uintptr_t)arg->v.blob.data;
		c->lengths[row] = arg->v.blob.len;
		break;
	default:
		stmt_time_from_when(arg->v.i64, &c->times[row]);
		c->pointers[row] = &c->times[row];
		break;
	}
}

static void bind_column(struct pool *pool, const struct stmt_arg *cells,
    size_t rows, size_t columns, MYSQL_BIND *bind)
{
	enum stmt_type type = column_type(cells, rows, columns);
	enum enum_field_types wire = wire_type(type);
	struct column c = { .indicators = pool_array(pool, rows, 1) };

	if (wire == MYSQL_TYPE_LONGLONG)
		c.numbers = pool_array(pool, rows, sizeof(uint64_t));
	else
		c.pointers = pool_array(pool, rows, sizeof(void *));
	if (wire == MYSQL_TYPE_DATETIME)
		c.times = pool_array(pool, rows, sizeof(MYSQL_TIME));
	else if (wire != MYSQL_TYPE_LONGLONG)
		c.lengths = pool_array(pool, rows, sizeof(unsigned long));

	for (size_t r = 0; r < rows; r++)
		fill_cell(&c, r, &cells[r * columns]);
	memset(bind, 0, sizeof(*bind));
	bind->buffer_type = wire;
	bind->is_unsigned = type == STMT_T_U64;
	bind->buffer = c.numbers ? (void *)c.numbers : (void *)c.pointers;
	bind->length = c.lengths;
	bind->u.indicator = c.indicators;
}

static size_t row_bytes(const struct stmt_arg *row, size_t columns)
{
	size_t sum = 0;

	for (size_t i = 0; i < columns; i++) {
		sum += 16;
		if (row[i].type == STMT_T_BLOB)
			sum += row[i].v.blob.len;
		else if (row[i].type == STMT_T_TEXT && row[i].v.text)
			sum += strlen(row[i].v.text);
	}
	return sum;
}

/* How many of the rows go into one execute. */
static size_t rows_that_fit(const struct stmt_arg *cells, size_t rows,
    size_t columns)
{
	size_t n = 0, sum = 0;

	while (n < rows && n < STMT_ARRAY_MOST_ROWS) {
		sum += row_bytes(cells + n * columns, columns);
		if (n && sum > STMT_ARRAY_MOST_BYTES)
			break;
		n++;
	}
	return n;
}

static bool run_array(struct db *db, struct stmt *st, struct pool *pool,
    const struct stmt_arg *cells, size_t rows, size_t columns, struct err *err)
{
	unsigned size = (unsigned)rows, none = 0;
	bool good;

	if (columns != st->param_count)
		die("%zu values for %zu places in: %s", columns,
		    st->param_count, st->sql);
	for (size_t i = 0; i < columns; i++)
		bind_column(pool, cells + i, rows, columns, &st->params[i]);
	mysql_stmt_attr_set(st->handle, STMT_ATTR_ARRAY_SIZE, &size);
	db->statement_count++;
	good = mysql_stmt_bind_param(st->handle, st->params) == 0 &&
	    mysql_stmt_execute(st->handle) == 0;
	if (!good)
		stmt_fail(db, st, err);
	mysql_stmt_attr_set(st->handle, STMT_ATTR_ARRAY_SIZE, &none);
	return good;
}

static bool read_ids(struct db *db, struct stmt *st, uint64_t *ids,
    size_t count, struct err *err)
{
	static const struct stmt_col COLS[] = {
		{ "id", STMT_T_U64, 0 }, STMT_END };
	size_t n = 0;
	int got;
	uint64_t id;

	if (!stmt_bind_row(db, st, COLS, err))
		return false;
	while ((got = stmt_next_row(db, st, NULL, COLS, &id, err)) == 1)
		if (n++ < count)
			ids[n - 1] = id;
	if (got < 0)
		return false;
	if (n != count)
		die("%zu ids for %zu rows of: %s", n, count, st->sql);
	return true;
}

static bool all_parts(struct db *db, const char *sql,
    const struct stmt_arg *cells, size_t rows, size_t columns, uint64_t *ids,
    struct err *err)
{
	struct pool *pool;
	struct stmt *st;
	bool good = true;

	if (!db->in_tx)
		die("an array statement outside a transaction: %s", sql);
	pool = pool_new(NULL);
	for (size_t at = 0; good && at < rows;) {
		const struct stmt_arg *part = cells + at * columns;
		size_t n = rows_that_fit(part, rows - at, columns);

		good = db_ready(db, err) && stmt_prepare(db, sql, &st, err) &&
		    run_array(db, st, pool, part, n, columns, err);
		if (good && ids)
			good = read_ids(db, st, ids + at, n, err);
		if (good)
			stmt_finish(st);
		pool_reset(pool);
		at += n;
	}
	pool_free(pool);
	return good;
}

bool stmt_exec_array(struct db *db, const char *sql,
    const struct stmt_arg *cells, size_t rows, size_t columns, struct err *err)
{
	return all_parts(db, sql, cells, rows, columns, NULL, err);
}

bool stmt_insert_array(struct db *db, const char *sql,
    const struct stmt_arg *cells, size_t rows, size_t columns,
    uint64_t *ids_out, struct err *err)
{
	return all_parts(db, sql, cells, rows, columns, ids_out, err);
}

const char *stmt_like(struct pool *pool, const char *text)
{
	char *out = pool_alloc(pool, 2 * strlen(text) + 3), *to = out;

	*to++ = '%';
	for (; *text; text++) {
		if (strchr("%_|", *text))
			*to++ = '|';
		*to++ = *text;
	}
	*to++ = '%';
	*to = '\0';
	return out;
}
