/* Signing in and out: right and wrong, throttled, ended by what must end it. */
#include "acts/acts_account.h"
#include "store/store_connection.h"
#include "store/store_user.h"
#include "t/store/root.h"
#include "t/tap.h"
#include "vault/password.h"

static struct pool *pool;
static struct config *config;
static struct db *web, *admin;
static MYSQL *root;
static struct err e;
static uint64_t org, user, second;
static uint8_t token[ACCOUNT_TOKEN_BYTES];

static void must(bool good)
{
	if (!good)
		die("%s (%s)", e.msg, e.detail);
}

static struct secret *word(const char *text)
{
	return secret_new(pool, text, strlen(text));
}

static bool sign_in(const char *email, const char *password, const char *address)
{
	struct account_sign_in in = { .email = email, .password = word(password),
	    .address = address, .token = token };

	memset(&e, 0, sizeof(e));
	digest_random(token, sizeof(token));
	return acts_account_sign_in(web, pool, config, &in, &e);
}

static int find(struct session_row *row)
{
	int got;

	got = store_session_enter(web, pool, token, sizeof(token), 60, row, NULL,
	    &e);
	if (got == 1)
		db_tenant_leave(web);
	return got;
}

static void test_right(void)
{
	struct session_row s = { 0 };
	char stored[65];

	ok(sign_in("Dana@Example.com ", "correct horse", "10.0.0.1"),
	    "signs in, whatever the case of the e-mail: %s", e.msg);
	is_int(find(&s), 1, "the session is there");
	ok(s.user_id == user && s.org_id == org && s.role == ROLE_OWNER,
	    "of the right person");
	is_text(s.email, "dana@example.com", "with the e-mail");
	is_text(s.name, "Dana", "the name");
	is_text(s.org_name, "Demo", "the organisation");
	is_text(s.time_zone, "Europe/Berlin", "the time zone");
	ok(!digest_is_zero(&s.csrf), "and a secret of its own");
	ok(s.expires_at > s.created_at, "it ends some day");
	snprintf(stored, sizeof(stored), "%s", digest_hex(pool, token, 32));
	is_int(root_number(root, pool_printf(pool, "SELECT COUNT(*) FROM session "
	    "WHERE token_hash = x'%s'", stored)), 0, "the token itself is not stored");
	is_int(root_number(root, pool_printf(pool, "SELECT COUNT(*) FROM session "
	    "WHERE token_hash = UNHEX(SHA2(x'%s', 256))", stored)), 1, "its hash is");
	is_int(root_number(root, "SELECT COUNT(*) FROM audit "
	    "WHERE body LIKE '%session.begin%'"), 1, "the audit knows");
}

/* Who enters with cards: 1, and how many of the two that there are. */
static int cards_of(int role)
{
	struct connection_cards cards = { 0 };
	struct session_row s;

	root_run(root, pool_printf(pool, "UPDATE membership SET role = %d "
	    "WHERE org_id = %llu AND user_id = %llu", role,
	    (unsigned long long)org, (unsigned long long)user));
	if (store_session_enter(web, pool, token, sizeof(token), 60, &s, &cards,
	    &e) != 1)
		return -1;
	db_tenant_leave(web);
	ok(s.user_id == user && s.org_id == org && s.role == role &&
	    strcmp(s.email, "dana@example.com") == 0 &&
	    !digest_is_zero(&s.csrf), "it is the right person");
	for (size_t i = 0; i < cards.count; i++)
		ok(cards.list[i].row.id != 0 && cards.list[i].row.name[0] != 'X' &&
		    (role > ROLE_MEMBER || cards.list[i].row.user_id == user),
		    "%s may be seen", cards.list[i].row.name);
	return (int)cards.count;
}

