/*
 * Events written to their rows. Triggers bump rev, note what is pending for the
 * bindings and put the jobs, unless the session is quiet: then it is noted here.
 * A single event's occurrence is written at once.
 */
#include "store/db_p.h"
#include "store/store_event_p.h"
#include <string.h>
#include "util/str.h"
#include "util/banned.h"

#define EVENT_SETS "calendar_id, kind, uid, uid_key, has_master, recurrence, " \
	"zones, " STORE_EVENT_PART_COLUMNS ", expanded_rev"
#define ROW_CELLS STORE_EVENT_ROW_CELLS	/* without expanded_rev */

/* A single event's occurrence is written with it, at its first rev: 1. */
static const char ADD[] = "INSERT INTO event (org_id, " EVENT_SETS ")"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?,"
    " ?)";
static const char ADD_MANY[] = "INSERT INTO event (org_id, " EVENT_SETS ")"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?,"
    " ?) RETURNING id";
static const char PUT[] = "UPDATE event SET " STORE_EVENT_SETS
    " WHERE org_id = ? AND id = ? AND (? = 0 OR rev = ?)"
    " AND deleted_at IS NULL";
static const char REMOVE[] = "UPDATE event SET deleted_at = ?"
    " WHERE org_id = ? AND id = ? AND deleted_at IS NULL";
static const char RESTORE[] = "UPDATE event SET deleted_at = NULL,"
    " expanded_rev = 0 WHERE org_id = ? AND id = ? AND deleted_at IS NOT NULL";
static const char MOVE[] = "UPDATE event SET calendar_id = ?"
    " WHERE org_id = ? AND id = ?";
static const char MOVE_INSTANCES[] = "UPDATE event_instance"
    " SET calendar_id = ? WHERE org_id = ? AND event_id = ?";
static const char MOVED_REV[] = "SELECT rev FROM event WHERE org_id = ?"
    " AND id = ?";
static const char LOCK[] = "SELECT rev, calendar_id FROM event"
    " WHERE org_id = ? AND id = ? FOR UPDATE";
static const char EXPANDED[] = "UPDATE event SET expanded_rev = rev,"
    " renew_at = NULL, rule_problem = NULL WHERE org_id = ? AND id = ?";

struct place { uint64_t rev, calendar_id; };

static const struct stmt_col PLACE_COLS[] = {
	STMT_COL(struct place, rev), STMT_COL(struct place, calendar_id),
	STMT_END,
};

/* What the row's own columns say: a start must stand in every row, also of an
 * event without a master. */
static const struct event_part *row_part(const struct event *e)
{
	if (e->has_master || e->master.start.year || e->override_count == 0)
		return &e->master;
	return &e->overrides[0];
}

void store_event_row_cells(uint64_t org, uint64_t calendar_id,
    const struct event *e, struct digest *key, struct stmt_arg *cells)
{
	*key = digest_sha256(e->uid, strlen(e->uid));
	cells[0] = STMT_U64(org);
	cells[1] = STMT_U64(calendar_id);
	cells[2] = STMT_TEXT(e->kind);
	cells[3] = STMT_TEXT(e->uid);
	cells[4] = STMT_DIGEST(key);
	cells[5] = STMT_U64(e->has_master);
	cells[6] = STMT_TEXT(e->has_master ? e->master.recurrence : NULL);
	cells[7] = STMT_TEXT(e->zones ? e->zones : "");
	store_event_part_cells(row_part(e), cells + 8);
}

static int place_of(struct db *db, struct pool *pool, uint64_t org, uint64_t id,
    struct place *out, struct err *err)
{
	return stmt_find(db, pool, LOCK, STMT_ARGS(STMT_U64(org), STMT_U64(id)),
	    PLACE_COLS, out, err);
}

/* After the rows are written: first occurrences, and the version reached. */
static bool settle(struct db *db, struct pool *pool, uint64_t org, uint64_t id,
    const struct event *e, uint64_t *rev_out, struct err *err)
{
	bool plain = store_event_is_plain(pool, e);
	struct place place = { 0 };

	if (place_of(db, pool, org, id, &place, err) < 0 ||
	    !store_event_put_first(db, pool, org, id, place.calendar_id, e,
	    err) || (plain && !stmt_exec(db, EXPANDED, STMT_ARGS(STMT_U64(org),
	    STMT_U64(id)), NULL, err)) || !store_event_note_changed(db, pool,
	    org, place.calendar_id, &id, 1, !plain, err))
		return false;
	if (rev_out)
		*rev_out = place.rev;
	return true;
}

