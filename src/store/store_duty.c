/* Which hawser-sync is on duty. */
#include "store/store_duty.h"
#include "util/banned.h"

static const char TAKE[] =
    "UPDATE duty SET owner = ?, fence = fence + 1, "
    "until = now(6) + INTERVAL ? SECOND WHERE name = 'sync'";
static const char FENCE[] =
    "SELECT fence FROM duty WHERE name = 'sync' AND owner = ?";
static const char RENEW[] =
    "UPDATE duty SET until = now(6) + INTERVAL ? SECOND "
    "WHERE name = 'sync' AND owner = ? AND fence = ?";
static const char RELEASE[] =
    "UPDATE duty SET owner = '', until = now(6) "
    "WHERE name = 'sync' AND owner = ? AND fence = ?";

bool store_duty_take(struct db *db, const char *owner, int secs,
    uint64_t *fence_out, struct err *err)
{
	return stmt_exec_one(db, TAKE, STMT_ARGS(STMT_TEXT(owner),
	    STMT_I64(secs)), "The duty row is missing: run hawser migrate.", err) &&
	    stmt_count(db, FENCE, STMT_ARGS(STMT_TEXT(owner)), fence_out, err);
}

int store_duty_renew(struct db *db, const char *owner, uint64_t fence,
    int secs, struct err *err)
{
	uint64_t n;

	if (!stmt_exec(db, RENEW, STMT_ARGS(STMT_I64(secs), STMT_TEXT(owner),
	    STMT_U64(fence)), &n, err))
		return -1;
	return n > 0;
}

bool store_duty_release(struct db *db, const char *owner, uint64_t fence,
    struct err *err)
{
	return stmt_exec(db, RELEASE, STMT_ARGS(STMT_TEXT(owner),
	    STMT_U64(fence)), NULL, err);
}
