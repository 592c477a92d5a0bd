/* Transactions: run again as a whole on conflicts, never half committed, never
 * silently doubled; the session after a reconnect; the clock. */
#include "store/stmt.h"
#include "t/store/root.h"
#include "t/tap.h"

static struct db *db, *other;
static struct pool *pool;
static MYSQL *root;

static const char ADD[] = "UPDATE counter SET n = n + 1 WHERE id = ?";
static const char GET[] = "SELECT n FROM counter WHERE id = ?";
static const char SETTINGS[] = "SELECT @@time_zone = '+00:00' "
    "AND @@tx_isolation = 'READ-COMMITTED' AND @@innodb_lock_wait_timeout = 5 "
    "AND @@sql_mode LIKE '%STRICT_ALL_TABLES%' "
    "AND @@character_set_connection = 'utf8mb4' AND @@autocommit";
static const char LOCAL[] = "LOAD DATA LOCAL INFILE '/etc/passwd' "
    "INTO TABLE counter";
static const char QUIET[] = "SELECT COALESCE(@hawser_quiet, 0)";

static uint64_t value(uint64_t id)
{
	struct err err;
	uint64_t n = 0;

	if (!stmt_count(other, GET, STMT_ARGS(STMT_U64(id)), &n, &err))
		die("%s", err.msg);
	return n;
}

static bool add(struct db *d, uint64_t id, struct err *err)
{
	return stmt_exec_one(d, ADD, STMT_ARGS(STMT_U64(id)), "no such row", err);
}

/* ---- bodies ---- */

struct body {
	int runs, kill_at_run, deadlock_runs;
	bool swallow;
};

static bool plain(struct db *d, void *arg, struct err *err)
{
	struct body *b = arg;

	b->runs++;
	if (!add(d, 1, err))
		return false;
	if (b->runs == b->kill_at_run)
		root_kill(root, d);
	return add(d, 2, err);
}

/* Another session holds 2 and wants 1, so one of both is the victim. Ours has
 * changed less, so InnoDB takes ours. */
static bool deadlock(struct db *d, void *arg, struct err *err)
{
	struct body *b = arg;
	struct err mine;
	bool good;

	b->runs++;
	if (b->runs <= b->deadlock_runs) {
		root_run(root, "BEGIN");
		root_run(root, "UPDATE counter SET m = m + 1 WHERE id BETWEEN 3 AND 50");
		root_run(root, "UPDATE counter SET m = m + 1 WHERE id = 2");
	}
	if (!add(d, 1, err))
		return false;
	if (b->runs > b->deadlock_runs)
		return add(d, 2, err);
	if (mysql_send_query(root, "UPDATE counter SET m = m + 1 WHERE id = 1", 41))
		die("send");
	good = add(d, 2, &mine);
	if (mysql_read_query_result(root) != 0)
		die("the other one was the victim: %s", mysql_error(root));
	root_run(root, "ROLLBACK");
	if (!good && !b->swallow)
		*err = mine;
	return good || b->swallow;
}

static bool refuse(struct db *d, void *arg, struct err *err)
{
	struct body *b = arg;

	b->runs++;
	return add(d, 1, err) && err_set(err, ERR_INPUT, "no");
}

/* ---- tests ---- */

static void test_plain(void)
{
	struct body b = { 0 };
	struct err err = { 0 };
	uint64_t one = value(1), two = value(2);

	ok(db_tx(db, plain, &b, NULL, &err), "a transaction: %s", err.msg);
	ok(value(1) == one + 1 && value(2) == two + 1, "is there");
	is_int(b.runs, 1, "ran once");
	is_int(err.kind, ERR_NONE, "the error is untouched");
	ok(!db_tx(db, refuse, &b, NULL, &err), "a body that refuses");
	is_int(err.kind, ERR_INPUT, "with its own error");
	is_int(value(1), one + 1, "leaves nothing");
	ok(!db_in_tx(db), "and no transaction");
}

static void test_deadlock(bool swallow)
{
	struct body b = { .deadlock_runs = 2, .swallow = swallow };
	struct err err = { 0 };
	uint64_t one = value(1), two = value(2);

	ok(db_tx(db, deadlock, &b, NULL, &err), "a deadlock%s: %s",
	    swallow ? " that the body swallows" : "", err.msg);
	is_int(b.runs, 3, "two victims, then through");
	ok(value(1) == one + 1 && value(2) == two + 1, "each change is there once");
}

static void test_deadlock_for_ever(void)
{
	struct body b = { .deadlock_runs = 99 };
	struct err err = { 0 };
	uint64_t one = value(1);

	ok(!db_tx(db, deadlock, &b, NULL, &err), "a deadlock each time gives up");
	is_int(b.runs, 5, "after five runs");
	is_int(err.kind, ERR_TIMEOUT, "with a time-out");
	ok(strstr(err.msg, "busy") != NULL, "%s", err.msg);
	is_int(value(1), one, "nothing is left");
}

