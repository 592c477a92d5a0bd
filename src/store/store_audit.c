/*
 * The audit chain of an organisation. Writers queue up on its head row, so
 * there are no gaps and no forks; the bytes kept are the bytes hashed.
 */
#include <string.h>
#include "store/store_audit.h"
#include "util/jsonx.h"
#include "util/str.h"
#include "util/banned.h"

enum { BODY_MOST_BYTES = 2048, DETAIL_MOST_BYTES = 600, VERIFY_PAGE = 500 };

/* The head is locked first and read after: read committed sees the last one. */
static const char LOCK_HEAD[] = "INSERT INTO audit_head (org_id, seq, hash) "
    "VALUES (?, 0, ?) ON DUPLICATE KEY UPDATE seq = seq + 0";
static const char HEAD[] =
    "SELECT seq, hash FROM audit_head WHERE org_id = ? FOR UPDATE";
static const char SEE_HEAD[] =
    "SELECT seq, hash FROM audit_head WHERE org_id = ?";
static const char ADD[] = "INSERT INTO audit "
    "(org_id, seq, prev_hash, body, hash) VALUES (?, ?, ?, ?, ?)";
static const char MOVE_HEAD[] = "UPDATE audit_head SET seq = ?, hash = ? "
    "WHERE org_id = ? AND seq = ? AND hash = ?";
static const char HASH[] =
    "SELECT seq, hash FROM audit WHERE org_id = ? AND seq = ?";
static const char LIST[] = "SELECT seq, prev_hash, hash, body FROM audit "
    "WHERE org_id = ? AND seq > ? ORDER BY seq LIMIT ?";

struct head { uint64_t seq; struct digest hash; };
static const struct stmt_col HEAD_COLS[] = {
	STMT_COL(struct head, seq), STMT_COL(struct head, hash), STMT_END };
static const struct stmt_col ROW_COLS[] = {
	STMT_COL(struct audit_row, seq), STMT_COL(struct audit_row, prev_hash),
	STMT_COL(struct audit_row, hash), STMT_COL(struct audit_row, body),
	STMT_END };

static const char NOTE_CHECK[] = "INSERT INTO audit_check "
    "(org_id, checked_at, entries, bad_seq, reason) VALUES (?, now(6), ?, ?, ?) "
    "ON DUPLICATE KEY UPDATE checked_at = VALUES(checked_at), "
    "entries = VALUES(entries), bad_seq = VALUES(bad_seq), "
    "reason = VALUES(reason)";
static const char FIND_CHECK[] = "SELECT checked_at, entries, bad_seq, reason "
    "FROM audit_check WHERE org_id = ?";

static const struct stmt_col CHECK_COLS[] = {
	STMT_COL(struct audit_check, checked_at),
	STMT_COL(struct audit_check, entries), STMT_COL(struct audit_check, bad_seq),
	STMT_COL(struct audit_check, reason), STMT_END };

static void put_u64(uint8_t *out, uint64_t value)
{
	for (int i = 0; i < 8; i++)
		out[i] = (uint8_t)(value >> (56 - 8 * i));
}

/* SHA-256(org, seq, previous hash, body), numbers as 8 bytes, most first. */
static struct digest chain_hash(struct pool *pool, uint64_t org, uint64_t seq,
    const struct digest *prev, const void *body, size_t len)
{
	struct digest_ctx *ctx = digest_open(pool);
	uint8_t numbers[16];

	put_u64(numbers, org);
	put_u64(numbers + 8, seq);
	digest_update(ctx, numbers, sizeof(numbers));
	digest_update(ctx, prev->bytes, sizeof(prev->bytes));
	digest_update(ctx, body, len);
	return digest_finish(ctx);
}

static void put_text(json_t *object, const char *key, const char *text)
{
	if (text && json_object_set_new(object, key, json_string(text)) != 0)
		die("audit: %s is not UTF-8", key);
}

