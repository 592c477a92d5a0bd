#ifndef HAWSER_STORE_STORE_OUTBOX_H
#define HAWSER_STORE_STORE_OUTBOX_H
/*
 * What is owed to a provider when the connection is gone: access to be revoked.
 * A row stays until it was done, or given up. Base tables: the sync account.
 */
#include "store/store_credential.h"

enum outbox_kind { OUTBOX_REVOKE = 1 };

struct outbox_row {
	uint64_t id, connection_id;
	int kind;			/* enum outbox_kind */
	const char *provider, *login;
	int tries;
	when_t created_at;
	struct credential_sealed token;	/* of connection_id, opened as ever */
};

/* The tokens of a connection that goes, in its transaction, and the job that
 * takes them up. */
ERR_CHECKED bool store_outbox_take_tokens(struct db *db, uint64_t org,
    uint64_t connection_id, struct err *err);
ERR_CHECKED bool store_outbox_list_due(struct db *db, struct pool *pool,
    uint64_t org, struct outbox_row **out, size_t *count_out,
    struct err *err);
/* Seconds to the next one: -1 = there is none. */
ERR_CHECKED bool store_outbox_next_secs(struct db *db, uint64_t org,
    int *secs_out, struct err *err);
ERR_CHECKED bool store_outbox_put_off(struct db *db, uint64_t org, uint64_t id,
    int secs, struct err *err);
ERR_CHECKED bool store_outbox_remove(struct db *db, uint64_t org, uint64_t id,
    struct err *err);
/* Connections of any organisation that use the same account at the provider:
 * what is revoked for one is gone for all. */
ERR_CHECKED bool store_outbox_count_others(struct db *db,
    const struct outbox_row *row, uint64_t *out, struct err *err);
#endif
