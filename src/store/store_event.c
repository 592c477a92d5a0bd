/*
 * Events read back whole from their rows. Writing is store_event_write.c.
 */
#include "store/store_event_p.h"
#include <stdlib.h>
#include <string.h>
#include "util/str.h"
#include "util/banned.h"

#define FEW_UIDS 100		/* of one statement; of more: the most */

#define EVENT_COLUMNS "e.id, e.calendar_id, e.rev, e.created_at, " \
	"e.updated_at, e.deleted_at, e.kind, e.uid, e.has_master, " \
	"e.recurrence, e.zones, e.summary, e.location, e.description, " \
	"e.status, e.transp, e.start_wall, e.end_wall, e.duration, e.all_day, " \
	"e.zone_kind, e.tzid, e.end_tzid, e.extra"

/* What is deleted may be from before its calendar was shared: it is its owner's
 * and whoever's who deleted it. */
static const char FIND_SEEN[] = "SELECT " EVENT_COLUMNS " FROM event e"
    " WHERE e.org_id = ? AND e.id = ? AND (? = 0 OR EXISTS"
    " (SELECT 1 FROM calendar c WHERE c.org_id = ? AND c.id = e.calendar_id"
    " AND (c.user_id = ? OR (c.shared = 1 AND (e.deleted_at IS NULL"
    " OR EXISTS (SELECT 1 FROM event_removal r WHERE r.org_id = e.org_id"
    " AND r.event_id = e.id AND r.recurrence_id = '' AND r.user_id = ?"
    " AND r.created_at = e.deleted_at))))))";
static const char FIND_UID[] = "SELECT " EVENT_COLUMNS " FROM event e"
    " WHERE e.org_id = ? AND e.calendar_id = ? AND e.uid_key = ?"
    " AND e.deleted_at IS NULL ORDER BY e.id LIMIT 1";
/* A UID alive twice is its first event, as above. */
static const char IDS_OF_UIDS[] = "SELECT e.uid_key, MIN(e.id) AS id"
    " FROM event e WHERE e.org_id = ? AND e.calendar_id = ?"
    " AND e.deleted_at IS NULL AND e.uid_key IN (" STMT_Q100 ")"
    " GROUP BY e.uid_key ORDER BY e.uid_key";
static const char IDS_OF_MANY_UIDS[] = "SELECT e.uid_key,"
    " MIN(e.id) AS id FROM event e WHERE e.org_id = ? AND e.calendar_id = ?"
    " AND e.deleted_at IS NULL AND e.uid_key IN (" STMT_Q500 "," STMT_Q500 ","
    STMT_Q500 "," STMT_Q500 ") GROUP BY e.uid_key ORDER BY e.uid_key";
#define GET "SELECT STRAIGHT_JOIN " EVENT_COLUMNS \
    " FROM " STORE_EVENT_IDS " JOIN event e ON e.org_id = ? AND e.id = ids.id"
static const char GET_MANY[] = GET;
static const char GET_LOCKED[] = GET " FOR UPDATE";
static const char LIST_ALIVE[] = "SELECT " EVENT_COLUMNS " FROM event e"
    " WHERE e.org_id = ? AND e.id > ? AND e.deleted_at IS NULL"
    " AND (? = 0 OR e.calendar_id = ?) AND (? = 0 OR e.calendar_id IN"
    " (SELECT c.id FROM calendar c WHERE c.org_id = ?"
    " AND (c.user_id = ? OR c.shared = 1)))"
    " ORDER BY e.id LIMIT 500";

struct event_row {
	uint64_t id, calendar_id, rev;
	when_t created_at, updated_at, deleted_at;
	const char *kind, *uid;
	bool has_master;
	const char *recurrence, *zones;
	struct store_event_part_row part;
};

static const struct stmt_col EVENT_COLS[] = {
	STMT_COL(struct event_row, id), STMT_COL(struct event_row, calendar_id),
	STMT_COL(struct event_row, rev), STMT_COL(struct event_row, created_at),
	STMT_COL(struct event_row, updated_at),
	STMT_COL(struct event_row, deleted_at),
	STMT_COL(struct event_row, kind), STMT_COL(struct event_row, uid),
	STMT_COL(struct event_row, has_master),
	STMT_COL(struct event_row, recurrence),
	STMT_COL(struct event_row, zones),
	STORE_EVENT_PART_COLS(struct event_row), STMT_END,
};