static char *make_body(struct db *db, struct pool *pool,
    const struct audit_entry *e, struct err *err)
{
	json_t *o = jsonx_pack(pool, "{}");
	when_t now;
	char *body;

	if (!db_now(db, &now, err))
		return NULL;
	put_text(o, "action", e->action);
	put_text(o, "object", str_cut(pool, e->object, 200));
	put_text(o, "via", e->via);
	put_text(o, "request_id", e->request_id);
	put_text(o, "outcome", e->outcome);
	put_text(o, "detail", str_cut(pool, e->detail, DETAIL_MOST_BYTES));
	put_text(o, "at", when_format(pool, now));
	if (e->user_id)
		put_text(o, "user", pool_printf(pool, "%llu",
		    (unsigned long long)e->user_id));
	body = jsonx_dump(pool, o);
	if (strlen(body) > BODY_MOST_BYTES)
		die("audit: an entry of %zu bytes", strlen(body));
	return body;
}

/* A chain has one entry of a number, and no two entries have one hash: ours is
 * there, or what it belonged to was undone. The head's lock outlives neither. */
static int is_there(struct db *db, const struct db_mark *mark, struct err *err)
{
	struct pool *pool = pool_new(NULL);
	struct head head, row;
	int got = stmt_find(db, pool, HEAD, STMT_ARGS(STMT_U64(mark->org_id)),
	    HEAD_COLS, &head, err);

	if (got >= 0)
		got = stmt_find(db, pool, HASH, STMT_ARGS(STMT_U64(mark->org_id),
		    STMT_U64(mark->number)), HEAD_COLS, &row, err);
	pool_free(pool);
	return got > 0 ? digest_eq(&row.hash, &mark->hash) : got;
}

static bool add(struct db *db, struct pool *pool, uint64_t org,
    const struct audit_entry *entry, struct err *err)
{
	static const struct digest NOTHING_YET;
	struct head head;
	struct digest hash;
	char *body = make_body(db, pool, entry, err);

	if (!body || !stmt_exec(db, LOCK_HEAD, STMT_ARGS(STMT_U64(org),
	    STMT_DIGEST(&NOTHING_YET)), NULL, err))
		return false;
	switch (stmt_find(db, pool, HEAD, STMT_ARGS(STMT_U64(org)), HEAD_COLS,
	    &head, err)) {
	case 1: break;
	case 0: return err_set(err, ERR_INTERNAL, "The audit of this "
		    "organisation has no head. Run hawser audit verify.");
	default: return false;
	}
	hash = chain_hash(pool, org, head.seq + 1, &head.hash, body, strlen(body));
	db_tx_mark(db, &(struct db_mark){ is_there, org, head.seq + 1, hash });
	return stmt_exec(db, ADD, STMT_ARGS(STMT_U64(org),
	    STMT_U64(head.seq + 1), STMT_DIGEST(&head.hash),
	    STMT_BLOB(body, strlen(body)), STMT_DIGEST(&hash)), NULL, err) &&
	    stmt_exec_one(db, MOVE_HEAD, STMT_ARGS(STMT_U64(head.seq + 1),
	    STMT_DIGEST(&hash), STMT_U64(org), STMT_U64(head.seq),
	    STMT_DIGEST(&head.hash)), "The audit of this organisation moved.",
	    err);
}

bool store_audit_add(struct db *db, uint64_t org,
    const struct audit_entry *entry, struct err *err)
{
	struct pool *pool;
	bool good;

	if (!db_in_tx(db))
		die("an audit entry outside a transaction");
	pool = pool_new(NULL);
	good = add(db, pool, org, entry, err);
	pool_free(pool);
	return good;
}

bool store_audit_list(struct db *db, struct pool *pool, uint64_t org,
    uint64_t after_seq, size_t most, struct audit_row **out, size_t *count_out,
    struct err *err)
{
	return stmt_list(db, pool, LIST, STMT_ARGS(STMT_U64(org),
	    STMT_U64(after_seq), STMT_U64(most)), ROW_COLS,
	    sizeof(struct audit_row), out, count_out, err);
}

/* ---- verification ---- */

