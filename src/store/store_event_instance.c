/*
 * Occurrences written ahead, so that pages read rows and never expand rules.
 * Of a new series the first date is there at once, the rest comes by the job.
 */
#include "store/store_event_p.h"
#include <string.h>
#include "util/str.h"
#include "util/banned.h"

static const char LIST_BEHIND[] = "SELECT id, rev FROM event"
    " WHERE org_id = ? AND behind = 1 ORDER BY id LIMIT ?";
static const char LIST_RENEW[] = "SELECT id, rev FROM event"
    " WHERE org_id = ? AND renew_at <= now(6) AND behind = 0"
    " AND deleted_at IS NULL ORDER BY renew_at LIMIT ?";
static const char LOCK_MANY[] = "SELECT STRAIGHT_JOIN e.id, e.rev,"
    " e.calendar_id FROM " STORE_EVENT_IDS " JOIN event e ON e.org_id = ?"
    " AND e.id = ids.id AND e.deleted_at IS NULL FOR UPDATE";
static const char DROP[] =
    "DELETE FROM event_instance WHERE org_id = ? AND event_id = ?";
static const char DROP_MANY[] = "DELETE i FROM " STORE_EVENT_IDS
    " STRAIGHT_JOIN event_instance i ON i.org_id = ? AND i.event_id = ids.id";
static const char ADD[] = "INSERT INTO event_instance (org_id, event_id,"
    " recurrence_id, calendar_id, starts_at, ends_at, start_wall, end_wall,"
    " all_day, summary, is_override)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
    " ON DUPLICATE KEY UPDATE starts_at = VALUES(starts_at),"
    " ends_at = VALUES(ends_at), start_wall = VALUES(start_wall),"
    " end_wall = VALUES(end_wall), all_day = VALUES(all_day),"
    " summary = VALUES(summary), is_override = VALUES(is_override)";
static const char DROP_ONE[] = "DELETE FROM event_instance"
    " WHERE org_id = ? AND event_id = ? AND recurrence_id = ?";
/* Keys of one series are of one form: their order is that of time. */
static const char DROP_FROM[] = "DELETE FROM event_instance"
    " WHERE org_id = ? AND event_id = ? AND recurrence_id >= ?";
static const char EXPANDED[] = "UPDATE event SET expanded_rev = ?,"
    " renew_at = ?, rule_problem = ? WHERE org_id = ? AND id = ?";
static const char WRITTEN[] = "SELECT EXISTS (SELECT 1 FROM event_instance i"
    " WHERE i.org_id = e.org_id AND i.event_id = e.id"
    " AND i.recurrence_id = ?) AS there, e.behind,"
    " e.rule_problem IS NOT NULL AS too_hard"
    " FROM event e WHERE e.org_id = ? AND e.id = ?";

#define CELLS 11
#define DONE 5
#define SUMMARY_CHARS 240

bool store_event_is_single(const struct event *e)
{
	return e->has_master && e->override_count == 0 &&
	    (!e->master.recurrence || !*e->master.recurrence);
}

bool store_event_is_plain(struct pool *pool, const struct event *e)
{
	return store_event_is_single(e) && !recur_needs_child(pool, e);
}

/* At most SUMMARY_CHARS characters, never cut inside one. */
static const char *cut(struct pool *pool, const char *text)
{
	size_t i, chars = 0;

	if (!text)
		return NULL;
	for (i = 0; text[i]; i++)
		if (((unsigned char)text[i] & 0xc0) != 0x80 &&
		    chars++ == SUMMARY_CHARS)
			return pool_strndup(pool, text, i);
	return text;
}

struct owner { uint64_t org, event_id, calendar_id; };

static void instance_cells(struct pool *pool, const struct owner *owner,
    const struct event *e, const struct recur_instance *at,
    struct stmt_arg *cells)
{
	bool changed = at->override_index >= 0 &&
	    (size_t)at->override_index < e->override_count;
	const struct event_part *part = changed ?
	    &e->overrides[at->override_index] : &e->master;

	cells[0] = STMT_U64(owner->org);
	cells[1] = STMT_U64(owner->event_id);
	cells[2] = STMT_TEXT(at->recurrence_id);
	cells[3] = STMT_U64(owner->calendar_id);
	cells[4] = STMT_TIME(at->starts);
	cells[5] = STMT_TIME(at->ends);
	cells[6] = STMT_WALL(&at->start);
	cells[7] = STMT_WALL(&at->end);
	cells[8] = STMT_U64(at->all_day);
	cells[9] = STMT_TEXT(cut(pool, part->summary));
	cells[10] = STMT_U64(changed);
}

/* The event, or the first date of a series, as an event of its own. */
static struct event as_single(const struct event *e)
{
	struct event one = *e;

