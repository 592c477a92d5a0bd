/*
 * One connection to MariaDB: set-up, whole-transaction retry, tenant of the
 * request. It knows no table.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include "store/db_p.h"
#include "store/stmt.h"
#include "util/digest.h"
#include "util/str.h"
#include "util/when.h"
#include "util/banned.h"

enum {
	CONNECT_TIMEOUT_SECS = 5, IO_TIMEOUT_SECS = 30,
	ADMIN_TIMEOUT_SECS = 3600,	/* ALTER TABLE may take its time */
	TX_MOST_TRIES = 5, JITTER_LEAST_MS = 20, JITTER_MOST_MS = 1000,
	LOOK_UP_FIRST_MS = 50, LOOK_UP_LAST_MS = 1600,	/* 3 s in all */
	DEFAULT_PORT = 3306,
};

static const char SET_SESSION[] = "SET time_zone = '+00:00', "
    "sql_mode = 'STRICT_ALL_TABLES,ERROR_FOR_DIVISION_BY_ZERO,NO_ZERO_DATE,"
    "NO_ZERO_IN_DATE,NO_ENGINE_SUBSTITUTION', "
    "innodb_lock_wait_timeout = 5, lock_wait_timeout = 30";
/* No snapshot outlives a statement, so innodb_snapshot_isolation has nothing to
 * guard; what is read before it is written is read FOR UPDATE, or the UPDATE
 * names what was read. */
static const char SET_ISOLATION[] =
    "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED";
static const char SET_TENANT[] = "SET @hawser_secret = ?";
static const char NOW[] =
    "SELECT CAST(UNIX_TIMESTAMP(NOW(6)) * 1000000 AS UNSIGNED)";

const char *db_account_suffix(enum db_account account)
{
	static const char *const NAMES[] = { "web", "hooks", "sync", "admin" };

	return NAMES[account];
}

static const char *password_file(const struct db *db)
{
	switch (db->account) {
	case DB_WEB: return db->config->db_web_password_file;
	case DB_HOOKS: return db->config->db_hooks_password_file;
	case DB_SYNC: return db->config->db_sync_password_file;
	case DB_ADMIN: return db->config->db_admin_password_file;
	}
	return NULL;
}

static bool is_given(const char *text)
{
	return text && *text;
}

static void disconnect(struct db *db)
{
	stmt_forget_handles(db);
	if (db->my)
		mysql_close(db->my);
	db->my = NULL;
	db->up = false;
}

static void set_options(struct db *db)
{
	unsigned off = 0, connect_secs = CONNECT_TIMEOUT_SECS;
	unsigned io_secs = db->account == DB_ADMIN ?
	    ADMIN_TIMEOUT_SECS : IO_TIMEOUT_SECS;
	my_bool no = 0, yes = 1;

	db->my = mysql_init(NULL);
	if (!db->my)
		die("out of memory");
	mysql_options(db->my, MYSQL_OPT_LOCAL_INFILE, &off);
	mysql_options(db->my, MYSQL_OPT_CONNECT_TIMEOUT, &connect_secs);
	mysql_options(db->my, MYSQL_OPT_READ_TIMEOUT, &io_secs);
	mysql_options(db->my, MYSQL_OPT_WRITE_TIMEOUT, &io_secs);
	mysql_options(db->my, MYSQL_OPT_RECONNECT, &no);
	mysql_options(db->my, MYSQL_REPORT_DATA_TRUNCATION, &yes);
	mysql_options(db->my, MYSQL_SET_CHARSET_NAME, "utf8mb4");
	if (is_given(db->config->db_hosts)) {
		/* Over a network only with a verified certificate. */
		mysql_options(db->my, MYSQL_OPT_SSL_ENFORCE, &yes);
		mysql_options(db->my, MYSQL_OPT_SSL_VERIFY_SERVER_CERT, &yes);
		if (is_given(db->config->db_tls_ca_file))
			mysql_options(db->my, MYSQL_OPT_SSL_CA,
			    db->config->db_tls_ca_file);
	}
}

