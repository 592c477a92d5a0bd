/* Credentials under a new key, and keys under a new key of the key file. It does
 * not decide when. */
#include "sync/keyring_p.h"
#include "util/banned.h"

#define BATCH 100

bool
keyring_rotate(struct keyring *k, struct db *db, struct pool *pool,
    uint64_t org, uint64_t *key_id_out, struct err *err)
{
	struct data_key_row row;

	if (!keyring_new_key(k, db, pool, org, &row, err))
		return false;
	*key_id_out = row.id;
	return true;
}

/* ---- credentials ---- */

struct reseal {
	struct keyring *k;
	struct pool *pool;		/* of the batch */
	uint64_t org;
	struct credential_row *rows;
	size_t count;
	struct secret **plain;		/* NULL: does not open */
	uint64_t moved;
};

/* The key of a row; rows that follow each other mostly have the same. */
static bool
reseal_key(struct reseal *r, struct db *db, uint64_t id, uint64_t *have,
    struct vault_key **key, struct err *err)
{
	struct data_key_row row;
	int n;

	if (*have == id)
		return true;
	*have = id;
	*key = NULL;
	n = store_key_find(db, r->pool, r->org, id, &row, err);
	if (n <= 0)
		return n == 0;
	if (keyring_key(r->k, r->pool, r->org, id, row.wrapped, key, err))
		return true;
	*key = NULL;
	/* A key that was changed opens nothing; one that is missing in the key
	 * file is the operator's to bring back. */
	return err->kind == ERR_INTERNAL;
}

static bool
reseal_open(struct reseal *r, struct db *db, struct err *err)
{
	struct vault_key *key = NULL;
	uint64_t have = 0;

	r->plain = pool_array(r->pool, r->count, sizeof(struct secret *));
	for (size_t i = 0; i < r->count; i++) {
		const struct credential_row *row = &r->rows[i];
		struct vault_place place = keyring_place(r->org,
		    row->connection_id, (enum credential_field)row->field);
		struct err ignored = { 0 };

		if (!reseal_key(r, db, row->key_id, &have, &key, err))
			return false;
		if (key == NULL || !vault_unseal(key, r->pool, &place,
		    row->envelope.data, row->envelope.len, &r->plain[i],
		    &ignored))
			r->plain[i] = NULL;
	}
	return true;
}

static bool
reseal_row(struct reseal *r, struct db *db, const struct vault_key *key,
    uint64_t key_id, size_t i, struct err *err)
{
	const struct credential_row *row = &r->rows[i];
	struct vault_place place = keyring_place(r->org, row->connection_id,
	    (enum credential_field)row->field);
	struct vault_blob sealed;
	bool done = false;

	if (!vault_seal(key, r->pool, &place, r->plain[i], &sealed, err) ||
	    !store_credential_reseal(db, r->org, row, key_id,
	    (struct stmt_blob){ sealed.data, sealed.len }, &done, err))
		return false;
	r->moved += done;
	return true;
}

static bool
reseal_body(struct db *db, void *arg, struct err *err)
{
	struct reseal *r = arg;
	struct data_key_row active;
	struct vault_key *key;

	r->moved = 0;
	if (!keyring_sealing_key(r->k, db, r->pool, r->org, r->count, &active,
	    err) || !keyring_key(r->k, r->pool, r->org, active.id,
	    active.wrapped, &key, err))
		return false;
	for (size_t i = 0; i < r->count; i++)
		if (r->plain[i] != NULL && r->rows[i].key_id != active.id &&
		    !reseal_row(r, db, key, active.id, i, err))
			return false;
	return true;
}

/* Asks once more, as everybody who opens it does: somebody may have changed it
 * meanwhile; if not, it is marked. */
static bool
reseal_broken(struct reseal *r, struct db *db, struct keyring_batch *b,
    struct err *err)
{
	for (size_t i = 0; i < r->count; i++) {
		struct secret *plain;

		if (r->plain[i] != NULL || keyring_unseal(r->k, db, r->pool,
		    r->org, r->rows[i].connection_id,
		    (enum credential_field)r->rows[i].field, &plain, err))
			continue;
		if (err->kind != ERR_RECONNECT)
			return false;
		b->broken++;
	}
	return true;
}

static bool
reseal(struct reseal *r, struct db *db, struct keyring_batch *b,
    struct err *err)
{
	static const struct db_tx_opts again = { .idempotent = true };
	struct data_key_row active;
	int n = store_key_find_active(db, r->pool, r->org, &active, err);

	if (n < 0)
		return false;
	b->more = n > 0;
	if (n == 0)
		return true;
	if (!store_credential_list_old(db, r->pool, r->org, active.id,
	    &b->after, BATCH, &r->rows, &r->count, err))
		return false;
	b->more = r->count == BATCH;
	if (r->count == 0)
		return true;
	if (!reseal_open(r, db, err) ||
	    !db_tx(db, reseal_body, r, &again, err) ||
	    !reseal_broken(r, db, b, err))
		return false;
	b->moved += r->moved;
	b->after = (struct credential_row){
	    .connection_id = r->rows[r->count - 1].connection_id,
	    .field = r->rows[r->count - 1].field };
	return true;
}

bool
keyring_reseal_batch(struct keyring *k, struct db *db, uint64_t org,
    struct keyring_batch *b, struct err *err)
{
	struct reseal r = { .k = k, .pool = pool_new(NULL), .org = org };
	bool ok = reseal(&r, db, b, err);

	pool_free(r.pool);
	return ok;
}

/* ---- keys of organisations ---- */

bool
keyring_rewrap(struct keyring *k, struct db *db, struct pool *pool,
    const struct data_key_wrapped *rows, size_t count,
    struct stmt_blob kek_id, struct err *err)
{
	for (size_t i = 0; i < count; i++) {
		struct vault_blob wrapped;
		bool done;

		if (!vault_key_rewrap(k->vault, kek_id.data, pool,
		    rows[i].org_id, rows[i].wrapped.data, rows[i].wrapped.len,
		    &wrapped, err) || !store_key_rewrap(db, &rows[i], kek_id,
		    (struct stmt_blob){ wrapped.data, wrapped.len }, &done, err))
			return false;
	}
	return true;
}
