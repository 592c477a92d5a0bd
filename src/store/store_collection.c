/*
 * Rows of collection with the binding each one has. It does not know how they
 * were listed.
 */
#include <string.h>

#include "store/store_collection.h"
#include "util/str.h"
#include "util/banned.h"

#define COLLECTION_SELECT \
	"SELECT o.id, o.connection_id, o.remote_id, o.name, " \
	"COALESCE(k.color, o.color) AS color, " \
	"o.read_only, o.missing_since, b.id AS binding_id, b.calendar_id, " \
	"b.direction, b.policy, b.paused, b.removing, b.listed_at, " \
	"k.name AS calendar_name FROM collection o " \
	"JOIN connection c ON c.org_id = o.org_id AND c.id = o.connection_id " \
	"LEFT JOIN binding b ON b.org_id = o.org_id " \
	"AND b.collection_id = o.id " \
	"LEFT JOIN calendar k ON k.org_id = b.org_id AND k.id = b.calendar_id " \
	"WHERE o.org_id = ? AND (? = 0 OR c.user_id = ?) "

static const char LIST[] = COLLECTION_SELECT
    "AND o.connection_id = ? ORDER BY o.missing_since IS NOT NULL, o.name, "
    "o.id";
static const char FIND[] = COLLECTION_SELECT "AND o.id = ?";

static const char MARK_MISSING[] =
    "UPDATE collection SET missing_since = "
    "COALESCE(missing_since, current_timestamp(6)) "
    "WHERE org_id = ? AND connection_id = ?";

static const char PUT[] =
    "INSERT INTO collection (org_id, connection_id, remote_key, remote_id, "
    "name, color, read_only, created_at) "
    "VALUES (?, ?, ?, ?, ?, ?, ?, current_timestamp(6)) "
    "ON DUPLICATE KEY UPDATE name = VALUES(name), color = VALUES(color), "
    "read_only = VALUES(read_only), missing_since = NULL";

#define NAME_MOST_CHARS 240

static const struct stmt_col COLS[] = {
	STMT_COL(struct collection_row, id),
	STMT_COL(struct collection_row, connection_id),
	STMT_COL(struct collection_row, remote_id),
	STMT_COL(struct collection_row, name),
	STMT_COL(struct collection_row, color),
	STMT_COL(struct collection_row, read_only),
	STMT_COL(struct collection_row, missing_since),
	STMT_COL(struct collection_row, binding_id),
	STMT_COL(struct collection_row, calendar_id),
	STMT_COL(struct collection_row, direction),
	STMT_COL(struct collection_row, policy),
	STMT_COL(struct collection_row, paused),
	STMT_COL(struct collection_row, removing),
	STMT_COL(struct collection_row, listed_at),
	STMT_COL(struct collection_row, calendar_name),
	STMT_END,
};

bool
store_collection_list(struct db *db, struct pool *pool, uint64_t org,
    uint64_t viewer, uint64_t connection_id, struct collection_row **out,
    size_t *count_out, struct err *err)
{
	return stmt_list(db, pool, LIST, STMT_ARGS(STMT_U64(org),
	    STMT_U64(viewer), STMT_U64(viewer), STMT_U64(connection_id)), COLS,
	    sizeof(**out), out, count_out, err);
}

int
store_collection_find(struct db *db, struct pool *pool, uint64_t org,
    uint64_t viewer, uint64_t id, struct collection_row *out, struct err *err)
{
	return stmt_find(db, pool, FIND, STMT_ARGS(STMT_U64(org),
	    STMT_U64(viewer), STMT_U64(viewer), STMT_U64(id)), COLS, out, err);
}

/* The name cut to what the column takes, at a character; never empty. */
static const char *
collection_name(struct pool *pool, const struct collection_found *found)
{
	const char *name = found->name;
	size_t chars = 0, i;

	if (name == NULL || *name == '\0' || !str_utf8_valid(name, strlen(name)))
		return "Calendar";
	for (i = 0; name[i] != '\0'; i++) {
		chars += ((unsigned char)name[i] & 0xc0) != 0x80;
		if (chars > NAME_MOST_CHARS)
			break;
	}
	return pool_strndup(pool, name, i);
}

bool
store_collection_take(struct db *db, struct pool *pool, uint64_t org,
    uint64_t connection_id, const struct collection_found *found,
    size_t count, struct err *err)
{
	struct digest key;
	size_t i;

	if (!stmt_exec(db, MARK_MISSING, STMT_ARGS(STMT_U64(org),
	    STMT_U64(connection_id)), NULL, err))
		return false;
	for (i = 0; i < count; i++) {
		key = digest_sha256(found[i].remote_id,
		    strlen(found[i].remote_id));
		if (!stmt_exec(db, PUT, STMT_ARGS(STMT_U64(org),
		    STMT_U64(connection_id), STMT_DIGEST(&key),
		    STMT_TEXT(found[i].remote_id),
		    STMT_TEXT(collection_name(pool, &found[i])),
		    STMT_TEXT(found[i].color),
		    STMT_U64(found[i].read_only)), NULL, err))
			return false;
	}
	return true;
}
