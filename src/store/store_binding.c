/*
 * Rows of binding as people see and choose them. It does not know how far the
 * reading has come; that is the engine's (store_cursor).
 */
#include "store/store_binding.h"
#include "store/store_connection.h"
#include "util/banned.h"

#define BINDING_SELECT \
	"SELECT b.id, b.calendar_id, b.collection_id, b.connection_id, " \
	"b.direction, b.policy, b.paused, b.listed_at, o.read_only, " \
	"o.missing_since, o.name AS collection_name, " \
	"k.name AS calendar_name, c.name AS connection_name FROM binding b " \
	"JOIN collection o ON o.org_id = b.org_id AND o.id = b.collection_id " \
	"JOIN calendar k ON k.org_id = b.org_id AND k.id = b.calendar_id " \
	"JOIN connection c ON c.org_id = b.org_id AND c.id = b.connection_id " \
	"WHERE b.org_id = ? AND b.removing = 0 "

static const char FIND[] = BINDING_SELECT "AND b.id = ?";

static const char INSERT[] =
    "INSERT INTO binding (org_id, calendar_id, collection_id, connection_id, "
    "direction, policy, created_at) "
    "VALUES (?, ?, ?, ?, ?, ?, current_timestamp(6))";

/* Whatever lies in the calendar and was never sent there. */
static const char FILL_PENDING[] =
    "INSERT INTO pending (org_id, binding_id, event_id, rev, since) "
    "SELECT e.org_id, ?, e.id, e.rev, current_timestamp(6) FROM event e "
    "WHERE e.org_id = ? AND e.calendar_id = ? AND e.deleted_at IS NULL "
    "AND NOT EXISTS (SELECT 1 FROM link l WHERE l.org_id = e.org_id "
    "AND l.binding_id = ? AND l.event_id = e.id) "
    "ON DUPLICATE KEY UPDATE rev = VALUES(rev)";

static const char PUT[] =
    "UPDATE binding SET direction = ?, policy = ?, paused = 0 "
    "WHERE org_id = ? AND id = ? AND removing = 0";
static const char SET_REMOVING[] =
    "UPDATE binding SET removing = ? "
    "WHERE org_id = ? AND id = ? AND removing = 0";

static const char GONE[] =
    "This calendar is no longer tied to a remote one.";

static const struct stmt_col COLS[] = {
	STMT_COL(struct binding_row, id),
	STMT_COL(struct binding_row, calendar_id),
	STMT_COL(struct binding_row, collection_id),
	STMT_COL(struct binding_row, connection_id),
	STMT_COL(struct binding_row, direction),
	STMT_COL(struct binding_row, policy),
	STMT_COL(struct binding_row, paused),
	STMT_COL(struct binding_row, listed_at),
	STMT_COL(struct binding_row, read_only),
	STMT_COL(struct binding_row, missing_since),
	STMT_COL(struct binding_row, collection_name),
	STMT_COL(struct binding_row, calendar_name),
	STMT_COL(struct binding_row, connection_name),
	STMT_END,
};

int
store_binding_find(struct db *db, struct pool *pool, uint64_t org, uint64_t id,
    struct binding_row *out, struct err *err)
{
	return stmt_find(db, pool, FIND, STMT_ARGS(STMT_U64(org),
	    STMT_U64(id)), COLS, out, err);
}

static bool
binding_fill_pending(struct db *db, uint64_t org, uint64_t id,
    uint64_t calendar_id, struct err *err)
{
	return stmt_exec(db, FILL_PENDING, STMT_ARGS(STMT_U64(id),
	    STMT_U64(org), STMT_U64(calendar_id), STMT_U64(id)), NULL, err);
}

bool
store_binding_add(struct db *db, uint64_t org, const struct binding_new *b,
    uint64_t *id_out, struct err *err)
{
	if (!stmt_insert(db, INSERT, STMT_ARGS(STMT_U64(org),
	    STMT_U64(b->calendar_id), STMT_U64(b->collection_id),
	    STMT_U64(b->connection_id), STMT_U64(b->direction),
	    STMT_U64(b->policy)), id_out, err))
		return err->kind != ERR_CONFLICT ? false : err_set(err,
		    ERR_CONFLICT, "This remote calendar is chosen already.");
	return b->direction == BINDING_PULL ||
	    binding_fill_pending(db, org, *id_out, b->calendar_id, err);
}

bool
store_binding_put(struct db *db, struct pool *pool, uint64_t org, uint64_t id,
    enum binding_direction direction, enum binding_policy policy,
    struct err *err)
{
	struct binding_row row;
	int found = store_binding_find(db, pool, org, id, &row, err);

	if (found < 0)
		return false;
	if (found == 0)
		return err_set(err, ERR_CONFLICT, "%s", GONE);
	if (!stmt_exec_one(db, PUT, STMT_ARGS(STMT_U64(direction),
	    STMT_U64(policy), STMT_U64(org), STMT_U64(id)), GONE, err))
		return false;
	return row.direction != BINDING_PULL || direction == BINDING_PULL ||
	    binding_fill_pending(db, org, id, row.calendar_id, err);
}

bool
store_binding_set_removing(struct db *db, uint64_t org, uint64_t connection_id,
    uint64_t id, enum removal_choice choice, struct err *err)
{
	return stmt_exec_one(db, SET_REMOVING, STMT_ARGS(STMT_U64(choice),
	    STMT_U64(org), STMT_U64(id)), GONE, err) &&
	    store_connection_raise_fence(db, org, connection_id, err);
}
