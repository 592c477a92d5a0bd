/* People and memberships. It knows no session but that they end. */
#include <string.h>
#include "store/store_user.h"
#include "util/str.h"
#include "util/banned.h"

static const char ADD[] = "INSERT INTO user (email, email_key, name, "
    "password_hash, time_zone, created_at) "
    "VALUES (?, ?, ?, ?, ?, UTC_TIMESTAMP(6))";
static const char FIND_EMAIL[] = "SELECT id, email, name, time_zone, 0 AS role, "
    "created_at, disabled_at FROM user WHERE email_key = ?";
static const char FIND[] = "SELECT u.id, u.email, u.name, u.time_zone, m.role, "
    "u.created_at, u.disabled_at FROM membership m JOIN user u ON u.id = m.user_id "
    "WHERE m.org_id = ? AND m.user_id = ?";
static const char FIND_MEMBER[] = "SELECT u.id, u.email, u.name, u.time_zone, "
    "m.role, u.created_at, u.disabled_at "
    "FROM membership m JOIN user u ON u.id = m.user_id "
    "WHERE m.org_id = ? AND u.email_key = ?";
static const char LIST[] = "SELECT u.id, u.email, u.name, u.time_zone, m.role, "
    "u.created_at, u.disabled_at FROM membership m JOIN user u ON u.id = m.user_id "
    "WHERE m.org_id = ? ORDER BY u.email_key";
static const char SET_PASSWORD[] =
    "UPDATE user SET password_hash = ? WHERE id = ?";
static const char END_SESSIONS[] = "DELETE FROM session WHERE user_id = ?";
static const char ADD_MEMBERSHIP[] = "INSERT INTO membership "
    "(org_id, user_id, role, created_at) VALUES (?, ?, ?, UTC_TIMESTAMP(6))";
/* Its sessions go by the foreign key. */
static const char OTHER_OWNERS[] =
    "SELECT COUNT(*) FROM membership m JOIN user u ON u.id = m.user_id "
    "WHERE m.org_id = ? AND m.role = 3 AND m.user_id <> ? "
    "AND u.disabled_at IS NULL FOR UPDATE";
static const char SET_ROLE[] =
    "UPDATE membership SET role = ? WHERE org_id = ? AND user_id = ?";
static const char REMOVE_MEMBERSHIP[] =
    "DELETE FROM membership WHERE org_id = ? AND user_id = ?";

static const struct stmt_col COLS[] = {
	STMT_COL(struct user_row, id), STMT_COL(struct user_row, email),
	STMT_COL(struct user_row, name), STMT_COL(struct user_row, time_zone),
	STMT_COL(struct user_row, role), STMT_COL(struct user_row, created_at),
	STMT_COL(struct user_row, disabled_at), STMT_END };


char *store_user_email_key(struct pool *pool, const char *email)
{
	char *key = str_trim(pool, email);

	str_lower(key);
	return key;
}

bool store_user_add(struct db *db, struct pool *pool, const struct user_new *u,
    uint64_t *id_out, struct err *err)
{
	if (stmt_insert(db, ADD, STMT_ARGS(STMT_TEXT(u->email),
	    STMT_TEXT(store_user_email_key(pool, u->email)), STMT_TEXT(u->name),
	    STMT_TEXT(u->password_hash), STMT_TEXT(u->time_zone)), id_out, err))
		return true;
	return err->kind != ERR_CONFLICT ? false : err_set(err, ERR_CONFLICT,
	    "There is already a user with the e-mail %s.", u->email);
}

int store_user_find_email(struct db *db, struct pool *pool, const char *email,
    struct user_row *out, struct err *err)
{
	return stmt_find(db, pool, FIND_EMAIL,
	    STMT_ARGS(STMT_TEXT(store_user_email_key(pool, email))), COLS, out,
	    err);
}

int store_user_find(struct db *db, struct pool *pool, uint64_t org,
    uint64_t id, struct user_row *out, struct err *err)
{
	return stmt_find(db, pool, FIND, STMT_ARGS(STMT_U64(org), STMT_U64(id)),
	    COLS, out, err);
}

int store_user_find_member(struct db *db, struct pool *pool, uint64_t org,
    const char *email, struct user_row *out, struct err *err)
{
	return stmt_find(db, pool, FIND_MEMBER, STMT_ARGS(STMT_U64(org),
	    STMT_TEXT(store_user_email_key(pool, email))), COLS, out, err);
}

bool store_user_list(struct db *db, struct pool *pool, uint64_t org,
    struct user_row **out, size_t *count_out, struct err *err)
{
	return stmt_list(db, pool, LIST, STMT_ARGS(STMT_U64(org)), COLS,
	    sizeof(struct user_row), out, count_out, err);
}

bool store_user_set_password(struct db *db, uint64_t id,
    const char *password_hash, struct err *err)
{
	return stmt_exec_one(db, SET_PASSWORD, STMT_ARGS(
	    STMT_TEXT(password_hash), STMT_U64(id)), "This user is no more.",
	    err) &&
	    stmt_exec(db, END_SESSIONS, STMT_ARGS(STMT_U64(id)), NULL, err);
}

bool store_user_add_membership(struct db *db, uint64_t org, uint64_t id,
    enum role role, struct err *err)
{
	if (stmt_exec(db, ADD_MEMBERSHIP, STMT_ARGS(STMT_U64(org), STMT_U64(id),
	    STMT_U64(role)), NULL, err))
		return true;
	return err->kind != ERR_CONFLICT ? false : err_set(err, ERR_CONFLICT,
	    "This user is a member of the organisation already.");
}

bool store_user_count_other_owners(struct db *db, uint64_t org, uint64_t id,
    uint64_t *out, struct err *err)
{
	return stmt_count(db, OTHER_OWNERS, STMT_ARGS(STMT_U64(org),
	    STMT_U64(id)), out, err);
}

bool store_user_set_role(struct db *db, uint64_t org, uint64_t id,
    enum role role, struct err *err)
{
	return stmt_exec_one(db, SET_ROLE, STMT_ARGS(STMT_U64(role),
	    STMT_U64(org), STMT_U64(id)), "This user is not a member of the "
	    "organisation.", err);
}

bool store_user_remove_membership(struct db *db, uint64_t org, uint64_t id,
    struct err *err)
{
	return stmt_exec_one(db, REMOVE_MEMBERSHIP, STMT_ARGS(STMT_U64(org),
	    STMT_U64(id)), "This user is not a member of the organisation.", err);
}

const char *
store_user_role(int role)
{
	static const char *const names[] = { "", "member", "admin", "owner" };

	return role >= ROLE_MEMBER && role <= ROLE_OWNER ? names[role] : "";
}
