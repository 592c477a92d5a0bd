/* Event <-> remote object: the state both had when they last agreed. */
#include "store/store_link.h"
#include <string.h>
#include "util/banned.h"

#define FEW STORE_LINK_MOST	/* keys of one statement; of more: the most */

static const char HEADS[] =
    "SELECT id, event_id, remote_key, remote_id, version FROM link "
    "WHERE org_id = ? AND binding_id = ? AND remote_key IN (" STMT_Q100 ")";
static const char BY_KEY[] =
    "SELECT id, binding_id, event_id, remote_key, remote_id, version, "
    "remote_raw, base, local_hash, remote_hash, synced_rev FROM link "
    "WHERE org_id = ? AND binding_id = ? AND remote_key IN (" STMT_Q100 ")";
static const char BY_KEYS[] =
    "SELECT id, binding_id, event_id, remote_key, remote_id, version, "
    "remote_raw, base, local_hash, remote_hash, synced_rev FROM link "
    "WHERE org_id = ? AND binding_id = ? AND remote_key IN (" STMT_Q500 ","
    STMT_Q500 ")";
static const char BY_EVENT[] =
    "SELECT id, binding_id, event_id, remote_key, remote_id, version, "
    "remote_raw, base, local_hash, remote_hash, synced_rev FROM link "
    "WHERE org_id = ? AND binding_id = ? AND event_id IN (" STMT_Q100 ")";
static const char FIND[] =
    "SELECT id, binding_id, event_id, remote_key, remote_id, version, "
    "remote_raw, base, local_hash, remote_hash, synced_rev FROM link "
    "WHERE org_id = ? AND id = ?";
/* An event or an object that was linked otherwise is linked anew. */
static const char UNLINK[] =
    "DELETE FROM link WHERE org_id = ? AND binding_id = ? AND "
    "((event_id = ? AND remote_key <> ?) OR (remote_key = ? AND event_id <> ?))";
static const char PUT[] =
    "INSERT INTO link (org_id, binding_id, event_id, remote_key, remote_id, "
    "version, remote_raw, base, local_hash, remote_hash, synced_rev, "
    "seen_generation, synced_at) "
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, now(6)) "
    "ON DUPLICATE KEY UPDATE remote_id = VALUES(remote_id), "
    "version = VALUES(version), remote_raw = VALUES(remote_raw), "
    "base = VALUES(base), local_hash = VALUES(local_hash), "
    "remote_hash = VALUES(remote_hash), synced_rev = VALUES(synced_rev), "
    "seen_generation = VALUES(seen_generation), "
    "synced_at = VALUES(synced_at)";
static const char PUT_VERSION[] =
    "UPDATE link SET version = ? WHERE org_id = ? AND id = ?";
static const char PUT_REV[] =
    "UPDATE link SET synced_rev = ? WHERE org_id = ? AND id = ?";
static const char REMOVE[] = "DELETE FROM link WHERE org_id = ? AND id = ?";
static const char REMOVE_MANY[] =
    "DELETE FROM link WHERE org_id = ? AND id IN (" STMT_Q100 ")";
static const char MARK[] =
    "UPDATE link SET seen_generation = ? "
    "WHERE org_id = ? AND binding_id = ? AND remote_key IN (" STMT_Q100 ")";
static const char UNSEEN[] =
    "SELECT id, event_id, remote_key, remote_id, version FROM link "
    "WHERE org_id = ? AND binding_id = ? AND seen_generation < ? ORDER BY id";
static const char COUNT[] =
    "SELECT COUNT(*) FROM link WHERE org_id = ? AND binding_id = ?";
static const char COUNT_UP_TO[] =
    "SELECT COUNT(*) FROM (SELECT 1 FROM link WHERE org_id = ? "
    "AND binding_id = ? LIMIT ?) some";
static const char UNLINKED[] =
    "SELECT e.id FROM event e WHERE e.org_id = ? AND e.calendar_id = ? "
    "AND e.deleted_at IS NULL AND (e.uid_key = ? OR e.start_wall = ?) "
    "AND NOT EXISTS (SELECT 1 FROM link l WHERE l.org_id = ? "
    "AND l.binding_id = ? AND l.event_id = e.id) ORDER BY e.id LIMIT 100";

static const struct stmt_col HEAD_COLS[] = {
	STMT_COL(struct link_head, id), STMT_COL(struct link_head, event_id),
	STMT_COL(struct link_head, remote_key),
	STMT_COL(struct link_head, remote_id),
	STMT_COL(struct link_head, version), STMT_END,
};
static const struct stmt_col ROW_COLS[] = {
	STMT_COL(struct link_row, id), STMT_COL(struct link_row, binding_id),
	STMT_COL(struct link_row, event_id),
	STMT_COL(struct link_row, remote_key),
	STMT_COL(struct link_row, remote_id), STMT_COL(struct link_row, version),
	STMT_COL(struct link_row, remote_raw), STMT_COL(struct link_row, base),
	STMT_COL(struct link_row, local_hash),
	STMT_COL(struct link_row, remote_hash),
	STMT_COL(struct link_row, synced_rev), STMT_END,
};
struct id_row { uint64_t id; };
static const struct stmt_col ID_COLS[] = {
	STMT_COL(struct id_row, id), STMT_END,
};

