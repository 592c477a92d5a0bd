/* Passwords in rows: sealed with the organisation's own key, opened only where
 * they belong, counted, and out of reach of the web account. */
#include <fcntl.h>
#include <unistd.h>

#include "store/store_audit.h"
#include "sync/keyring.h"
#include "world.h"
#include "util/banned.h"

static const char PASSWORD[] = "correct horse battery";
static const char SWAP[] =
    "UPDATE credential SET envelope = ?, key_id = ? "
    "WHERE org_id = ? AND connection_id = ?";
static const char KEYS[] = "SELECT COUNT(*) FROM data_key WHERE org_id = ?";
static const char AUDITS[] =
    "SELECT COUNT(*) FROM audit WHERE org_id = ? "
    "AND body LIKE '%credential.broken%'";

static struct keyring *keyring;

static void
seal(uint64_t org, uint64_t connection, const char *text)
{
	must(keyring_seal(keyring, db, pool, org, connection,
	    CREDENTIAL_PASSWORD, secret_new(pool, text, strlen(text)), &world_err));
}

static enum err_kind
open_kind(struct keyring *k, uint64_t org, uint64_t connection,
    const char *wanted)
{
	struct secret *s = NULL;
	struct err err = { 0 };

	if (!keyring_unseal(k, db, pool, org, connection, CREDENTIAL_PASSWORD,
	    &s, &err))
		return err.kind;
	is_text(secret_peek(s), wanted, "what was sealed comes back");
	return ERR_NONE;
}

static int
state_of(uint64_t org, uint64_t connection)
{
	struct connection_row row = { 0 };

	must(store_connection_find(db, pool, org, 0, connection, &row, &world_err) == 1);
	return row.state;
}

static struct credential_row
row_of(uint64_t org, uint64_t connection)
{
	struct credential_sealed sealed = { 0 };

	must(store_credential_find(db, pool, org, connection,
	    CREDENTIAL_PASSWORD, &sealed, &world_err) == 1);
	return sealed.row;
}

static void
swap(uint64_t org, uint64_t connection, struct stmt_blob envelope, uint64_t key)
{
	must(stmt_exec(db, SWAP, STMT_ARGS(STMT_BLOB(envelope.data,
	    envelope.len), STMT_U64(key), STMT_U64(org), STMT_U64(connection)),
	    NULL, &world_err));
}

static void
test_round(uint64_t org, uint64_t a, uint64_t b)
{
	struct data_key_row key = { 0 };

	is_int(open_kind(keyring, org, a, PASSWORD), ERR_RECONNECT,
	    "no password yet");
	is_int(world_number(KEYS, STMT_ARGS(STMT_U64(org))), 0, "no key yet");
	seal(org, a, PASSWORD);
	seal(org, b, "another one");
	is_int(world_number(KEYS, STMT_ARGS(STMT_U64(org))), 1,
	    "the key is made on first use, and once");
	must(store_key_find_active(db, pool, org, &key, &world_err) == 1);
	is_int(key.uses, 2, "every seal is counted");
	is_int(open_kind(keyring, org, a, PASSWORD), ERR_NONE, "opens");
	seal(org, a, "changed");
	is_int(open_kind(keyring, org, a, "changed"), ERR_NONE, "replaced");
	is_int(open_kind(keyring, org, b, "another one"), ERR_NONE,
	    "the other one is untouched");
	seal(org, a, PASSWORD);
}

static void
test_other_field(uint64_t org, uint64_t a, struct credential_row mine)
{
	static const char drop[] =
	    "DELETE FROM credential WHERE org_id = ? AND field = 2";
	const enum credential_field other = (enum credential_field)2;
	struct secret *s = NULL;
	struct err err = { 0 };

	must(store_credential_put(db, org, a, other, mine.key_id, mine.envelope,
	    &world_err));
	ok(!keyring_unseal(keyring, db, pool, org, a, other, &s, &err) &&
	    err.kind == ERR_RECONNECT, "an envelope of another field does not "
	    "open: %s", err.msg);
	must(stmt_exec(db, drop, STMT_ARGS(STMT_U64(org)), NULL, &world_err));
}