	if (!e->has_master && e->override_count > 0) {
		one.master = e->overrides[0];
		one.master.recurrence_id = NULL;
		one.has_master = true;
	}
	one.master.recurrence = NULL;
	one.overrides = NULL;
	one.override_count = 0;
	return one;
}

/* The one date of an event without a rule. Where a zone would have to be worked
 * out first it stands as written until the job has been: that may take long,
 * and this is a transaction. NULL: it has none. */
static struct recur_instance *first_date(struct pool *pool,
    const struct event *one)
{
	struct recur_result result;

	if (recur_needs_child(pool, one))
		return recur_as_written(pool, one);
	recur_expand_batch(pool, &one, 1, &recur_always, &result);
	if (result.reason)
		return recur_as_written(pool, one);
	return result.count ? result.instances : NULL;
}

bool store_event_add_first(struct db *db, struct pool *pool, uint64_t org,
    uint64_t calendar_id, const struct event *const *events,
    const uint64_t *ids, size_t count, struct err *err)
{
	struct stmt_arg *cells = pool_array(pool, count * CELLS,
	    sizeof(*cells));
	struct owner owner = { org, 0, calendar_id };
	size_t i, n = 0;

	for (i = 0; i < count; i++) {
		struct event one = as_single(events[i]);
		const struct recur_instance *at = first_date(pool, &one);

		owner.event_id = ids[i];
		if (at)
			instance_cells(pool, &owner, &one, at,
			    cells + n++ * CELLS);
	}
	return n == 0 || stmt_exec_array(db, ADD, cells, n, CELLS, err);
}

/* One changed date as an event of its own, so that no rule is expanded. */
static bool put_override(struct db *db, struct pool *pool,
    const struct owner *owner, const struct event *e, size_t at,
    struct err *err)
{
	struct event one = *e;
	struct recur_instance *found;
	struct stmt_arg cells[CELLS];

	one.master = e->overrides[at];
	one.master.recurrence_id = NULL;
	one.has_master = true;
	one.overrides = NULL;
	one.override_count = 0;
	found = first_date(pool, &one);
	if (!found)
		return stmt_exec(db, DROP_ONE, STMT_ARGS(STMT_U64(owner->org),
		    STMT_U64(owner->event_id),
		    STMT_TEXT(e->overrides[at].recurrence_id)), NULL, err);
	found->recurrence_id = e->overrides[at].recurrence_id;
	found->override_index = (int)at;
	instance_cells(pool, owner, e, found, cells);
	return stmt_exec(db, ADD, (struct stmt_args){ cells, CELLS }, NULL, err);
}

bool store_event_put_first(struct db *db, struct pool *pool, uint64_t org,
    uint64_t id, uint64_t calendar_id, const struct event *e, struct err *err)
{
	struct owner owner = { org, id, calendar_id };
	size_t i;

	if (store_event_is_single(e))
		return store_event_drop_instances(db, org, id, err) &&
		    store_event_add_first(db, pool, org, calendar_id, &e, &id,
		    1, err);
	for (i = 0; i < e->override_count; i++)
		if (!put_override(db, pool, &owner, e, i, err))
			return false;
	return true;
}

bool store_event_find_written(struct db *db, uint64_t org, uint64_t id,
    const char *recurrence_id, struct event_written *out, struct err *err)
{
	static const struct stmt_col cols[] = {
		STMT_COL(struct event_written, there),
		STMT_COL(struct event_written, behind),
		STMT_COL(struct event_written, too_hard), STMT_END,
	};
	struct pool *pool = pool_new(NULL);
	int n;

	*out = (struct event_written){ .there = false };
	n = stmt_find(db, pool, WRITTEN, STMT_ARGS(STMT_TEXT(recurrence_id),
	    STMT_U64(org), STMT_U64(id)), cols, out, err);
	pool_free(pool);
	return n >= 0;
}

bool store_event_drop_instance(struct db *db, uint64_t org, uint64_t id,
    const char *recurrence_id, struct err *err)
{
	return stmt_exec(db, DROP_ONE, STMT_ARGS(STMT_U64(org), STMT_U64(id),
	    STMT_TEXT(recurrence_id)), NULL, err);
}

bool store_event_drop_instances_from(struct db *db, uint64_t org, uint64_t id,
    const char *recurrence_id, struct err *err)
{
	return stmt_exec(db, DROP_FROM, STMT_ARGS(STMT_U64(org), STMT_U64(id),
	    STMT_TEXT(recurrence_id)), NULL, err);
}

bool store_event_drop_instances(struct db *db, uint64_t org, uint64_t id,
    struct err *err)
{
	return stmt_exec(db, DROP, STMT_ARGS(STMT_U64(org), STMT_U64(id)),
	    NULL, err);
}

