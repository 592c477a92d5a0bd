/* What can still be done about the rows of a run. */
#include "store/store_offer.h"
#include "util/banned.h"

/* Where nothing is sent, what is restored could not stay: not offered. */
static const char LIST[] = "SELECT * FROM (SELECT a.seq, COALESCE((SELECT e.id"
    " FROM event e JOIN calendar c ON c.org_id = e.org_id"
    " AND c.id = e.calendar_id WHERE e.org_id = a.org_id"
    " AND e.id = a.event_id AND a.kind IN (3, 6) AND a.phase = 3"
    " AND e.deleted_at IS NOT NULL AND c.deleted_at IS NULL"
    " AND (? = 0 OR c.user_id = ?) AND NOT EXISTS (SELECT 1 FROM binding b"
    " JOIN collection k ON k.org_id = b.org_id AND k.id = b.collection_id"
    " WHERE b.org_id = a.org_id AND b.id = a.binding_id"
    " AND (b.direction = 2 OR k.read_only = 1))), 0) AS event_id,"
    " COALESCE((SELECT MAX(d.id) FROM dead_letter d"
    " WHERE d.org_id = a.org_id AND d.binding_id = a.binding_id"
    " AND a.phase = 4 AND (d.event_id = a.event_id"
    " OR d.item_key = a.remote_key)), 0) AS dead_id"
    " FROM sync_action a WHERE a.org_id = ? AND a.run_id = ? AND a.seq > ?"
    " ORDER BY a.seq LIMIT ?) o WHERE o.event_id > 0 OR o.dead_id > 0"
    " ORDER BY o.seq";

bool store_offer_list(struct db *db, struct pool *pool, uint64_t org,
    const struct offer_filter *f, struct offer_row **out, size_t *count_out,
    struct err *err)
{
	static const struct stmt_col cols[] = {
		STMT_COL(struct offer_row, seq),
		STMT_COL(struct offer_row, event_id),
		STMT_COL(struct offer_row, dead_id), STMT_END,
	};

	return stmt_list(db, pool, LIST, STMT_ARGS(STMT_U64(f->viewer),
	    STMT_U64(f->viewer), STMT_U64(org), STMT_U64(f->run_id),
	    STMT_I64(f->after_seq), STMT_U64(f->most)), cols, sizeof(**out),
	    out, count_out, err);
}