void store_event_part_read(const struct store_event_part_row *row,
    struct event_part *out)
{
	memset(out, 0, sizeof(*out));
	out->summary = row->summary;
	out->location = row->location;
	out->description = row->description;
	out->status = row->status;
	out->transp = row->transp;
	out->start = row->start_wall;
	out->end = row->end_wall;
	out->duration = row->duration;
	out->all_day = row->all_day;
	out->zone_kind = (enum event_zone_kind)row->zone_kind;
	out->tzid = row->tzid;
	out->end_tzid = row->end_tzid;
	out->extra = row->extra ? row->extra : "";
}

void store_event_part_cells(const struct event_part *part,
    struct stmt_arg *cells)
{
	size_t n = 0;

	cells[n++] = STMT_TEXT(part->summary);
	cells[n++] = STMT_TEXT(part->location);
	cells[n++] = STMT_TEXT(part->description);
	cells[n++] = STMT_TEXT(part->status);
	cells[n++] = STMT_TEXT(part->transp);
	cells[n++] = STMT_WALL(&part->start);
	cells[n++] = STMT_WALL(&part->end);
	cells[n++] = STMT_TEXT(part->duration);
	cells[n++] = STMT_U64(part->all_day);
	cells[n++] = STMT_U64((uint64_t)part->zone_kind);
	cells[n++] = STMT_TEXT(part->tzid);
	cells[n++] = STMT_TEXT(part->end_tzid);
	cells[n++] = STMT_TEXT(part->extra ? part->extra : "");
	if (n != STORE_EVENT_PART_COUNT)
		die("event part columns do not match");
}

/* What stands in for a master that nobody sent says when, and nothing else. */
static void only_times(struct event_part *part)
{
	part->summary = part->location = part->description = NULL;
	part->status = part->transp = part->recurrence = NULL;
	part->extra = "";
}

static void row_to_event(struct pool *pool, const struct event_row *row,
    struct stored_event *out)
{
	struct event *e = POOL_NEW(pool, struct event);

	memset(out, 0, sizeof(*out));
	out->id = row->id;
	out->calendar_id = row->calendar_id;
	out->rev = row->rev;
	out->created_at = row->created_at;
	out->updated_at = row->updated_at;
	out->deleted_at = row->deleted_at;
	e->uid = row->uid;
	e->kind = row->kind;
	e->has_master = row->has_master;
	e->zones = row->zones ? row->zones : "";
	store_event_part_read(&row->part, &e->master);
	e->master.recurrence = row->recurrence;
	if (!row->has_master)
		only_times(&e->master);
	out->event = e;
}

static int finish_one(struct db *db, struct pool *pool, uint64_t org, int found,
    const struct event_row *row, struct stored_event *out, struct err *err)
{
	if (found <= 0)
		return found;
	row_to_event(pool, row, out);
	return store_event_load_overrides(db, pool, org, out, 1, err) ? 1 : -1;
}

int store_event_find(struct db *db, struct pool *pool, uint64_t org,
    uint64_t user_id, uint64_t id, struct stored_event *out, struct err *err)
{
	struct event_row row = { 0 };
	int found = stmt_find(db, pool, FIND_SEEN, STMT_ARGS(STMT_U64(org),
	    STMT_U64(id), STMT_U64(user_id), STMT_U64(org),
	    STMT_U64(user_id), STMT_U64(user_id)), EVENT_COLS, &row, err);

	return finish_one(db, pool, org, found, &row, out, err);
}

int store_event_find_uid(struct db *db, struct pool *pool, uint64_t org,
    uint64_t calendar_id, const char *uid, struct stored_event *out,
    struct err *err)
{
	struct event_row row = { 0 };
	struct digest key = digest_sha256(uid, strlen(uid));
	int found = stmt_find(db, pool, FIND_UID, STMT_ARGS(STMT_U64(org),
	    STMT_U64(calendar_id), STMT_DIGEST(&key)), EVENT_COLS, &row, err);

	return finish_one(db, pool, org, found, &row, out, err);
}

struct uid_row { struct digest uid_key; uint64_t id; };
static const struct stmt_col UID_COLS[] = {
	STMT_COL(struct uid_row, uid_key), STMT_COL(struct uid_row, id),
	STMT_END,
};

