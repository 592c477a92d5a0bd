/* Who works on a connection: conditional updates of the lease row only. */
#include "store/store_lease.h"
#include "util/banned.h"

static const char MAKE[] =
    "INSERT IGNORE INTO lease (org_id, connection_id, owner, fence, until) "
    "VALUES (?, ?, '', 0, '2000-01-01')";
static const char TAKE[] =
    "UPDATE lease SET owner = ?, fence = LAST_INSERT_ID(fence + 1), "
    "until = now(6) + INTERVAL ? SECOND "
    "WHERE org_id = ? AND connection_id = ? "
    "AND (until < now(6) OR owner = '' OR owner = ? "
    "OR (owner = ? AND fence = ?))";
static const char IS_THERE[] =
    "SELECT COUNT(*) FROM lease WHERE org_id = ? AND connection_id = ?";
static const char FIND[] =
    "SELECT owner, fence, until FROM lease "
    "WHERE org_id = ? AND connection_id = ?";
static const char RENEW[] =
    "UPDATE lease SET until = now(6) + INTERVAL ? SECOND "
    "WHERE org_id = ? AND connection_id = ? AND owner = ? AND fence = ?";
static const char RELEASE[] =
    "UPDATE lease SET owner = '', until = now(6) "
    "WHERE org_id = ? AND connection_id = ? AND owner = ? AND fence = ?";

static const struct stmt_col COLS[] = {
	STMT_COL(struct lease_row, owner), STMT_COL(struct lease_row, fence),
	STMT_COL(struct lease_row, until), STMT_END,
};

/* 1 = taken, with its fence. */
static int take(struct db *db, struct lease *lease,
    const struct lease_row *dead, struct err *err)
{
	uint64_t affected, fence;

	if (!stmt_update_id(db, TAKE, STMT_ARGS(STMT_TEXT(lease->owner),
	    STMT_I64(lease->secs), STMT_U64(lease->org_id),
	    STMT_U64(lease->connection_id), STMT_TEXT(lease->owner),
	    STMT_TEXT(dead ? dead->owner : ""), STMT_U64(dead ? dead->fence : 0)),
	    &affected, &fence, err))
		return -1;
	if (affected > 0)
		lease->fence = fence;
	return affected > 0;
}

/* 1 = made, 0 = it was there and is somebody else's. */
static int make(struct db *db, const struct lease *lease, struct err *err)
{
	struct stmt_args key = STMT_ARGS(STMT_U64(lease->org_id),
	    STMT_U64(lease->connection_id));
	uint64_t there;

	if (!stmt_count(db, IS_THERE, key, &there, err))
		return -1;
	if (there)
		return 0;
	return stmt_exec(db, MAKE, key, NULL, err) ? 1 : -1;
}

int store_lease_take(struct db *db, struct lease *lease,
    const struct lease_row *dead, struct err *err)
{
	int got = take(db, lease, dead, err);

	if (got == 0)
		got = make(db, lease, err);
	else
		return got;
	return got <= 0 ? got : take(db, lease, dead, err);
}

int store_lease_find(struct db *db, struct pool *pool, uint64_t org,
    uint64_t connection_id, struct lease_row *out, struct err *err)
{
	return stmt_find(db, pool, FIND, STMT_ARGS(STMT_U64(org),
	    STMT_U64(connection_id)), COLS, out, err);
}

static bool is_mine(uint64_t matched, struct err *err)
{
	return matched > 0 || err_set_scope(err, ERR_CONFLICT, ERR_RUN,
	    "Another worker has taken over this connection.");
}

bool store_lease_renew(struct db *db, const struct lease *lease,
    struct err *err)
{
	uint64_t n;

	return stmt_exec(db, RENEW, STMT_ARGS(STMT_I64(lease->secs),
	    STMT_U64(lease->org_id), STMT_U64(lease->connection_id),
	    STMT_TEXT(lease->owner), STMT_U64(lease->fence)), &n, err) &&
	    is_mine(n, err);
}

static bool release(struct db *db, const struct lease *lease, uint64_t *n_out,
    struct err *err)
{
	return stmt_exec(db, RELEASE, STMT_ARGS(STMT_U64(lease->org_id),
	    STMT_U64(lease->connection_id), STMT_TEXT(lease->owner),
	    STMT_U64(lease->fence)), n_out, err);
}

bool store_lease_end(struct db *db, const struct lease *lease, struct err *err)
{
	uint64_t n;

	return release(db, lease, &n, err) && is_mine(n, err);
}

bool store_lease_release(struct db *db, const struct lease *lease,
    struct err *err)
{
	return release(db, lease, NULL, err);
}
