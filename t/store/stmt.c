/* Prepared statements: values of every type there and back, nothing cut,
 * arrays, handles kept over reconnects. */
#include "store/stmt.h"
#include "t/store/root.h"
#include "t/tap.h"
#include "util/str.h"

static struct db *db;
static struct pool *pool;
static MYSQL *root;

struct thing {
	uint64_t id;
	const char *text;
	struct stmt_blob blob;
	when_t at;
	struct wall wall;
	int number;
	bool flag;
	struct digest digest;
};
static const struct stmt_col COLS[] = {
	STMT_COL(struct thing, id), STMT_COL(struct thing, text),
	STMT_COL(struct thing, blob), STMT_COL(struct thing, at),
	STMT_COL(struct thing, wall), STMT_COL(struct thing, number),
	STMT_COL(struct thing, flag), STMT_COL(struct thing, digest), STMT_END };

static const char ADD[] = "INSERT INTO thing "
    "(text, `blob`, at, wall, number, flag, digest) VALUES (?, ?, ?, ?, ?, ?, ?)";
static const char ADD_RETURNING[] = "INSERT INTO thing "
    "(text, `blob`, at, wall, number, flag, digest) VALUES (?, ?, ?, ?, ?, ?, ?) "
    "RETURNING id";
static const char FIND[] = "SELECT id, text, `blob`, at, wall, number, flag, digest "
    "FROM thing WHERE id = ?";
/* Another order of columns, and one nobody asks for. */
static const char FIND_MIXED[] = "SELECT digest, 'x' AS more, flag, number, wall, at, "
    "`blob`, text, id FROM thing WHERE id = ?";
static const char ALL[] = "SELECT id, text, `blob`, at, wall, number, flag, digest "
    "FROM thing ORDER BY id";
static const char COUNT[] = "SELECT COUNT(*) FROM thing";
static const char MAX_NULL[] = "SELECT MAX(id) FROM thing WHERE id = 0";
static const char CLEAR[] = "DELETE FROM thing WHERE id > ?";
static const char PUT[] = "UPDATE thing SET number = ? WHERE id = ?";
static const char BIG_NUMBER[] =
    "SELECT id, text, `blob`, at, wall, 3000000000 AS number, flag, digest "
    "FROM thing WHERE id = ?";
static const char SHORT_DIGEST[] =
    "SELECT id, text, `blob`, at, wall, number, flag, 'abc' AS digest "
    "FROM thing WHERE id = ?";
static const char NEGATIVE_ID[] =
    "SELECT -5 AS id, text, `blob`, at, wall, number, flag, digest "
    "FROM thing WHERE id = ?";

static struct stmt_args args_of(const struct thing *of)
{
	const struct thing *t = pool_memdup(pool, of, sizeof(*of));
	struct stmt_arg *a = pool_array(pool, 7, sizeof(*a));

	a[0] = STMT_TEXT(t->text);
	a[1] = STMT_BLOB(t->blob.data, t->blob.len);
	a[2] = STMT_TIME(t->at);
	a[3] = STMT_WALL(&t->wall);
	a[4] = STMT_I64(t->number);
	a[5] = STMT_U64(t->flag);
	a[6] = STMT_DIGEST(&t->digest);
	return (struct stmt_args){ a, 7 };
}

static bool same(const struct thing *a, const struct thing *b)
{
	return str_eq(a->text, b->text) && a->blob.len == b->blob.len &&
	    (!a->blob.data) == (!b->blob.data) &&
	    (!a->blob.data || memcmp(a->blob.data, b->blob.data, a->blob.len) == 0) &&
	    a->at == b->at && memcmp(&a->wall, &b->wall, sizeof(a->wall)) == 0 &&
	    a->number == b->number && a->flag == b->flag &&
	    digest_eq(&a->digest, &b->digest);
}

static struct thing make_thing(size_t text_len, size_t blob_len)
{
	struct thing t = { .number = -7, .flag = true };
	char *text = pool_alloc(pool, text_len + 1);
	char *blob = pool_alloc(pool, blob_len + 1);

