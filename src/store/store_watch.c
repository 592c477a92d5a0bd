/* Rows of watch, for whoever opens and stops channels. It knows no provider. */
#include "store/store_watch.h"
#include "util/digest.h"
#include "util/banned.h"

#define WANTED "FROM binding b JOIN connection n ON n.org_id = b.org_id " \
	"AND n.id = b.connection_id AND n.state = 1 " \
	"JOIN collection c ON c.org_id = b.org_id AND c.id = b.collection_id " \
	"AND c.missing_since IS NULL WHERE b.org_id = ? " \
	"AND b.connection_id = ? AND b.removing = 0 AND b.paused = 0 " \
	"AND b.direction IN (1, 2) "
#define OF_IT "EXISTS (SELECT 1 FROM watch w WHERE w.org_id = b.org_id " \
	"AND w.connection_id = b.connection_id " \
	"AND w.collection_id = b.collection_id "
#define NOT_WANTED "AND collection_id NOT IN (SELECT b.collection_id " WANTED ")"

static const char EXPIRED[] =
    "UPDATE watch SET state = 5, ended_at = now(6) WHERE org_id = ? "
    "AND connection_id = ? AND state IN (1, 2, 3, 4) "
    "AND expires_at <= now(6)";
static const char NO_ANSWER[] =
    "UPDATE watch SET state = IF(resource_id IS NULL, 4, 3), due = now(6) "
    "WHERE org_id = ? AND connection_id = ? AND state = 1 "
    "AND created_at <= now(6) - INTERVAL ? SECOND";
static const char UNWANTED[] =
    "UPDATE watch SET state = 3, tries = 0, due = now(6) WHERE org_id = ? "
    "AND connection_id = ? AND state = 2 " NOT_WANTED;
static const char UNWANTED_TRIES[] =
    "DELETE FROM watch WHERE org_id = ? AND connection_id = ? AND state = 6 "
    NOT_WANTED;

static const char NEEDS[] =
    "SELECT b.collection_id, c.remote_id, COALESCE((SELECT MAX(w.tries) "
    "FROM watch w WHERE w.org_id = b.org_id "
    "AND w.connection_id = b.connection_id "
    "AND w.collection_id = b.collection_id AND w.state = 6), 0) AS tries "
    WANTED "AND NOT " OF_IT "AND (w.state = 1 OR (w.state = 2 "
    "AND w.renew_at > now(6)) OR (w.state = 6 AND w.due > now(6)))) "
    "ORDER BY b.collection_id";
static const char STOPPING[] =
    "SELECT id, channel_id, resource_id FROM watch WHERE org_id = ? "
    "AND connection_id = ? AND state = 3 AND expires_at > now(6) "
    "AND (? OR due <= now(6)) AND resource_id IS NOT NULL ORDER BY id";
static const char NEXT[] =
    "SELECT 1 + GREATEST(0, TIMESTAMPDIFF(SECOND, now(6), MIN(CASE state "
    "WHEN 1 THEN created_at + INTERVAL ? SECOND "
    "WHEN 2 THEN IF(renew_at <= now(6), expires_at, renew_at) "
    "ELSE due END))) FROM watch WHERE org_id = ? AND connection_id = ? "
    "AND state IN (1, 2, 3, 6)";
static const char SUMMARY[] =
    "SELECT COUNT(*) AS wanted, COALESCE(SUM(" OF_IT "AND w.state = 2 "
    "AND w.renew_at > now(6))), 0) AS live, "
    "COALESCE(SUM(NOT " OF_IT "AND w.state IN (1, 2, 6))), 0) AS bare " WANTED;
static const char PULL_SYNC[] =
    "UPDATE job SET due = LEAST(due, now(6) + INTERVAL ? SECOND) "
    "WHERE org_id = ? AND connection_id = ? AND kind = 1";

static const char ADD[] =
    "INSERT INTO watch (org_id, connection_id, collection_id, channel_id, "
    "token_hash, state, created_at, expires_at) VALUES (?, ?, ?, ?, ?, 1, "
    "now(6), now(6) + INTERVAL ? SECOND)";
static const char PUT_LIVE[] =
    "UPDATE watch SET state = 2, resource_id = ?, expires_at = ?, "
    "renew_at = ? WHERE org_id = ? AND id = ? AND state = 1";
static const char TOO_LATE[] =
    "UPDATE watch SET state = 3, due = now(6), resource_id = ?, "
    "expires_at = ? WHERE org_id = ? AND id = ? AND state IN (3, 4)";
static const char RETIRE[] =
    "UPDATE watch SET state = 3, tries = 0, due = now(6) WHERE org_id = ? "
    "AND collection_id = ? AND state = 2 AND id <> ?";