/* One of one's own, one of a colleague, one of strangers (X). */
static void test_cards(void)
{
	static const char add[] = "INSERT INTO connection (org_id, user_id, "
	    "provider, name, account, login, base_url, state, created_at) "
	    "SELECT m.org_id, m.user_id, 'caldav', %s, 'a', 'a', "
	    "'https://dav.example.com/', 1, NOW() FROM membership m "
	    "WHERE m.org_id %s %llu AND m.user_id %s %llu LIMIT 1";
	static const char *const which[][3] = { { "'Own'", "=", "=" },
		{ "'Colleague'", "=", "<>" }, { "'X'", "<>", "<>" } };

	is_int(cards_of(ROLE_OWNER), 0, "nothing is connected: no card");
	root_run(root, "INSERT INTO org (id, name, created_at) "
	    "VALUES (900, 'Strangers', NOW())");
	root_run(root, "INSERT INTO membership (org_id, user_id, role, created_at) "
	    "SELECT 900, id, 3, NOW() FROM user WHERE email = 'eve@example.com'");
	for (int i = 0; i < 3; i++)
		root_run(root, pool_printf(pool, add, which[i][0], which[i][1],
		    (unsigned long long)org, which[i][2],
		    (unsigned long long)user));
	is_int(root_number(root, "SELECT COUNT(*) FROM connection"), 3,
	    "three are there");
	is_int(cards_of(ROLE_OWNER), 2, "an owner sees those of the organisation");
	is_int(cards_of(ROLE_ADMIN), 2, "so does an admin");
	is_int(cards_of(ROLE_MEMBER), 1, "a member sees only those of his own");
	token[0] ^= 1;
	is_int(cards_of(ROLE_OWNER), -1, "another token opens nothing");
	token[0] ^= 1;
	root_run(root, "DELETE FROM connection");
	root_run(root, "DELETE FROM membership WHERE org_id = 900");
	root_run(root, "DELETE FROM org WHERE id = 900");
	is_int(cards_of(ROLE_OWNER), 0, "nothing is left");
}

static void test_wrong(void)
{
	struct session_row s;

	ok(!sign_in("dana@example.com", "wrong horse", "10.0.0.2"), "a wrong password");
	is_int(e.kind, ERR_AUTH, "is refused");
	is_int(find(&s), 0, "its token opens nothing");
	ok(!sign_in("nobody@example.com", "correct horse", "10.0.0.2"), "an unknown user");
	is_int(e.kind, ERR_AUTH, "is refused alike");
	ok(!sign_in("dana@example.com", "", "10.0.0.2"), "no password");
	ok(!sign_in("", "", "10.0.0.2"), "nothing at all");
	ok(!sign_in("gone@example.com", "correct horse", "10.0.0.2"),
	    "somebody disabled");
	ok(!sign_in("lost@example.com", "correct horse", "10.0.0.2"),
	    "somebody who is a member nowhere");
}

/* The same time for known and unknown, within a factor: yescrypt runs in both. */
static void test_same_time(void)
{
	int64_t known = INT64_MAX, unknown = INT64_MAX;

	for (int i = 0; i < 3; i++) {
		struct secret *w = word("whatever it is");
		int64_t at = when_mono_ms(), mid;

		password_answer(pool, w, "$y$j9T$/iMOjGhzCCNk.MEJJXgEo.");
		mid = when_mono_ms();
		password_answer(pool, w, NULL);
		known = mid - at < known ? mid - at : known;
		unknown = when_mono_ms() - mid < unknown ? when_mono_ms() - mid : unknown;
	}
	ok(known >= 2 && unknown * 2 >= known && known * 2 >= unknown,
	    "an unknown user takes as long (%lld and %lld ms)", (long long)known,
	    (long long)unknown);
}

