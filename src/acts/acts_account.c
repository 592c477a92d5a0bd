/*
 * Organisations, users, passwords; signing in and out. It knows no form and no
 * cookie.
 */
#include <string.h>
#include "acts/acts_account.h"
#include "store/store_audit.h"
#include "store/store_org.h"
#include "store/store_provider.h"
#include "store/store_user.h"
#include "util/str.h"
#include "util/when.h"
#include "vault/password.h"
#include "util/banned.h"

enum { ORG_NAME_MOST = 120, USER_NAME_MOST = 120, EMAIL_MOST_BYTES = 254 };

static bool operator_only(const struct act *act, struct err *err)
{
	return act->user_id == 0 || err_set(err, ERR_FORBIDDEN,
	    "Only the operator may do that, with the hawser command.");
}

/* ---- organisations ---- */

struct add_org { struct act act; const char *name; uint64_t id; };

static bool add_org_tx(struct db *db, void *arg, struct err *err)
{
	struct add_org *a = arg;

	if (!store_org_add(db, a->name, &a->id, err) ||
	    !store_provider_begin_org(db, a->id, err))
		return false;
	a->act.org_id = a->id;
	return act_audit(&a->act, "org.add", "org", a->id, NULL, err);
}

bool acts_account_add_org(const struct act *act, const char *name,
    uint64_t *id_out, struct err *err)
{
	struct add_org a = { .act = *act };

	if (!operator_only(act, err) ||
	    !act_text(act, "The name", name, ORG_NAME_MOST, &a.name, err) ||
	    !db_tx(act->db, add_org_tx, &a, NULL, err))
		return false;
	*id_out = a.id;
	return true;
}

/* ---- users ---- */

static bool is_email(const char *text)
{
	const char *at = strchr(text, '@');

	if (!at || at == text || !at[1] || strchr(at + 1, '@') ||
	    strlen(text) > EMAIL_MOST_BYTES ||
	    !str_utf8_valid(text, strlen(text)))
		return false;
	for (const char *c = text; *c; c++)
		if ((unsigned char)*c <= ' ' || *c == 0x7f || strchr("<>,;:\"()[]\\", *c))
			return false;
	return true;
}

struct add_user {
	const struct act *act;
	struct user_new user;
	enum role role;
	uint64_t id;
};

static bool add_user_tx(struct db *db, void *arg, struct err *err)
{
	struct add_user *a = arg;
	struct user_row known;
	int got = store_user_find_email(db, a->act->pool, a->user.email, &known,
	    err);

	if (got < 0)
		return false;
	if (got && a->user.password_hash)
		return err_set(err, ERR_CONFLICT, "There is already a user with "
		    "the e-mail %s. Leave the password out to make it a member; "
		    "hawser user password changes the password.", a->user.email);
	if (!got && !a->user.password_hash)
		return err_set(err, ERR_INPUT, "There is no user with the e-mail "
		    "%s yet, so a password is needed (--password-stdin).",
		    a->user.email);
	a->id = known.id;
	if (!got && !store_user_add(db, a->act->pool, &a->user, &a->id, err))
		return false;
	return store_user_add_membership(db, a->act->org_id, a->id, a->role,
	    err) && act_audit(a->act, "user.add", "user", a->id,
	    store_user_role(a->role), err);
}

static bool read_user(const struct act *act, const struct account_form *form,
    struct add_user *a, struct err *err)
{
	const char *email = str_trim(act->pool, form->email ? form->email : "");
	const char *name = form->name && *form->name ? form->name :
	    pool_strndup(act->pool, email, strcspn(email, "@"));
	const char *zone = form->time_zone && *form->time_zone ?
	    form->time_zone : "UTC";
	char *hash = NULL;

	if (!is_email(email))
		return err_set(err, ERR_INPUT,
		    "\"%s\" is not an e-mail address.", email);
	if (!act_text(act, "The name", name, USER_NAME_MOST, &name, err))
		return false;
	if (!zone_find(zone))
		return err_set(err, ERR_INPUT, "There is no time zone \"%s\". Use "
		    "a name like Europe/Berlin.", zone);
	if (form->role < ROLE_MEMBER || form->role > ROLE_OWNER)
		return err_set(err, ERR_INPUT,
		    "The role is one of member, admin, owner.");
	if (form->password && !password_hash(act->pool, form->password, &hash, err))
		return false;
	a->user = (struct user_new){ email, name, zone, hash };
	a->role = form->role;
	return true;
}

