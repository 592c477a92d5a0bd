/*
 * Joins the rows of credentials and data keys with the vault. It does not know
 * what a credential is good for.
 */
#include <string.h>

#include "store/store_audit.h"
#include "store/store_connection.h"
#include "store/store_kek.h"
#include "sync/keyring_p.h"
#include "util/log.h"
#include "util/banned.h"

#define KEYRING_TRIES 5		/* at a row that changes while it is read */

bool
keyring_open(struct pool *pool, const struct config *config,
    struct keyring **out, struct err *err)
{
	struct keyring *k = POOL_NEW(pool, struct keyring);

	k->path = config->kek_file;
	k->pool = pool;
	k->vault_pool = pool_new(pool);
	if (!vault_open(k->vault_pool, k->path, &k->vault, err))
		return false;
	*out = k;
	return true;
}

/* The key file as it is now: a key that is met for the first time was put there
 * by a rotation. One that cannot be read leaves what is known. */
static void
keyring_look_again(struct keyring *k)
{
	struct pool *pool = pool_new(k->pool);
	struct vault *vault;
	struct err why = { 0 };

	if (!vault_open(pool, k->path, &vault, &why)) {
		log_err("the key file could not be read again", &why);
		pool_free(pool);
		return;
	}
	pool_free(k->vault_pool);
	k->vault_pool = pool;
	k->vault = vault;
}

bool
keyring_has(struct keyring *k, struct stmt_blob kek_id)
{
	if (kek_id.len != VAULT_KEK_ID_BYTES)
		return false;
	if (!vault_has(k->vault, kek_id.data))
		keyring_look_again(k);
	return vault_has(k->vault, kek_id.data);
}

bool
keyring_key(struct keyring *k, struct pool *pool, uint64_t org, uint64_t id,
    struct stmt_blob wrapped, struct vault_key **out, struct err *err)
{
	if (vault_key_open(k->vault, pool, org, id, wrapped.data, wrapped.len,
	    out, err))
		return true;
	if (err->kind != ERR_NOT_FOUND)
		return false;
	keyring_look_again(k);
	return vault_key_open(k->vault, pool, org, id, wrapped.data, wrapped.len,
	    out, err);
}

struct vault_place
keyring_place(uint64_t org, uint64_t connection_id,
    enum credential_field field)
{
	return (struct vault_place){ org, "cred", connection_id,
	    (uint8_t)field };
}

bool
keyring_wrapping(struct keyring *k, struct db *db, struct pool *pool,
    struct stmt_blob *out, struct err *err)
{
	struct kek_row row;
	int n = store_kek_find_active(db, pool, &row, err);

	if (n < 0)
		return false;
	*out = n > 0 ? row.id : (struct stmt_blob){ vault_kek_id(k->vault, 0),
	    VAULT_KEK_ID_BYTES };
	return keyring_has(k, *out) || err_set(err, ERR_INTERNAL, "The key file "
	    "lacks the key in use. Copy the key file from the machine where it "
	    "was made; see hawser keys list.");
}

bool
keyring_new_key(struct keyring *k, struct db *db, struct pool *pool,
    uint64_t org, struct data_key_row *out, struct err *err)
{
	struct stmt_blob kek_id;
	struct vault_blob wrapped;

	if (!keyring_wrapping(k, db, pool, &kek_id, err) ||
	    !vault_key_new(k->vault, kek_id.data, pool, org, &wrapped, err))
		return false;
	*out = (struct data_key_row){ .kek_id = kek_id,
	    .wrapped = { wrapped.data, wrapped.len }, .state = KEY_ACTIVE };
	return store_key_add(db, org, kek_id, out->wrapped, &out->id, err) &&
	    store_key_rest(db, org, out->id, err);
}

/* The first one is made, one that is used up is followed by another; one that
 * was followed while we waited for its row is left for its follower. */