static void
test_moved(uint64_t org, uint64_t a, uint64_t b, uint64_t org2, uint64_t c)
{
	struct credential_row mine = row_of(org, a), other = row_of(org, b);
	struct credential_row far;
	uint8_t *bytes;

	seal(org2, c, "far away");
	far = row_of(org2, c);
	ok(far.key_id != mine.key_id, "each organisation has its own key");
	swap(org, a, other.envelope, other.key_id);
	is_int(open_kind(keyring, org, a, "another one"), ERR_RECONNECT,
	    "an envelope of another row does not open");
	is_int(state_of(org, a), CONNECTION_RECONNECT, "the connection says so");
	is_int(world_number(AUDITS, STMT_ARGS(STMT_U64(org))), 1,
	    "and the audit");
	is_int(state_of(org, b), CONNECTION_ACTIVE, "only this one");
	swap(org, a, far.envelope, mine.key_id);
	is_int(open_kind(keyring, org, a, "far away"), ERR_RECONNECT,
	    "an envelope of another organisation does not open");
	bytes = pool_memdup(pool, mine.envelope.data, mine.envelope.len);
	bytes[mine.envelope.len - 1] ^= 1;
	swap(org, a, (struct stmt_blob){ bytes, mine.envelope.len }, mine.key_id);
	is_int(open_kind(keyring, org, a, PASSWORD), ERR_RECONNECT,
	    "a changed one does not open");
	swap(org, a, (struct stmt_blob){ mine.envelope.data, 20 }, mine.key_id);
	is_int(open_kind(keyring, org, a, PASSWORD), ERR_RECONNECT,
	    "a cut one does not open");
	test_other_field(org, a, mine);
	swap(org, a, mine.envelope, mine.key_id);
	is_int(open_kind(keyring, org, a, PASSWORD), ERR_NONE,
	    "put back it opens again");
	is_int(world_number(AUDITS, STMT_ARGS(STMT_U64(org))), 5,
	    "each failure was audited");
}

static void
test_used_up(uint64_t org, uint64_t a, uint64_t b)
{
	static const char uses[] = "UPDATE data_key SET uses = ? WHERE org_id = ?";
	uint64_t before = row_of(org, a).key_id;
	struct data_key_row key = { 0 };

	must(stmt_exec(db, uses, STMT_ARGS(STMT_U64(DATA_KEY_MOST_USES),
	    STMT_U64(org)), NULL, &world_err));
	seal(org, b, "newer");
	ok(row_of(org, b).key_id > before, "a used-up key is followed by another");
	must(store_key_find(db, pool, org, before, &key, &world_err) == 1);
	is_int(key.state, KEY_DECRYPT_ONLY, "the old one only opens");
	is_int(open_kind(keyring, org, a, PASSWORD), ERR_NONE, "and does");
	is_int(open_kind(keyring, org, b, "newer"), ERR_NONE, "the new one too");
	must(store_key_find_active(db, pool, org, &key, &world_err) == 1);
	is_int(key.uses, 1, "its count starts again");
}