/* One address: host NULL = the unix socket. */
static bool connect_to(struct db *db, struct pool *pool, const char *host,
    unsigned port, struct err *err)
{
	const struct config *c = db->config;
	struct secret *password = NULL;
	const char *suffix = db_account_suffix(db->account);
	bool views = db->account == DB_WEB || db->account == DB_HOOKS;
	char *user = pool_printf(pool, "%s_%s", c->db_name, suffix);
	char *name = views ? pool_printf(pool, "%s_web", c->db_name) :
	    pool_strdup(pool, c->db_name);

	if (is_given(password_file(db)) &&
	    !secret_read_file(pool, password_file(db), &password, err))
		return false;
	disconnect(db);
	set_options(db);
	if (!mysql_real_connect(db->my, host, user,
	    password ? secret_peek(password) : NULL, name, port,
	    host ? NULL : c->db_socket, CLIENT_FOUND_ROWS)) {
		db_fail(db, mysql_errno(db->my), mysql_error(db->my), err);
		disconnect(db);
		return false;
	}
	fcntl(mysql_get_socket(db->my), F_SETFD, FD_CLOEXEC);
	return true;
}

/* "host[:port],...": the first that answers. */
static bool connect_hosts(struct db *db, struct pool *pool, struct err *err)
{
	const char *at = db->config->db_hosts;

	while (*at) {
		size_t len = strcspn(at, ",");
		char *host = pool_strndup(pool, at, len);
		char *colon = strrchr(host, ':');
		unsigned long long port = DEFAULT_PORT;

		if (colon && strchr(host, ':') == colon) {
			*colon = '\0';
			if (!str_to_u64(colon + 1, &port) || port > 65535)
				return err_set_scope(err, ERR_INPUT, ERR_RUN,
				    "[db] hosts: the port after %s is not a "
				    "number up to 65535.", host);
		}
		if (connect_to(db, pool, host, (unsigned)port, err))
			return true;
		at += len + (at[len] == ',');
	}
	return false;
}

static bool raw_query(struct db *db, const char *sql, struct err *err)
{
	int more = 0;			/* results of a procedure: 0 yes, -1 no */

	db->statement_count++;
	/* A command that could not be sent is -1 too, but no success. */
	if (mysql_real_query(db->my, sql, strlen(sql)) != 0)
		more = 1;
	while (more == 0) {
		MYSQL_RES *rows = mysql_store_result(db->my);

		if (!rows && mysql_errno(db->my) != 0)
			break;		/* cut while the rows came */
		if (rows)
			mysql_free_result(rows);
		more = mysql_next_result(db->my);
	}
	if (more == -1)
		return true;
	return db_fail(db, mysql_errno(db->my), mysql_error(db->my), err);
}

/* User variables are gone after a reconnect: said again from what we know. As
 * a parameter: the text of a statement shows in the list of processes, which
 * every connection of the same account may read. */
static bool set_tenant(struct db *db, struct err *err)
{
	return stmt_set_up(db, SET_TENANT, STMT_ARGS(STMT_BLOB(db->tenant,
	    db->tenant_len)), err);
}

static bool set_quiet(struct db *db, struct err *err)
{
	char sql[80];

	snprintf(sql, sizeof(sql), "SET @hawser_quiet = %llu, "
	    "@hawser_notes = %d", (unsigned long long)db->quiet_binding,
	    db->quiet_binding != 0);
	return raw_query(db, sql, err);
}

static bool connect_and_set_up(struct db *db, struct err *err)
{
	struct pool *pool = pool_new(NULL);
	bool good;

	good = is_given(db->config->db_hosts) ? connect_hosts(db, pool, err) :
	    connect_to(db, pool, NULL, 0, err);
	pool_free(pool);
	good = good && raw_query(db, SET_SESSION, err) &&
	    raw_query(db, SET_ISOLATION, err) &&
	    (!db->tenant_len || set_tenant(db, err)) &&
	    (!db->quiet_binding || set_quiet(db, err));
	if (!good)
		disconnect(db);
	db->up = good;
	return good;
}

