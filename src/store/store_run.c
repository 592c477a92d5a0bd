/* Runs and their plan rows: intent, journal, dry run and history. */
#include "store/store_run.h"
#include <string.h>
#include "util/banned.h"

#define RUN_FIELDS "id, connection_id, asked_by, cause, state, guard, " \
    "guard_count, guard_known, guard_binding_id, started_at, finished_at, " \
    "planned, done, count_in, count_out, count_conflicts, count_set_aside, " \
    "message"
#define ACTION_FIELDS "run_id, seq, binding_id, kind, phase, op_id, event_id, " \
    "link_id, remote_key, remote_id, version, intent_hash, title, reason, " \
    "message, updated_at"

static const char ADD[] =
    "INSERT INTO sync_run (org_id, connection_id, asked_by, cause, state, "
    "started_at) VALUES (?, ?, ?, ?, ?, now(6))";
static const char FIND[] =
    "SELECT " RUN_FIELDS " FROM sync_run WHERE org_id = ? AND id = ?";
static const char LIST[] =
    "SELECT " RUN_FIELDS " FROM sync_run WHERE org_id = ? "
    "ORDER BY id DESC LIMIT ?";
static const char LIST_OF[] =
    "SELECT " RUN_FIELDS " FROM sync_run WHERE org_id = ? "
    "AND connection_id = ? ORDER BY id DESC LIMIT ?";
static const char OPEN[] =
    "SELECT " RUN_FIELDS " FROM sync_run WHERE org_id = ? "
    "AND connection_id = ? AND state IN (1, 2) ORDER BY id DESC LIMIT 1";
static const char PUT[] =
    "UPDATE sync_run SET state = ?, guard = ?, guard_count = ?, "
    "guard_known = ?, guard_binding_id = ?, planned = ?, done = ?, "
    "count_in = ?, count_out = ?, count_conflicts = ?, count_set_aside = ?, "
    "message = ?, finished_at = IF(state IN (1, 2), NULL, now(6)) "
    "WHERE org_id = ? AND id = ?";
static const char ANSWER[] =
    "UPDATE sync_run SET guard = ? WHERE org_id = ? AND id = ? AND guard = 1";

#define INSERT_ACTION "INSERT INTO sync_action (org_id, run_id, seq, " \
    "binding_id, kind, phase, op_id, event_id, link_id, remote_key, " \
    "remote_id, version, intent_hash, title, reason, message, updated_at) " \
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, now(6))"

static const char ACTION_ADD[] = INSERT_ACTION;
/* An array UPDATE takes three times as long. */
static const char ACTION_PUT_MANY[] = INSERT_ACTION
    " ON DUPLICATE KEY UPDATE kind = VALUES(kind), phase = VALUES(phase), "
    "event_id = VALUES(event_id), link_id = VALUES(link_id), "
    "remote_key = VALUES(remote_key), remote_id = VALUES(remote_id), "
    "version = VALUES(version), intent_hash = VALUES(intent_hash), "
    "title = VALUES(title), reason = VALUES(reason), "
    "message = VALUES(message), updated_at = VALUES(updated_at)";
static const char NEXT_SEQ[] =
    "SELECT COALESCE(MAX(seq), 0) + 1 FROM sync_action "
    "WHERE org_id = ? AND run_id = ?";
static const char ACTION_LIST[] =
    "SELECT " ACTION_FIELDS " FROM sync_action WHERE org_id = ? "
    "AND run_id = ? AND seq > ? AND (? = 0 OR binding_id = ?) "
    "AND (? = 0 OR kind IN (3, 6)) AND (? = 0 OR (kind IN (4, 5, 6)) = (? = 2)) "
    "ORDER BY seq LIMIT ?";
static const char ACTION_LIST_PHASE[] =
    "SELECT " ACTION_FIELDS " FROM sync_action WHERE org_id = ? "
    "AND run_id = ? AND phase = ? AND seq > ? AND (? = 0 OR binding_id = ?) "
    "AND (? = 0 OR kind IN (3, 6)) AND (? = 0 OR (kind IN (4, 5, 6)) = (? = 2)) "
    "ORDER BY seq LIMIT ?";
static const char ACTION_PUT[] =
    "UPDATE sync_action SET kind = ?, phase = ?, event_id = ?, link_id = ?, "
    "remote_key = ?, remote_id = ?, version = ?, intent_hash = ?, title = ?, "
    "reason = ?, message = ?, updated_at = now(6) "
    "WHERE org_id = ? AND run_id = ? AND seq = ?";
