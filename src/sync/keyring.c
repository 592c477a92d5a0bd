/*
 * Joins the rows of credentials and data keys with the vault. It does not know
 * what a credential is good for.
 */
#include "store/store_audit.h"
#include "store/store_connection.h"
#include "sync/keyring.h"
#include "vault/vault.h"
#include "util/banned.h"

struct keyring {
	struct vault *vault;
};

bool
keyring_open(struct pool *pool, const struct config *config,
    struct keyring **out, struct err *err)
{
	struct keyring *k = POOL_NEW(pool, struct keyring);

	if (!vault_open(pool, config->kek_file, &k->vault, err))
		return false;
	*out = k;
	return true;
}

static struct vault_place
keyring_place(uint64_t org, uint64_t connection_id,
    enum credential_field field)
{
	return (struct vault_place){ org, "cred", connection_id,
	    (uint8_t)field };
}

static bool
keyring_new_key(struct keyring *k, struct db *db, struct pool *pool,
    uint64_t org, struct data_key_row *out, struct err *err)
{
	struct stmt_blob kek_id = { vault_kek_id(k->vault), VAULT_KEK_ID_BYTES };
	struct vault_blob wrapped;

	if (!vault_key_new(k->vault, pool, org, &wrapped, err))
		return false;
	*out = (struct data_key_row){ .kek_id = kek_id,
	    .wrapped = { wrapped.data, wrapped.len }, .state = KEY_ACTIVE };
	return store_key_add(db, org, kek_id, out->wrapped, &out->id, err);
}

/* The key to seal with, its use counted; the first one is made, one that is
 * used up is followed by another. */
static bool
keyring_sealing_key(struct keyring *k, struct db *db, struct pool *pool,
    uint64_t org, struct data_key_row *out, struct err *err)
{
	int n = store_key_find_active(db, pool, org, out, err);
	bool fits = false;

	if (n < 0)
		return false;
	if (n > 0 && !store_key_use(db, org, out->id, &fits, err))
		return false;
	if (fits)
		return true;
	if (n > 0 && !store_key_set_state(db, org, out->id, KEY_DECRYPT_ONLY,
	    err))
		return false;
	return keyring_new_key(k, db, pool, org, out, err) &&
	    store_key_use(db, org, out->id, &fits, err);
}

bool
keyring_seal(struct keyring *k, struct db *db, struct pool *pool, uint64_t org,
    uint64_t connection_id, enum credential_field field,
    const struct secret *plain, struct err *err)
{
	struct vault_place place = keyring_place(org, connection_id, field);
	struct data_key_row row;
	struct vault_key *key;
	struct vault_blob sealed;

	if (!keyring_sealing_key(k, db, pool, org, &row, err))
		return false;
	if (!vault_key_open(k->vault, pool, org, row.id, row.wrapped.data,
	    row.wrapped.len, &key, err))
		return false;
	if (!vault_seal(key, pool, &place, plain, &sealed, err))
		return false;
	return store_credential_put(db, org, connection_id, field, row.id,
	    (struct stmt_blob){ sealed.data, sealed.len }, err);
}

/* ---- opening, and what happens when it does not ---- */

struct broken {
	uint64_t org, connection_id;
	const char *object;
};

static bool
keyring_note_body(struct db *db, void *arg, struct err *err)
{
	const struct broken *b = arg;
	struct audit_entry entry = {
		.action = "credential.broken", .object = b->object,
		.via = "worker", .outcome = "refused",
		.detail = "The stored password was changed, cut or moved.",
	};

	return store_connection_set_reconnect(db, b->org, b->connection_id,
	    "The saved password can no longer be read. Enter it again.", err) &&
	    store_audit_add(db, b->org, &entry, err);
}

static bool
keyring_note_broken(struct db *db, struct pool *pool, uint64_t org,
    uint64_t connection_id, struct err *err)
{
	struct broken b = { org, connection_id, pool_printf(pool,
	    "connection:%llu", (unsigned long long)connection_id) };

	if (!db_tx(db, keyring_note_body, &b, NULL, err))
		return false;
	return err_set_scope(err, ERR_RECONNECT, ERR_CONNECTION,
	    "The saved password can no longer be read. Enter it again.");
}

bool
keyring_unseal(struct keyring *k, struct db *db, struct pool *pool,
    uint64_t org, uint64_t connection_id, enum credential_field field,
    struct secret **out, struct err *err)
{
	struct vault_place place = keyring_place(org, connection_id, field);
	struct credential_row row;
	struct data_key_row wrapped;
	struct vault_key *key;
	int n = store_credential_find(db, pool, org, connection_id, field, &row,
	    err);

	if (n < 0)
		return false;
	if (n == 0)
		return err_set_scope(err, ERR_RECONNECT, ERR_CONNECTION,
		    "No password is saved for this connection. Enter it again.");
	n = store_key_find(db, pool, org, row.key_id, &wrapped, err);
	if (n < 0)
		return false;
	if (n == 0)
		return keyring_note_broken(db, pool, org, connection_id, err);
	if (!vault_key_open(k->vault, pool, org, row.key_id,
	    wrapped.wrapped.data, wrapped.wrapped.len, &key, err)) {
		if (err->kind != ERR_NOT_FOUND)
			return keyring_note_broken(db, pool, org, connection_id, err);
		err->kind = ERR_INTERNAL;
		err->scope = ERR_RUN;
		return false;
	}
	return vault_unseal(key, pool, &place, row.envelope.data,
	    row.envelope.len, out, err) ||
	    keyring_note_broken(db, pool, org, connection_id, err);
}
