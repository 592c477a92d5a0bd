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

enum credential_field {
	CREDENTIAL_PASSWORD = 1,
	CREDENTIAL_ACCESS = 2, CREDENTIAL_REFRESH = 3,	/* OAuth tokens */
};

enum data_key_state { KEY_ACTIVE = 1, KEY_DECRYPT_ONLY = 2, KEY_RETIRED = 3 };

/* AES-GCM with random nonces: a key is replaced after so many seals. */
#define DATA_KEY_MOST_USES (UINT64_C(1) << 28)

struct data_key_row {
	uint64_t id, uses;
	struct stmt_blob kek_id, wrapped;
	int state;
	when_t created_at;
};

/*
 * A key is active until a newer one is made, opens until no credential needs
 * it, and is then retired. The newest active key: 1 / 0 / -1. Two processes
 * that make the first key at the same time leave two active ones; both open,
 * the newer one seals.
 */
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
/* Counts seals: false in *fits_out when the key is used up or not active. */
ERR_CHECKED bool store_key_use(struct db *db, uint64_t org, uint64_t id,
    uint64_t seals, bool *fits_out, struct err *err);
/* Active keys older than before_id only open from now on. */
ERR_CHECKED bool store_key_rest(struct db *db, uint64_t org,
    uint64_t before_id, struct err *err);
/* Those that only open and seal no credential any more: retired, and counted. */
ERR_CHECKED bool store_key_retire(struct db *db, uint64_t org,
    uint64_t *count_out, struct err *err);
/* A retired one, for good; as DB_ADMIN. ERR_CONFLICT: it is not retired. */
ERR_CHECKED bool store_key_remove(struct db *db, uint64_t org, uint64_t id,
    struct err *err);
ERR_CHECKED bool store_key_count_credentials(struct db *db, uint64_t org,
    uint64_t id, uint64_t *out, struct err *err);

/* Keys of any organisation that another key of the key file wraps. */
struct data_key_wrapped {
	uint64_t org_id, id;
	struct stmt_blob kek_id, wrapped;
};
ERR_CHECKED bool store_key_list_wrapped_otherwise(struct db *db,
    struct pool *pool, struct stmt_blob kek_id, size_t most,
    struct data_key_wrapped **out, size_t *count_out, struct err *err);
ERR_CHECKED bool store_key_count_wrapped_otherwise(struct db *db,
    struct stmt_blob kek_id, uint64_t *out, struct err *err);
/* Only if it is still wrapped as old says: else *done_out is false. */
ERR_CHECKED bool store_key_rewrap(struct db *db,
    const struct data_key_wrapped *old, struct stmt_blob kek_id,
    struct stmt_blob wrapped, bool *done_out, struct err *err);

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
/* With the key that seals it; key.id 0 = that key is retired or gone. */
struct credential_sealed {
	struct credential_row row;
	struct data_key_row key;
};
ERR_CHECKED int store_credential_find(struct db *db, struct pool *pool,
    uint64_t org, uint64_t connection_id, enum credential_field field,
    struct credential_sealed *out, struct err *err);
/* Those that another key seals, in order, after connection and field of after. */
ERR_CHECKED bool store_credential_list_old(struct db *db, struct pool *pool,
    uint64_t org, uint64_t key_id, const struct credential_row *after,
    size_t most, struct credential_row **out, size_t *count_out,
    struct err *err);
/* usable_only: without those of connections that ask for their password. */
ERR_CHECKED bool store_credential_count_old(struct db *db, uint64_t org,
    uint64_t key_id, bool usable_only, uint64_t *out, struct err *err);
/* Only if it is still as old says: else *done_out is false. */
ERR_CHECKED bool store_credential_reseal(struct db *db, uint64_t org,
    const struct credential_row *old, uint64_t key_id,
    struct stmt_blob envelope, bool *done_out, struct err *err);
/* All fields of the connection; none is fine. */
ERR_CHECKED bool store_credential_remove(struct db *db, uint64_t org,
    uint64_t connection_id, struct err *err);
#endif
