/*
 * The changed dates of a series: loaded with their event, and brought to what
 * the event says with as few row changes as it takes, for each costs a trigger.
 */
#include "store/store_event_p.h"
#include <stdlib.h>
#include <string.h>
#include "util/str.h"
#include "util/banned.h"

static const char LIST_OVERRIDES[] = "SELECT STRAIGHT_JOIN event_id,"
    " recurrence_id, " STORE_EVENT_PART_COLUMNS " FROM " STORE_EVENT_IDS
    " JOIN event_override ON org_id = ? AND event_id = ids.id"
    " ORDER BY event_id, recurrence_id";
static const char PUT_OVERRIDE[] = "INSERT INTO event_override (org_id,"
    " event_id, recurrence_id, " STORE_EVENT_PART_COLUMNS ")"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
    " ON DUPLICATE KEY UPDATE summary = VALUES(summary),"
    " location = VALUES(location), description = VALUES(description),"
    " status = VALUES(status), transp = VALUES(transp),"
    " start_wall = VALUES(start_wall), end_wall = VALUES(end_wall),"
    " duration = VALUES(duration), all_day = VALUES(all_day),"
    " zone_kind = VALUES(zone_kind), tzid = VALUES(tzid),"
    " end_tzid = VALUES(end_tzid), extra = VALUES(extra)";
static const char DROP_OVERRIDE[] = "DELETE FROM event_override"
    " WHERE org_id = ? AND event_id = ? AND recurrence_id = ?";

#define CELLS (3 + STORE_EVENT_PART_COUNT)

struct override_row {
	uint64_t event_id;
	const char *recurrence_id;
	struct store_event_part_row part;
};

static const struct stmt_col OVERRIDE_COLS[] = {
	STMT_COL(struct override_row, event_id),
	STMT_COL(struct override_row, recurrence_id),
	STORE_EVENT_PART_COLS(struct override_row), STMT_END,
};

