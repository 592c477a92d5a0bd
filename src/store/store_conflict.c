/* What a run leaves for people: conflicts, items set aside, before-images. */
#include "store/store_conflict.h"
#include <string.h>
#include "util/banned.h"

static const char ADD[] =
    "INSERT INTO conflict (org_id, run_id, binding_id, event_id, fields, winner, "
    "base, local, remote, created_at) "
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, now(6))";
static const char FIND[] =
    "SELECT id, run_id, binding_id, event_id, fields, winner, base, local, "
    "remote, created_at, resolved_at FROM conflict WHERE org_id = ? AND id = ?";
static const char LIST[] =
    "SELECT id, run_id, binding_id, event_id, fields, winner, created_at, "
    "resolved_at FROM conflict WHERE org_id = ? "
    "AND (? = 0 OR binding_id IN (SELECT b.id FROM binding b "
    "WHERE b.org_id = ? AND b.connection_id = ?)) "
    "AND (? = 0 OR resolved_at IS NULL) ORDER BY id DESC LIMIT ?";
static const char RESOLVE[] =
    "UPDATE conflict SET resolved_at = COALESCE(resolved_at, now(6)) "
    "WHERE org_id = ? AND id = ?";

static const char DEAD_ADD[] =
    "INSERT INTO dead_letter (org_id, binding_id, item_key, event_id, remote_id, "
    "version, title, reason, tries, next_try_at, created_at) "
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?, 1, now(6) + INTERVAL 1 MINUTE, now(6)) "
    "ON DUPLICATE KEY UPDATE "
    "next_try_at = CASE tries WHEN 0 THEN now(6) + INTERVAL 1 MINUTE "
    "WHEN 1 THEN now(6) + INTERVAL 5 MINUTE "
    "WHEN 2 THEN now(6) + INTERVAL 15 MINUTE ELSE NULL END, "
    "tries = tries + 1, event_id = VALUES(event_id), "
    "remote_id = VALUES(remote_id), version = VALUES(version), "
    "title = VALUES(title), reason = VALUES(reason)";
static const char DEAD_REMOVE[] =
    "DELETE FROM dead_letter "
    "WHERE org_id = ? AND binding_id = ? AND item_key = ?";
static const char DEAD_LIST[] =
    "SELECT id, binding_id, item_key, event_id, remote_id, version, title, "
    "reason, tries, next_try_at, created_at FROM dead_letter WHERE org_id = ? "
    "AND (? = 0 OR binding_id IN (SELECT b.id FROM binding b "
    "WHERE b.org_id = ? AND b.connection_id = ?)) ORDER BY id";
static const char DEAD_FIND[] =
    "SELECT id, binding_id, item_key, event_id, remote_id, version, title, "
    "reason, tries, next_try_at, created_at FROM dead_letter "
    "WHERE org_id = ? AND id = ?";
static const char DEAD_RETRY[] =
    "UPDATE dead_letter SET tries = 0, next_try_at = now(6) "
    "WHERE org_id = ? AND id = ?";

static const char IMAGE_ADD[] =
    "INSERT IGNORE INTO before_image (org_id, run_id, seq, event_id, side, body, "
    "created_at) VALUES (?, ?, ?, ?, ?, ?, now(6))";

static const struct stmt_col COLS[] = {
	STMT_COL(struct conflict_row, id), STMT_COL(struct conflict_row, run_id),
	STMT_COL(struct conflict_row, binding_id),
	STMT_COL(struct conflict_row, event_id),
	STMT_COL(struct conflict_row, fields),
	STMT_COL(struct conflict_row, winner),
	STMT_COL(struct conflict_row, base), STMT_COL(struct conflict_row, local),
	STMT_COL(struct conflict_row, remote),
	STMT_COL(struct conflict_row, created_at),
	STMT_COL(struct conflict_row, resolved_at), STMT_END,
};
static const struct stmt_col LIST_COLS[] = {
	STMT_COL(struct conflict_row, id), STMT_COL(struct conflict_row, run_id),
	STMT_COL(struct conflict_row, binding_id),
	STMT_COL(struct conflict_row, event_id),
	STMT_COL(struct conflict_row, fields),
	STMT_COL(struct conflict_row, winner),
	STMT_COL(struct conflict_row, created_at),
	STMT_COL(struct conflict_row, resolved_at), STMT_END,
};
static const struct stmt_col DEAD_COLS[] = {
	STMT_COL(struct dead_row, id), STMT_COL(struct dead_row, binding_id),
	STMT_COL(struct dead_row, item_key), STMT_COL(struct dead_row, event_id),
	STMT_COL(struct dead_row, remote_id), STMT_COL(struct dead_row, version),
	STMT_COL(struct dead_row, title), STMT_COL(struct dead_row, reason),
	STMT_COL(struct dead_row, tries), STMT_COL(struct dead_row, next_try_at),
	STMT_COL(struct dead_row, created_at), STMT_END,
};

