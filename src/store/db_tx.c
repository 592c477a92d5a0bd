/*
 * Whole transactions: tried again after a deadlock or a lost connection, looked
 * up where the answer to COMMIT is lost. It knows no table.
 */
#include <string.h>
#include <time.h>
#include "store/db_p.h"
#include "util/digest.h"
#include "util/banned.h"

enum {
	TX_MOST_TRIES = 5, JITTER_LEAST_MS = 20, JITTER_MOST_MS = 1000,
	LOOK_UP_FIRST_MS = 50, LOOK_UP_LAST_MS = 1600,	/* 3 s in all */
};

static void roll_back(struct db *db)
{
	struct err ignored;

	/* 1205 leaves the rest of the transaction standing: always said. */
	if (db->up && !db_raw(db, "ROLLBACK", &ignored))
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

	if (db_raw(db, "COMMIT", err)) {
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

bool db_once(struct db *db, db_tx_body body, void *arg, struct err *err)
{
	struct err last;
	bool good = false, again = true;

	if (db->in_tx)
		die("a statement of its own inside a transaction");
	memset(&last, 0, sizeof(last));
	for (int tries = 1; again && tries <= TX_MOST_TRIES; tries++) {
		db->once = true;
		db->tx_broken = false;
		good = body(db, arg, &last);
		db->once = false;
		again = !good && db->tx_broken;
		if (again && tries < TX_MOST_TRIES)
			jitter(tries);
	}
	if (!good)
		*err = last;
	return good;
}