bool
keyring_sealing_key(struct keyring *k, struct db *db, struct pool *pool,
    uint64_t org, uint64_t seals, struct data_key_row *out, struct err *err)
{
	bool fits = false;

	for (int i = 0; i < KEYRING_TRIES; i++) {
		int n = store_key_find_active(db, pool, org, out, err);

		if (n < 0)
			return false;
		if (n == 0 || out->uses + seals > DATA_KEY_MOST_USES)
			break;
		if (!store_key_use(db, org, out->id, seals, &fits, err))
			return false;
		if (fits)
			return true;
	}
	return keyring_new_key(k, db, pool, org, out, err) &&
	    store_key_use(db, org, out->id, seals, &fits, err);
}

struct sealed { uint64_t key_id; struct stmt_blob envelope; };

static bool
keyring_seal_at(struct keyring *k, struct db *db, struct pool *pool,
    const struct vault_place *place, const struct secret *plain,
    struct sealed *out, struct err *err)
{
	struct data_key_row row;
	struct vault_key *key;
	struct vault_blob sealed;

	if (!keyring_sealing_key(k, db, pool, place->org_id, 1, &row, err))
		return false;
	if (!keyring_key(k, pool, place->org_id, row.id, row.wrapped, &key,
	    err) || !vault_seal(key, pool, place, plain, &sealed, err))
		return false;
	*out = (struct sealed){ row.id, { sealed.data, sealed.len } };
	return true;
}

bool
keyring_seal(struct keyring *k, struct db *db, struct pool *pool, uint64_t org,
    uint64_t connection_id, enum credential_field field,
    const struct secret *plain, struct err *err)
{
	struct vault_place place = keyring_place(org, connection_id, field);
	struct sealed sealed;

	return keyring_seal_at(k, db, pool, &place, plain, &sealed, err) &&
	    store_credential_put(db, org, connection_id, field, sealed.key_id,
	    sealed.envelope, err);
}

bool
keyring_seal_verifier(struct keyring *k, struct db *db, struct pool *pool,
    uint64_t org, uint64_t state_id, const struct secret *plain,
    struct err *err)
{
	struct vault_place place = { org, "oast", state_id, 1 };
	struct sealed sealed;

	return keyring_seal_at(k, db, pool, &place, plain, &sealed, err) &&
	    store_oauth_put_verifier(db, org, state_id,
	    &(struct oauth_verifier_row){ sealed.key_id, sealed.envelope }, err);
}

bool
keyring_unseal_verifier(struct keyring *k, struct db *db, struct pool *pool,
    uint64_t org, uint64_t state_id, struct secret **out, struct err *err)
{
	struct vault_place place = { org, "oast", state_id, 1 };
	struct oauth_verifier_row row;
	struct data_key_row sealing;
	struct vault_key *key;
	int n = store_oauth_find_verifier(db, pool, org, state_id, &row, err);

	if (n > 0)
		n = store_key_find(db, pool, org, row.key_id, &sealing, err);
	if (n < 0)
		return false;
	return (n > 0 && keyring_key(k, pool, org, sealing.id, sealing.wrapped,
	    &key, err) && vault_unseal(key, pool, &place, row.envelope.data,
	    row.envelope.len, out, err)) || err_set(err, ERR_CONFLICT,
	    "This sign-in can not be finished any more. Begin again.");
}

/* ---- opening, and what happens when it does not ---- */

struct broken {
	uint64_t org, connection_id;
	enum credential_field field;
	const char *object;
};

static const char *
words_of_broken(enum credential_field field)
{
	return field == CREDENTIAL_PASSWORD ?
	    "The saved password can no longer be read. Enter it again." :
	    "The saved access can no longer be read. Reconnect to renew it.";
}

static bool
keyring_note_body(struct db *db, void *arg, struct err *err)
{
	const struct broken *b = arg;
	struct audit_entry entry = {
		.action = "credential.broken", .object = b->object,
		.via = "worker", .outcome = "refused",
		.detail = "What is stored of it was changed, cut or moved.",
	};

	return store_connection_set_reconnect(db, b->org, b->connection_id,
	    words_of_broken(b->field), err) &&
	    store_audit_add(db, b->org, &entry, err);
}

