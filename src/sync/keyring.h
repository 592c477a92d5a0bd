#ifndef HAWSER_SYNC_KEYRING_H
#define HAWSER_SYNC_KEYRING_H
/*
 * Credentials in and out of the database: joins store_credential (rows) with
 * the vault (keys). An organisation's data key is made on first use. Used by
 * the sync and the hooks account; the web account cannot reach the columns.
 */
#include "store/store_credential.h"
#include "store/store_oauth.h"
#include "util/config.h"
#include "util/secret.h"

struct keyring;

/* Reads the key file, and again when a key is met that it did not hold: a
 * rotation reaches every process without a restart. */
ERR_CHECKED bool keyring_open(struct pool *pool, const struct config *config,
    struct keyring **out, struct err *err);

/* In the caller's transaction. */
ERR_CHECKED bool keyring_seal(struct keyring *k, struct db *db,
    struct pool *pool, uint64_t org, uint64_t connection_id,
    enum credential_field field, const struct secret *plain, struct err *err);

/*
 * Outside a transaction. No credential, or one that does not open: ERR_RECONNECT
 * scope CONNECTION; the latter is an integrity event, so it is put into the
 * audit and the connection's state here. A key file that lacks the key is the
 * operator's fault: ERR_INTERNAL, and nothing is marked.
 */
ERR_CHECKED bool keyring_unseal(struct keyring *k, struct db *db,
    struct pool *pool, uint64_t org, uint64_t connection_id,
    enum credential_field field, struct secret **out, struct err *err);
/* The same of one that was just read, which is looked at again only when it does
 * not open. */
ERR_CHECKED bool keyring_unseal_seen(struct keyring *k, struct db *db,
    struct pool *pool, uint64_t org, const struct credential_sealed *seen,
    struct secret **out, struct err *err);

/* The verifier of a sign-in under way, kept with its state; in the caller's
 * transaction. ERR_CONFLICT: it is no longer there, or its key. */
ERR_CHECKED bool keyring_seal_verifier(struct keyring *k, struct db *db,
    struct pool *pool, uint64_t org, uint64_t state_id,
    const struct secret *plain, struct err *err);
ERR_CHECKED bool keyring_unseal_verifier(struct keyring *k, struct db *db,
    struct pool *pool, uint64_t org, uint64_t state_id,
    struct secret **out, struct err *err);

/* Does the key file hold it? */
bool keyring_has(struct keyring *k, struct stmt_blob kek_id);

/* ---- rotation, as DB_ADMIN ----
 * In batches of 100, each a transaction. Every row is replaced only if it is
 * still as it was read, so it may run beside everything else, be killed and be
 * begun again. */

struct keyring_batch {
	struct credential_row after;	/* from here on; zero at first */
	uint64_t moved, broken;		/* of all batches so far */
	bool more;
};
/* Credentials of the organisation that another key than the active one seals.
 * One that does not open is marked as keyring_unseal does it, and left. */
ERR_CHECKED bool keyring_reseal_batch(struct keyring *k, struct db *db,
    uint64_t org, struct keyring_batch *b, struct err *err);

/* In the caller's transaction: a fresh key for the organisation. */
ERR_CHECKED bool keyring_rotate(struct keyring *k, struct db *db,
    struct pool *pool, uint64_t org, uint64_t *key_id_out, struct err *err);
/* In the caller's transaction: these keys under that key of the key file. */
ERR_CHECKED bool keyring_rewrap(struct keyring *k, struct db *db,
    struct pool *pool, const struct data_key_wrapped *rows, size_t count,
    struct stmt_blob kek_id, struct err *err);
#endif
