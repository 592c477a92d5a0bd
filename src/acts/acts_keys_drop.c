/* Keys that nothing needs any more, dropped for good. It does not rotate. */
#include <string.h>

#include "acts/acts_keys.h"
#include "store/store_audit.h"
#include "util/digest.h"
#include "util/str.h"
#include "vault/vault_file.h"
#include "util/banned.h"

struct drop {
	const struct acts_keys *a;
	uint64_t org_id, key_id;	/* of an organisation */
	const uint8_t *kek_id;		/* of the key file */
	const char *name;
};

static bool
drop_audit(struct db *db, const struct drop *d, uint64_t org,
    const char *action, const char *kind, struct err *err)
{
	const struct act *act = &d->a->act;
	struct audit_entry entry = { .action = action,
	    .object = pool_printf(act->pool, "%s:%s", kind, d->name),
	    .user_id = act->user_id, .via = act->via, .outcome = "done" };

	return store_audit_add(db, org, &entry, err);
}

/* ---- of an organisation ---- */

static bool
drop_org_body(struct db *db, void *arg, struct err *err)
{
	const struct drop *d = arg;

	return store_key_remove(db, d->org_id, d->key_id, err) &&
	    drop_audit(db, d, d->org_id, "key.drop", "key", err);
}

static bool
drop_org_check(const struct drop *d, const struct data_key_row *key,
    struct err *err)
{
	const struct act *act = &d->a->act;
	uint64_t used;

	if (key->state == KEY_ACTIVE)
		return err_set(err, ERR_CONFLICT, "Key %s is in use. Replace it "
		    "first: hawser keys rotate --org NAME", d->name);
	if (!store_key_count_credentials(act->db, d->org_id, d->key_id, &used,
	    err))
		return false;
	if (used > 0)
		return err_set(err, ERR_CONFLICT, "Key %s still seals %llu "
		    "password%s. Move them: hawser keys rotate --org NAME. What "
		    "does not open is replaced when its person connects again.",
		    d->name, (unsigned long long)used, used == 1 ? "" : "s");
	return true;
}

/* 1 / 0 / -1 */
static int
drop_find_org_key(struct drop *d, struct data_key_row *out, struct err *err)
{
	const struct act *act = &d->a->act;
	struct org_row *orgs;
	struct data_key_row *keys;
	size_t count, n;

	if (!store_org_list(act->db, act->pool, &orgs, &count, err))
		return -1;
	for (size_t i = 0; i < count; i++) {
		if (!store_key_list(act->db, act->pool, orgs[i].id, &keys, &n, err))
			return -1;
		for (size_t j = 0; j < n; j++)
			if (keys[j].id == d->key_id) {
				d->org_id = orgs[i].id;
				*out = keys[j];
				return 1;
			}
	}
	return 0;
}

static bool
drop_nothing(const char *name, struct err *err)
{
	return err_set(err, ERR_NOT_FOUND, "There is no key %s. See hawser keys "
	    "list.", name);
}

static bool
drop_org(struct drop *d, struct err *err)
{
	struct data_key_row key;
	uint64_t retired;
	int n = drop_find_org_key(d, &key, err);

	if (n <= 0)
		return n == 0 && drop_nothing(d->name, err);
	return drop_org_check(d, &key, err) &&
	    (key.state == KEY_RETIRED || store_key_retire(d->a->act.db,
	    d->org_id, &retired, err)) &&
	    db_tx(d->a->act.db, drop_org_body, d, NULL, err);
}

/* ---- of the key file ---- */

static bool
drop_kek_body(struct db *db, void *arg, struct err *err)
{
	const struct drop *d = arg;
	const struct act *act = &d->a->act;
	struct org_row *orgs;
	size_t count;

	if (!store_kek_remove(db, (struct stmt_blob){ d->kek_id,
	    VAULT_KEK_ID_BYTES }, err) ||
	    !store_org_list(db, act->pool, &orgs, &count, err))
		return false;
	for (size_t i = 0; i < count; i++)
		if (!drop_audit(db, d, orgs[i].id, "key_file.drop", "key_file",
		    err))
			return false;
	return true;
}

static bool
drop_kek_check(const struct acts_keys_kek *k, struct err *err)
{
	if (k->wraps > 0)
		return err_set(err, ERR_CONFLICT, "Key %s still wraps %llu key%s "
		    "of organisations. Replace it first: hawser keys rotate", k->id,
		    (unsigned long long)k->wraps, k->wraps == 1 ? "" : "s");
	if (k->state == KEK_ACTIVE)
		return err_set(err, ERR_CONFLICT, "Key %s is the one in use. "
		    "Replace it first: hawser keys rotate", k->id);
	return true;
}

/* The row first: with it the foreign key has said that nothing needs the key. */
static bool
drop_kek_locked(struct drop *d, struct vault_file *file, struct err *err)
{
	const struct act *act = &d->a->act;
	struct acts_keys_kek *all, *k = NULL;
	size_t count;

	if (!acts_keys_list_file(act, &all, &count, err))
		return false;
	for (size_t i = 0; i < count && k == NULL; i++)
		if (str_eq(all[i].id, d->name))
			k = &all[i];
	if (k == NULL)
		return drop_nothing(d->name, err);
	if (!drop_kek_check(k, err) || (k->state != 0 &&
	    !db_tx(act->db, drop_kek_body, d, NULL, err)))
		return false;
	return !k->in_file || vault_file_remove(file, d->kek_id, err);
}

static bool
drop_kek(struct drop *d, struct err *err)
{
	const struct act *act = &d->a->act;
	struct vault_file *file;
	bool ok;

	if (!vault_file_lock(act->pool, act->config->kek_file, &file, err))
		return false;
	ok = drop_kek_locked(d, file, err);
	vault_file_unlock(file);
	return ok;
}

bool
acts_keys_drop(const struct acts_keys *a, const char *id, struct err *err)
{
	uint8_t bytes[VAULT_KEK_ID_BYTES];
	struct drop d = { .a = a, .name = id };
	unsigned long long number;

	if (strlen(id) == 2 * sizeof(bytes) &&
	    digest_unhex(id, bytes, sizeof(bytes))) {
		d.kek_id = bytes;
		d.name = digest_hex(a->act.pool, bytes, sizeof(bytes));
		return drop_kek(&d, err);
	}
	if (!str_to_u64(id, &number) || number == 0)
		return drop_nothing(id, err);
	d.key_id = number;
	return drop_org(&d, err);
}