static int id_cmp(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/* Sorted, each once: a table to join with gives a row for each mention. */
static size_t once_each(uint64_t *ids, size_t count)
{
	size_t n = 0;

	qsort(ids, count, sizeof(*ids), id_cmp);
	for (size_t i = 0; i < count; i++)
		if (n == 0 || ids[n - 1] != ids[i])
			ids[n++] = ids[i];
	return n;
}

static bool list_overrides(struct db *db, struct pool *pool, uint64_t org,
    const uint64_t *ids, size_t count, struct override_row **rows_out,
    size_t *count_out, struct err *err)
{
	return stmt_list(db, pool, LIST_OVERRIDES, STMT_ARGS(STMT_TEXT(
	    store_event_ids(pool, ids, count)), STMT_U64(org)), OVERRIDE_COLS,
	    sizeof(**rows_out), rows_out, count_out, err);
}

/* Where those of the event begin: the rows are sorted. */
static size_t first_of(const struct override_row *rows, size_t count,
    uint64_t event_id)
{
	size_t low = 0, high = count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (rows[middle].event_id < event_id)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static void take(struct pool *pool, struct stored_event *event,
    const struct override_row *rows, size_t count)
{
	struct event *e = event->event;
	size_t first = first_of(rows, count, event->id), n = first, i;

	while (n < count && rows[n].event_id == event->id)
		n++;
	n -= first;
	e->override_count = n;
	e->overrides = n ? pool_array(pool, n, sizeof(*e->overrides)) : NULL;
	for (i = 0; i < n; i++) {
		store_event_part_read(&rows[first + i].part, &e->overrides[i]);
		e->overrides[i].recurrence_id = rows[first + i].recurrence_id;
	}
}

bool store_event_load_overrides(struct db *db, struct pool *pool, uint64_t org,
    struct stored_event *events, size_t count, struct err *err)
{
	uint64_t *ids = pool_array(pool, count + 1, sizeof(*ids));
	struct override_row *rows;
	size_t row_count, n = 0;

	for (size_t i = 0; i < count; i++)
		if (events[i].id)
			ids[n++] = events[i].id;
	if (n == 0)
		return true;
	n = once_each(ids, n);
	if (!list_overrides(db, pool, org, ids, n, &rows, &row_count, err))
		return false;
	for (size_t i = 0; i < count; i++)
		if (events[i].id)
			take(pool, &events[i], rows, row_count);
	return true;
}

static bool same_wall(const struct wall *a, const struct wall *b)
{
	return a->year == b->year && (!a->year || wall_cmp(a, b) == 0);
}

static bool same_part(const struct event_part *a, const struct event_part *b)
{
	return str_eq(a->summary, b->summary) &&
	    str_eq(a->location, b->location) &&
	    str_eq(a->description, b->description) &&
	    str_eq(a->status, b->status) && str_eq(a->transp, b->transp) &&
	    same_wall(&a->start, &b->start) && same_wall(&a->end, &b->end) &&
	    str_eq(a->duration, b->duration) && a->all_day == b->all_day &&
	    a->zone_kind == b->zone_kind && str_eq(a->tzid, b->tzid) &&
	    str_eq(a->end_tzid, b->end_tzid) && str_eq(a->extra, b->extra);
}

static const struct override_row *row_of(const struct override_row *rows,
    size_t count, const char *recurrence_id)
{
	size_t i;

	for (i = 0; i < count; i++)
		if (str_eq(rows[i].recurrence_id, recurrence_id))
			return &rows[i];
	return NULL;
}

static bool named(const struct event *e, const char *recurrence_id)
{
	size_t i;

	for (i = 0; i < e->override_count; i++)
		if (str_eq(e->overrides[i].recurrence_id, recurrence_id))
			return true;
	return false;
}

static bool drop_gone(struct db *db, uint64_t org, uint64_t id,
    const struct event *e, const struct override_row *rows, size_t count,
    struct err *err)
{
	size_t i;

	for (i = 0; i < count; i++)
		if (!named(e, rows[i].recurrence_id) &&
		    !stmt_exec(db, DROP_OVERRIDE, STMT_ARGS(STMT_U64(org),
		    STMT_U64(id), STMT_TEXT(rows[i].recurrence_id)), NULL, err))
			return false;
	return true;
}

static void override_cells(uint64_t org, uint64_t id,
    const struct event_part *part, struct stmt_arg *cells)
{
	cells[0] = STMT_U64(org);
	cells[1] = STMT_U64(id);
	cells[2] = STMT_TEXT(part->recurrence_id);
	store_event_part_cells(part, cells + 3);
}

bool store_event_add_overrides(struct db *db, struct pool *pool, uint64_t org,
    const struct event *const *events, const uint64_t *ids, size_t count,
    struct err *err)
{
	struct stmt_arg *cells;
	size_t n = 0, i, k;

	for (i = 0; i < count; i++)
		n += events[i]->override_count;
	if (n == 0)
		return true;
	cells = pool_array(pool, n * CELLS, sizeof(*cells));
	for (i = 0, n = 0; i < count; i++)
		for (k = 0; k < events[i]->override_count; k++)
			override_cells(org, ids[i], &events[i]->overrides[k],
			    cells + n++ * CELLS);
	return stmt_exec_array(db, PUT_OVERRIDE, cells, n, CELLS, err);
}

bool store_event_save_overrides(struct db *db, struct pool *pool, uint64_t org,
    uint64_t id, const struct event *e, struct err *err)
{
	struct override_row *rows;
	struct stmt_arg *cells;
	size_t count, i, n = 0;

	if (!list_overrides(db, pool, org, &id, 1, &rows, &count, err) ||
	    !drop_gone(db, org, id, e, rows, count, err))
		return false;
	cells = pool_array(pool, e->override_count * CELLS + 1, sizeof(*cells));
	for (i = 0; i < e->override_count; i++) {
		const struct event_part *part = &e->overrides[i];
		const struct override_row *row = row_of(rows, count,
		    part->recurrence_id);
		struct event_part was;

		if (row) {
			store_event_part_read(&row->part, &was);
			if (same_part(&was, part))
				continue;
		}
		override_cells(org, id, part, cells + n++ * CELLS);
	}
	return n == 0 || stmt_exec_array(db, PUT_OVERRIDE, cells, n, CELLS, err);
}
