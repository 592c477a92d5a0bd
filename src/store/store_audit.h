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

/* The last check of the whole chain. */
struct audit_check {
	when_t checked_at;
	uint64_t entries, bad_seq;	/* bad_seq 0 = all fit together */
	const char *reason;
};
/* Verifies and notes it; a chain that does not hold is no error here. */
ERR_CHECKED bool store_audit_check(struct db *db, struct pool *pool,
    uint64_t org, struct audit_verdict *out, struct err *err);
/* 1 / 0 (never yet) / -1 */
ERR_CHECKED int store_audit_find_check(struct db *db, struct pool *pool,
    uint64_t org, struct audit_check *out, struct err *err);

/* ---- store_audit_search.c ---- */
struct audit_filter {
	uint64_t user_id;		/* 0 = anybody */
	const char *via;		/* without a user: "command", "worker"; "" */
	const char *kind;		/* "connection" for connection.*; "" = all */
	const char *from, *before;	/* RFC 3339 in UTC, "" = open */
	uint64_t before_seq;		/* 0 = from the newest */
};
struct audit_found {
	uint64_t seq, user_id;
	const char *action, *via, *at;
	struct digest prev_hash, hash, last_hash;	/* last: of the entry before */
	struct stmt_blob body;
};
/* Newest first. */
ERR_CHECKED bool store_audit_search(struct db *db, struct pool *pool,
    uint64_t org, const struct audit_filter *filter, size_t most,
    struct audit_found **out, size_t *count_out, struct err *err);
/* Its bytes give its hash, and it follows the entry before. */
bool store_audit_fits(struct pool *pool, uint64_t org,
    const struct audit_found *row);
#endif
