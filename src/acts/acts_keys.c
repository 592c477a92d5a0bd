/*
 * Rotation of the key file and of organisations' keys. What a key opens and how
 * is the keyring's business.
 */
#include <stdio.h>
#include <string.h>

#include "acts/acts_keys.h"
#include "store/store_audit.h"
#include "sync/keyring.h"
#include "util/digest.h"
#include "vault/vault_file.h"
#include "util/banned.h"

#define BATCH 100

/* A key's change, in the audit of the organisation. */
static bool
keys_audit(struct db *db, const struct act *act, uint64_t org,
    const char *action, const char *object, const char *detail,
    struct err *err)
{
	struct audit_entry entry = { .action = action, .object = object,
	    .user_id = act->user_id, .via = act->via, .outcome = "done",
	    .detail = detail };

	return store_audit_add(db, org, &entry, err);
}

static void
keys_tell(const struct acts_keys *a, const char *what, uint64_t done,
    uint64_t total)
{
	struct acts_keys_progress p = { what, done, total };

	if (a->tell != NULL)
		a->tell(a->tell_arg, &p);
}

/* ---- keys of organisations ---- */

struct org_rotation {
	const struct acts_keys *a;
	struct keyring *keyring;
	struct acts_keys_result *out;
	const struct keyring_batch *batch;
	uint64_t key_id;
};

static bool
rotate_org_begin(struct db *db, void *arg, struct err *err)
{
	struct org_rotation *r = arg;
	const struct act *act = &r->a->act;

	return keyring_rotate(r->keyring, db, act->pool, act->org_id, &r->key_id,
	    err) && keys_audit(db, act, act->org_id, "key.rotate",
	    pool_printf(act->pool, "key:%llu", (unsigned long long)r->key_id),
	    "A fresh key seals passwords from now on.", err);
}

static bool
rotate_org_end(struct db *db, void *arg, struct err *err)
{
	struct org_rotation *r = arg;
	const struct act *act = &r->a->act;

	if (!store_key_retire(db, act->org_id, &r->out->retired, err))
		return false;
	return r->out->retired == 0 || keys_audit(db, act, act->org_id,
	    "key.retire", pool_printf(act->pool, "key:%llu",
	    (unsigned long long)r->key_id), pool_printf(act->pool,
	    "Passwords moved: %llu. Keys retired: %llu.",
	    (unsigned long long)r->batch->moved,
	    (unsigned long long)r->out->retired), err);
}

/* 1: credentials are left under an old key; *active_out 0: no key at all. */
static int
org_unfinished(const struct act *act, uint64_t *active_out, struct err *err)
{
	struct data_key_row active;
	uint64_t left;
	int n = store_key_find_active(act->db, act->pool, act->org_id, &active,
	    err);

	*active_out = n > 0 ? active.id : 0;
	if (n <= 0)
		return n;
	if (!store_credential_count_old(act->db, act->org_id, active.id, true,
	    &left, err))
		return -1;
	return left > 0;
}

static bool
rotate_org_move(struct org_rotation *r, const char *name,
    struct keyring_batch *b, struct err *err)
{
	const struct act *act = &r->a->act;
	uint64_t total;

	if (!store_credential_count_old(act->db, act->org_id, r->key_id, false,
	    &total, err))
		return false;
	do {
		if (!keyring_reseal_batch(r->keyring, act->db, act->org_id, b, err))
			return false;
		keys_tell(r->a, name, b->moved + b->broken, total);
	} while (b->more);
	return true;
}

bool
acts_keys_rotate_org(const struct acts_keys *a, const char *name,
    struct acts_keys_result *out, struct err *err)
{
	const struct act *act = &a->act;
	struct keyring_batch b = { .more = true };
	struct org_rotation r = { .a = a, .out = out, .batch = &b };
	int unfinished;

	*out = (struct acts_keys_result){ 0 };
	if (!keyring_open(act->pool, act->config, &r.keyring, err))
		return false;
	unfinished = org_unfinished(act, &r.key_id, err);
	if (unfinished < 0)
		return false;
	out->resumed = unfinished > 0;
	if (!unfinished && !db_tx(act->db, rotate_org_begin, &r, NULL, err))
		return false;
	if (!rotate_org_move(&r, name, &b, err) ||
	    !db_tx(act->db, rotate_org_end, &r, NULL, err))
		return false;
	out->moved = b.moved;
	out->broken = b.broken;
	snprintf(out->key, sizeof(out->key), "%llu",
	    (unsigned long long)r.key_id);
	return true;
}

