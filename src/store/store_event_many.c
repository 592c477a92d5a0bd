/*
 * Many events of one calendar changed or deleted together, by arrays. For the
 * engine, which notes what it changed itself.
 */
#include "store/db_p.h"
#include "store/store_event_p.h"
#include <string.h>
#include "util/banned.h"

/* The version is said here, so that the trigger need not look for a change. */
static const char PUT[] = "UPDATE event SET " STORE_EVENT_SETS
    ", rev = ?, expanded_rev = ?, renew_at = IF(?, NULL, renew_at),"
    " rule_problem = IF(?, NULL, rule_problem) WHERE org_id = ? AND id = ?";
static const char REMOVE[] = "UPDATE " STORE_EVENT_IDS
    " STRAIGHT_JOIN event e ON e.org_id = ? AND e.id = ids.id"
    " SET e.deleted_at = ?, e.rev = e.rev + 1";

/* Without org and calendar; then rev, expanded_rev, twice plain, the key. */
#define PUT_CELLS (STORE_EVENT_ROW_CELLS - 2 + 6)

static bool put_rows(struct db *db, struct pool *pool, uint64_t org,
    struct store_event_change *all, size_t count, bool *behind_out,
    struct err *err)
{
	struct stmt_arg *cells = pool_array(pool, count * PUT_CELLS,
	    sizeof(*cells));
	struct digest *keys = pool_array(pool, count, sizeof(*keys));

	*behind_out = false;
	for (size_t i = 0; i < count; i++) {
		struct stmt_arg row[STORE_EVENT_ROW_CELLS], *at;
		bool plain = store_event_is_plain(pool, all[i].event);

		*behind_out |= !plain;
		store_event_row_cells(org, 0, all[i].event, &keys[i], row);
		at = cells + i * PUT_CELLS;
		memcpy(at, row + 2, sizeof(row) - 2 * sizeof(*row));
		at += STORE_EVENT_ROW_CELLS - 2;
		all[i].rev++;
		at[0] = STMT_U64(all[i].rev);
		at[1] = STMT_U64(plain ? all[i].rev : 0);
		at[2] = at[3] = STMT_U64(plain);
		at[4] = STMT_U64(org);
		at[5] = STMT_U64(all[i].id);
	}
	return stmt_exec_array(db, PUT, cells, count, PUT_CELLS, err);
}

/* A series keeps the dates it has until the job has been. */
static bool put_dates(struct db *db, struct pool *pool, uint64_t org,
    uint64_t calendar_id, const struct store_event_change *all, size_t count,
    struct err *err)
{
	const struct event *single[STORE_EVENT_PORTION];
	uint64_t ids[STORE_EVENT_PORTION] = { 0 };
	size_t n = 0;

	for (size_t i = 0; i < count; i++)
		if (store_event_is_single(all[i].event)) {
			single[n] = all[i].event;
			ids[n++] = all[i].id;
		}
	return n == 0 || (store_event_drop_many(db, pool, org, ids, n, err) &&
	    store_event_add_first(db, pool, org, calendar_id, single, ids, n,
	    err));
}

static bool note(struct db *db, struct pool *pool, uint64_t org,
    uint64_t calendar_id, const struct store_event_change *all, size_t count,
    bool behind, struct err *err)
{
	uint64_t ids[STORE_EVENT_PORTION] = { 0 };

	for (size_t i = 0; i < count; i++)
		ids[i] = all[i].id;
	return store_event_note_changed(db, pool, org, calendar_id, ids, count,
	    behind, err);
}

static bool put_some(struct db *db, struct pool *pool, uint64_t org,
    uint64_t calendar_id, struct store_event_change *all, size_t count,
    struct err *err)
{
	bool behind;

	return put_rows(db, pool, org, all, count, &behind, err) &&
	    put_dates(db, pool, org, calendar_id, all, count, err) &&
	    note(db, pool, org, calendar_id, all, count, behind, err);
}

static bool remove_some(struct db *db, struct pool *pool, uint64_t org,
    uint64_t calendar_id, struct store_event_change *all, size_t count,
    struct err *err)
{
	uint64_t ids[STORE_EVENT_PORTION] = { 0 };

	for (size_t i = 0; i < count; i++) {
		ids[i] = all[i].id;
		all[i].rev++;
	}
	return stmt_exec(db, REMOVE, STMT_ARGS(STMT_TEXT(store_event_ids(pool,
	    ids, count)), STMT_U64(org), STMT_TIME(when_now())), NULL, err) &&
	    store_event_drop_many(db, pool, org, ids, count, err) &&
	    note(db, pool, org, calendar_id, all, count, false, err);
}

typedef bool some_fn(struct db *db, struct pool *pool, uint64_t org,
    uint64_t calendar_id, struct store_event_change *all, size_t count,
    struct err *err);

static bool in_portions(struct db *db, struct pool *pool, uint64_t org,
    uint64_t calendar_id, struct store_event_change *all, size_t count,
    some_fn *some, struct err *err)
{
	struct pool *scratch = pool_new(pool);
	bool fine = true;

	if (db->quiet_binding == 0)
		die("many events without a binding that is quiet");
	for (size_t at = 0; fine && at < count; at += STORE_EVENT_PORTION) {
		size_t n = count - at < STORE_EVENT_PORTION ? count - at :
		    STORE_EVENT_PORTION;

		fine = some(db, scratch, org, calendar_id, all + at, n, err);
	}
	pool_free(scratch);
	return fine;
}

bool store_event_put_many(struct db *db, struct pool *pool, uint64_t org,
    uint64_t calendar_id, struct store_event_change *all, size_t count,
    struct err *err)
{
	return in_portions(db, pool, org, calendar_id, all, count, put_some, err);
}

bool store_event_remove_many(struct db *db, struct pool *pool, uint64_t org,
    uint64_t calendar_id, struct store_event_change *all, size_t count,
    struct err *err)
{
	return in_portions(db, pool, org, calendar_id, all, count, remove_some,
	    err);
}
