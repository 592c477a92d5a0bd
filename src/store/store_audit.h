#ifndef HAWSER_STORE_STORE_AUDIT_H
#define HAWSER_STORE_STORE_AUDIT_H
/*
 * The audit chain, one per organisation: seq without gaps, hash = SHA-256(org,
 * seq, previous hash, body). The head row is updated conditionally in the same
 * transaction as the audited change. body is canonical JSON made here (sorted
 * keys); exactly these bytes are hashed and kept. No secrets, no titles.
 */
#include "store/stmt.h"

struct audit_entry {
	const char *action;		/* "connection.add", "event.edit", ... */
	const char *object;		/* "connection:12" */
	uint64_t user_id;		/* 0 = operator or worker */
	const char *via;
	const char *request_id;		/* may be NULL */
	const char *outcome;		/* "done", "refused" */
	const char *detail;		/* may be NULL; a short sentence */
};

/* In the caller's transaction; fails with it. */
ERR_CHECKED bool store_audit_add(struct db *db, uint64_t org,
    const struct audit_entry *entry, struct err *err);

struct audit_row {
	uint64_t seq;
	struct digest prev_hash, hash;
	struct stmt_blob body;
};
ERR_CHECKED bool store_audit_list(struct db *db, struct pool *pool,
    uint64_t org, uint64_t after_seq, size_t most, struct audit_row **out,
    size_t *count_out, struct err *err);

struct audit_verdict {
	bool ok;
	uint64_t rows, bad_seq;		/* first row that does not fit, 0 = none */
	const char *reason;		/* static text */
	struct digest head;
};
ERR_CHECKED bool store_audit_verify(struct db *db, struct pool *pool,
    uint64_t org, struct audit_verdict *out, struct err *err);
#endif
