/* The audit for its readers: filtered, newest first. */
#include "store/store_audit.h"
#include "util/banned.h"

static const char SEARCH[] =
    "SELECT a.seq, a.user_id, a.action, a.via, a.at, a.prev_hash, a.hash, "
    "COALESCE(p.hash, REPEAT(CHAR(0), 32)) AS last_hash, a.body "
    "FROM audit a LEFT JOIN audit p ON p.org_id = a.org_id "
    "AND p.seq = a.seq - 1 WHERE a.org_id = ? "
    "AND (? = 0 OR a.seq < ?) AND (? = 0 OR a.user_id = ?) "
    "AND (? = '' OR (a.user_id = 0 AND a.via = ?)) "
    "AND (? = '' OR a.action LIKE CONCAT(?, '%')) "
    "AND (? = '' OR a.at >= ?) AND (? = '' OR a.at < ?) "
    "ORDER BY a.seq DESC LIMIT ?";

static const struct stmt_col COLS[] = {
	STMT_COL(struct audit_found, seq), STMT_COL(struct audit_found, user_id),
	STMT_COL(struct audit_found, action), STMT_COL(struct audit_found, via),
	STMT_COL(struct audit_found, at), STMT_COL(struct audit_found, prev_hash),
	STMT_COL(struct audit_found, hash), STMT_COL(struct audit_found, last_hash),
	STMT_COL(struct audit_found, body), STMT_END,
};

bool store_audit_search(struct db *db, struct pool *pool, uint64_t org,
    const struct audit_filter *f, size_t most, struct audit_found **out,
    size_t *count_out, struct err *err)
{
	return stmt_list(db, pool, SEARCH, STMT_ARGS(STMT_U64(org),
	    STMT_U64(f->before_seq), STMT_U64(f->before_seq),
	    STMT_U64(f->user_id), STMT_U64(f->user_id), STMT_TEXT(f->via),
	    STMT_TEXT(f->via), STMT_TEXT(f->kind), STMT_TEXT(f->kind),
	    STMT_TEXT(f->from), STMT_TEXT(f->from), STMT_TEXT(f->before),
	    STMT_TEXT(f->before), STMT_U64(most)), COLS, sizeof(**out), out,
	    count_out, err);
}