bool acts_account_add_user(const struct act *act,
    const struct account_form *form, uint64_t *id_out, struct err *err)
{
	struct add_user a = { .act = act };

	if (!operator_only(act, err) || !read_user(act, form, &a, err) ||
	    !db_tx(act->db, add_user_tx, &a, NULL, err))
		return false;
	*id_out = a.id;
	return true;
}

struct change_user {
	const struct act *act;
	uint64_t id;
	const char *hash;
	enum role role;
};

static bool must_be_member(struct db *db, const struct change_user *c,
    struct user_row *out, struct err *err)
{
	int got = store_user_find(db, c->act->pool, c->act->org_id, c->id, out,
	    err);

	return got == 1 || (got == 0 && err_set(err, ERR_NOT_FOUND,
	    "There is no such member of this organisation."));
}

static bool set_password_tx(struct db *db, void *arg, struct err *err)
{
	struct change_user *c = arg;
	struct user_row user;

	return must_be_member(db, c, &user, err) &&
	    store_user_set_password(db, c->id, c->hash, err) &&
	    act_audit(c->act, "user.password", "user", c->id, NULL, err);
}

bool acts_account_set_password(const struct act *act, uint64_t user_id,
    const struct secret *password, struct err *err)
{
	struct change_user c = { .act = act, .id = user_id };
	char *hash;

	if (!operator_only(act, err) ||
	    !password_hash(act->pool, password, &hash, err))
		return false;
	c.hash = hash;
	return db_tx(act->db, set_password_tx, &c, NULL, err);
}

static bool check_another_owner(struct db *db, const struct change_user *c,
    struct err *err)
{
	uint64_t others;

	if (!store_user_count_other_owners(db, c->act->org_id, c->id, &others,
	    err))
		return false;
	if (others > 0)
		return true;
	return err_set(err, ERR_CONFLICT, "This is the last owner of the "
	    "organisation. Make somebody else an owner first.");
}

static bool set_role_tx(struct db *db, void *arg, struct err *err)
{
	struct change_user *c = arg;
	struct user_row user;

	return must_be_member(db, c, &user, err) &&
	    (user.role != ROLE_OWNER || c->role == ROLE_OWNER ||
	    check_another_owner(db, c, err)) &&
	    store_user_set_role(db, c->act->org_id, c->id, c->role, err) &&
	    act_audit(c->act, "user.role", "user", c->id,
	    store_user_role(c->role), err);
}

bool acts_account_set_role(const struct act *act, uint64_t user_id,
    enum role role, struct err *err)
{
	struct change_user c = { .act = act, .id = user_id, .role = role };

	return operator_only(act, err) &&
	    db_tx(act->db, set_role_tx, &c, NULL, err);
}

static bool remove_member_tx(struct db *db, void *arg, struct err *err)
{
	struct change_user *c = arg;
	struct user_row user;

	return must_be_member(db, c, &user, err) &&
	    (user.role != ROLE_OWNER || check_another_owner(db, c, err)) &&
	    store_user_remove_membership(db, c->act->org_id, c->id, err) &&
	    act_audit(c->act, "user.remove", "user", c->id, NULL, err);
}

bool acts_account_remove_member(const struct act *act, uint64_t user_id,
    struct err *err)
{
	struct change_user c = { .act = act, .id = user_id };

	return operator_only(act, err) &&
	    db_tx(act->db, remove_member_tx, &c, NULL, err);
}

/* ---- signing in and out ---- */

struct sign_in {
	struct pool *pool;
	struct login_finish finish;
	const char *request_id;
	bool right;
};

/* A wrong answer commits too: the try stays counted. */
static bool sign_in_tx(struct db *db, void *arg, struct err *err)
{
	struct sign_in *s = arg;
	struct login_who who;
	struct act act = { .db = db, .pool = s->pool, .via = "page",
	    .request_id = s->request_id };
	int got = store_session_login_finish(db, s->pool, &s->finish, &who, err);

	s->right = got == 1;
	if (got != 1)
		return got == 0;
	act.org_id = who.org_id;
	act.user_id = who.user_id;
	return act_audit(&act, "session.begin", "user", who.user_id, NULL, err);
}