	for (size_t i = 0; i < text_len; i++)
		text[i] = (char)('a' + i % 26);
	for (size_t i = 0; i < blob_len; i++)
		blob[i] = (char)(i * 31);
	t.text = text;
	t.blob = (struct stmt_blob){ blob, blob_len };
	t.at = INT64_C(1795170000123456);
	t.wall = (struct wall){ 1999, 12, 31, 23, 59, 59 };
	t.digest = digest_sha256(text, text_len);
	return t;
}

static void test_round_trip(void)
{
	static const size_t SIZES[] = { 0, 1, 2, 255, 256, 16383, 65535, 65536,
	    1000000, 0, 3 };
	struct err err = { 0 };

	for (size_t i = 0; i < sizeof(SIZES) / sizeof(*SIZES); i++) {
		struct thing t = make_thing(SIZES[i], SIZES[i] * 2), back = { 0 };
		uint64_t id = 0;

		ok(stmt_insert(db, ADD, args_of(&t), &id, &err), "insert: %s", err.msg);
		is_int(stmt_find(db, pool, FIND, STMT_ARGS(STMT_U64(id)), COLS,
		    &back, &err), 1, "found");
		ok(same(&t, &back), "a text of %zu bytes comes back whole", SIZES[i]);
		is_int(stmt_find(db, pool, FIND_MIXED, STMT_ARGS(STMT_U64(id)), COLS,
		    &back, &err), 1, "found by names in another order");
		ok(same(&t, &back), "and is the same");
	}
}

/* One handle, rows of very different size after each other (CONC-354). */
static void test_list(void)
{
	struct thing *rows;
	size_t count;
	struct err err = { 0 };
	bool good = true;

	ok(stmt_list(db, pool, ALL, STMT_NO_ARGS, COLS, sizeof(*rows), &rows, &count,
	    &err), "list: %s", err.msg);
	is_int(count, 11, "all rows");
	for (size_t i = 0; i < count; i++) {
		struct thing want = make_thing(strlen(rows[i].text), rows[i].blob.len);

		good &= same(&want, &rows[i]) &&
		    rows[i].blob.len == strlen(rows[i].text) * 2;
	}
	ok(good, "no row is cut or carries bytes of its neighbour");
}

static void test_count(void)
{
	struct err err = { 0 };
	uint64_t count;

	ok(stmt_count(db, COUNT, STMT_NO_ARGS, &count, &err),
	    "a count: %s", err.msg);
	is_int(count, 11, "is right");
	ok(stmt_count(db, MAX_NULL, STMT_NO_ARGS, &count, &err) && count == 0,
	    "NULL counts as 0");
}

static void test_nulls(void)
{
	struct thing none = { .at = WHEN_NONE }, back = make_thing(9, 9);
	struct stmt_arg args[] = { STMT_TEXT(NULL), STMT_BLOB(NULL, 0),
	    STMT_TIME(WHEN_NONE), STMT_WALL(NULL), STMT_NULL, STMT_NULL, STMT_NULL };
	uint64_t id = 0;
	struct err err = { 0 };

	ok(stmt_insert(db, ADD, (struct stmt_args){ args, 7 }, &id, &err),
	    "a row of NULLs: %s", err.msg);
	is_int(stmt_find(db, pool, FIND, STMT_ARGS(STMT_U64(id)), COLS, &back,
	    &err), 1, "found");
	ok(same(&none, &back), "NULL is NULL, 0, WHEN_NONE");
	is_int(stmt_find(db, pool, FIND, STMT_ARGS(STMT_U64(987654321)), COLS,
	    &back, &err), 0, "no row is 0");
}

static void test_misfits(void)
{
	struct thing back;
	struct err err = { 0 };

	is_int(stmt_find(db, pool, BIG_NUMBER, STMT_ARGS(STMT_U64(1)), COLS, &back,
	    &err), -1, "a number beyond int is refused, not cut");
	is_int(stmt_find(db, pool, SHORT_DIGEST, STMT_ARGS(STMT_U64(1)), COLS,
	    &back, &err), -1, "a short digest is refused");
	is_int(stmt_find(db, pool, NEGATIVE_ID, STMT_ARGS(STMT_U64(1)), COLS,
	    &back, &err), -1, "a negative id is refused");
}