/* 1205 undoes the statement only: the first change must not stay. */
static void test_lock_wait(void)
{
	struct body b = { 0 };
	struct err err = { 0 };
	uint64_t one = value(1);

	root_run(root, "SET GLOBAL innodb_lock_wait_timeout = 1");
	ok(db_query(db, "SET innodb_lock_wait_timeout = 1", &err), "wait 1 s");
	root_run(root, "BEGIN");
	root_run(root, "UPDATE counter SET m = 0 WHERE id = 2");
	ok(!db_tx(db, plain, &b, NULL, &err), "a lock that stays");
	is_int(b.runs, 5, "is tried five times");
	is_int(err.kind, ERR_TIMEOUT, "and is a time-out");
	root_run(root, "ROLLBACK");
	is_int(value(1), one, "the statement before it is undone too");
	ok(db_query(db, "SET innodb_lock_wait_timeout = 5", &err), "wait 5 s");
}

static void test_lost_in_body(void)
{
	struct body b = { .kill_at_run = 1 };
	struct err err = { 0 };
	uint64_t one = value(1), two = value(2);

	ok(db_tx(db, plain, &b, NULL, &err), "lost in the middle: %s", err.msg);
	is_int(b.runs, 2, "ran again as a whole");
	ok(value(1) == one + 1 && value(2) == two + 1, "each change is there once");
}

/* The connection goes before the first try is sent. */
static bool once(struct db *d, void *arg, struct err *err)
{
	struct body *b = arg;

	if (++b->runs == b->kill_at_run)
		root_kill(root, d);
	return stmt_exec(d, "UPDATE counter SET n = 77 WHERE id = ?",
	    STMT_ARGS(STMT_U64(1)), NULL, err);
}

static void test_once(void)
{
	struct body b = { .kill_at_run = 1 };
	struct err err = { 0 };

	ok(db_once(db, once, &b, &err), "a statement of its own, lost: %s %s",
	    err.msg, err.detail);
	is_int(b.runs, 2, "is sent again");
	is_int(value(1), 77, "and done");
	ok(!db_in_tx(db), "without a transaction");
	b = (struct body){ 0 };
	ok(!db_once(db, refuse, &b, &err) && err.kind == ERR_INPUT,
	    "one that refuses");
	is_int(b.runs, 1, "is asked once");
}

static bool lost_at_commit(struct db *d, void *arg, struct err *err)
{
	struct body *b = arg;

	b->runs++;
	if (!add(d, 1, err))
		return false;
	if (b->runs == b->kill_at_run)
		root_kill(root, d);
	return true;
}

static void test_lost_at_commit(void)
{
	struct body b = { .kill_at_run = 1 };
	struct db_tx_opts idempotent = { .idempotent = true };
	struct err err = { 0 };
	uint64_t one = value(1);

	ok(!db_tx(db, lost_at_commit, &b, NULL, &err), "lost at COMMIT");
	is_int(err.kind, ERR_UNCERTAIN, "is uncertain");
	is_int(b.runs, 1, "and not repeated");
	is_int(value(1), one, "(here it was undone)");
	b.runs = 0;
	ok(db_tx(db, lost_at_commit, &b, &idempotent, &err),
	    "unless it may be repeated: %s", err.msg);
	is_int(b.runs, 2, "then it is");
	is_int(value(1), one + 1, "and is there");
}

/* What a cluster answers, said by the server itself. */
struct refusal { unsigned code; int times, runs; };

static bool refused_by_node(struct db *d, void *arg, struct err *err)
{
	struct refusal *r = arg;

	if (!add(d, 1, err))
		return false;
	if (++r->runs <= r->times)
		return db_query(d, pool_printf(pool, "SIGNAL SQLSTATE 'HY000' SET "
		    "MYSQL_ERRNO = %u, MESSAGE_TEXT = 'by the test'", r->code), err);
	return add(d, 2, err);
}

static void test_refusals(void)
{
	static const unsigned CODES[] = { 1213, 1205, 1020, 1047, 1180, 1053,
	    1927, 2013 /* from a server it is a malformed packet: 2027 */ };
	struct err err = { 0 };

	for (size_t i = 0; i < sizeof(CODES) / sizeof(*CODES); i++) {
		struct refusal r = { CODES[i], 2, 0 };
		uint64_t one = value(1), two = value(2);

		ok(db_tx(db, refused_by_node, &r, NULL, &err) && r.runs == 3,
		    "%u: the whole transaction again: %s", CODES[i], err.detail);
		ok(value(1) == one + 1 && value(2) == two + 1,
		    "%u: each change is there once", CODES[i]);
		r = (struct refusal){ CODES[i], 99, 0 };
		ok(!db_tx(db, refused_by_node, &r, NULL, &err) && r.runs == 5 &&
		    err.kind == ERR_TIMEOUT, "%u: five times at most: %s",
		    CODES[i], err.msg);
		ok(value(1) == one + 1, "%u: and nothing is left", CODES[i]);
	}
}