static const char RECOVER[] =
    "UPDATE sync_action SET phase = 1, kind = IF(kind = 4, 4, 12) "
    "WHERE org_id = ? AND run_id = ? AND binding_id = ? AND phase = 2";
static const char COUNT_DELETES[] =
    "SELECT COUNT(*) FROM sync_action WHERE org_id = ? AND run_id = ? "
    "AND phase = 1 AND binding_id = ? AND kind = ?";
static const char COUNT_DELETED[] =
    "SELECT COUNT(*) FROM sync_action WHERE org_id = ? AND run_id = ? "
    "AND phase IN (1, 2, 3) AND (? = 0 OR phase = ?) AND binding_id = ? "
    "AND kind IN (3, 6)";
static const char COUNT_GONE[] =
    "SELECT COUNT(*) FROM sync_action WHERE org_id = ? AND run_id = ? "
    "AND phase IN (1, 5) AND binding_id = ? AND kind = ?";
static const char SKIP_ALL[] =
    "UPDATE sync_action SET phase = 7, message = ?, updated_at = now(6) "
    "WHERE org_id = ? AND run_id = ? AND phase IN (1, 5)";
static const char SKIP[] =
    "UPDATE sync_action SET phase = 7, message = ?, updated_at = now(6) "
    "WHERE org_id = ? AND run_id = ? AND binding_id = ? AND phase = 1";
static const char DROP_PLANNED[] =
    "DELETE FROM sync_action "
    "WHERE org_id = ? AND run_id = ? AND binding_id = ? AND phase = 1";
static const char ACTION_COUNT[] =
    "SELECT COUNT(*) FROM sync_action "
    "WHERE org_id = ? AND run_id = ? AND (? = 0 OR phase = ?)";
static const char HOLD[] =
    "UPDATE sync_action SET phase = 5, message = ?, updated_at = now(6) "
    "WHERE org_id = ? AND run_id = ? AND binding_id = ? AND phase = 1 "
    "AND kind IN (3, 6)";
static const char HELD[] =
    "SELECT a.run_id, a.seq, a.binding_id, a.event_id, a.link_id, a.kind, "
    "r.guard, a.remote_id, a.version, a.title "
    "FROM sync_run r JOIN sync_action a ON a.org_id = ? AND a.run_id = r.id "
    "AND a.phase = 5 WHERE r.org_id = ? AND r.connection_id = ? "
    "AND r.guard IN (1, 2, 3) AND r.state = 3 ORDER BY a.run_id, a.seq";
static const char PUT_PHASE[] =
    "UPDATE sync_action SET phase = ?, message = ?, updated_at = now(6) "
    "WHERE org_id = ? AND run_id = ? AND seq = ?";
static const char OF_EVENT[] =
    "SELECT " ACTION_FIELDS " FROM sync_action WHERE org_id = ? "
    "AND event_id = ? ORDER BY run_id DESC, seq DESC LIMIT ?";

static const struct stmt_col RUN_COLS[] = {
	STMT_COL(struct run_row, id), STMT_COL(struct run_row, connection_id),
	STMT_COL(struct run_row, asked_by), STMT_COL(struct run_row, cause),
	STMT_COL(struct run_row, state), STMT_COL(struct run_row, guard),
	STMT_COL(struct run_row, guard_count),
	STMT_COL(struct run_row, guard_known),
	STMT_COL(struct run_row, guard_binding_id),
	STMT_COL(struct run_row, started_at),
	STMT_COL(struct run_row, finished_at), STMT_COL(struct run_row, planned),
	STMT_COL(struct run_row, done), STMT_COL(struct run_row, count_in),
	STMT_COL(struct run_row, count_out),
	STMT_COL(struct run_row, count_conflicts),
	STMT_COL(struct run_row, count_set_aside),
	STMT_COL(struct run_row, message), STMT_END,
};
static const struct stmt_col ACTION_COLS[] = {
	STMT_COL(struct action_row, run_id), STMT_COL(struct action_row, seq),
	STMT_COL(struct action_row, binding_id),
	STMT_COL(struct action_row, kind), STMT_COL(struct action_row, phase),
	STMT_COL(struct action_row, op_id),
	STMT_COL(struct action_row, event_id),
	STMT_COL(struct action_row, link_id),
	STMT_COL(struct action_row, remote_key),
	STMT_COL(struct action_row, remote_id),
	STMT_COL(struct action_row, version),
	STMT_COL(struct action_row, intent_hash),
	STMT_COL(struct action_row, title), STMT_COL(struct action_row, reason),
	STMT_COL(struct action_row, message),
	STMT_COL(struct action_row, updated_at), STMT_END,
};
static const struct stmt_col HELD_COLS[] = {
	STMT_COL(struct held_row, run_id), STMT_COL(struct held_row, seq),
	STMT_COL(struct held_row, binding_id),
	STMT_COL(struct held_row, event_id), STMT_COL(struct held_row, link_id),
	STMT_COL(struct held_row, kind), STMT_COL(struct held_row, guard),
	STMT_COL(struct held_row, remote_id), STMT_COL(struct held_row, version),
	STMT_COL(struct held_row, title), STMT_END,
};