static void test_throttle_email(void)
{
	struct session_row s;
	int refused = 0;

	root_run(root, "DELETE FROM login_throttle");
	for (int i = 0; i < SESSION_EMAIL_TRIES; i++)
		refused += !sign_in("dana@example.com", "wrong",
		    pool_printf(pool, "10.1.0.%d", i)) && e.kind == ERR_AUTH;
	is_int(refused, SESSION_EMAIL_TRIES, "so many wrong tries are answered");
	ok(!sign_in("dana@example.com", "correct horse", "10.1.1.1"),
	    "then even the right password waits");
	is_int(e.kind, ERR_LIMIT, "as a limit");
	ok(e.retry_after_secs > 800 && e.retry_after_secs <= 900, "of %d seconds",
	    e.retry_after_secs);
	ok(strstr(e.msg, "15 minutes") != NULL, "%s", e.msg);
	is_int(find(&s), 0, "and opens nothing");
	ok(sign_in("eve@example.com", "correct horse", "10.1.1.1"),
	    "others are not held up: %s", e.msg);
	root_run(root, "UPDATE login_throttle SET window_start = "
	    "window_start - INTERVAL 901 SECOND");
	ok(sign_in("dana@example.com", "correct horse", "10.1.1.1"),
	    "after the window it works again: %s", e.msg);
	is_int(root_number(root, "SELECT failures FROM login_throttle WHERE "
	    "throttle_key = UNHEX(SHA2('address:10.1.1.1', 256))"), 0,
	    "a right one does not count against the address");
}

static void test_throttle_address(void)
{
	int answered = 0;

	root_run(root, "DELETE FROM login_throttle");
	for (int i = 0; i < SESSION_ADDRESS_TRIES; i++)
		answered += !sign_in(pool_printf(pool, "u%d@example.com", i), "x",
		    "10.2.0.1") && e.kind == ERR_AUTH;
	is_int(answered, SESSION_ADDRESS_TRIES, "guessing many names");
	ok(!sign_in("eve@example.com", "correct horse", "10.2.0.1") &&
	    e.kind == ERR_LIMIT, "ends at the address");
	ok(sign_in("eve@example.com", "correct horse", "10.2.0.2"),
	    "not elsewhere: %s", e.msg);
}

/* Raw SQL as web opens no session without knowing a password. */
static void test_no_back_door(void)
{
	static const char SEE_HASH[] = "SELECT LENGTH(password_hash) FROM user";
	static const char FINISH[] = "CALL login_finish('eve@example.com', '', '', "
	    "x'00', x'00', 9, 9)";
	uint64_t n = 0;

	must(sign_in("eve@example.com", "correct horse", "10.3.0.1"));
	must(db_tenant_enter(web, token, sizeof(token), &e));
	ok(!stmt_count(web, SEE_HASH, STMT_NO_ARGS, &n, &e), "no hash is seen");
	db_tenant_leave(web);
	must(stmt_exec(web, FINISH, STMT_NO_ARGS, NULL, &e));
	is_int(root_number(root, "SELECT COUNT(*) FROM session "
	    "WHERE token_hash = x'00'"), 0, "no session is made up");
}