/* Other errors are the body's business: no second run. */
static void test_other_errors(void)
{
	static const unsigned CODES[] = { 1062, 1452, 1406, 1142, 1064 };
	struct err err = { 0 };
	uint64_t one = value(1);

	for (size_t i = 0; i < sizeof(CODES) / sizeof(*CODES); i++) {
		struct refusal r = { CODES[i], 99, 0 };

		ok(!db_tx(db, refused_by_node, &r, NULL, &err) && r.runs == 1,
		    "%u is not tried again: %s", CODES[i], err.msg);
	}
	is_int(value(1), one, "nothing is left of them");
}

/* A result that ends in the middle is no success. */
static void test_cut_result(void)
{
	struct err err = { 0 };
	char command[400];

	snprintf(command, sizeof(command), "(sleep 0.5; mariadb --no-defaults "
	    "-uroot -S '%s/run/db.sock' -e 'KILL %lu') &",
	    getenv("HAWSER_TEST_DIR"), mysql_thread_id(db->my));
	if (system(command) != 0)
		die("sh");
	ok(!db_query(db, "SELECT REPEAT('x', 1000) FROM counter a, counter b, "
	    "counter c WHERE c.id < 5 UNION ALL SELECT SLEEP(20)", &err) &&
	    err.kind == ERR_TIMEOUT, "a result that is cut: %s", err.detail);
	err.detail[0] = '\0';
	ok(db_ping(db, &err), "and on with a new connection: %s", err.detail);
}

static void test_session(void)
{
	struct err err = { 0 };
	uint64_t n = 0;

	ok(stmt_count(db, SETTINGS, STMT_NO_ARGS, &n, &err) && n == 1,
	    "the session is set up");
	ok(db_quiet(db, 77, &err), "quiet");
	root_kill(root, db);
	ok(db_ping(db, &err), "a ping connects again: %s", err.msg);
	ok(stmt_count(db, SETTINGS, STMT_NO_ARGS, &n, &err) && n == 1,
	    "the new session is set up alike");
	ok(stmt_count(db, QUIET, STMT_NO_ARGS, &n, &err) && n == 77,
	    "quiet as before");
	ok(db_quiet(db, 0, &err) && stmt_count(db, QUIET, STMT_NO_ARGS, &n, &err) &&
	    n == 0, "and off again");
	ok(!db_query(db, LOCAL, &err), "LOAD DATA LOCAL is refused: %s", err.detail);
	ok(db_ping(db, &err), "still alive");
}

static void test_clock(const char *dir)
{
	char path[300];
	int64_t now = 0;
	struct err err = { 0 };
	FILE *f;

	snprintf(path, sizeof(path), "%s/clock", dir);
	f = fopen(path, "we");
	fputs("2030-02-03T04:05:06.789Z", f);
	fclose(f);
	((struct config *)(uintptr_t)db->config)->clock_file = path;
	when_use_clock_file(path);
	ok(db_now(db, &now, &err), "now: %s", err.msg);
	is_int(now, when_now(), "the database's clock follows the test's");
	is_int(now, INT64_C(1896321906789000), "to the microsecond");
	when_use_clock_file(NULL);
	((struct config *)(uintptr_t)db->config)->clock_file = NULL;
	ok(db_query(db, "SET timestamp = DEFAULT", &err), "back to the real one");
}

int main(void)
{
	struct config *config;
	struct err err = { 0 };

	pool = pool_new(NULL);
	root = root_open();
	root_run(root, "CREATE TABLE counter (id INT PRIMARY KEY, "
	    "n INT NOT NULL DEFAULT 0, m INT NOT NULL DEFAULT 0)");
	root_run(root, "INSERT INTO counter (id) SELECT seq FROM seq_1_to_50");
	root_run(root, "GRANT ALL ON hawser.counter TO hawser_sync@localhost");
	if (!config_load(pool, config_path(), &config, &err) ||
	    !db_open(pool, config, DB_SYNC, &db, &err) ||
	    !db_open(pool, config, DB_SYNC, &other, &err))
		die("%s %s", err.msg, err.detail);
	test_plain();
	test_deadlock(false);
	test_deadlock(true);
	test_deadlock_for_ever();
	test_lock_wait();
	test_lost_in_body();
	test_once();
	test_lost_at_commit();
	test_refusals();
	test_other_errors();
	test_cut_result();
	test_session();
	test_clock(getenv("HAWSER_TEST_DIR"));
	db_close(db);
	db_close(other);
	mysql_close(root);
	pool_free(pool);
	mysql_library_end();
	return done();
}