bool store_run_add(struct db *db, uint64_t org, const struct run_row *r,
    uint64_t *id_out, struct err *err)
{
	return stmt_insert(db, ADD, STMT_ARGS(STMT_U64(org),
	    STMT_U64(r->connection_id), STMT_ID(r->asked_by),
	    STMT_I64(r->cause), STMT_I64(r->state)), id_out, err);
}

int store_run_find(struct db *db, struct pool *pool, uint64_t org,
    uint64_t id, struct run_row *out, struct err *err)
{
	return stmt_find(db, pool, FIND, STMT_ARGS(STMT_U64(org), STMT_U64(id)),
	    RUN_COLS, out, err);
}

bool store_run_list(struct db *db, struct pool *pool, uint64_t org,
    uint64_t connection_id, size_t most, struct run_row **out,
    size_t *count_out, struct err *err)
{
	if (connection_id == 0)
		return stmt_list(db, pool, LIST, STMT_ARGS(STMT_U64(org),
		    STMT_U64(most)), RUN_COLS, sizeof(**out), out, count_out,
		    err);
	return stmt_list(db, pool, LIST_OF, STMT_ARGS(STMT_U64(org),
	    STMT_U64(connection_id), STMT_U64(most)), RUN_COLS, sizeof(**out),
	    out, count_out, err);
}

int store_run_find_open(struct db *db, struct pool *pool, uint64_t org,
    uint64_t connection_id, struct run_row *out, struct err *err)
{
	return stmt_find(db, pool, OPEN, STMT_ARGS(STMT_U64(org),
	    STMT_U64(connection_id)), RUN_COLS, out, err);
}

bool store_run_put(struct db *db, uint64_t org, const struct run_row *r,
    struct err *err)
{
	return stmt_exec(db, PUT, STMT_ARGS(STMT_I64(r->state),
	    STMT_I64(r->guard), STMT_I64(r->guard_count),
	    STMT_I64(r->guard_known), STMT_ID(r->guard_binding_id),
	    STMT_I64(r->planned), STMT_I64(r->done), STMT_I64(r->count_in),
	    STMT_I64(r->count_out), STMT_I64(r->count_conflicts),
	    STMT_I64(r->count_set_aside), STMT_TEXT(r->message),
	    STMT_U64(org), STMT_U64(r->id)), NULL, err);
}

bool store_run_answer(struct db *db, uint64_t org, uint64_t id, bool approve,
    struct err *err)
{
	return stmt_exec_one(db, ANSWER, STMT_ARGS(STMT_I64(approve ?
	    GUARD_APPROVED : GUARD_REFUSED), STMT_U64(org), STMT_U64(id)),
	    "This run is not waiting for an answer.", err);
}

static struct stmt_arg optional_digest(const struct digest *d)
{
	return digest_is_zero(d) ? STMT_BLOB(NULL, 0) : STMT_DIGEST(d);
}

enum { ADD_COLUMNS = 16, ADD_ROWS = 500 };

static void add_cells(uint64_t org, struct pool *pool,
    const struct action_row *a, struct stmt_arg *cells)
{
	const void *op = a->op_id.data;

	if (!op) {
		uint8_t *fresh = pool_alloc(pool, 16);

		digest_random(fresh, 16);
		op = fresh;
	}
	const struct stmt_arg row[ADD_COLUMNS] = {
		STMT_U64(org), STMT_U64(a->run_id), STMT_I64(a->seq),
		STMT_U64(a->binding_id), STMT_I64(a->kind), STMT_I64(a->phase),
		STMT_BLOB(op, 16), STMT_ID(a->event_id), STMT_ID(a->link_id),
		optional_digest(&a->remote_key), STMT_TEXT(a->remote_id),
		STMT_TEXT(a->version), optional_digest(&a->intent_hash),
		STMT_TEXT(a->title ? a->title : ""),
		STMT_TEXT(a->reason ? a->reason : ""),
		STMT_TEXT(a->message ? a->message : ""),
	};

	memcpy(cells, row, sizeof(row));
}