/* ---- the key file ---- */

static struct stmt_blob
kek_blob(const uint8_t *id)
{
	return (struct stmt_blob){ id, VAULT_KEK_ID_BYTES };
}

static char *
kek_name(struct pool *pool, struct stmt_blob id)
{
	return digest_hex(pool, id.data, id.len);
}

static bool
is_kek(const struct kek_row *row, const uint8_t *id)
{
	return row->id.len == VAULT_KEK_ID_BYTES &&
	    memcmp(row->id.data, id, VAULT_KEK_ID_BYTES) == 0;
}

bool
acts_keys_list_file(const struct act *act, struct acts_keys_kek **out,
    size_t *count_out, struct err *err)
{
	struct vault *vault;
	struct kek_row *rows;
	struct acts_keys_kek *all;
	size_t count, n = 0;

	if (!vault_open(act->pool, act->config->kek_file, &vault, err) ||
	    !store_kek_list(act->db, act->pool, &rows, &count, err))
		return false;
	all = pool_array(act->pool, count + vault_kek_count(vault), sizeof(*all));
	for (size_t i = 0; i < count; i++, n++) {
		all[n] = (struct acts_keys_kek){ .state = rows[i].state,
		    .wraps = rows[i].wraps };
		all[n].in_file = rows[i].id.len == VAULT_KEK_ID_BYTES &&
		    vault_has(vault, rows[i].id.data);
		snprintf(all[n].id, sizeof(all[n].id), "%s",
		    kek_name(act->pool, rows[i].id));
	}
	for (size_t i = 0; i < vault_kek_count(vault); i++) {
		const uint8_t *id = vault_kek_id(vault, i);
		bool known = false;

		for (size_t j = 0; j < count; j++)
			known = known || is_kek(&rows[j], id);
		if (known)
			continue;
		all[n].in_file = true;
		snprintf(all[n++].id, sizeof(all[0].id), "%s",
		    kek_name(act->pool, kek_blob(id)));
	}
	*out = all;
	*count_out = n;
	return true;
}

struct file_rotation {
	const struct acts_keys *a;
	struct keyring *keyring;
	struct vault_file *file;
	struct stmt_blob id;		/* the key that wraps */
	bool known;			/* the database has it already */
	enum kek_state state;		/* it gets */
	uint64_t moved;			/* by the last batch */
};

static bool
kek_place(struct db *db, void *arg, struct err *err)
{
	const struct file_rotation *r = arg;

	return (r->known || store_kek_add(db, r->id, r->state == KEK_ACTIVE ?
	    KEK_NEXT : r->state, err)) && (r->state != KEK_ACTIVE ||
	    store_kek_activate(db, r->id, err));
}

static bool
kek_add_body(struct db *db, void *arg, struct err *err)
{
	const struct stmt_blob *id = arg;

	return store_kek_add(db, *id, KEK_ACTIVE, err);
}

/* Before the first key of an organisation nobody has told the database which
 * line wraps: it is the first one. */
static bool
kek_first(const struct act *act, struct err *err)
{
	struct kek_row *rows;
	struct vault *vault;
	struct stmt_blob id;
	size_t count;

	if (!store_kek_list(act->db, act->pool, &rows, &count, err) ||
	    !vault_open(act->pool, act->config->kek_file, &vault, err))
		return false;
	id = kek_blob(vault_kek_id(vault, 0));
	return count > 0 || db_tx(act->db, kek_add_body, &id, NULL, err);
}

/* A row of that state: 1 / 0 / -1. */
static int
kek_of_state(const struct act *act, enum kek_state state,
    struct stmt_blob *out, struct err *err)
{
	struct kek_row *rows;
	size_t count;

	if (!store_kek_list(act->db, act->pool, &rows, &count, err))
		return -1;
	for (size_t i = 0; i < count; i++)
		if (rows[i].state == (int)state) {
			*out = rows[i].id;
			return 1;
		}
	return 0;
}

static bool
kek_fresh(struct file_rotation *r, enum kek_state state, struct err *err)
{
	const struct act *act = &r->a->act;
	uint8_t *id = pool_alloc(act->pool, VAULT_KEK_ID_BYTES);

	/* The file first: what the database names must be there. */
	if (!vault_file_add(r->file, id, err))
		return false;
	r->id = kek_blob(id);
	r->state = state;
	return db_tx(act->db, kek_place, r, NULL, err);
}

static bool
prepare(struct file_rotation *r, struct acts_keys_result *out,
    struct err *err)
{
	const struct act *act = &r->a->act;
	int n;