static void test_ends(void)
{
	struct session_row s;
	struct act act = { .db = web, .pool = pool, .config = config,
	    .org_id = org, .user_id = user, .role = ROLE_OWNER, .via = "page" };
	struct act operator = { .db = admin, .pool = pool, .config = config,
	    .org_id = org, .role = ROLE_OWNER, .via = "command" };

	root_run(root, "DELETE FROM login_throttle");
	must(sign_in("dana@example.com", "correct horse", "10.4.0.1"));
	must(db_tenant_enter(web, token, sizeof(token), &e));
	must(acts_account_sign_out(&act, &e));
	db_tenant_leave(web);
	is_int(find(&s), 0, "signing out ends it");

	must(sign_in("dana@example.com", "correct horse", "10.4.0.1"));
	root_run(root, "UPDATE session SET seen_at = seen_at - INTERVAL 61 MINUTE");
	is_int(find(&s), 0, "an idle one ends");

	must(sign_in("dana@example.com", "correct horse", "10.4.0.1"));
	root_run(root, "UPDATE session SET seen_at = seen_at - INTERVAL 59 MINUTE");
	is_int(find(&s), 1, "one that is used");
	is_int(root_number(root, "SELECT COUNT(*) FROM session "
	    "WHERE seen_at > UTC_TIMESTAMP(6) - INTERVAL 1 MINUTE"), 1,
	    "is seen");
	root_run(root, "UPDATE session SET expires_at = UTC_TIMESTAMP(6)");
	is_int(find(&s), 0, "an old one ends all the same");

	must(sign_in("dana@example.com", "correct horse", "10.4.0.1"));
	must(acts_account_set_password(&operator, user, word("another horse"), &e));
	is_int(find(&s), 0, "a new password ends it");
	ok(!sign_in("dana@example.com", "correct horse", "10.4.0.1"), "the old one");
	ok(sign_in("dana@example.com", "another horse", "10.4.0.1"), "the new one");

	must(sign_in("eve@example.com", "correct horse", "10.4.0.1"));
	is_int(find(&s), 1, "a member");
	must(acts_account_set_role(&operator, second, ROLE_ADMIN, &e));
	ok(find(&s) == 1 && s.role == ROLE_ADMIN, "an admin, at the very next "
	    "request");
	must(acts_account_remove_member(&operator, second, &e));
	is_int(find(&s), 0, "who is none any more, at the very next request");
	must(sign_in("dana@example.com", "another horse", "10.4.0.1"));
	root_run(root, "UPDATE user SET disabled_at = UTC_TIMESTAMP(6)");
	is_int(find(&s), 0, "or is disabled");
	ok(!acts_account_remove_member(&operator, user, &e) &&
	    e.kind == ERR_CONFLICT, "the last owner stays");
	ok(!acts_account_set_role(&operator, user, ROLE_ADMIN, &e) &&
	    e.kind == ERR_CONFLICT, "and stays one");
	ok(!acts_account_set_role(&operator, second, ROLE_ADMIN, &e) &&
	    e.kind == ERR_NOT_FOUND, "who is no member gets no role");
	ok(!acts_account_set_role(&(struct act){ .db = admin, .pool = pool,
	    .org_id = org, .user_id = user, .role = ROLE_OWNER }, user,
	    ROLE_OWNER, &e) && e.kind == ERR_FORBIDDEN, "nor from a page");
}

static uint64_t add_user(const struct act *act, const char *email, const char *name)
{
	struct account_form form = { .email = email, .role = ROLE_OWNER,
	    .name = name, .time_zone = "Europe/Berlin",
	    .password = word("correct horse") };
	uint64_t id = 0;

	if (strcmp(name, "Dana") != 0)
		form.role = ROLE_MEMBER;
	must(acts_account_add_user(act, &form, &id, &e));
	return id;
}

int main(void)
{
	struct act act = { 0 };

	pool = pool_new(NULL);
	root = root_open();
	must(config_load(pool, config_path(), &config, &e));
	must(db_open(pool, config, DB_ADMIN, &admin, &e));
	must(db_open(pool, config, DB_WEB, &web, &e));
	act = (struct act){ .db = admin, .pool = pool, .config = config,
	    .role = ROLE_OWNER, .via = "command" };
	must(acts_account_add_org(&act, "Demo", &org, &e));
	act.org_id = org;
	user = add_user(&act, "dana@example.com", "Dana");
	second = add_user(&act, "eve@example.com", "Eve");
	add_user(&act, "gone@example.com", "Gone");
	add_user(&act, "lost@example.com", "Lost");
	root_run(root, "UPDATE user SET disabled_at = UTC_TIMESTAMP(6) "
	    "WHERE name = 'Gone'");
	root_run(root, "DELETE m FROM membership m JOIN user u ON u.id = m.user_id "
	    "WHERE u.name = 'Lost'");
	test_right();
	test_cards();
	test_wrong();
	test_same_time();
	test_throttle_email();
	test_throttle_address();
	test_no_back_door();
	test_ends();
	db_close(web);
	db_close(admin);
	mysql_close(root);
	pool_free(pool);
	mysql_library_end();
	return done();
}