/* With a shifted clock the database's clock follows ours. */
static bool set_clock(struct db *db, struct err *err)
{
	when_t now;
	char sql[64];

	if (!is_given(db->config->clock_file))
		return true;
	now = when_now();
	snprintf(sql, sizeof(sql), "SET timestamp = %lld.%06lld",
	    (long long)(now / WHEN_SEC), (long long)(now % WHEN_SEC));
	return raw_query(db, sql, err);
}

bool db_ready(struct db *db, struct err *err)
{
	if (db->up)
		return set_clock(db, err);
	if (db->in_tx) {
		db->tx_broken = true;
		return db_fail(db, 2013, "lost earlier in this transaction", err);
	}
	return connect_and_set_up(db, err) && set_clock(db, err);
}

bool db_open(struct pool *pool, const struct config *config,
    enum db_account account, struct db **out, struct err *err)
{
	struct db *db = POOL_NEW(pool, struct db);

	db->pool = pool;
	db->config = config;
	db->account = account;
	if (!connect_and_set_up(db, err))
		return false;
	*out = db;
	return true;
}

void db_close(struct db *db)
{
	if (!db)
		return;
	disconnect(db);
	digest_wipe(db->tenant, sizeof(db->tenant));
	db->tenant_len = 0;
}

bool db_is_up(const struct db *db)
{
	return db->up;
}

bool db_in_tx(const struct db *db)
{
	return db->in_tx;
}

uint64_t db_statement_count(const struct db *db)
{
	return db->statement_count;
}

unsigned db_errno(const struct db *db)
{
	return db->my ? mysql_errno(db->my) : 2006;
}

bool db_query(struct db *db, const char *sql, struct err *err)
{
	return db_ready(db, err) && raw_query(db, sql, err);
}

/* Statements that change nothing twice: a connection that died while nobody
 * looked is made again without a word. */
static bool query_again(struct db *db, const char *sql, struct err *err)
{
	struct err first;

	if (db_query(db, sql, &first))
		return true;
	if (!db->in_tx && !db->up && db_query(db, sql, &first))
		return true;
	*err = first;
	return false;
}

bool db_ping(struct db *db, struct err *err)
{
	return query_again(db, "DO 1", err);
}

bool db_now(struct db *db, int64_t *out, struct err *err)
{
	uint64_t usecs;

	if (!stmt_count(db, NOW, STMT_NO_ARGS, &usecs, err))
		return false;
	*out = (int64_t)usecs;
	return true;
}

/* ---- transactions ---- */

static void roll_back(struct db *db)
{
	struct err ignored;

	/* 1205 leaves the rest of the transaction standing: always said. */
	if (db->up && !raw_query(db, "ROLLBACK", &ignored))
		db->up = false;
	db->in_tx = false;
}

static void wait_ms(long ms)
{
	struct timespec wait = { ms / 1000, ms % 1000 * 1000000 };

	nanosleep(&wait, NULL);
}

static void jitter(int tries)
{
	uint32_t random;
	long most_ms = JITTER_LEAST_MS << tries;

	if (most_ms > JITTER_MOST_MS)
		most_ms = JITTER_MOST_MS;
	digest_random(&random, sizeof(random));
	wait_ms(JITTER_LEAST_MS + (long)(random % (unsigned long)most_ms));
}

enum tx_end { TX_DONE, TX_FAILED, TX_AGAIN };

void db_tx_mark(struct db *db, const struct db_mark *mark)
{
	if (!db->in_tx)
		die("a mark outside a transaction");
	db->mark = *mark;
}

static int see_mark(struct db *db, const struct db_mark *mark, struct err *err)
{
	int got;

	if (!db_query(db, "START TRANSACTION", err))
		return -1;
	db->in_tx = true;
	got = mark->is_there(db, mark, err);
	roll_back(db);
	return got;
}

/* A database that was killed needs a few seconds to come back. */
static enum tx_end look_up(struct db *db, struct err *err)
{
	struct db_mark mark = db->mark;
	long ms = LOOK_UP_FIRST_MS;
	struct err why = { 0 };
	int got = -1;