static bool add_one(struct db *db, struct pool *pool, uint64_t org,
    uint64_t calendar_id, const struct event *e, uint64_t *id_out,
    uint64_t *rev_out, struct err *err)
{
	struct stmt_arg cells[ROW_CELLS + 1];
	struct place place = { 0 };
	struct digest key;

	store_event_row_cells(org, calendar_id, e, &key, cells);
	cells[ROW_CELLS] = STMT_U64(store_event_is_plain(pool, e));
	if (!stmt_insert(db, ADD, (struct stmt_args){ cells, ROW_CELLS + 1 },
	    id_out, err) || !store_event_add_overrides(db, pool, org, &e,
	    id_out, 1, err) || !store_event_note_added(db, pool, org,
	    calendar_id, &e, id_out, 1, err) || !store_event_add_first(db,
	    pool, org, calendar_id, &e, id_out, 1, err) ||
	    place_of(db, pool, org, *id_out, &place, err) < 0)
		return false;
	if (rev_out)
		*rev_out = place.rev;
	return true;
}

bool store_event_add(struct db *db, uint64_t org, uint64_t calendar_id,
    const struct event *e, uint64_t *id_out, uint64_t *rev_out,
    struct err *err)
{
	struct pool *pool = pool_new(NULL);
	bool fine = add_one(db, pool, org, calendar_id, e, id_out, rev_out,
	    err);

	pool_free(pool);
	return fine;
}

static bool put_row(struct db *db, uint64_t org, uint64_t id, uint64_t rev,
    const struct event *e, uint64_t *matched_out, struct err *err)
{
	/* row_cells without its org and calendar, then the WHERE. */
	struct stmt_arg cells[ROW_CELLS + 4];
	struct digest key;

	store_event_row_cells(org, 0, e, &key, cells);
	cells[ROW_CELLS] = STMT_U64(org);
	cells[ROW_CELLS + 1] = STMT_U64(id);
	cells[ROW_CELLS + 2] = STMT_U64(rev);
	cells[ROW_CELLS + 3] = STMT_U64(rev);
	return stmt_exec(db, PUT, (struct stmt_args){ cells + 2,
	    ROW_CELLS + 2 }, matched_out, err);
}

static bool put_refused(struct db *db, struct pool *pool, uint64_t org,
    uint64_t id, uint64_t rev, struct err *err)
{
	struct place place = { 0 };
	int found = place_of(db, pool, org, id, &place, err);

	if (found < 0)
		return false;
	if (!found)
		return err_set(err, ERR_NOT_FOUND, "There is no such event.");
	if (rev == 0 || place.rev == rev)
		return err_set(err, ERR_CONFLICT,
		    "This event has been deleted meanwhile.");
	return err_set(err, ERR_CONFLICT, "This event was changed meanwhile. "
	    "Look at it again and repeat your change.");
}

static bool put_all(struct db *db, struct pool *pool, uint64_t org, uint64_t id,
    uint64_t rev, const struct event *e, uint64_t *rev_out, struct err *err)
{
	uint64_t matched;

	if (!put_row(db, org, id, rev, e, &matched, err))
		return false;
	if (matched != 1)
		return put_refused(db, pool, org, id, rev, err);
	return store_event_save_overrides(db, pool, org, id, e, err) &&
	    settle(db, pool, org, id, e, rev_out, err);
}

bool store_event_put(struct db *db, uint64_t org, uint64_t id,
    const struct event *e, uint64_t *rev_out, struct err *err)
{
	struct pool *pool = pool_new(NULL);
	bool fine = put_all(db, pool, org, id, 0, e, rev_out, err);

	pool_free(pool);
	return fine;
}

bool store_event_put_if(struct db *db, uint64_t org, uint64_t id, uint64_t rev,
    const struct event *e, uint64_t *rev_out, struct err *err)
{
	struct pool *pool = pool_new(NULL);
	bool fine;

	if (rev == 0)
		die("store_event_put_if without a version");
	fine = put_all(db, pool, org, id, rev, e, rev_out, err);
	pool_free(pool);
	return fine;
}