bool store_event_find_uids(struct db *db, struct pool *pool, uint64_t org,
    uint64_t calendar_id, const struct event *const *events, size_t count,
    uint64_t *ids_out, struct err *err)
{
	size_t room = count <= FEW_UIDS ? FEW_UIDS : STORE_EVENT_UIDS_MOST, n;
	struct digest *keys = pool_array(pool, room, sizeof(*keys));
	struct stmt_arg *args = pool_array(pool, room + 2, sizeof(*args));
	struct uid_row *rows, *row;

	if (count > STORE_EVENT_UIDS_MOST)
		die("store_event_find_uids: %zu", count);
	if (count == 0)
		return true;
	args[0] = STMT_U64(org);
	args[1] = STMT_U64(calendar_id);
	for (size_t i = 0; i < room; i++) {
		keys[i] = i < count ? digest_sha256(events[i]->uid,
		    strlen(events[i]->uid)) : keys[0];
		args[i + 2] = STMT_DIGEST(&keys[i]);
	}
	if (!(room > FEW_UIDS ? stmt_list(db, pool, IDS_OF_MANY_UIDS,
	    (struct stmt_args){ args, room + 2 }, UID_COLS, sizeof(*rows), &rows,
	    &n, err) : stmt_list(db, pool, IDS_OF_UIDS,
	    (struct stmt_args){ args, room + 2 }, UID_COLS, sizeof(*rows), &rows,
	    &n, err)))
		return false;
	for (size_t i = 0; i < count; i++) {
		row = bsearch(&keys[i], rows, n, sizeof(*rows), digest_cmp);
		ids_out[i] = row ? row->id : 0;
	}
	return true;
}

const char *store_event_ids(struct pool *pool, const uint64_t *ids,
    size_t count)
{
	enum { ID_BYTES = 21 };		/* digits and a comma */
	struct str out;

	str_init(&out, pool, count * ID_BYTES + 2);
	for (size_t i = 0; i < count; i++)
		str_addf(&out, "%c%llu", i ? ',' : '[',
		    (unsigned long long)ids[i]);
	str_add(&out, count ? "]" : "[]");
	return out.data;
}

static bool get_all(struct db *db, struct pool *pool, const char *sql,
    uint64_t org, const uint64_t *ids, size_t count, struct stored_event *out,
    struct err *err)
{
	struct event_row *rows;
	size_t row_count;

	if (count > STORE_EVENT_MOST)
		die("store_event_get_many: %zu ids", count);
	memset(out, 0, count * sizeof(*out));
	if (count == 0)
		return true;
	if (!stmt_list(db, pool, sql, STMT_ARGS(STMT_TEXT(
	    store_event_ids(pool, ids, count)), STMT_U64(org)), EVENT_COLS,
	    sizeof(*rows), &rows, &row_count, err))
		return false;
	for (size_t i = 0, k = 0; i < count; i++) {
		/* they mostly come in order */
		for (size_t n = 0; n < row_count; n++, k++) {
			k = k < row_count ? k : 0;
			if (rows[k].id == ids[i])
				break;
		}
		if (k < row_count && rows[k].id == ids[i])
			row_to_event(pool, &rows[k], &out[i]);
	}
	return store_event_load_overrides(db, pool, org, out, count, err);
}

bool store_event_get_many(struct db *db, struct pool *pool, uint64_t org,
    const uint64_t *ids, size_t count, struct stored_event *out,
    struct err *err)
{
	return get_all(db, pool, GET_MANY, org, ids, count, out, err);
}

bool store_event_get_locked(struct db *db, struct pool *pool, uint64_t org,
    const uint64_t *ids, size_t count, struct stored_event *out,
    struct err *err)
{
	return get_all(db, pool, GET_LOCKED, org, ids, count, out, err);
}

bool store_event_list_alive(struct db *db, struct pool *pool, uint64_t org,
    const struct store_event_listing *what, struct stored_event **out,
    size_t *count_out, struct err *err)
{
	struct event_row *rows;
	size_t count, i;

	if (!stmt_list(db, pool, LIST_ALIVE, STMT_ARGS(STMT_U64(org),
	    STMT_U64(what->after_id), STMT_U64(what->calendar_id),
	    STMT_U64(what->calendar_id), STMT_U64(what->user_id),
	    STMT_U64(org), STMT_U64(what->user_id)), EVENT_COLS,
	    sizeof(*rows), &rows, &count, err))
		return false;
	*out = pool_array(pool, count + 1, sizeof(**out));
	for (i = 0; i < count; i++)
		row_to_event(pool, &rows[i], &(*out)[i]);
	*count_out = count;
	return store_event_load_overrides(db, pool, org, *out, count, err);
}