static void bad(struct audit_verdict *v, uint64_t seq, const char *reason)
{
	v->ok = false;
	v->bad_seq = seq;
	v->reason = reason;
}

static bool check_row(struct pool *pool, uint64_t org,
    const struct audit_row *row, const struct head *last,
    struct audit_verdict *v)
{
	struct digest hash = chain_hash(pool, org, row->seq, &row->prev_hash,
	    row->body.data, row->body.len);

	if (row->seq != last->seq + 1)
		bad(v, last->seq + 1, "an entry is missing");
	else if (!digest_eq(&row->prev_hash, &last->hash))
		bad(v, row->seq, "it does not follow the entry before");
	else if (!digest_eq(&hash, &row->hash))
		bad(v, row->seq, "its content was changed");
	return v->ok;
}

static void check_end(const struct head *last, const struct head *head,
    bool has_head, struct audit_verdict *v)
{
	if (!has_head && last->seq)
		bad(v, last->seq, "the head of the chain is missing");
	else if (has_head && head->seq > last->seq)
		bad(v, last->seq + 1, "entries at the end are missing");
	else if (has_head && head->seq < last->seq)
		bad(v, head->seq + 1, "there are entries beyond the head");
	else if (has_head && !digest_eq(&head->hash, &last->hash))
		bad(v, last->seq, "the head of the chain does not fit");
}

/* One page of the chain; *count_out 0 = its end. */
static bool check_page(struct db *db, struct pool *pool, uint64_t org,
    struct head *last, struct audit_verdict *v, size_t *count_out,
    struct err *err)
{
	struct audit_row *rows;

	if (!store_audit_list(db, pool, org, last->seq, VERIFY_PAGE, &rows,
	    count_out, err))
		return false;
	for (size_t i = 0; i < *count_out; i++) {
		if (!check_row(pool, org, &rows[i], last, v))
			break;
		*last = (struct head){ rows[i].seq, rows[i].hash };
		v->rows++;
	}
	return true;
}

bool store_audit_verify(struct db *db, struct pool *pool, uint64_t org,
    struct audit_verdict *out, struct err *err)
{
	struct head last = { 0 }, head = { 0 };
	struct pool *page = pool_new(pool);
	size_t count = 1;
	int has_head = 0;
	bool again = false;

	memset(out, 0, sizeof(*out));
	out->ok = true;
	out->reason = "";
	while (out->ok) {
		pool_reset(page);
		if (!check_page(db, page, org, &last, out, &count, err))
			return false;
		if (count) {
			again = false;
			continue;
		}
		/* After the rows: a head ahead of them may be newer entries. */
		has_head = stmt_find(db, page, SEE_HEAD, STMT_ARGS(STMT_U64(org)),
		    HEAD_COLS, &head, err);
		if (has_head < 0)
			return false;
		if (again || head.seq <= last.seq)
			break;
		again = true;
	}
	if (out->ok)
		check_end(&last, &head, has_head, out);
	out->head = last.hash;
	pool_free(page);
	return true;
}

bool store_audit_check(struct db *db, struct pool *pool, uint64_t org,
    struct audit_verdict *out, struct err *err)
{
	return store_audit_verify(db, pool, org, out, err) &&
	    stmt_exec(db, NOTE_CHECK, STMT_ARGS(STMT_U64(org),
	    STMT_U64(out->rows), STMT_U64(out->bad_seq),
	    STMT_TEXT(out->reason)), NULL, err);
}

int store_audit_find_check(struct db *db, struct pool *pool, uint64_t org,
    struct audit_check *out, struct err *err)
{
	return stmt_find(db, pool, FIND_CHECK, STMT_ARGS(STMT_U64(org)),
	    CHECK_COLS, out, err);
}

bool store_audit_fits(struct pool *pool, uint64_t org,
    const struct audit_found *row)
{
	struct digest hash = chain_hash(pool, org, row->seq, &row->prev_hash,
	    row->body.data, row->body.len);

	return digest_eq(&hash, &row->hash) &&
	    digest_eq(&row->prev_hash, &row->last_hash);
}