static bool flip(struct db *db, struct pool *pool, uint64_t org, uint64_t id,
    bool remove, uint64_t *rev_out, struct err *err)
{
	struct place place = { 0 };
	uint64_t matched;
	bool fine;
	int found;

	fine = remove ? stmt_exec(db, REMOVE, STMT_ARGS(STMT_TIME(when_now()),
	    STMT_U64(org), STMT_U64(id)), &matched, err) :
	    stmt_exec(db, RESTORE, STMT_ARGS(STMT_U64(org), STMT_U64(id)),
	    &matched, err);
	if (!fine)
		return false;
	found = place_of(db, pool, org, id, &place, err);
	if (found < 0)
		return false;
	if (!found)
		return err_set(err, ERR_NOT_FOUND, "There is no such event.");
	if (rev_out)
		*rev_out = place.rev;
	return !remove || (store_event_drop_instances(db, org, id, err) &&
	    store_event_note_changed(db, pool, org, place.calendar_id, &id, 1,
	    false, err));
}

bool store_event_remove(struct db *db, uint64_t org, uint64_t id,
    uint64_t *rev_out, struct err *err)
{
	struct pool *pool = pool_new(NULL);
	bool fine = flip(db, pool, org, id, true, rev_out, err);

	pool_free(pool);
	return fine;
}

static bool restore(struct db *db, struct pool *pool, uint64_t org, uint64_t id,
    uint64_t *rev_out, struct err *err)
{
	struct stored_event event;

	if (!flip(db, pool, org, id, false, rev_out, err) ||
	    !store_event_get_many(db, pool, org, &id, 1, &event, err))
		return false;
	return settle(db, pool, org, id, event.event, NULL, err);
}

bool store_event_restore(struct db *db, uint64_t org, uint64_t id,
    uint64_t *rev_out, struct err *err)
{
	struct pool *pool = pool_new(NULL);
	bool fine = restore(db, pool, org, id, rev_out, err);

	pool_free(pool);
	return fine;
}

bool store_event_move(struct db *db, uint64_t org, uint64_t id,
    uint64_t calendar_id, uint64_t *rev_out, struct err *err)
{
	struct stmt_args to = STMT_ARGS(STMT_U64(calendar_id), STMT_U64(org),
	    STMT_U64(id));

	if (db->quiet_binding != 0)
		die("an event moved by a session that is quiet");
	return stmt_exec(db, MOVE, to, NULL, err) &&
	    stmt_exec(db, MOVE_INSTANCES, to, NULL, err) &&
	    stmt_count(db, MOVED_REV, STMT_ARGS(STMT_U64(org), STMT_U64(id)),
	    rev_out, err);
}

static bool add_rows(struct db *db, struct pool *pool, uint64_t org,
    uint64_t calendar_id, const struct event *const *events, size_t count,
    uint64_t *ids_out, struct err *err)
{
	struct stmt_arg *cells = pool_array(pool, count * (ROW_CELLS + 1),
	    sizeof(*cells));
	struct digest *keys = pool_array(pool, count, sizeof(*keys));

	for (size_t i = 0; i < count; i++) {
		struct stmt_arg *row = cells + i * (ROW_CELLS + 1);

		store_event_row_cells(org, calendar_id, events[i], &keys[i], row);
		row[ROW_CELLS] = STMT_U64(store_event_is_plain(pool,
		    events[i]));
	}
	return stmt_insert_array(db, ADD_MANY, cells, count, ROW_CELLS + 1,
	    ids_out, err);
}

bool store_event_add_many(struct db *db, struct pool *pool, uint64_t org,
    uint64_t calendar_id, const struct event *const *events, size_t count,
    uint64_t *ids_out, struct err *err)
{
	struct pool *scratch = pool_new(pool);
	bool fine = count == 0 || (add_rows(db, scratch, org, calendar_id,
	    events, count, ids_out, err) &&
	    store_event_add_overrides(db, scratch, org, events, ids_out, count,
	    err) &&
	    store_event_note_added(db, scratch, org, calendar_id, events,
	    ids_out, count, err) &&
	    store_event_add_first(db, scratch, org, calendar_id, events,
	    ids_out, count, err));

	pool_free(scratch);
	return fine;
}
