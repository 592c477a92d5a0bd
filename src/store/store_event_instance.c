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
static const char LOCK_AT_REV[] = "SELECT calendar_id FROM event"
    " WHERE org_id = ? AND id = ? AND rev = ? AND deleted_at IS NULL"
    " FOR UPDATE";
static const char DROP[] =
    "DELETE FROM event_instance WHERE org_id = ? AND event_id = ?";
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
static const char EXPANDED[] = "UPDATE event SET expanded_rev = ?"
    " WHERE org_id = ? AND id = ?";

#define CELLS 11
#define SUMMARY_CHARS 240

/* DATETIME holds years 1000-9999; events are checked to 1900-2200. */
static const struct recur_window ALWAYS = {
	INT64_C(-30610224000) * WHEN_SEC, INT64_C(253402300799) * WHEN_SEC,
};

bool store_event_is_single(const struct event *e)
{
	return e->has_master && e->override_count == 0 &&
	    (!e->master.recurrence || !*e->master.recurrence);
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

/* The event, or the first date of a series, as an event of its own that needs
 * no rule expanded. */
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

bool store_event_add_first(struct db *db, struct pool *pool, uint64_t org,
    uint64_t calendar_id, const struct event *const *events,
    const uint64_t *ids, size_t count, struct err *err)
{
	struct stmt_arg *cells = pool_array(pool, count * CELLS,
	    sizeof(*cells));
	struct owner owner = { org, 0, calendar_id };
	size_t i, n = 0;

	for (i = 0; i < count; i++) {
		struct event *one = POOL_NEW(pool, struct event);
		struct recur_instance *at;
		struct err ignored;
		size_t found;

		*one = as_single(events[i]);
		if (!recur_expand(pool, one, &ALWAYS, &at, &found, &ignored)) {
			at = recur_as_written(pool, one);
			found = 1;
		}
		if (found == 0)
			continue;
		owner.event_id = ids[i];
		instance_cells(pool, &owner, one, &at[0], cells + n++ * CELLS);
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
	struct err ignored;
	size_t count;

	one.master = e->overrides[at];
	one.master.recurrence_id = NULL;
	one.has_master = true;
	one.overrides = NULL;
	one.override_count = 0;
	if (!recur_expand(pool, &one, &ALWAYS, &found, &count, &ignored) ||
	    count == 0)
		return stmt_exec(db, DROP_ONE, STMT_ARGS(STMT_U64(owner->org),
		    STMT_U64(owner->event_id),
		    STMT_TEXT(e->overrides[at].recurrence_id)), NULL, err);
	found[0].recurrence_id = e->overrides[at].recurrence_id;
	found[0].override_index = (int)at;
	instance_cells(pool, owner, e, &found[0], cells);
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

bool store_event_drop_instance(struct db *db, uint64_t org, uint64_t id,
    const char *recurrence_id, struct err *err)
{
	return stmt_exec(db, DROP_ONE, STMT_ARGS(STMT_U64(org), STMT_U64(id),
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

	return stmt_list(db, pool, LIST_BEHIND,
	    STMT_ARGS(STMT_U64(org), STMT_U64(most)), cols, sizeof(**out), out,
	    count_out, err);
}

bool store_event_put_instances(struct db *db, struct pool *pool, uint64_t org,
    uint64_t id, uint64_t rev, const struct event *e,
    const struct recur_instance *instances, size_t count, struct err *err)
{
	struct owner owner = { org, id, 0 };
	struct stmt_arg *cells;
	uint64_t calendar_id;
	size_t i;

	/* Changed meanwhile, or gone: the next look at the list sees it. */
	if (!stmt_count(db, LOCK_AT_REV, STMT_ARGS(STMT_U64(org), STMT_U64(id),
	    STMT_U64(rev)), &calendar_id, err))
		return false;
	if (calendar_id == 0)
		return true;
	owner.calendar_id = calendar_id;
	cells = pool_array(pool, count * CELLS + 1, sizeof(*cells));
	for (i = 0; i < count; i++)
		instance_cells(pool, &owner, e, &instances[i],
		    cells + i * CELLS);
	return store_event_drop_instances(db, org, id, err) &&
	    (count == 0 || stmt_exec_array(db, ADD, cells, count, CELLS, err)) &&
	    stmt_exec(db, EXPANDED, STMT_ARGS(STMT_U64(rev), STMT_U64(org),
	    STMT_U64(id)), NULL, err);
}