	while (mark.is_there && got < 0 && ms <= LOOK_UP_LAST_MS) {
		got = see_mark(db, &mark, &why);
		if (got < 0 && why.kind != ERR_TIMEOUT)
			break;		/* asking again changes nothing */
		if (got < 0)
			wait_ms(ms);
		ms *= 2;
	}
	if (got >= 0)
		return got ? TX_DONE : TX_AGAIN;
	err_set_scope(err, ERR_UNCERTAIN, ERR_RUN, "The database was lost while "
	    "saving. Look whether the change is there before you make it again.");
	return TX_FAILED;
}

static enum tx_end commit(struct db *db, bool idempotent, struct err *err)
{
	unsigned code;

	if (raw_query(db, "COMMIT", err)) {
		db->in_tx = false;
		return TX_DONE;
	}
	code = db_errno(db);
	roll_back(db);
	if (db_is_lost(code) && !idempotent)
		return look_up(db, err);
	return db_is_retryable(code) ? TX_AGAIN : TX_FAILED;
}

static enum tx_end try_tx(struct db *db, db_tx_body body, void *arg,
    bool idempotent, struct err *err)
{
	bool good;

	if (!db_query(db, "START TRANSACTION", err))
		return db_is_retryable(db_errno(db)) ? TX_AGAIN : TX_FAILED;
	db->in_tx = true;
	db->tx_broken = false;
	db->mark.is_there = NULL;
	err->kind = ERR_NONE;
	good = body(db, arg, err);
	if (good && !db->tx_broken)
		return commit(db, idempotent, err);
	/* A body that swallowed a deadlock has lost its earlier writes. */
	if (good)
		err_set_scope(err, ERR_TIMEOUT, ERR_RUN,
		    "The database is busy at the moment. Try again in a few "
		    "seconds.");
	roll_back(db);
	return db->tx_broken ? TX_AGAIN : TX_FAILED;
}

bool db_tx(struct db *db, db_tx_body body, void *arg,
    const struct db_tx_opts *opts, struct err *err)
{
	bool idempotent = opts && opts->idempotent;
	struct err last;
	enum tx_end end = TX_AGAIN;

	if (db->in_tx)
		die("a transaction inside a transaction");
	memset(&last, 0, sizeof(last));
	for (int tries = 1; end == TX_AGAIN && tries <= TX_MOST_TRIES; tries++) {
		end = try_tx(db, body, arg, idempotent, &last);
		if (end == TX_AGAIN && tries < TX_MOST_TRIES)
			jitter(tries);
	}
	if (end != TX_DONE)
		*err = last;
	return end == TX_DONE;
}

/* ---- the tenant of the request, the worker's quiet ---- */

bool db_tenant_enter(struct db *db, const void *token, size_t len,
    struct err *err)
{
	struct err first;

	if (len == 0 || len > sizeof(db->tenant))
		return err_set(err, ERR_AUTH, "You are not signed in.");
	if (db->tenant_len)
		die("a tenant was entered and not left");
	memcpy(db->tenant, token, len);
	db->tenant_len = len;
	/* Connecting says the tenant by itself. */
	if (!db->up)
		return db_ready(db, err) || (db_tenant_leave(db), false);
	if (set_tenant(db, &first))
		return true;
	if (!db->up && connect_and_set_up(db, &first))
		return true;
	db_tenant_leave(db);
	*err = first;
	return false;
}

void db_tenant_leave(struct db *db)
{
	struct err ignored;

	if (db->in_tx)
		die("the tenant is left inside a transaction");
	digest_wipe(db->tenant, sizeof(db->tenant));
	db->tenant_len = 0;
	/* What can not be cleared is not kept. */
	if (db->up && !raw_query(db, "SET @hawser_secret = NULL", &ignored))
		disconnect(db);
}

bool db_quiet(struct db *db, uint64_t binding_id, struct err *err)
{
	if (db->quiet_binding == binding_id && db->up)
		return true;
	db->quiet_binding = binding_id;
	if (!db->up && !db->in_tx && binding_id)
		return db_ready(db, err);
	return db_ready(db, err) && set_quiet(db, err);
}

const char *
db_library_version(void)
{
	return mysql_get_client_info();
}