static void
test_other_file(uint64_t org, uint64_t a)
{
	static const char line[] = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
	struct config other = *config;
	struct keyring *wrong = NULL;
	int fd;

	other.kek_file = pool_printf(pool, "%s/other-kek",
	    getenv("HAWSER_TEST_DIR"));
	fd = open(other.kek_file, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	if (fd < 0 || write(fd, line, strlen(line)) < 0)
		die("no key file");
	close(fd);
	must(keyring_open(pool, &other, &wrong, &world_err));
	is_int(open_kind(wrong, org, a, PASSWORD), ERR_INTERNAL,
	    "a wrong key file is the operator's fault");
	is_int(state_of(org, a), CONNECTION_ACTIVE, "and marks no connection");
}

/* What connecting writes, by the account that pages use for it. */
static void
test_hooks_adds(struct db *hooks, uint64_t org)
{
	struct connection_new c = { 1, "caldav", "by hooks", "a", "l",
	    "https://hooks.example/", "" };
	struct collection_found found = { "/cal/", "Work", NULL, false };
	struct err err = { 0 };
	struct secret *s = NULL;
	uint64_t id = 0;

	ok(store_connection_add(hooks, org, &c, &id, &err) &&
	    keyring_seal(keyring, hooks, pool, org, id, CREDENTIAL_PASSWORD,
	    secret_new(pool, PASSWORD, strlen(PASSWORD)), &err) &&
	    store_collection_take(hooks, pool, org, id, &found, 1, &err),
	    "the hooks account saves a connection: %s", err.msg);
	ok(keyring_unseal(keyring, hooks, pool, org, id, CREDENTIAL_PASSWORD,
	    &s, &err) && strcmp(secret_peek(s), PASSWORD) == 0,
	    "and opens its password: %s", err.msg);
	ok(!keyring_seal(keyring, hooks, pool, org + 1, id, CREDENTIAL_PASSWORD,
	    secret_new(pool, "x", 1), &err), "in no other organisation: %s",
	    err.msg);
}

static void
test_web_account(uint64_t org)
{
	static const char ask[] =
	    "SELECT COUNT(*) FROM credential WHERE org_id = ?";
	static const char keys[] =
	    "SELECT COUNT(*) FROM data_key WHERE org_id = ?";
	static const char session[] =
	    "INSERT INTO session (token_hash, org_id, user_id, csrf, created_at, "
	    "seen_at, expires_at) VALUES (?, ?, 1, ?, now(6), now(6), "
	    "now(6) + INTERVAL 1 HOUR)";
	struct digest hash = digest_sha256("token", 5);
	struct err err = { 0 };
	struct db *web, *hooks;
	uint64_t n = 0;

	must(stmt_exec(admin, session, STMT_ARGS(STMT_DIGEST(&hash),
	    STMT_U64(org), STMT_DIGEST(&hash)), NULL, &world_err));
	must(db_open(pool, config, DB_WEB, &web, &world_err));
	must(db_tenant_enter(web, "token", 5, &world_err));
	ok(!stmt_count(web, ask, STMT_ARGS(STMT_U64(org)), &n, &err),
	    "the web account cannot ask for credentials: %s", err.msg);
	ok(!stmt_count(web, keys, STMT_ARGS(STMT_U64(org)), &n, &err),
	    "nor for keys");
	db_tenant_leave(web);
	db_close(web);
	must(db_open(pool, config, DB_HOOKS, &hooks, &world_err));
	must(db_tenant_enter(hooks, "token", 5, &world_err));
	ok(stmt_count(hooks, ask, STMT_ARGS(STMT_U64(org)), &n, &err) && n == 2,
	    "the hooks account sees those of its tenant");
	ok(stmt_count(hooks, ask, STMT_ARGS(STMT_U64(org + 1)), &n, &err) &&
	    n == 0, "and no others");
	test_hooks_adds(hooks, org);
	db_tenant_leave(hooks);
	db_close(hooks);
}

int
main(void)
{
	uint64_t org, org2, user, a, b, c;

	world_open();
	org = world_org("One");
	org2 = world_org("Two");
	user = world_user(org, "a@example.org", ROLE_OWNER);
	a = world_connection(org, user, "a");
	b = world_connection(org, user, "b");
	c = world_connection(org2, world_user(org2, "c@example.org", ROLE_OWNER),
	    "c");
	must(keyring_open(pool, config, &keyring, &world_err));
	test_round(org, a, b);
	test_moved(org, a, b, org2, c);
	must(store_connection_set_state(db, org, a, CONNECTION_ACTIVE, "", &world_err));
	test_used_up(org, a, b);
	test_other_file(org, a);
	test_web_account(org);
	must(store_credential_remove(db, org, a, &world_err));
	is_int(open_kind(keyring, org, a, PASSWORD), ERR_RECONNECT, "removed");
	is_int(open_kind(keyring, org, b, "newer"), ERR_NONE,
	    "the other one stays");
	return world_close();
}