static const char FORGET_TRIES[] =
    "DELETE FROM watch WHERE org_id = ? AND collection_id = ? AND state = 6";
static const char LOST[] =
    "UPDATE watch SET state = IF(resource_id IS NULL, 4, 3), due = now(6) "
    "WHERE org_id = ? AND id = ? AND state = 1";
static const char REFUSED[] =
    "DELETE FROM watch WHERE org_id = ? AND id = ? AND state = 1";
static const char PUT_FAILED[] =
    "INSERT INTO watch (org_id, connection_id, collection_id, channel_id, "
    "token_hash, state, reason, tries, created_at, expires_at, due) "
    "VALUES (?, ?, ?, ?, ?, 6, ?, ?, now(6), now(6), "
    "now(6) + INTERVAL ? SECOND)";
static const char PUT_OFF[] =
    "UPDATE watch SET due = now(6) + INTERVAL LEAST(21600, "
    "60 << LEAST(tries, 10)) SECOND, tries = tries + 1 "
    "WHERE org_id = ? AND id = ? AND state = 3";
static const char END[] =
    "UPDATE watch SET state = 5, ended_at = now(6) "
    "WHERE org_id = ? AND id = ?";
static const char CLOSE[] =
    "UPDATE watch SET state = IF(resource_id IS NULL, 4, 3), due = now(6) "
    "WHERE org_id = ? AND connection_id = ? AND state IN (1, 2)";
static const char CLOSE_TRIES[] =
    "DELETE FROM watch WHERE org_id = ? AND connection_id = ? AND state = 6";

static const char TOLD[] =
    "SELECT collection_id, MAX(state = 2) AS live, "
    "MAX(IF(state = 6, reason, 0)) AS reason FROM watch WHERE org_id = ? "
    "AND connection_id = ? AND (state = 6 OR (state = 2 "
    "AND expires_at > now(6))) GROUP BY collection_id";
static const char NO_ADDRESS[] =
    "SELECT COUNT(*) FROM watch WHERE state = 6 AND reason = 2";

static bool run2(struct db *db, const char *sql, uint64_t org, uint64_t id,
    struct err *err)
{
	return stmt_exec(db, sql, STMT_ARGS(STMT_U64(org), STMT_U64(id)), NULL,
	    err);
}

bool store_watch_settle(struct db *db, uint64_t org, uint64_t connection_id,
    int lost_secs, struct err *err)
{
	struct stmt_arg twice[] = { STMT_U64(org), STMT_U64(connection_id),
	    STMT_U64(org), STMT_U64(connection_id) };
	struct stmt_args args = { twice, 4 };

	return run2(db, EXPIRED, org, connection_id, err) &&
	    stmt_exec(db, NO_ANSWER, STMT_ARGS(STMT_U64(org),
	    STMT_U64(connection_id), STMT_I64(lost_secs)), NULL, err) &&
	    stmt_exec(db, UNWANTED, args, NULL, err) &&
	    stmt_exec(db, UNWANTED_TRIES, args, NULL, err);
}

bool store_watch_list_needs(struct db *db, struct pool *pool, uint64_t org,
    uint64_t connection_id, struct watch_need **out, size_t *count_out,
    struct err *err)
{
	static const struct stmt_col cols[] = {
		STMT_COL(struct watch_need, collection_id),
		STMT_COL(struct watch_need, remote_id),
		STMT_COL(struct watch_need, tries), STMT_END };

	return stmt_list(db, pool, NEEDS, STMT_ARGS(STMT_U64(org),
	    STMT_U64(connection_id)), cols, sizeof(**out), out, count_out, err);
}

bool store_watch_list_stopping(struct db *db, struct pool *pool, uint64_t org,
    uint64_t connection_id, bool all, struct watch_channel **out,
    size_t *count_out, struct err *err)
{
	static const struct stmt_col cols[] = {
		STMT_COL(struct watch_channel, id),
		STMT_COL(struct watch_channel, channel_id),
		STMT_COL(struct watch_channel, resource_id), STMT_END };

	return stmt_list(db, pool, STOPPING, STMT_ARGS(STMT_U64(org),
	    STMT_U64(connection_id), STMT_I64(all)), cols, sizeof(**out), out,
	    count_out, err);
}

bool store_watch_next_secs(struct db *db, uint64_t org,
    uint64_t connection_id, int lost_secs, int *secs_out, struct err *err)
{
	uint64_t secs;

	if (!stmt_count(db, NEXT, STMT_ARGS(STMT_I64(lost_secs), STMT_U64(org),
	    STMT_U64(connection_id)), &secs, err))
		return false;
	*secs_out = secs == 0 ? -1 : secs > 86400 ? 86400 : (int)secs;
	return true;
}

