/* Queued work: requests, claims, and the request that came meanwhile. */
#include "store/store_job.h"
#include "util/banned.h"

static const char WANT[] =
    "INSERT INTO job (org_id, connection_id, kind, due, wanted_at, tries, "
    "asked_by, cause) "
    "VALUES (?, ?, ?, now(6) + INTERVAL ? SECOND, now(6), 0, ?, ?) "
    "ON DUPLICATE KEY UPDATE due = LEAST(due, VALUES(due)), "
    "wanted_at = GREATEST(now(6), wanted_at + INTERVAL 1 MICROSECOND), "
    "asked_by = IF(VALUES(cause) > 0, VALUES(asked_by), asked_by), "
    "cause = IF(VALUES(cause) > 0, VALUES(cause), cause)";
static const char FIND[] =
    "SELECT org_id, connection_id, kind, due, wanted_at, tries, asked_by, "
    "cause "
    "FROM job WHERE org_id = ? AND connection_id = ? AND kind = ?";
static const char DUE[] =
    "SELECT org_id, connection_id, kind, due, wanted_at, tries, asked_by, "
    "cause "
    "FROM job WHERE due <= now(6) ORDER BY due LIMIT ? OFFSET ?";
static const char CLAIM[] =
    "UPDATE job SET due = now(6) + INTERVAL ? SECOND "
    "WHERE org_id = ? AND connection_id = ? AND kind = ? AND due = ?";
static const char PUT_OFF[] =
    "UPDATE job SET due = now(6) + INTERVAL ? SECOND "
    "WHERE org_id = ? AND connection_id = ? AND kind = ?";
static const char AGAIN[] =
    "UPDATE job SET due = now(6) + INTERVAL ? SECOND, tries = ?, "
    "asked_by = NULL, cause = 0 "
    "WHERE org_id = ? AND connection_id = ? AND kind = ? AND wanted_at = ?";
static const char GONE[] =
    "DELETE FROM job "
    "WHERE org_id = ? AND connection_id = ? AND kind = ? AND wanted_at = ?";
static const char AT_ONCE[] =
    "UPDATE job SET due = LEAST(due, now(6)) "
    "WHERE org_id = ? AND connection_id = ? AND kind = ? AND wanted_at <> ?";
static const char REMOVE[] =
    "DELETE FROM job WHERE org_id = ? AND connection_id = ?";

static const struct stmt_col COLS[] = {
	STMT_COL(struct job_row, org_id), STMT_COL(struct job_row, connection_id),
	STMT_COL(struct job_row, kind), STMT_COL(struct job_row, due),
	STMT_COL(struct job_row, wanted_at), STMT_COL(struct job_row, tries),
	STMT_COL(struct job_row, asked_by), STMT_COL(struct job_row, cause),
	STMT_END,
};

bool store_job_want(struct db *db, uint64_t org, uint64_t connection_id,
    enum job_kind kind, uint64_t asked_by, int delay_secs, struct err *err)
{
	bool by_command = asked_by == JOB_ASKED_BY_COMMAND;
	int cause = by_command ? RUN_BY_COMMAND : asked_by ? RUN_BY_PERSON : 0;

	return stmt_exec(db, WANT, STMT_ARGS(STMT_U64(org),
	    STMT_U64(connection_id), STMT_U64(kind), STMT_I64(delay_secs),
	    STMT_ID(by_command ? 0 : asked_by), STMT_I64(cause)), NULL, err);
}

int store_job_find(struct db *db, struct pool *pool, uint64_t org,
    uint64_t connection_id, enum job_kind kind, struct job_row *out,
    struct err *err)
{
	return stmt_find(db, pool, FIND, STMT_ARGS(STMT_U64(org),
	    STMT_U64(connection_id), STMT_U64(kind)), COLS, out, err);
}

bool store_job_list_due(struct db *db, struct pool *pool, size_t offset,
    size_t most, struct job_row **out, size_t *count_out, struct err *err)
{
	return stmt_list(db, pool, DUE, STMT_ARGS(STMT_U64(most),
	    STMT_U64(offset)), COLS, sizeof(**out), out, count_out, err);
}

int store_job_claim(struct db *db, const struct job_row *job, int secs,
    struct err *err)
{
	uint64_t n;

	if (!stmt_exec(db, CLAIM, STMT_ARGS(STMT_I64(secs),
	    STMT_U64(job->org_id), STMT_U64(job->connection_id),
	    STMT_I64(job->kind), STMT_TIME(job->due)), &n, err))
		return -1;
	return n > 0;
}

bool store_job_put_off(struct db *db, const struct job_row *job, int secs,
    struct err *err)
{
	return stmt_exec(db, PUT_OFF, STMT_ARGS(STMT_I64(secs),
	    STMT_U64(job->org_id), STMT_U64(job->connection_id),
	    STMT_I64(job->kind)), NULL, err);
}

bool store_job_finish(struct db *db, const struct job_row *job, int next_secs,
    int tries, struct err *err)
{
	struct stmt_args key = STMT_ARGS(STMT_U64(job->org_id),
	    STMT_U64(job->connection_id), STMT_I64(job->kind),
	    STMT_TIME(job->wanted_at));
	uint64_t n;

	if (next_secs < 0 ? !stmt_exec(db, GONE, key, &n, err) :
	    !stmt_exec(db, AGAIN, STMT_ARGS(STMT_I64(next_secs),
	    STMT_I64(tries), STMT_U64(job->org_id),
	    STMT_U64(job->connection_id), STMT_I64(job->kind),
	    STMT_TIME(job->wanted_at)), &n, err))
		return false;
	return n > 0 || stmt_exec(db, AT_ONCE, key, NULL, err);
}

bool store_job_remove_connection(struct db *db, uint64_t org,
    uint64_t connection_id, struct err *err)
{
	return stmt_exec(db, REMOVE, STMT_ARGS(STMT_U64(org),
	    STMT_U64(connection_id)), NULL, err);
}