/* Into the audit, and its connection marked. */
static bool
keyring_note_broken(struct db *db, struct pool *pool, uint64_t org,
    const struct credential_row *row, struct err *err)
{
	uint64_t connection_id = row->connection_id;
	enum credential_field field = (enum credential_field)row->field;
	struct broken b = { org, connection_id, field, pool_printf(pool,
	    "connection:%llu", (unsigned long long)connection_id) };

	if (!db_tx(db, keyring_note_body, &b, NULL, err))
		return false;
	return err_set_scope(err, ERR_RECONNECT, ERR_CONNECTION, "%s",
	    words_of_broken(field));
}

static bool
same_blob(struct stmt_blob a, struct stmt_blob b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

static bool
same_seen(const struct credential_sealed *a, const struct credential_sealed *b)
{
	return a->row.key_id == b->row.key_id && a->key.id == b->key.id &&
	    same_blob(a->row.envelope, b->row.envelope) &&
	    same_blob(a->key.wrapped, b->key.wrapped);
}

static bool
keyring_see(struct db *db, struct pool *pool, uint64_t org,
    uint64_t connection_id, enum credential_field field, struct credential_sealed *out,
    struct err *err)
{
	int n = store_credential_find(db, pool, org, connection_id, field,
	    out, err);

	return n > 0 || (n == 0 && err_set_scope(err, ERR_RECONNECT,
	    ERR_CONNECTION, "%s", field == CREDENTIAL_PASSWORD ?
	    "No password is saved for this connection. Enter it again." :
	    "No access is saved for this connection. Reconnect to renew it."));
}

static bool
keyring_open_seen(struct keyring *k, struct pool *pool,
    const struct vault_place *place, const struct credential_sealed *s,
    struct secret **out, struct err *err)
{
	struct vault_key *key;

	if (s->key.id == 0)
		return err_set(err, ERR_INTERNAL, "The key is no more.");
	return keyring_key(k, pool, place->org_id, s->key.id, s->key.wrapped,
	    &key, err) && vault_unseal(key, pool, place, s->row.envelope.data,
	    s->row.envelope.len, out, err);
}

bool
keyring_unseal(struct keyring *k, struct db *db, struct pool *pool,
    uint64_t org, uint64_t connection_id, enum credential_field field,
    struct secret **out, struct err *err)
{
	struct vault_place place = keyring_place(org, connection_id, field);
	struct credential_sealed before = { 0 }, now;
	struct err why = { 0 };

	/* A rotation may go on between two of our reads: what does not open is
	 * broken only if it is still the same afterwards. */
	for (int i = 0; i < KEYRING_TRIES; i++) {
		if (!keyring_see(db, pool, org, connection_id, field, &now, err))
			return false;
		if (i > 0 && same_seen(&before, &now))
			break;
		if (keyring_open_seen(k, pool, &place, &now, out, &why))
			return true;
		before = now;
	}
	if (why.kind != ERR_NOT_FOUND)
		return keyring_note_broken(db, pool, org, &now.row, err);
	return err_set_scope(err, ERR_INTERNAL, ERR_RUN, "%s", why.msg);
}

bool
keyring_unseal_seen(struct keyring *k, struct db *db, struct pool *pool,
    uint64_t org, const struct credential_sealed *seen, struct secret **out,
    struct err *err)
{
	enum credential_field field = (enum credential_field)seen->row.field;
	struct vault_place place = keyring_place(org, seen->row.connection_id,
	    field);
	struct err why = { 0 };

	return keyring_open_seen(k, pool, &place, seen, out, &why) ||
	    keyring_unseal(k, db, pool, org, seen->row.connection_id, field, out,
	    err);
}