bool store_conflict_add(struct db *db, uint64_t org,
    const struct conflict_row *c, struct err *err)
{
	return stmt_exec(db, ADD, STMT_ARGS(STMT_U64(org), STMT_U64(c->run_id),
	    STMT_U64(c->binding_id), STMT_U64(c->event_id),
	    STMT_TEXT(c->fields), STMT_I64(c->winner),
	    STMT_BLOB(c->base.data, c->base.len),
	    STMT_BLOB(c->local.data, c->local.len),
	    STMT_BLOB(c->remote.data, c->remote.len)), NULL, err);
}

int store_conflict_find(struct db *db, struct pool *pool, uint64_t org,
    uint64_t id, struct conflict_row *out, struct err *err)
{
	return stmt_find(db, pool, FIND, STMT_ARGS(STMT_U64(org), STMT_U64(id)),
	    COLS, out, err);
}

bool store_conflict_list(struct db *db, struct pool *pool, uint64_t org,
    uint64_t connection_id, bool open_only, size_t most,
    struct conflict_row **out, size_t *count_out, struct err *err)
{
	return stmt_list(db, pool, LIST, STMT_ARGS(STMT_U64(org),
	    STMT_U64(connection_id), STMT_U64(org), STMT_U64(connection_id),
	    STMT_I64(open_only), STMT_U64(most)), LIST_COLS, sizeof(**out), out,
	    count_out, err);
}

bool store_conflict_resolve(struct db *db, uint64_t org, uint64_t id,
    struct err *err)
{
	return stmt_exec_one(db, RESOLVE, STMT_ARGS(STMT_U64(org), STMT_U64(id)),
	    "This conflict does not exist.", err);
}

struct digest store_dead_event_key(uint64_t event_id)
{
	struct pool *pool = pool_new(NULL);
	char *text = pool_printf(pool, "event:%llu",
	    (unsigned long long)event_id);
	struct digest d = digest_sha256(text, strlen(text));

	pool_free(pool);
	return d;
}

bool store_dead_add(struct db *db, uint64_t org, const struct dead_row *d,
    struct err *err)
{
	return stmt_exec(db, DEAD_ADD, STMT_ARGS(STMT_U64(org),
	    STMT_U64(d->binding_id), STMT_DIGEST(&d->item_key),
	    STMT_ID(d->event_id), STMT_TEXT(d->remote_id),
	    STMT_TEXT(d->version), STMT_TEXT(d->title ? d->title : ""),
	    STMT_TEXT(d->reason)), NULL, err);
}

bool store_dead_remove(struct db *db, uint64_t org, uint64_t binding_id,
    const struct digest *item_key, struct err *err)
{
	return stmt_exec(db, DEAD_REMOVE, STMT_ARGS(STMT_U64(org),
	    STMT_U64(binding_id), STMT_DIGEST(item_key)), NULL, err);
}

bool store_dead_list(struct db *db, struct pool *pool, uint64_t org,
    uint64_t connection_id, struct dead_row **out, size_t *count_out,
    struct err *err)
{
	return stmt_list(db, pool, DEAD_LIST, STMT_ARGS(STMT_U64(org),
	    STMT_U64(connection_id), STMT_U64(org), STMT_U64(connection_id)),
	    DEAD_COLS, sizeof(**out), out, count_out, err);
}

int store_dead_find(struct db *db, struct pool *pool, uint64_t org,
    uint64_t id, struct dead_row *out, struct err *err)
{
	return stmt_find(db, pool, DEAD_FIND, STMT_ARGS(STMT_U64(org),
	    STMT_U64(id)), DEAD_COLS, out, err);
}

bool store_dead_retry(struct db *db, uint64_t org, uint64_t id,
    struct err *err)
{
	return stmt_exec_one(db, DEAD_RETRY, STMT_ARGS(STMT_U64(org),
	    STMT_U64(id)), "This item is no longer set aside.", err);
}

enum { IMAGE_COLUMNS = 6 };

static void image_cells(uint64_t org, const struct image_row *i,
    struct stmt_arg *cells)
{
	const struct stmt_arg row[IMAGE_COLUMNS] = {
		STMT_U64(org), STMT_U64(i->run_id), STMT_I64(i->seq),
		STMT_ID(i->event_id), STMT_I64(i->side),
		STMT_BLOB(i->body.data, i->body.len),
	};

	memcpy(cells, row, sizeof(row));
}

bool store_image_add(struct db *db, uint64_t org, const struct image_row *i,
    struct err *err)
{
	struct stmt_arg cells[IMAGE_COLUMNS];

	image_cells(org, i, cells);
	return stmt_exec(db, IMAGE_ADD, (struct stmt_args){ cells,
	    IMAGE_COLUMNS }, NULL, err);
}

bool store_image_add_many(struct db *db, struct pool *pool, uint64_t org,
    const struct image_row *rows, size_t count, struct err *err)
{
	struct stmt_arg *cells = pool_array(pool, count * IMAGE_COLUMNS + 1,
	    sizeof(*cells));

	for (size_t i = 0; i < count; i++)
		image_cells(org, &rows[i], &cells[i * IMAGE_COLUMNS]);
	return count == 0 || stmt_exec_array(db, IMAGE_ADD, cells, count,
	    IMAGE_COLUMNS, err);
}
