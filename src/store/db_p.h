#ifndef HAWSER_STORE_DB_P_H
#define HAWSER_STORE_DB_P_H
/* The connection from inside: shared by db, stmt and migrate, nobody else. */
#include <mysql.h>
#include "store/db.h"

#define DB_TENANT_MAX_BYTES 256

struct stmt_cache;

struct db {
	MYSQL *my;
	struct pool *pool;
	const struct config *config;
	enum db_account account;
	bool up;			/* the handle is connected and set up */
	bool in_tx;
	bool once;			/* statements that may be sent again */
	bool tx_broken;			/* this transaction may not be committed */
	struct db_mark mark;		/* of this transaction; is_there NULL = none */
	uint64_t quiet_binding;
	uint64_t statement_count;
	bool secret_there;		/* the server holds one, tenant's or an older */
	size_t tenant_len;		/* 0 = no tenant entered */
	uint8_t tenant[DB_TENANT_MAX_BYTES];
	struct stmt_cache *cache;
};

/* Makes the connection anew; ends it. */
ERR_CHECKED bool db_connect(struct db *db, struct err *err);
void db_disconnect(struct db *db);
/* db_wait.c: before it connects. */
void db_wait_set_up(MYSQL *my);
/* db_tenant.c: sends the tenant. */
ERR_CHECKED bool db_tenant_set(struct db *db, struct err *err);

/* Connected, set up and with the clock of the test; reconnects outside a
 * transaction. Every send begins here. */
ERR_CHECKED bool db_ready(struct db *db, struct err *err);
/* One text statement without rows. No values are ever put into its text but
 * names from the configuration and numbers. */
ERR_CHECKED bool db_query(struct db *db, const char *sql, struct err *err);
/* The same, on the connection as it is: never reconnects. */
ERR_CHECKED bool db_raw(struct db *db, const char *sql, struct err *err);
/* Error number of the last db_query that failed. */
unsigned db_errno(const struct db *db);

/* Turns the connector's error into ours and remembers what it broke. */
bool db_fail(struct db *db, unsigned code, const char *text, struct err *err);
bool db_is_lost(unsigned code);
/* The whole transaction may run again. */
bool db_is_retryable(unsigned code);
/* Name of the database account: NAME_web, NAME_hooks, ... */
const char *db_account_suffix(enum db_account account);

/* stmt.c: handles die with the connection, entries stay. */
void stmt_forget_handles(struct db *db);
/* One without rows, once, on the connection as it is: never reconnects. */
struct stmt_args;
ERR_CHECKED bool stmt_set_up(struct db *db, const char *sql,
    struct stmt_args args, struct err *err);
#endif
