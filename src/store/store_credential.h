#ifndef HAWSER_STORE_STORE_CREDENTIAL_H
#define HAWSER_STORE_STORE_CREDENTIAL_H
/*
 * Envelopes of credentials and the wrapped keys that seal them. Nothing here
 * can open one: sync/keyring brings the vault. The web account has no column
 * that holds an envelope or a wrapped key.
 *
 *	data_key (one active per organisation) <-- credential (connection, field)
 */
#include "store/stmt.h"

enum credential_field { CREDENTIAL_PASSWORD = 1 };

enum data_key_state { KEY_ACTIVE = 1, KEY_DECRYPT_ONLY = 2, KEY_RETIRED = 3 };

/* AES-GCM with random nonces: a key is replaced after so many seals. */
#define DATA_KEY_MOST_USES (UINT64_C(1) << 28)

struct data_key_row {
	uint64_t id, uses;
	struct stmt_blob kek_id, wrapped;
	int state;
	when_t created_at;
};

/* The newest active key: 1 / 0 / -1. Two processes that make the first key at
 * the same time leave two active ones; both open, the newer one seals. */
ERR_CHECKED int store_key_find_active(struct db *db, struct pool *pool,
    uint64_t org, struct data_key_row *out, struct err *err);
/* Any key that is not retired: 1 / 0 / -1. */
ERR_CHECKED int store_key_find(struct db *db, struct pool *pool, uint64_t org,
    uint64_t id, struct data_key_row *out, struct err *err);
ERR_CHECKED bool store_key_list(struct db *db, struct pool *pool, uint64_t org,
    struct data_key_row **out, size_t *count_out, struct err *err);
ERR_CHECKED bool store_key_add(struct db *db, uint64_t org,
    struct stmt_blob kek_id, struct stmt_blob wrapped, uint64_t *id_out,
    struct err *err);
/* Counts one seal: false in *fits_out when the key is used up or not active. */
ERR_CHECKED bool store_key_use(struct db *db, uint64_t org, uint64_t id,
    bool *fits_out, struct err *err);
ERR_CHECKED bool store_key_set_state(struct db *db, uint64_t org, uint64_t id,
    enum data_key_state state, struct err *err);

struct credential_row {
	uint64_t connection_id, key_id;
	int field;
	struct stmt_blob envelope;
	when_t updated_at;
};

/* Added or replaced. */
ERR_CHECKED bool store_credential_put(struct db *db, uint64_t org,
    uint64_t connection_id, enum credential_field field, uint64_t key_id,
    struct stmt_blob envelope, struct err *err);
ERR_CHECKED int store_credential_find(struct db *db, struct pool *pool,
    uint64_t org, uint64_t connection_id, enum credential_field field,
    struct credential_row *out, struct err *err);
/* All fields of the connection; none is fine. */
ERR_CHECKED bool store_credential_remove(struct db *db, uint64_t org,
    uint64_t connection_id, struct err *err);
#endif
