#ifndef HAWSER_STORE_STORE_EVENT_P_H
#define HAWSER_STORE_STORE_EVENT_P_H
/* Shared by the store_event*.c files alone: how parts lie in columns. */
#include "store/store_event.h"

/* The columns event and event_override have in common, in one order. */
#define STORE_EVENT_PART_COLUMNS \
	"summary, location, description, status, transp, start_wall, " \
	"end_wall, duration, all_day, zone_kind, tzid, end_tzid, extra"
#define STORE_EVENT_PART_COUNT 13

struct store_event_part_row {
	const char *summary, *location, *description, *status, *transp;
	struct wall start_wall, end_wall;
	const char *duration;
	bool all_day;
	int zone_kind;
	const char *tzid, *end_tzid, *extra;
};

/* Rows for STMT_COL lists, so that event and override name them once. */
#define STORE_EVENT_PART_COLS(s) \
	STMT_COL_IN(s, part, summary), STMT_COL_IN(s, part, location), \
	STMT_COL_IN(s, part, description), STMT_COL_IN(s, part, status), \
	STMT_COL_IN(s, part, transp), STMT_COL_IN(s, part, start_wall), \
	STMT_COL_IN(s, part, end_wall), STMT_COL_IN(s, part, duration), \
	STMT_COL_IN(s, part, all_day), STMT_COL_IN(s, part, zone_kind), \
	STMT_COL_IN(s, part, tzid), STMT_COL_IN(s, part, end_tzid), \
	STMT_COL_IN(s, part, extra)

void store_event_part_read(const struct store_event_part_row *row,
    struct event_part *out);
/* Fills STORE_EVENT_PART_COUNT cells. */
void store_event_part_cells(const struct event_part *part,
    struct stmt_arg *cells);

/* The row of an event: org, calendar, kind, uid, its key, has_master,
 * recurrence, zones, the part's columns. */
#define STORE_EVENT_ROW_CELLS (8 + STORE_EVENT_PART_COUNT)
void store_event_row_cells(uint64_t org, uint64_t calendar_id,
    const struct event *e, struct digest *key, struct stmt_arg *cells);

/* To set a row to its cells, without those of org and calendar. */
#define STORE_EVENT_SETS \
	"kind = ?, uid = ?, uid_key = ?, has_master = ?, recurrence = ?, " \
	"zones = ?, summary = ?, location = ?, description = ?, status = ?, " \
	"transp = ?, start_wall = ?, end_wall = ?, duration = ?, all_day = ?, " \
	"zone_kind = ?, tzid = ?, end_tzid = ?, extra = ?"

/* Where arrays of ids stand on the stack they go by a hundred. */
#define STORE_EVENT_PORTION 100

/*
 * Ids as a table to begin with, joined to what is wanted by its key: with
 * org_id = ? beside a list of ids the optimizer may well read all the
 * organisation's rows for a few of them. Of any length.
 */
#define STORE_EVENT_IDS "JSON_TABLE(?, '$[*]'" \
	" COLUMNS (id BIGINT UNSIGNED PATH '$')) ids"
const char *store_event_ids(struct pool *pool, const uint64_t *ids,
    size_t count);

/* Loads the overrides of the given events (at most STORE_EVENT_MOST), sorted,
 * into them. */
ERR_CHECKED bool store_event_load_overrides(struct db *db, struct pool *pool,
    uint64_t org, struct stored_event *events, size_t count, struct err *err);
/* Of new events, by array. */
ERR_CHECKED bool store_event_add_overrides(struct db *db, struct pool *pool,
    uint64_t org, const struct event *const *events, const uint64_t *ids,
    size_t count, struct err *err);
/* Brings the rows of event_override to what e says. */
ERR_CHECKED bool store_event_save_overrides(struct db *db, struct pool *pool,
    uint64_t org, uint64_t id, const struct event *e, struct err *err);

/* Is its one occurrence whole at once, with nothing to work out in a child? */
bool store_event_is_plain(struct pool *pool, const struct event *e);
/* What the agenda shows before the job has been: a single event's occurrence
 * anew; a series' changed dates, the others as they are. */
ERR_CHECKED bool store_event_put_first(struct db *db, struct pool *pool,
    uint64_t org, uint64_t id, uint64_t calendar_id, const struct event *e,
    struct err *err);
/* Of new events: the single one's occurrence, or the series' first date. */
ERR_CHECKED bool store_event_add_first(struct db *db, struct pool *pool,
    uint64_t org, uint64_t calendar_id, const struct event *const *events,
    const uint64_t *ids, size_t count, struct err *err);
/* What was just inserted, with its overrides: noted for the other bindings, by
 * one statement; a session that is not quiet leaves it to the trigger. */
ERR_CHECKED bool store_event_note_added(struct db *db, struct pool *pool,
    uint64_t org, uint64_t calendar_id, const struct event *const *events,
    const uint64_t *ids, size_t count, struct err *err);
/* The same for what was just changed or deleted; behind: the dates of one of
 * them are the job's. */
ERR_CHECKED bool store_event_note_changed(struct db *db, struct pool *pool,
    uint64_t org, uint64_t calendar_id, const uint64_t *ids, size_t count,
    bool behind, struct err *err);
ERR_CHECKED bool store_event_drop_instances(struct db *db, uint64_t org,
    uint64_t id, struct err *err);
ERR_CHECKED bool store_event_drop_many(struct db *db, struct pool *pool,
    uint64_t org, const uint64_t *ids, size_t count, struct err *err);
#endif
