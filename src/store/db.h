#ifndef HAWSER_STORE_DB_H
#define HAWSER_STORE_DB_H
/*
 * One connection to MariaDB with its prepared statements.
 *
 * Accounts: web and hooks see tenant views only (database NAME_web) and work
 * between db_tenant_enter and db_tenant_leave; sync and admin see base tables
 * (database NAME). The SQL text is the same for all: unqualified names, every
 * statement on tenant data names org_id = ?.
 *
 * A transaction body runs again as a whole on 1213, 1205, 1020, 1047, 1180 and
 * on a lost connection (at most 5 tries, full jitter), so it has no effects
 * outside the database and resets what it fills. A connection lost during
 * COMMIT: an idempotent body runs again; one that left a mark is looked up by it,
 * and is either done or runs again; else, or when the database stays away, it is
 * ERR_UNCERTAIN.
 */
#include <stdbool.h>
#include <stdint.h>
#include "util/config.h"
#include "util/digest.h"
#include "util/err.h"
#include "util/pool.h"
#include "util/secret.h"

struct db;

enum db_account { DB_WEB, DB_HOOKS, DB_SYNC, DB_ADMIN };

/* Connects (5 s), sets utf8mb4, UTC, READ COMMITTED, strict mode, timeouts 30 s,
 * no LOCAL INFILE, no silent reconnect, CLIENT_FOUND_ROWS (affected = matched). */
ERR_CHECKED bool db_open(struct pool *pool, const struct config *config,
    enum db_account account, struct db **out, struct err *err);
void db_close(struct db *db);
const struct config *db_config(const struct db *db);
/* False after a lost connection; the next use reconnects and sets up again. */
bool db_is_up(const struct db *db);
ERR_CHECKED bool db_ping(struct db *db, struct err *err);

/* One transaction: begin, body, commit; retried as described above. */
typedef bool (*db_tx_body)(struct db *db, void *arg, struct err *err);
struct db_tx_opts { bool idempotent; };
ERR_CHECKED bool db_tx(struct db *db, db_tx_body body, void *arg,
    const struct db_tx_opts *opts, struct err *err);	/* opts may be NULL */
bool db_in_tx(const struct db *db);
/* Without a transaction: each statement of the body is one of its own and may be
 * repeated. Tried again as db_tx does. */
ERR_CHECKED bool db_once(struct db *db, db_tx_body body, void *arg,
    struct err *err);

/*
 * What a body wrote that no other transaction can have written. is_there looks
 * for it on a new connection, in a transaction that is rolled back: 1 = the
 * commit arrived, 0 = it did not and never will, -1 = not known. It first locks
 * a row that the body had locked, so it waits for a commit still under way.
 */
struct db_mark {
	int (*is_there)(struct db *db, const struct db_mark *mark,
	    struct err *err);
	uint64_t org_id, number;	/* their meaning is is_there's */
	struct digest hash;
};
/* In a transaction; copied, the last one counts. */
void db_tx_mark(struct db *db, const struct db_mark *mark);

/*
 * Tenant of the request, for DB_WEB and DB_HOOKS: the raw session token (or the
 * API key) goes into the database session, where tenant() looks up its hash.
 * Leave is a broken-invariant check too: it dies inside a transaction.
 */
ERR_CHECKED bool db_tenant_enter(struct db *db, const void *token, size_t len,
    struct err *err);
/* The same for whoever sends the token by a statement of his own, the next one. */
ERR_CHECKED bool db_tenant_begin(struct db *db, const void *token, size_t len,
    struct err *err);
/* What the database remembers is overwritten by the next tenant, or taken away
 * before any other statement: no statement runs as who has left. */
void db_tenant_leave(struct db *db);
/* Takes it away now: for who has nothing to do. */
void db_tenant_forget(struct db *db);

/* The worker's own writes wake nobody, and the triggers note nothing: whoever
 * writes events notes them for every binding but this one (store_event_*.c). Stays
 * over a new connection. 0 = off. */
ERR_CHECKED bool db_quiet(struct db *db, uint64_t binding_id, struct err *err);

/*
 * Something to do while any connection of this process waits for its answer,
 * NULL = nothing. 1 = fd is ready, 0 = the time is over (errno ETIMEDOUT), -1 =
 * errno says why not. It may not touch a database. Where the connector does not
 * know of it, it is never called.
 */
typedef int db_wait_fn(void *arg, int fd, bool is_read, int timeout_ms);
void db_set_wait(db_wait_fn *fn, void *arg);

/* Microseconds UTC by the database's clock: leases and order use it. */
ERR_CHECKED bool db_now(struct db *db, int64_t *out, struct err *err);
/* Statements sent since open, for the bench. */
uint64_t db_statement_count(const struct db *db);
/* Of the client library, for hawser doctor. */
const char *db_library_version(void);
#endif