	(void)out;
	if (!kek_first(act, err))
		return false;
	n = kek_of_state(act, KEK_NEXT, &r->id, err);
	if (n > 0)
		return err_set(err, ERR_CONFLICT, "Key %s is prepared already. "
		    "Run: hawser keys rotate", kek_name(act->pool, r->id));
	return n == 0 && kek_fresh(r, KEK_NEXT, err);
}

/* The key that is to wrap, made active; or the active one, when an earlier
 * rotation left something behind. */
static bool
choose(struct file_rotation *r, bool *resumed_out, struct err *err)
{
	const struct act *act = &r->a->act;
	uint64_t left = 0;
	int n;

	if (!kek_first(act, err))
		return false;
	n = kek_of_state(act, KEK_ACTIVE, &r->id, err);
	if (n < 0 || (n > 0 && !store_key_count_wrapped_otherwise(act->db, r->id,
	    &left, err)))
		return false;
	*resumed_out = left > 0;
	if (left > 0)
		return true;
	n = kek_of_state(act, KEK_NEXT, &r->id, err);
	if (n <= 0)
		return n == 0 && kek_fresh(r, KEK_ACTIVE, err);
	if (!keyring_has(r->keyring, r->id))
		return err_set(err, ERR_CONFLICT, "The prepared key %s is not in "
		    "the key file here. Copy the key file from the machine where "
		    "it was prepared.", kek_name(act->pool, r->id));
	r->known = true;
	r->state = KEK_ACTIVE;
	return db_tx(act->db, kek_place, r, NULL, err);
}

static bool
rewrap_batch(struct db *db, struct pool *pool, struct file_rotation *r,
    struct err *err)
{
	struct data_key_wrapped *rows;
	size_t count;
	char *object = pool_printf(pool, "key_file:%s", kek_name(pool, r->id));

	if (!store_key_list_wrapped_otherwise(db, pool, r->id, BATCH, &rows,
	    &count, err) || !keyring_rewrap(r->keyring, db, pool, rows, count,
	    r->id, err))
		return false;
	for (size_t i = 0; i < count; i++)
		if ((i == 0 || rows[i].org_id != rows[i - 1].org_id) &&
		    !keys_audit(db, &r->a->act, rows[i].org_id,
		    "key_file.rotate", object, "Another key of the key file "
		    "wraps the organisation's keys.", err))
			return false;
	r->moved = count;
	return true;
}

static bool
rewrap_body(struct db *db, void *arg, struct err *err)
{
	struct pool *pool = pool_new(NULL);
	bool ok = rewrap_batch(db, pool, arg, err);

	pool_free(pool);
	return ok;
}

static bool
rotate_file(struct file_rotation *r, struct acts_keys_result *out,
    struct err *err)
{
	static const struct db_tx_opts again = { .idempotent = true };
	const struct act *act = &r->a->act;
	uint64_t total;

	if (!keyring_open(act->pool, act->config, &r->keyring, err) ||
	    !choose(r, &out->resumed, err) ||
	    !store_key_count_wrapped_otherwise(act->db, r->id, &total, err))
		return false;
	if (!keyring_has(r->keyring, r->id))
		return err_set(err, ERR_CONFLICT, "The key file here lacks the "
		    "key in use, %s.", kek_name(act->pool, r->id));
	do {
		if (!db_tx(act->db, rewrap_body, r, &again, err))
			return false;
		out->moved += r->moved;
		keys_tell(r->a, "key file", out->moved, total);
	} while (r->moved > 0);
	return true;
}

/* While nobody else on this machine changes the key file. */
static bool
with_file(const struct acts_keys *a, bool (*body)(struct file_rotation *,
    struct acts_keys_result *, struct err *), struct acts_keys_result *out,
    struct err *err)
{
	const struct act *act = &a->act;
	struct file_rotation r = { .a = a };
	bool ok;

	*out = (struct acts_keys_result){ 0 };
	if (!vault_file_lock(act->pool, act->config->kek_file, &r.file, err))
		return false;
	ok = body(&r, out, err);
	vault_file_unlock(r.file);
	if (ok)
		snprintf(out->key, sizeof(out->key), "%s",
		    kek_name(act->pool, r.id));
	return ok;
}

bool
acts_keys_prepare(const struct acts_keys *a, struct acts_keys_result *out,
    struct err *err)
{
	return with_file(a, prepare, out, err);
}

bool
acts_keys_rotate_file(const struct acts_keys *a, struct acts_keys_result *out,
    struct err *err)
{
	return with_file(a, rotate_file, out, err);
}
