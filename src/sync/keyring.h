#ifndef HAWSER_SYNC_KEYRING_H
#define HAWSER_SYNC_KEYRING_H
/*
 * Credentials in and out of the database: joins store_credential (rows) with
 * the vault (keys). An organisation's data key is made on first use. Used by
 * the sync and the hooks account; the web account cannot reach the columns.
 */
#include "store/store_credential.h"
#include "util/config.h"
#include "util/secret.h"

struct keyring;

/* Reads the key file. Once per process, or per unit of work. */
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
#endif
