#ifndef HAWSER_SYNC_KEYRING_P_H
#define HAWSER_SYNC_KEYRING_P_H
/* Shared by keyring.c (sealing, opening) and keyring_rotate.c. */
#include "sync/keyring.h"
#include "vault/vault.h"

struct keyring {
	const char *path;
	struct pool *pool, *vault_pool;	/* the vault's own: it is read again */
	struct vault *vault;
};

struct vault_place keyring_place(uint64_t org, uint64_t connection_id,
    enum credential_field field);
/* A key of an organisation made usable; looks into the key file again when it
 * lacks the key that wraps it (then ERR_NOT_FOUND). */
ERR_CHECKED bool keyring_key(struct keyring *k, struct pool *pool,
    uint64_t org, uint64_t id, struct stmt_blob wrapped,
    struct vault_key **out, struct err *err);
/* Which key of the key file wraps; it is in the file. */
ERR_CHECKED bool keyring_wrapping(struct keyring *k, struct db *db,
    struct pool *pool, struct stmt_blob *out, struct err *err);
/* In the caller's transaction: a fresh key, active at once, those before it
 * only open; and the key to seal with, so many seals counted. */
ERR_CHECKED bool keyring_new_key(struct keyring *k, struct db *db,
    struct pool *pool, uint64_t org, struct data_key_row *out,
    struct err *err);
ERR_CHECKED bool keyring_sealing_key(struct keyring *k, struct db *db,
    struct pool *pool, uint64_t org, uint64_t seals,
    struct data_key_row *out, struct err *err);
#endif