struct digest store_link_key(const char *remote_id)
{
	return digest_sha256(remote_id, strlen(remote_id));
}

/* lead arguments, then the keys, the last one again up to room. */
static struct stmt_args key_args(struct pool *pool, const struct stmt_arg *lead,
    size_t lead_count, const struct digest *keys, size_t count)
{
	size_t room = count <= FEW ? FEW : STORE_LINK_KEYS_MOST;
	struct stmt_arg *a = pool_array(pool, lead_count + room, sizeof(*a));

	if (count > room)
		die("links of %zu keys", count);
	memcpy(a, lead, lead_count * sizeof(*a));
	for (size_t i = 0; i < room; i++)
		a[lead_count + i] = STMT_DIGEST(&keys[i < count ? i : count - 1]);
	return (struct stmt_args){ a, lead_count + room };
}

bool store_link_list_heads(struct db *db, struct pool *pool, uint64_t org,
    uint64_t binding_id, const struct digest *keys, size_t count,
    struct link_head **out, size_t *count_out, struct err *err)
{
	const struct stmt_arg lead[] = { STMT_U64(org), STMT_U64(binding_id) };

	*count_out = 0;
	if (count == 0)
		return true;
	return stmt_list(db, pool, HEADS, key_args(pool, lead, 2, keys, count),
	    HEAD_COLS, sizeof(**out), out, count_out, err);
}

bool store_link_list_by_key(struct db *db, struct pool *pool, uint64_t org,
    uint64_t binding_id, const struct digest *keys, size_t count,
    struct link_row **out, size_t *count_out, struct err *err)
{
	const struct stmt_arg lead[] = { STMT_U64(org), STMT_U64(binding_id) };

	*count_out = 0;
	if (count == 0)
		return true;
	if (count > FEW)
		return stmt_list(db, pool, BY_KEYS, key_args(pool, lead, 2,
		    keys, count), ROW_COLS, sizeof(**out), out, count_out, err);
	return stmt_list(db, pool, BY_KEY, key_args(pool, lead, 2, keys, count),
	    ROW_COLS, sizeof(**out), out, count_out, err);
}

bool store_link_list_by_event(struct db *db, struct pool *pool, uint64_t org,
    uint64_t binding_id, const uint64_t *event_ids, size_t count,
    struct link_row **out, size_t *count_out, struct err *err)
{
	struct stmt_arg *a = pool_array(pool, 2 + STORE_LINK_MOST, sizeof(*a));

	*count_out = 0;
	if (count == 0)
		return true;
	a[0] = STMT_U64(org);
	a[1] = STMT_U64(binding_id);
	for (size_t i = 0; i < STORE_LINK_MOST; i++)
		a[2 + i] = STMT_U64(event_ids[i < count ? i : count - 1]);
	return stmt_list(db, pool, BY_EVENT,
	    (struct stmt_args){ a, 2 + STORE_LINK_MOST }, ROW_COLS,
	    sizeof(**out), out, count_out, err);
}

int store_link_find(struct db *db, struct pool *pool, uint64_t org,
    uint64_t id, struct link_row *out, struct err *err)
{
	return stmt_find(db, pool, FIND, STMT_ARGS(STMT_U64(org), STMT_U64(id)),
	    ROW_COLS, out, err);
}

enum { PUT_COLUMNS = 12 };

static void link_cells(uint64_t org, const struct link_row *l, int generation,
    struct stmt_arg *cells)
{
	const struct stmt_arg row[PUT_COLUMNS] = {
		STMT_U64(org), STMT_U64(l->binding_id), STMT_U64(l->event_id),
		STMT_DIGEST(&l->remote_key), STMT_TEXT(l->remote_id),
		STMT_TEXT(l->version),
		STMT_BLOB(l->remote_raw.data, l->remote_raw.len),
		STMT_BLOB(l->base.data, l->base.len),
		STMT_DIGEST(&l->local_hash), STMT_DIGEST(&l->remote_hash),
		STMT_U64(l->synced_rev), STMT_I64(generation),
	};

	memcpy(cells, row, sizeof(row));
}

bool store_link_put(struct db *db, uint64_t org, const struct link_row *l,
    int generation, struct err *err)
{
	struct stmt_arg cells[PUT_COLUMNS];

	link_cells(org, l, generation, cells);
	return stmt_exec(db, UNLINK, STMT_ARGS(STMT_U64(org),
	    STMT_U64(l->binding_id), STMT_U64(l->event_id),
	    STMT_DIGEST(&l->remote_key), STMT_DIGEST(&l->remote_key),
	    STMT_U64(l->event_id)), NULL, err) &&
	    stmt_exec(db, PUT, (struct stmt_args){ cells, PUT_COLUMNS }, NULL,
	    err);
}