static void test_affected(void)
{
	uint64_t n = 9;
	struct err err = { 0 };

	ok(stmt_exec(db, PUT, STMT_ARGS(STMT_I64(5), STMT_U64(1)), &n, &err) && n == 1,
	    "one row matched");
	ok(stmt_exec(db, PUT, STMT_ARGS(STMT_I64(5), STMT_U64(1)), &n, &err) && n == 1,
	    "and matched again though nothing changed");
	ok(!stmt_exec_one(db, PUT, STMT_ARGS(STMT_I64(5), STMT_U64(987654321)),
	    "It is gone.", &err), "none is a conflict");
	is_int(err.kind, ERR_CONFLICT, "by kind");
	is_text(err.msg, "It is gone.", "in the caller's words");
}

/* ---- arrays ---- */

enum { MANY = 4234 };

struct many { uint64_t ids[MANY]; bool with_ids; };

static bool insert_many(struct db *d, void *arg, struct err *err)
{
	struct many *m = arg;
	struct stmt_arg *cells = pool_array(pool, MANY * 7, sizeof(*cells));

	for (size_t r = 0; r < MANY; r++) {
		struct thing t = make_thing(r % 300, r % 17);
		struct stmt_args args;

		t.at += (when_t)r;
		t.wall.second = (int)(r % 60);
		t.number = (int)r - 600;
		args = args_of(&t);
		memcpy(cells + r * 7, args.items, 7 * sizeof(*cells));
		if (r % 5 == 0)		/* NULL in every column, now and then */
			cells[r * 7 + r % 7] = STMT_NULL;
	}
	return m->with_ids ?
	    stmt_insert_array(d, ADD_RETURNING, cells, MANY, 7, m->ids, err) :
	    stmt_exec_array(d, ADD, cells, MANY, 7, err);
}

static bool is_array_row(const struct thing *row, size_t r)
{
	struct thing want = make_thing(r % 300, r % 17), none = { .at = WHEN_NONE };

	want.at += (when_t)r;
	want.wall.second = (int)(r % 60);
	want.number = (int)r - 600;
	if (r % 5 == 0)
		switch (r % 7) {
		case 0: want.text = NULL; break;
		case 1: want.blob = none.blob; break;
		case 2: want.at = WHEN_NONE; break;
		case 3: want.wall = none.wall; break;
		case 4: want.number = 0; break;
		case 5: want.flag = false; break;
		case 6: want.digest = none.digest; break;
		}
	return same(&want, row);
}

static void test_arrays(bool with_ids)
{
	struct many *m = POOL_NEW(pool, struct many);
	struct thing *rows;
	size_t count, right = 0;
	uint64_t before = db_statement_count(db);
	struct err err = { 0 };

	m->with_ids = with_ids;
	ok(stmt_exec(db, CLEAR, STMT_ARGS(STMT_U64(0)), NULL, &err), "cleared");
	before = db_statement_count(db);
	ok(db_tx(db, insert_many, m, NULL, &err), "array insert: %s %s", err.msg,
	    err.detail);
	is_int(db_statement_count(db) - before, 5,
	    "begin, three executes for 4234 rows, commit");
	ok(stmt_list(db, pool, ALL, STMT_NO_ARGS, COLS, sizeof(*rows), &rows, &count,
	    &err), "listed");
	is_int(count, MANY, "all rows are there");
	for (size_t r = 0; r < count; r++)
		right += is_array_row(&rows[r], r) &&
		    (!with_ids || m->ids[r] == rows[r].id);
	is_int(right, MANY, with_ids ? "in order, with their ids" : "in order");
}

static bool insert_twice(struct db *d, void *arg, struct err *err)
{
	struct thing t = make_thing(3, 3);
	struct stmt_arg cells[14];
	struct stmt_args args = args_of(&t);

	(void)arg;
	memcpy(cells, args.items, 7 * sizeof(*cells));
	memcpy(cells + 7, args.items, 7 * sizeof(*cells));
	cells[7 + 4] = STMT_I64(INT64_MAX);	/* out of range */
	return stmt_exec_array(d, ADD, cells, 2, 7, err);
}

