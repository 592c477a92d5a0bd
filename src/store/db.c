/*
 * One connection to MariaDB: set-up, plain statements, tenant of the request.
 * It knows no table.
 */
#include <fcntl.h>
#include <nss.h>
#include <stdio.h>
#include <string.h>
#include "store/db_p.h"
#include "store/stmt.h"
#include "util/digest.h"
#include "util/str.h"
#include "util/when.h"
#include "util/banned.h"

enum {
	CONNECT_TIMEOUT_SECS = 5, IO_TIMEOUT_SECS = 30,
	ADMIN_TIMEOUT_SECS = 3600,	/* ALTER TABLE may take its time */
	DEFAULT_PORT = 3306,
};

/* No snapshot outlives a statement, so innodb_snapshot_isolation has nothing to
 * guard; what is read before it is written is read FOR UPDATE, or the UPDATE
 * names what was read. */
#define SET_SESSION "SET time_zone = '+00:00', " \
    "sql_mode = 'STRICT_ALL_TABLES,ERROR_FOR_DIVISION_BY_ZERO,NO_ZERO_DATE," \
    "NO_ZERO_IN_DATE,NO_ENGINE_SUBSTITUTION', " \
    "innodb_lock_wait_timeout = 5, lock_wait_timeout = 30, " \
    "tx_isolation = 'READ-COMMITTED', idle_transaction_timeout = %d, " \
    "@hawser_quiet = %llu, @hawser_notes = %d"
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

void db_disconnect(struct db *db)
{
	/* The server drops the statements with the connection: closed after it,
	 * they need no word of their own. */
	if (db->my)
		mysql_close(db->my);
	stmt_forget_handles(db);
	db->my = NULL;
	db->up = db->secret_there = false;
}

static void set_options(struct db *db)
{
	unsigned off = 0, connect_secs = CONNECT_TIMEOUT_SECS;
	unsigned io_secs = db->account == DB_ADMIN ?
	    ADMIN_TIMEOUT_SECS : IO_TIMEOUT_SECS;
	my_bool no = 0, yes = 1;

	/* The connector looks up the port of "mysql", which nobody here uses, in
	 * whatever the host has for services: the file will do. */
	__nss_configure_lookup("services", "files");
	db->my = mysql_init(NULL);
	if (!db->my)
		die("out of memory");
	db_wait_set_up(db->my);
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
	db_disconnect(db);
	set_options(db);
	if (!mysql_real_connect(db->my, host, user,
	    password ? secret_peek(password) : NULL, name, port,
	    host ? NULL : c->db_socket, CLIENT_FOUND_ROWS)) {
		db_fail(db, mysql_errno(db->my), mysql_error(db->my), err);
		db_disconnect(db);
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

bool db_raw(struct db *db, const char *sql, struct err *err)
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

/* The worker notes what it inserts and changes itself (sql/0016). */
static int notes(const struct db *db)
{
	return db->quiet_binding != 0 ? 2 : 0;
}

static bool set_quiet(struct db *db, struct err *err)
{
	char sql[80];

	snprintf(sql, sizeof(sql), "SET @hawser_quiet = %llu, "
	    "@hawser_notes = %d", (unsigned long long)db->quiet_binding,
	    notes(db));
	return db_raw(db, sql, err);
}

/* Whoever is frozen inside a transaction loses it, and its locks, well before
 * its lease ends: the next one is not kept waiting. */
static bool set_session(struct db *db, struct err *err)
{
	char sql[sizeof(SET_SESSION) + 60];
	int secs = db->config->lease_secs / 3;

	snprintf(sql, sizeof(sql), SET_SESSION, secs > 0 ? secs : 1,
	    (unsigned long long)db->quiet_binding, notes(db));
	return db_raw(db, sql, err);
}

bool db_connect(struct db *db, struct err *err)
{
	struct pool *pool = pool_new(NULL);
	bool good;

	good = is_given(db->config->db_hosts) ? connect_hosts(db, pool, err) :
	    connect_to(db, pool, NULL, 0, err);
	pool_free(pool);
	good = good && set_session(db, err) &&
	    (!db->tenant_len || db_tenant_set(db, err));
	if (!good)
		db_disconnect(db);
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
	return db_raw(db, sql, err);
}

bool db_ready(struct db *db, struct err *err)
{
	if (db->up && !db->tenant_len)
		db_tenant_forget(db);
	if (db->up)
		return set_clock(db, err);
	if (db->in_tx) {
		db->tx_broken = true;
		return db_fail(db, 2013, "lost earlier in this transaction", err);
	}
	return db_connect(db, err) && set_clock(db, err);
}

bool db_open(struct pool *pool, const struct config *config,
    enum db_account account, struct db **out, struct err *err)
{
	struct db *db = POOL_NEW(pool, struct db);

	db->pool = pool;
	db->config = config;
	db->account = account;
	if (!db_connect(db, err))
		return false;
	*out = db;
	return true;
}

void db_close(struct db *db)
{
	if (!db)
		return;
	db_disconnect(db);
	digest_wipe(db->tenant, sizeof(db->tenant));
	db->tenant_len = 0;
}

const struct config *db_config(const struct db *db)
{
	return db->config;
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
	return db_ready(db, err) && db_raw(db, sql, err);
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

/* ---- the worker's quiet ---- */

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