/* A first listing plans thousands of rows: the cells of a portion at a time. */
static struct stmt_arg *portion_cells(struct pool *portion, uint64_t org,
    const struct action_row *rows, size_t count)
{
	struct stmt_arg *cells;

	pool_reset(portion);
	cells = pool_array(portion, count * ADD_COLUMNS, sizeof(*cells));
	for (size_t i = 0; i < count; i++)
		add_cells(org, portion, &rows[i], &cells[i * ADD_COLUMNS]);
	return cells;
}

bool store_action_add_many(struct db *db, struct pool *pool, uint64_t org,
    const struct action_row *rows, size_t count, struct err *err)
{
	struct pool *portion = pool_new(pool);
	bool fine = true;

	for (size_t at = 0; at < count && fine; at += ADD_ROWS) {
		size_t n = count - at < ADD_ROWS ? count - at : ADD_ROWS;

		fine = stmt_exec_array(db, ACTION_ADD, portion_cells(portion,
		    org, rows + at, n), n, ADD_COLUMNS, err);
	}
	pool_free(portion);
	return fine;
}

bool store_action_next_seq(struct db *db, uint64_t org, uint64_t run_id,
    int *out, struct err *err)
{
	uint64_t n;

	if (!stmt_count(db, NEXT_SEQ, STMT_ARGS(STMT_U64(org),
	    STMT_U64(run_id)), &n, err))
		return false;
	*out = (int)n;
	return true;
}

bool store_action_drop_planned(struct db *db, uint64_t org, uint64_t run_id,
    uint64_t binding_id, struct err *err)
{
	return stmt_exec(db, DROP_PLANNED, STMT_ARGS(STMT_U64(org),
	    STMT_U64(run_id), STMT_U64(binding_id)), NULL, err);
}

bool store_action_list(struct db *db, struct pool *pool, uint64_t org,
    const struct action_filter *f, struct action_row **out,
    size_t *count_out, struct err *err)
{
	if (f->phase == 0)
		return stmt_list(db, pool, ACTION_LIST, STMT_ARGS(STMT_U64(org),
		    STMT_U64(f->run_id), STMT_I64(f->after_seq),
		    STMT_U64(f->binding_id), STMT_U64(f->binding_id),
		    STMT_I64(f->deletes_only), STMT_I64(f->part),
		    STMT_I64(f->part), STMT_U64(f->most)), ACTION_COLS,
		    sizeof(**out), out, count_out, err);
	return stmt_list(db, pool, ACTION_LIST_PHASE, STMT_ARGS(STMT_U64(org),
	    STMT_U64(f->run_id), STMT_I64(f->phase), STMT_I64(f->after_seq),
	    STMT_U64(f->binding_id), STMT_U64(f->binding_id),
	    STMT_I64(f->deletes_only), STMT_I64(f->part),
		    STMT_I64(f->part), STMT_U64(f->most)), ACTION_COLS,
	    sizeof(**out), out, count_out, err);
}

enum { PUT_COLUMNS = 14 };

static void put_cells(uint64_t org, const struct action_row *a,
    struct stmt_arg *cells)
{
	const struct stmt_arg row[PUT_COLUMNS] = {
		STMT_I64(a->kind), STMT_I64(a->phase), STMT_ID(a->event_id),
		STMT_ID(a->link_id), optional_digest(&a->remote_key),
		STMT_TEXT(a->remote_id), STMT_TEXT(a->version),
		optional_digest(&a->intent_hash),
		STMT_TEXT(a->title ? a->title : ""),
		STMT_TEXT(a->reason ? a->reason : ""),
		STMT_TEXT(a->message ? a->message : ""), STMT_U64(org),
		STMT_U64(a->run_id), STMT_I64(a->seq),
	};

	memcpy(cells, row, sizeof(row));
}

bool store_action_put(struct db *db, uint64_t org, const struct action_row *a,
    struct err *err)
{
	struct stmt_arg cells[PUT_COLUMNS];

	put_cells(org, a, cells);
	return stmt_exec(db, ACTION_PUT, (struct stmt_args){ cells,
	    PUT_COLUMNS }, NULL, err);
}

bool store_action_put_many(struct db *db, struct pool *pool, uint64_t org,
    const struct action_row *rows, size_t count, struct err *err)
{
	struct pool *portion = pool_new(pool);
	bool fine = true;

	for (size_t at = 0; at < count && fine; at += ADD_ROWS) {
		size_t n = count - at < ADD_ROWS ? count - at : ADD_ROWS;

		fine = stmt_exec_array(db, ACTION_PUT_MANY, portion_cells(
		    portion, org, rows + at, n), n, ADD_COLUMNS, err);
	}
	pool_free(portion);
	return fine;
}