static void test_failing_array(void)
{
	struct err err = { 0 };
	uint64_t before, after;

	ok(stmt_count(db, COUNT, STMT_NO_ARGS, &before, &err), "count");
	ok(!db_tx(db, insert_twice, NULL, NULL, &err), "a bad row fails the array");
	is_int(err.kind, ERR_INPUT, "as bad input");
	ok(stmt_count(db, COUNT, STMT_NO_ARGS, &after, &err) && before == after,
	    "and leaves nothing");
}

static void test_reconnect(void)
{
	struct thing back;
	struct err err = { 0 };
	uint64_t id = 0, n = 0;
	struct thing t = make_thing(5, 5);

	root_kill(root, db);
	is_int(stmt_find(db, pool, FIND, STMT_ARGS(STMT_U64(1)), COLS, &back, &err),
	    0, "a read over a dead connection connects again");
	ok(stmt_insert(db, ADD, args_of(&t), &id, &err), "a prepared write");
	root_kill(root, db);
	ok(!stmt_insert(db, ADD, args_of(&t), &id, &err),
	    "a write over a dead connection is not repeated");
	is_int(err.kind, ERR_TIMEOUT, "it is a time-out");
	ok(strstr(err.msg, "The database is not reachable") != NULL, "%s", err.msg);
	ok(!db_is_up(db), "the connection is known to be down");
	ok(stmt_insert(db, ADD, args_of(&t), &id, &err), "the next use connects: %s",
	    err.msg);
	ok(stmt_count(db, COUNT, STMT_NO_ARGS, &n, &err) && db_is_up(db),
	    "and goes on");
}

/* An upgrade replaces a procedure under whoever has called it before. */
static void test_procedure_replaced(void)
{
	struct answer { uint64_t id; const char *word; };
	static const struct stmt_col cols[] = { STMT_COL(struct answer, id),
	    STMT_COL(struct answer, word), STMT_END };
	static const char CALL_IT[] = "CALL told()";
	static const char *const bodies[] = { "SELECT 7 AS id, 'one' AS word",
	    "SELECT 'later' AS later, 7 AS id, 1 AS a, 2 AS b, 3 AS c, 4 AS d, "
	    "5 AS e, 'two' AS word", "SELECT 'three' AS word, 7 AS id",
	    "SELECT 8 AS x, 9 AS y, 7 AS id, 'four' AS word, 10 AS z" };
	static const char *const words[] = { "one", "two", "three", "four" };
	struct err err = { 0 };

	for (size_t i = 0; i < 4; i++) {
		struct answer a = { 0 };

		root_run(root, pool_printf(pool, "CREATE OR REPLACE PROCEDURE "
		    "told () %s", bodies[i]));
		root_run(root, "GRANT EXECUTE ON PROCEDURE hawser.told TO "
		    "hawser_sync@localhost");
		for (int again = 0; again < 2; again++)
			is_int(stmt_find(db, pool, CALL_IT, STMT_NO_ARGS, cols,
			    &a, &err), 1, "called");
		ok(a.id == 7 && strcmp(a.word, words[i]) == 0,
		    "the columns are found by name: %s", a.word);
	}
}

int main(void)
{
	struct config *config;
	struct err err = { 0 };

	pool = pool_new(NULL);
	root = root_open();
	root_run(root, "CREATE TABLE thing (id BIGINT UNSIGNED NOT NULL "
	    "AUTO_INCREMENT PRIMARY KEY, text MEDIUMTEXT, `blob` MEDIUMBLOB, "
	    "at DATETIME(6), wall DATETIME, number INT, flag TINYINT(1), "
	    "digest BINARY(32))");
	root_run(root, "GRANT ALL ON hawser.thing TO hawser_sync@localhost");
	if (!config_load(pool, config_path(), &config, &err) ||
	    !db_open(pool, config, DB_SYNC, &db, &err))
		die("%s %s", err.msg, err.detail);
	test_round_trip();
	test_list();
	test_count();
	test_nulls();
	test_misfits();
	test_affected();
	test_arrays(false);
	test_arrays(true);
	test_failing_array();
	test_procedure_replaced();
	test_reconnect();
	db_close(db);
	mysql_close(root);
	pool_free(pool);
	mysql_library_end();
	return done();
}
