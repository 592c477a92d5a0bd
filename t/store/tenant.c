/* The walls as the pages' account meets them: one prepared statement, three
 * tenants, three answers; foreign writes refused; no secret, no answer. */
#include "acts/acts_account.h"
#include "store/store_audit.h"
#include "store/store_user.h"
#include "t/store/root.h"
#include "t/tap.h"
#include "util/str.h"

enum { ORGS = 3 };

static struct pool *pool;
static struct config *config;
static struct db *web, *hooks, *admin;
static uint64_t orgs[ORGS], users[ORGS];
static uint8_t tokens[ORGS][ACCOUNT_TOKEN_BYTES];

static const char SEE_ALL[] = "SELECT MAX(id) FROM calendar";
static const char COUNT_ALL[] = "SELECT COUNT(*) FROM calendar";
static const char COUNT[] = "SELECT COUNT(*) FROM calendar WHERE org_id = ?";
static const char ORG_NAMES[] = "SELECT COUNT(*) FROM org";
static const char PEOPLE[] = "SELECT COUNT(*) FROM user";
static const char ADD[] = "INSERT INTO calendar "
    "(org_id, user_id, name, color, created_at) "
    "VALUES (?, ?, ?, '#123456', UTC_TIMESTAMP(6))";
static const char ADD_AT[] = "INSERT INTO calendar "
    "(org_id, id, user_id, name, color, created_at) "
    "VALUES (?, ?, ?, 'taken', '#123456', UTC_TIMESTAMP(6)) "
    "ON DUPLICATE KEY UPDATE name = 'taken'";
static const char TAKE[] = "INSERT INTO calendar "
    "(org_id, id, user_id, name, color, created_at) "
    "VALUES (?, ?, ?, 'taken', '#123456', UTC_TIMESTAMP(6)) "
    "ON DUPLICATE KEY UPDATE org_id = VALUES(org_id), name = 'taken'";
static const char PUT[] = "UPDATE calendar SET name = 'taken' "
    "WHERE org_id = ? AND id = ?";
static const char MOVE[] = "UPDATE calendar SET org_id = ? WHERE id = ?";
static const char REMOVE[] = "DELETE FROM calendar WHERE org_id = ? AND id = ?";
static const char CREDENTIALS[] = "SELECT COUNT(*) FROM credential";
static const char FORGED[] = "SET @hawser_org = 1, @org_id = 1";
static const char NO_ORG[] = "INSERT INTO calendar "
    "(user_id, name, color, created_at) "
    "VALUES (?, 'nobody', '#123456', UTC_TIMESTAMP(6))";

static struct err e;

static void must(bool good)
{
	if (!good)
		die("%s (%s)", e.msg, e.detail);
}

static bool enter(struct db *db, int i)
{
	return db_tenant_enter(db, tokens[i], ACCOUNT_TOKEN_BYTES, &e);
}

static struct secret *word(const char *text)
{
	return secret_new(pool, text, strlen(text));
}

static void make_orgs(void)
{
	struct act act = { .db = admin, .pool = pool, .config = config,
	    .role = ROLE_OWNER, .via = "command" };

	for (int i = 0; i < ORGS; i++) {
		char *email = pool_printf(pool, "user%d@example.com", i);
		struct account_form form = { .email = email, .role = ROLE_OWNER,
		    .password = word("correct horse") };
		struct account_sign_in in = { .email = email, .address = "::1",
		    .password = form.password, .token = tokens[i] };

		must(acts_account_add_org(&act, pool_printf(pool, "Org %d", i),
		    &orgs[i], &e));
		act.org_id = orgs[i];
		must(acts_account_add_user(&act, &form, &users[i], &e));
		digest_random(tokens[i], ACCOUNT_TOKEN_BYTES);
		must(acts_account_sign_in(web, pool, config, &in, &e));
	}
}

/* Org i has i + 1 calendars. */
static uint64_t make_calendars(uint64_t last[ORGS])
{
	for (int i = 0; i < ORGS; i++) {
		must(enter(web, i));
		for (int n = 0; n <= i; n++)
			must(stmt_insert(web, ADD, STMT_ARGS(STMT_U64(orgs[i]),
			    STMT_U64(users[i]), STMT_TEXT("mine")), &last[i], &e));
		db_tenant_leave(web);
	}
	return last[0];
}