bool store_action_recover(struct db *db, uint64_t org, uint64_t run_id,
    uint64_t binding_id, struct err *err)
{
	return stmt_exec(db, RECOVER, STMT_ARGS(STMT_U64(org), STMT_U64(run_id),
	    STMT_U64(binding_id)), NULL, err);
}

bool store_action_count_deletes(struct db *db, uint64_t org, uint64_t run_id,
    uint64_t binding_id, uint64_t *here_out, uint64_t *there_out,
    struct err *err)
{
	return stmt_count(db, COUNT_DELETES, STMT_ARGS(STMT_U64(org),
	    STMT_U64(run_id), STMT_U64(binding_id),
	    STMT_I64(SYNC_PULL_DELETE)), here_out, err) &&
	    stmt_count(db, COUNT_DELETES, STMT_ARGS(STMT_U64(org),
	    STMT_U64(run_id), STMT_U64(binding_id),
	    STMT_I64(SYNC_PUSH_DELETE)), there_out, err);
}

bool store_action_count_deleted(struct db *db, uint64_t org, uint64_t run_id,
    uint64_t binding_id, uint64_t *all_out, uint64_t *done_out,
    struct err *err)
{
	return stmt_count(db, COUNT_DELETED, STMT_ARGS(STMT_U64(org),
	    STMT_U64(run_id), STMT_I64(0), STMT_I64(0), STMT_U64(binding_id)),
	    all_out, err) &&
	    stmt_count(db, COUNT_DELETED, STMT_ARGS(STMT_U64(org),
	    STMT_U64(run_id), STMT_I64(PHASE_DONE), STMT_I64(PHASE_DONE),
	    STMT_U64(binding_id)), done_out, err);
}

bool store_action_count_gone(struct db *db, uint64_t org, uint64_t run_id,
    uint64_t binding_id, uint64_t *out, struct err *err)
{
	return stmt_count(db, COUNT_GONE, STMT_ARGS(STMT_U64(org),
	    STMT_U64(run_id), STMT_U64(binding_id),
	    STMT_I64(SYNC_PULL_DELETE)), out, err);
}

bool store_action_skip_all(struct db *db, uint64_t org, uint64_t run_id,
    const char *message, struct err *err)
{
	return stmt_exec(db, SKIP_ALL, STMT_ARGS(STMT_TEXT(message),
	    STMT_U64(org), STMT_U64(run_id)), NULL, err);
}

bool store_action_skip(struct db *db, uint64_t org, uint64_t run_id,
    uint64_t binding_id, const char *message, struct err *err)
{
	return stmt_exec(db, SKIP, STMT_ARGS(STMT_TEXT(message), STMT_U64(org),
	    STMT_U64(run_id), STMT_U64(binding_id)), NULL, err);
}

bool store_action_count(struct db *db, uint64_t org, uint64_t run_id,
    int phase, uint64_t *out, struct err *err)
{
	return stmt_count(db, ACTION_COUNT, STMT_ARGS(STMT_U64(org),
	    STMT_U64(run_id), STMT_I64(phase), STMT_I64(phase)), out, err);
}

bool store_action_hold(struct db *db, uint64_t org, uint64_t run_id,
    uint64_t binding_id, const char *message, struct err *err)
{
	return stmt_exec(db, HOLD, STMT_ARGS(STMT_TEXT(message), STMT_U64(org),
	    STMT_U64(run_id), STMT_U64(binding_id)), NULL, err);
}

bool store_action_list_held(struct db *db, struct pool *pool, uint64_t org,
    uint64_t connection_id, struct held_row **out, size_t *count_out,
    struct err *err)
{
	return stmt_list(db, pool, HELD, STMT_ARGS(STMT_U64(org), STMT_U64(org),
	    STMT_U64(connection_id)), HELD_COLS, sizeof(**out), out, count_out,
	    err);
}

bool store_action_put_phase(struct db *db, uint64_t org, uint64_t run_id,
    int seq, enum sync_phase phase, const char *message, struct err *err)
{
	return stmt_exec(db, PUT_PHASE, STMT_ARGS(STMT_I64(phase),
	    STMT_TEXT(message), STMT_U64(org), STMT_U64(run_id),
	    STMT_I64(seq)), NULL, err);
}

bool store_action_list_of_event(struct db *db, struct pool *pool, uint64_t org,
    uint64_t event_id, size_t most, struct action_row **out,
    size_t *count_out, struct err *err)
{
	return stmt_list(db, pool, OF_EVENT, STMT_ARGS(STMT_U64(org),
	    STMT_U64(event_id), STMT_U64(most)), ACTION_COLS, sizeof(**out),
	    out, count_out, err);
}