static bool check_tries(const struct login_begin *b, struct err *err)
{
	int mins = (b->wait_secs + 59) / 60;

	if (b->wait_secs <= 0)
		return true;
	err_set(err, ERR_LIMIT, "There were too many tries to sign in. Try again "
	    "in %d minute%s.", mins, mins == 1 ? "" : "s");
	err->retry_after_secs = b->wait_secs;
	return false;
}

bool acts_account_sign_in(struct db *db, struct pool *pool,
    const struct config *config, const struct account_sign_in *form,
    struct err *err)
{
	struct login_begin begin;
	struct sign_in s = { .pool = pool, .request_id = form->request_id };
	bool good;

	if (!store_session_login_begin(db, pool, form->email, form->address,
	    &begin, err) || !check_tries(&begin, err))
		return false;
	s.finish = (struct login_finish){
		.email = form->email, .address = form->address,
		.answer = password_answer(pool, form->password, begin.setting),
		.token_hash = digest_sha256(form->token, ACCOUNT_TOKEN_BYTES),
		.hours = config->session_max_hours,
	};
	digest_random(s.finish.csrf.bytes, sizeof(s.finish.csrf.bytes));
	/* The audit entry needs the tenant, which the new session is. */
	db_tenant_leave(db);
	if (!db_tenant_enter(db, form->token, ACCOUNT_TOKEN_BYTES, err))
		return false;
	good = db_tx(db, sign_in_tx, &s, NULL, err);
	db_tenant_leave(db);
	if (good && !s.right)
		return err_set(err, ERR_AUTH, "The e-mail or the password is not "
		    "right.");
	return good;
}

struct own_password {
	const struct act *act;
	struct password_change change;
};

/* The audit entry first: with the sessions the tenant ends. */
static bool own_password_tx(struct db *db, void *arg, struct err *err)
{
	const struct own_password *o = arg;
	int got;

	if (!act_audit(o->act, "user.password", "user", o->act->user_id, NULL,
	    err))
		return false;
	got = store_session_change_password(db, o->act->pool, &o->change, err);
	return got == 1 || (got == 0 && err_set(err, ERR_AUTH,
	    "This is not your password."));
}

bool acts_account_change_password(const struct act *act,
    const struct account_password *form, struct err *err)
{
	struct own_password o = { .act = act };
	struct login_begin begin;
	char *hash;

	/* Hashing is dear: not for whoever tried too often. */
	if (!password_check(form->fresh, err) ||
	    !store_session_login_begin(act->db, act->pool, form->email,
	    form->address, &begin, err) || !check_tries(&begin, err) ||
	    !password_hash(act->pool, form->fresh, &hash, err))
		return false;
	o.change = (struct password_change){ .address = form->address,
	    .answer = password_answer(act->pool, form->old, begin.setting),
	    .hash = hash };
	return db_tx(act->db, own_password_tx, &o, NULL, err);
}

struct own_zone { const struct act *act; const char *zone; };

static bool own_zone_tx(struct db *db, void *arg, struct err *err)
{
	const struct own_zone *o = arg;
	int got = store_session_change_zone(db, o->act->pool, o->zone, err);

	if (got == 0)
		return err_set(err, ERR_CONFLICT, "You are signed out. Sign in "
		    "and choose again.");
	return got > 0 && act_audit(o->act, "user.time_zone", "user",
	    o->act->user_id, o->zone, err);
}

bool acts_account_change_zone(const struct act *act, const char *zone,
    struct err *err)
{
	struct own_zone o = { act, zone };

	if (!*zone || !zone_find(zone))
		return err_set(err, ERR_INPUT, "Time zone: there is none of this "
		    "name. Choose one from the list.");
	return db_tx(act->db, own_zone_tx, &o, NULL, err);
}

static bool sign_out_tx(struct db *db, void *arg, struct err *err)
{
	const struct act *act = arg;

	return act_audit(act, "session.end", "user", act->user_id, NULL, err) &&
	    store_session_end(db, err);
}

bool acts_account_sign_out(const struct act *act, struct err *err)
{
	struct act copy = *act;

	return db_tx(act->db, sign_out_tx, &copy, NULL, err);
}