bool store_event_list_behind(struct db *db, struct pool *pool, uint64_t org,
    size_t most, struct event_behind **out, size_t *count_out, struct err *err)
{
	static const struct stmt_col cols[] = {
		STMT_COL(struct event_behind, id),
		STMT_COL(struct event_behind, rev), STMT_END,
	};
	struct event_behind *due;
	size_t n;

	if (!stmt_list(db, pool, LIST_BEHIND, STMT_ARGS(STMT_U64(org),
	    STMT_U64(most)), cols, sizeof(**out), out, count_out, err))
		return false;
	if (*count_out >= most)
		return true;
	if (!stmt_list(db, pool, LIST_RENEW, STMT_ARGS(STMT_U64(org),
	    STMT_U64(most - *count_out)), cols, sizeof(*due), &due, &n, err))
		return false;
	*out = pool_grow(pool, *out, *count_out, *count_out + n + 1,
	    sizeof(**out));
	for (size_t i = 0; i < n; i++)
		(*out)[(*count_out)++] = due[i];
	return true;
}

/* ---- the job's results, many events at once ---- */

struct locked { uint64_t id, rev, calendar_id; };

static bool lock_many(struct db *db, struct pool *pool, uint64_t org,
    const uint64_t *ids, size_t count, struct locked **out,
    size_t *count_out, struct err *err)
{
	static const struct stmt_col cols[] = {
		STMT_COL(struct locked, id),
		STMT_COL(struct locked, rev),
		STMT_COL(struct locked, calendar_id), STMT_END,
	};

	return stmt_list(db, pool, LOCK_MANY, STMT_ARGS(STMT_TEXT(
	    store_event_ids(pool, ids, count)), STMT_U64(org)), cols,
	    sizeof(**out), out, count_out, err);
}

bool store_event_drop_many(struct db *db, struct pool *pool, uint64_t org,
    const uint64_t *ids, size_t count, struct err *err)
{
	return stmt_exec(db, DROP_MANY, STMT_ARGS(STMT_TEXT(
	    store_event_ids(pool, ids, count)), STMT_U64(org)), NULL, err);
}

#define ROWS_MOST 500		/* at once in memory */

struct adding { struct stmt_arg *cells; size_t rows; };

static bool flush(struct db *db, struct adding *a, struct err *err)
{
	size_t n = a->rows;

	a->rows = 0;
	return n == 0 || stmt_exec_array(db, ADD, a->cells, n, CELLS, err);
}

static bool add_instances(struct db *db, struct pool *pool,
    const struct owner *owner, const struct event_expanded *x,
    struct adding *a, struct err *err)
{
	for (size_t i = 0; i < x->count; i++) {
		if (a->rows == ROWS_MOST && !flush(db, a, err))
			return false;
		instance_cells(pool, owner, x->event, &x->instances[i],
		    a->cells + a->rows++ * CELLS);
	}
	return true;
}

static const struct locked *find_locked(const struct locked *rows,
    size_t count, const struct event_expanded *x)
{
	for (size_t i = 0; i < count; i++)
		if (rows[i].id == x->id)
			return rows[i].rev == x->rev ? &rows[i] : NULL;
	return NULL;
}

bool store_event_put_instances(struct db *db, struct pool *pool, uint64_t org,
    const struct event_expanded *all, size_t count, struct err *err)
{
	struct adding a = { pool_array(pool, ROWS_MOST * CELLS,
	    sizeof(*a.cells)), 0 };
	struct stmt_arg done[STORE_EVENT_PORTION * DONE];
	const struct event_expanded *x[STORE_EVENT_PORTION];
	struct owner owners[STORE_EVENT_PORTION];
	uint64_t ids[STORE_EVENT_PORTION];
	struct locked *rows;
	size_t n, current = 0;

	if (count > STORE_EVENT_PORTION)
		die("too many events at once");
	if (count == 0)
		return true;
	for (size_t i = 0; i < count; i++)
		ids[i] = all[i].id;
	if (!lock_many(db, pool, org, ids, count, &rows, &n, err))
		return false;
	for (size_t i = 0; i < count; i++) {
		const struct locked *row = find_locked(rows, n, &all[i]);

		/* Changed meanwhile, or gone: the next look sees it. */
		if (!row)
			continue;
		done[current * DONE] = STMT_U64(row->rev);
		done[current * DONE + 1] = STMT_TIME(all[i].renew_at);
		done[current * DONE + 2] = STMT_TEXT(all[i].problem);
		done[current * DONE + 3] = STMT_U64(org);
		done[current * DONE + 4] = STMT_U64(row->id);
		owners[current] = (struct owner){ org, row->id,
		    row->calendar_id };
		ids[current] = row->id;
		x[current++] = &all[i];
	}
	if (current == 0)
		return true;
	if (!store_event_drop_many(db, pool, org, ids, current, err))
		return false;
	for (size_t i = 0; i < current; i++)
		if (!add_instances(db, pool, &owners[i], x[i], &a, err))
			return false;
	return flush(db, &a, err) &&
	    stmt_exec_array(db, EXPANDED, done, current, DONE, err);
}