bool store_link_put_many(struct db *db, struct pool *pool, uint64_t org,
    const struct link_row *links, size_t count, int generation,
    struct err *err)
{
	struct pool *scratch = pool_new(pool);
	struct stmt_arg *cells = pool_array(scratch, count * PUT_COLUMNS,
	    sizeof(*cells));
	bool fine;

	for (size_t i = 0; i < count; i++)
		link_cells(org, &links[i], generation, &cells[i * PUT_COLUMNS]);
	fine = count == 0 || stmt_exec_array(db, PUT, cells, count, PUT_COLUMNS,
	    err);
	pool_free(scratch);
	return fine;
}

bool store_link_put_version(struct db *db, uint64_t org, uint64_t id,
    const char *version, struct err *err)
{
	return stmt_exec(db, PUT_VERSION, STMT_ARGS(STMT_TEXT(version),
	    STMT_U64(org), STMT_U64(id)), NULL, err);
}

bool store_link_put_rev(struct db *db, uint64_t org, uint64_t id, uint64_t rev,
    struct err *err)
{
	return stmt_exec(db, PUT_REV, STMT_ARGS(STMT_U64(rev), STMT_U64(org),
	    STMT_U64(id)), NULL, err);
}

bool store_link_remove(struct db *db, uint64_t org, uint64_t id,
    struct err *err)
{
	return stmt_exec(db, REMOVE, STMT_ARGS(STMT_U64(org), STMT_U64(id)),
	    NULL, err);
}

bool store_link_remove_many(struct db *db, uint64_t org, const uint64_t *ids,
    size_t count, struct err *err)
{
	struct stmt_arg a[1 + STORE_LINK_MOST];

	a[0] = STMT_U64(org);
	for (size_t at = 0; at < count; at += STORE_LINK_MOST) {
		for (size_t i = 0; i < STORE_LINK_MOST; i++)
			a[1 + i] = STMT_U64(ids[at + i < count ? at + i : at]);
		if (!stmt_exec(db, REMOVE_MANY, (struct stmt_args){ a,
		    1 + STORE_LINK_MOST }, NULL, err))
			return false;
	}
	return true;
}

bool store_link_mark(struct db *db, struct pool *pool, uint64_t org,
    uint64_t binding_id, const struct digest *keys, size_t count,
    int generation, struct err *err)
{
	const struct stmt_arg lead[] = { STMT_I64(generation), STMT_U64(org),
	    STMT_U64(binding_id) };

	return count == 0 || stmt_exec(db, MARK,
	    key_args(pool, lead, 3, keys, count), NULL, err);
}

bool store_link_list_unseen(struct db *db, struct pool *pool, uint64_t org,
    uint64_t binding_id, int generation, struct link_head **out,
    size_t *count_out, struct err *err)
{
	return stmt_list(db, pool, UNSEEN, STMT_ARGS(STMT_U64(org),
	    STMT_U64(binding_id), STMT_I64(generation)), HEAD_COLS,
	    sizeof(**out), out, count_out, err);
}

bool store_link_count_up_to(struct db *db, uint64_t org, uint64_t binding_id,
    uint64_t most, uint64_t *out, struct err *err)
{
	return stmt_count(db, COUNT_UP_TO, STMT_ARGS(STMT_U64(org),
	    STMT_U64(binding_id), STMT_U64(most)), out, err);
}

bool store_link_count(struct db *db, uint64_t org, uint64_t binding_id,
    uint64_t *out, struct err *err)
{
	return stmt_count(db, COUNT, STMT_ARGS(STMT_U64(org),
	    STMT_U64(binding_id)), out, err);
}

bool store_link_list_unlinked(struct db *db, struct pool *pool, uint64_t org,
    uint64_t binding_id, uint64_t calendar_id, const struct event *like,
    uint64_t **ids_out, size_t *count_out, struct err *err)
{
	struct digest uid = digest_sha256(like->uid, strlen(like->uid));
	struct id_row *rows;

	if (!stmt_list(db, pool, UNLINKED, STMT_ARGS(STMT_U64(org),
	    STMT_U64(calendar_id), STMT_DIGEST(&uid),
	    STMT_WALL(&like->master.start), STMT_U64(org),
	    STMT_U64(binding_id)), ID_COLS, sizeof(*rows), &rows, count_out, err))
		return false;
	*ids_out = pool_array(pool, *count_out + 1, sizeof(**ids_out));
	for (size_t i = 0; i < *count_out; i++)
		(*ids_out)[i] = rows[i].id;
	return true;
}