bool store_watch_summary(struct db *db, struct pool *pool, uint64_t org,
    uint64_t connection_id, struct watch_summary *out, struct err *err)
{
	static const struct stmt_col cols[] = {
		STMT_COL(struct watch_summary, wanted),
		STMT_COL(struct watch_summary, live),
		STMT_COL(struct watch_summary, bare), STMT_END };

	return stmt_find(db, pool, SUMMARY, STMT_ARGS(STMT_U64(org),
	    STMT_U64(connection_id)), cols, out, err) >= 0;
}

bool store_watch_pull_sync(struct db *db, uint64_t org,
    uint64_t connection_id, int secs, struct err *err)
{
	return stmt_exec(db, PULL_SYNC, STMT_ARGS(STMT_I64(secs),
	    STMT_U64(org), STMT_U64(connection_id)), NULL, err);
}

bool store_watch_add(struct db *db, uint64_t org, const struct watch_new *w,
    uint64_t *id_out, struct err *err)
{
	return stmt_insert(db, ADD, STMT_ARGS(STMT_U64(org),
	    STMT_U64(w->connection_id), STMT_U64(w->collection_id),
	    STMT_TEXT(w->channel_id), STMT_DIGEST(&w->token_hash),
	    STMT_I64(w->secs)), id_out, err);
}

bool store_watch_put_live(struct db *db, uint64_t org,
    const struct watch_live *w, bool *first_out, struct err *err)
{
	uint64_t mine, others = 0;

	if (!stmt_exec(db, PUT_LIVE, STMT_ARGS(STMT_TEXT(w->resource_id),
	    STMT_TIME(w->expires_at), STMT_TIME(w->renew_at), STMT_U64(org),
	    STMT_U64(w->id)), &mine, err))
		return false;
	*first_out = false;
	if (mine == 0)
		return stmt_exec(db, TOO_LATE, STMT_ARGS(
		    STMT_TEXT(w->resource_id), STMT_TIME(w->expires_at),
		    STMT_U64(org), STMT_U64(w->id)), NULL, err);
	if (!stmt_exec(db, RETIRE, STMT_ARGS(STMT_U64(org),
	    STMT_U64(w->collection_id), STMT_U64(w->id)), &others, err))
		return false;
	*first_out = others == 0;
	return run2(db, FORGET_TRIES, org, w->collection_id, err);
}

/* No message has a token with this hash, nor is there such a channel. */
static bool add_failed(struct db *db, uint64_t org,
    const struct watch_failed *w, struct err *err)
{
	static const struct digest none;
	uint8_t bytes[16];

	digest_random(bytes, sizeof(bytes));
	return stmt_exec(db, PUT_FAILED, STMT_ARGS(STMT_U64(org),
	    STMT_U64(w->connection_id), STMT_U64(w->collection_id),
	    STMT_BLOB(bytes, sizeof(bytes)), STMT_DIGEST(&none),
	    STMT_I64(w->reason), STMT_I64(w->tries), STMT_I64(w->secs)), NULL,
	    err);
}

bool store_watch_put_failed(struct db *db, uint64_t org,
    const struct watch_failed *w, struct err *err)
{
	return (w->id == 0 || run2(db, w->lost ? LOST : REFUSED, org, w->id,
	    err)) && run2(db, FORGET_TRIES, org, w->collection_id, err) &&
	    add_failed(db, org, w, err);
}

bool store_watch_put_off(struct db *db, uint64_t org, uint64_t id,
    struct err *err)
{
	return run2(db, PUT_OFF, org, id, err);
}

bool store_watch_end(struct db *db, uint64_t org, uint64_t id,
    struct err *err)
{
	return run2(db, END, org, id, err);
}

bool store_watch_close(struct db *db, uint64_t org, uint64_t connection_id,
    struct err *err)
{
	return run2(db, CLOSE, org, connection_id, err) &&
	    run2(db, CLOSE_TRIES, org, connection_id, err);
}

bool store_watch_list_told(struct db *db, struct pool *pool, uint64_t org,
    uint64_t connection_id, struct watch_told **out, size_t *count_out,
    struct err *err)
{
	static const struct stmt_col cols[] = {
		STMT_COL(struct watch_told, collection_id),
		STMT_COL(struct watch_told, live),
		STMT_COL(struct watch_told, reason), STMT_END };

	return stmt_list(db, pool, TOLD, STMT_ARGS(STMT_U64(org),
	    STMT_U64(connection_id)), cols, sizeof(**out), out, count_out, err);
}

bool store_watch_count_no_address(struct db *db, uint64_t *out,
    struct err *err)
{
	return stmt_count(db, NO_ADDRESS, STMT_NO_ARGS, out, err);
}
