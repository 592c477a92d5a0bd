/* Messages of push channels: whether one counts, and what was no message of
 * ours. It knows no provider and cannot open a channel. */
#include "store/store_watch.h"
#include "util/banned.h"

static const char TAKE[] = "CALL watch_message(?, ?, ?, ?, NULLIF(?, 0), ?)";
static const char MISUSED[] =
    "SELECT id, connection_id, misused, repeated FROM watch "
    "WHERE org_id = ? AND (misused > 0 OR repeated >= ?) LIMIT 100";
static const char TOLD[] =
    "UPDATE watch SET misused = misused - ?, repeated = repeated - ? "
    "WHERE org_id = ? AND id = ?";
static const char CLEAN[] =
    "DELETE FROM watch WHERE org_id = ? AND state <> 6 "
    "AND COALESCE(ended_at, expires_at) < now(6) - INTERVAL 2 DAY "
    "AND misused = 0";

struct verdict_row { int verdict; };
static const struct stmt_col VERDICT_COLS[] = {
	STMT_COL(struct verdict_row, verdict), STMT_END };

bool store_watch_message(struct db *db, struct pool *pool,
    const struct watch_message *m, enum watch_verdict *out, struct err *err)
{
	struct verdict_row row = { WATCH_MESSAGE_FALSE };

	if (stmt_find(db, pool, TAKE, STMT_ARGS(STMT_U64(m->org_id),
	    STMT_TEXT(m->channel_id), STMT_DIGEST(&m->token_hash),
	    STMT_TEXT(m->resource_id), STMT_U64(m->number),
	    STMT_I64(m->first)), VERDICT_COLS, &row, err) < 0)
		return false;
	*out = (enum watch_verdict)row.verdict;
	return true;
}

bool store_watch_message_list_misused(struct db *db, struct pool *pool,
    uint64_t org, struct watch_misuse **out, size_t *count_out,
    struct err *err)
{
	static const struct stmt_col cols[] = {
		STMT_COL(struct watch_misuse, id),
		STMT_COL(struct watch_misuse, connection_id),
		STMT_COL(struct watch_misuse, misused),
		STMT_COL(struct watch_misuse, repeated), STMT_END };

	return stmt_list(db, pool, MISUSED, STMT_ARGS(STMT_U64(org),
	    STMT_I64(STORE_WATCH_REPEATED)), cols, sizeof(**out), out,
	    count_out, err);
}

bool store_watch_message_put_told(struct db *db, uint64_t org,
    const struct watch_misuse *row, struct err *err)
{
	return stmt_exec(db, TOLD, STMT_ARGS(STMT_U64(row->misused),
	    STMT_U64(row->repeated), STMT_U64(org), STMT_U64(row->id)), NULL,
	    err);
}

bool store_watch_message_clean(struct db *db, uint64_t org, struct err *err)
{
	return stmt_exec(db, CLEAN, STMT_ARGS(STMT_U64(org)), NULL, err);
}