static void test_three_answers(const uint64_t last[ORGS])
{
	static const int ORDER[] = { 0, 1, 2, 1, 0, 2, 2, 0 };

	for (size_t k = 0; k < sizeof(ORDER) / sizeof(*ORDER); k++) {
		int i = ORDER[k];
		uint64_t n = 0, id = 0, people = 0, names = 0, foreign = 0;

		must(enter(web, i));
		must(stmt_count(web, COUNT_ALL, STMT_NO_ARGS, &n, &e));
		must(stmt_count(web, SEE_ALL, STMT_NO_ARGS, &id, &e));
		must(stmt_count(web, PEOPLE, STMT_NO_ARGS, &people, &e));
		must(stmt_count(web, ORG_NAMES, STMT_NO_ARGS, &names, &e));
		must(stmt_count(web, COUNT, STMT_ARGS(STMT_U64(orgs[(i + 1) % 3])),
		    &foreign, &e));
		ok(n == (uint64_t)i + 1 && id == last[i] && people == 1 &&
		    names == 1 && foreign == 0,
		    "the same statements answer tenant %d with its own rows", i);
		db_tenant_leave(web);
	}
}

static void test_no_secret(void)
{
	uint8_t wrong[ACCOUNT_TOKEN_BYTES] = { 1, 2, 3 };
	uint64_t n = 0;

	memset(&e, 0, sizeof(e));
	ok(!stmt_count(web, COUNT_ALL, STMT_NO_ARGS, &n, &e),
	    "without a tenant there is no answer");
	is_int(e.kind, ERR_AUTH, "it is a question of who you are");
	must(db_tenant_enter(web, wrong, sizeof(wrong), &e));
	ok(!stmt_count(web, COUNT_ALL, STMT_NO_ARGS, &n, &e),
	    "nor with a token that is none");
	db_tenant_leave(web);
	must(db_query(web, FORGED, &e));
	ok(!stmt_count(web, COUNT_ALL, STMT_NO_ARGS, &n, &e),
	    "nor with variables that SQL can set");
	must(enter(web, 1));
	ok(stmt_count(web, COUNT_ALL, STMT_NO_ARGS, &n, &e) && n == 2,
	    "the same handle works once the secret is set");
	db_tenant_leave(web);
	ok(!stmt_count(web, COUNT_ALL, STMT_NO_ARGS, &n, &e), "and not after it");
}

/* Asked at each statement, not once at the beginning. */
static void test_ended_session(MYSQL *root)
{
	uint64_t n = 0;

	must(enter(web, 1));
	must(stmt_count(web, COUNT_ALL, STMT_NO_ARGS, &n, &e));
	root_run(root, "UPDATE session SET expires_at = expires_at - INTERVAL "
	    "1 YEAR WHERE org_id = 2");
	ok(!stmt_count(web, COUNT_ALL, STMT_NO_ARGS, &n, &e),
	    "a session that ended meanwhile gives no answer");
	is_int(e.kind, ERR_AUTH, "one has to sign in again");
	root_run(root, "UPDATE session SET expires_at = expires_at + INTERVAL "
	    "1 YEAR WHERE org_id = 2");
	ok(stmt_count(web, COUNT_ALL, STMT_NO_ARGS, &n, &e) && n == 2,
	    "one that lives does");
	db_tenant_leave(web);
}

