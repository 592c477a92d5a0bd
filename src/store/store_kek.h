#ifndef HAWSER_STORE_STORE_KEK_H
#define HAWSER_STORE_STORE_KEK_H
/*
 * What the database knows of the key file: ids and states, never bytes.
 *
 *	next --> active --> decrypt-only --> (row gone)
 *
 * The active one wraps; all open. No row is active before the first key of an
 * organisation is made: then the first line of the key file wraps. The rows
 * belong to no organisation; only DB_ADMIN writes.
 */
#include "store/stmt.h"

enum kek_state { KEK_NEXT = 1, KEK_ACTIVE = 2, KEK_DECRYPT_ONLY = 3 };

struct kek_row {
	struct stmt_blob id;
	int state;
	uint64_t wraps;			/* keys of organisations */
	when_t created_at;
};

/* 1 / 0 / -1; wraps is not counted. */
ERR_CHECKED int store_kek_find_active(struct db *db, struct pool *pool,
    struct kek_row *out, struct err *err);
/* As DB_ADMIN or DB_SYNC: of all organisations. Oldest first. */
ERR_CHECKED bool store_kek_list(struct db *db, struct pool *pool,
    struct kek_row **out, size_t *count_out, struct err *err);
ERR_CHECKED bool store_kek_add(struct db *db, struct stmt_blob id,
    enum kek_state state, struct err *err);
/* This one wraps from now on, the one before only opens. */
ERR_CHECKED bool store_kek_activate(struct db *db, struct stmt_blob id,
    struct err *err);
/* ERR_CONFLICT when a key of an organisation is wrapped by it. */
ERR_CHECKED bool store_kek_remove(struct db *db, struct stmt_blob id,
    struct err *err);
#endif