static void test_foreign_writes(const uint64_t last[ORGS], MYSQL *root)
{
	uint64_t n = 9;

	must(enter(web, 0));
	ok(!stmt_insert(web, ADD, STMT_ARGS(STMT_U64(orgs[1]), STMT_U64(users[1]),
	    STMT_TEXT("foreign")), &n, &e), "a foreign insert is refused");
	is_int(e.kind, ERR_FORBIDDEN, "as forbidden");
	ok(stmt_exec(web, PUT, STMT_ARGS(STMT_U64(orgs[1]), STMT_U64(last[1])), &n,
	    &e) && n == 0, "a foreign update meets no row");
	ok(stmt_exec(web, REMOVE, STMT_ARGS(STMT_U64(orgs[1]), STMT_U64(last[1])),
	    &n, &e) && n == 0, "a foreign delete meets no row");
	ok(!stmt_exec(web, MOVE, STMT_ARGS(STMT_U64(orgs[1]), STMT_U64(last[0])),
	    &n, &e), "an own row can not be given away");
	ok(!stmt_exec(web, ADD_AT, STMT_ARGS(STMT_U64(orgs[1]), STMT_U64(last[1]),
	    STMT_U64(users[1])), &n, &e), "a foreign row can not be overwritten");
	ok(stmt_exec(web, TAKE, STMT_ARGS(STMT_U64(orgs[0]), STMT_U64(last[1]),
	    STMT_U64(users[0])), &n, &e), "a foreign id is a free id here");
	ok(!stmt_exec(web, NO_ORG, STMT_ARGS(STMT_U64(users[0])), NULL, &e),
	    "an insert names its organisation");
	db_tenant_leave(web);
	is_int(root_number(root, "SELECT COUNT(*) FROM calendar WHERE org_id = 2 "
	    "AND name = 'mine'"), 2, "the other organisation has its rows");
	is_int(root_number(root, "SELECT COUNT(*) FROM calendar WHERE name = 'taken' "
	    "AND org_id <> 1"), 0, "none of them touched");
}

static void test_credentials(void)
{
	uint64_t n = 0;

	must(enter(web, 0));
	ok(!stmt_count(web, CREDENTIALS, STMT_NO_ARGS, &n, &e),
	    "web reads no credentials");
	db_tenant_leave(web);
	must(enter(hooks, 0));
	ok(stmt_count(hooks, CREDENTIALS, STMT_NO_ARGS, &n, &e),
	    "hooks does: %s", e.msg);
	db_tenant_leave(hooks);
}

/* The tenant lives through a reconnect, and ends with leave. */
static void test_reconnect(MYSQL *root)
{
	uint64_t n = 0;

	must(enter(web, 2));
	root_kill(root, web);
	ok(stmt_count(web, COUNT_ALL, STMT_NO_ARGS, &n, &e) && n == 3,
	    "a lost connection comes back with its tenant");
	db_tenant_leave(web);
	root_kill(root, web);
	ok(!stmt_count(web, COUNT_ALL, STMT_NO_ARGS, &n, &e),
	    "and without one after leaving");
	root_kill(root, web);
	ok(enter(web, 1) && stmt_count(web, COUNT_ALL, STMT_NO_ARGS, &n, &e) &&
	    n == 2, "entering connects too");
	db_tenant_leave(web);
}

static bool write_note(struct db *db, void *arg, struct err *err)
{
	struct audit_entry entry = { "test.note", "calendar:1", 0, "page", NULL,
	    "done", NULL };

	return store_audit_add(db, *(uint64_t *)arg, &entry, err);
}

static void test_audit(MYSQL *root)
{
	must(enter(web, 1));
	ok(db_tx(web, write_note, &orgs[1], NULL, &e), "web adds to its own audit: %s",
	    e.msg);
	ok(!db_tx(web, write_note, &orgs[0], NULL, &e), "and to no other");
	db_tenant_leave(web);
	is_int(root_number(root, "SELECT COUNT(*) FROM audit WHERE org_id = 1 "
	    "AND body LIKE '%test.note%'"), 0, "nothing was written there");
}

int main(void)
{
	MYSQL *root = root_open();
	uint64_t last[ORGS];

	pool = pool_new(NULL);
	must(config_load(pool, config_path(), &config, &e));
	must(db_open(pool, config, DB_ADMIN, &admin, &e));
	must(db_open(pool, config, DB_WEB, &web, &e));
	must(db_open(pool, config, DB_HOOKS, &hooks, &e));
	make_orgs();
	make_calendars(last);
	test_three_answers(last);
	test_no_secret();
	test_ended_session(root);
	test_foreign_writes(last, root);
	test_credentials();
	test_reconnect(root);
	test_audit(root);
	db_close(web);
	db_close(hooks);
	db_close(admin);
	mysql_close(root);
	pool_free(pool);
	mysql_library_end();
	return done();
}
