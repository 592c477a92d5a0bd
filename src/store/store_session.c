/* Sessions and signing in. It knows no password, only answers of crypt. */
#include "store/store_session.h"
#include "store/stmt.h"
#include "store/store_connection.h"
#include "store/store_user.h"
#include "util/banned.h"

static const char ENTER[] = "CALL session_enter(?, ?)";
static const char ENTER_CARDS[] = "CALL session_cards(?, ?)";
static const char SEEN[] = "CALL session_seen()";
static const char END[] = "CALL session_end()";
static const char LOGIN_BEGIN[] = "CALL login_begin(?, ?, ?, ?, ?)";
static const char LOGIN_FINISH[] = "CALL login_finish(?, ?, ?, ?, ?, ?, ?)";
static const char PASSWORD[] = "CALL password_change(?, ?, ?, ?)";
static const char TIME_ZONE[] = "CALL time_zone_change(?)";
static const char ORGS[] = "CALL session_orgs()";
static const char MOVE[] = "CALL session_move(?, ?, ?, ?)";
static const char PROBE_BEGIN[] = "CALL probe_begin(?, ?)";

static const struct stmt_col ENTER_COLS[] = {
	STMT_COL(struct session_row, user_id),
	STMT_COL(struct session_row, org_id),
	STMT_COL(struct session_row, role),
	STMT_COL(struct session_row, csrf),
	STMT_COL(struct session_row, email),
	STMT_COL(struct session_row, name),
	STMT_COL(struct session_row, time_zone),
	STMT_COL(struct session_row, org_name),
	STMT_COL(struct session_row, open_conflicts),
	STMT_COL(struct session_row, created_at),
	STMT_COL(struct session_row, expires_at),
	STMT_COL(struct session_row, providers_off),
	STMT_COL(struct session_row, may_wait),
	STMT_COL(struct session_row, stale), STMT_END };
#define WHO(m) { "who_" #m, STMT_TYPE(((struct session_row *)0)->m), \
    offsetof(struct session_row, m) }
static const struct stmt_col WHO_ENTERS_COLS[] = {
	WHO(user_id), WHO(org_id), WHO(role), WHO(csrf), WHO(email), WHO(name),
	WHO(time_zone), WHO(org_name), WHO(open_conflicts), WHO(created_at),
	WHO(expires_at), WHO(providers_off), WHO(may_wait), WHO(stale), STMT_END };
static const struct stmt_col BEGIN_COLS[] = {
	STMT_COL(struct login_begin, wait_secs),
	STMT_COL(struct login_begin, setting), STMT_END };
static const struct stmt_col WHO_COLS[] = {
	STMT_COL(struct login_who, user_id), STMT_COL(struct login_who, org_id),
	STMT_END };

static const struct stmt_col ORG_COLS[] = {
	STMT_COL(struct session_org, id), STMT_COL(struct session_org, name),
	STMT_END };

static int enter(struct db *db, struct pool *pool, const void *token,
    size_t len, int idle_mins, struct session_row *out,
    struct connection_cards *cards, struct err *err)
{
	const struct stmt_args args = STMT_ARGS(STMT_BLOB(token, len),
	    STMT_U64((uint64_t)idle_mins * 60));

	if (!cards)
		return stmt_find(db, pool, ENTER, args, ENTER_COLS, out, err);
	if (!stmt_list_headed(db, pool, ENTER_CARDS, args, WHO_ENTERS_COLS, out,
	    store_connection_card_cols(), sizeof(*cards->list), &cards->list,
	    &cards->count, err))
		return -1;
	if (cards->count == 0)
		return 0;
	if (cards->list[0].row.id == 0)		/* nothing is connected */
		cards->count = 0;
	return 1;
}

int store_session_enter(struct db *db, struct pool *pool, const void *token,
    size_t len, int idle_mins, struct session_row *out,
    struct connection_cards *cards, struct err *err)
{
	int found;

	if (!db_tenant_begin(db, token, len, err))
		return -1;
	found = enter(db, pool, token, len, idle_mins, out, cards, err);
	/* Died while nobody looked: it only reads, so it may be said again. */
	if (found < 0 && !db_is_up(db))
		found = enter(db, pool, token, len, idle_mins, out, cards,
		    err);
	if (found == 1 && (!out->stale || stmt_exec(db, SEEN, STMT_NO_ARGS, NULL,
	    err)))
		return 1;
	if (found == 0 && !store_session_end(db, err))
		found = -1;
	db_tenant_leave(db);
	return found == 0 ? 0 : -1;
}

bool store_session_end(struct db *db, struct err *err)
{
	return stmt_exec(db, END, STMT_NO_ARGS, NULL, err);
}

bool store_session_login_begin(struct db *db, struct pool *pool,
    const char *email, const char *address, struct login_begin *out,
    struct err *err)
{
	int got = stmt_find(db, pool, LOGIN_BEGIN, STMT_ARGS(
	    STMT_TEXT(store_user_email_key(pool, email)), STMT_TEXT(address),
	    STMT_U64(SESSION_EMAIL_TRIES), STMT_U64(SESSION_ADDRESS_TRIES),
	    STMT_U64(SESSION_WINDOW_SECS)), BEGIN_COLS, out, err);

	if (got == 0)
		die("login_begin answers nothing");
	return got == 1;
}

int store_session_login_finish(struct db *db, struct pool *pool,
    const struct login_finish *f, struct login_who *out, struct err *err)
{
	return stmt_find(db, pool, LOGIN_FINISH, STMT_ARGS(
	    STMT_TEXT(store_user_email_key(pool, f->email)),
	    STMT_TEXT(f->address), STMT_TEXT(f->answer),
	    STMT_DIGEST(&f->token_hash), STMT_DIGEST(&f->csrf),
	    STMT_U64((uint64_t)f->hours), STMT_U64(SESSION_EMAIL_TRIES)),
	    WHO_COLS, out, err);
}

int store_session_change_password(struct db *db, struct pool *pool,
    const struct password_change *c, struct err *err)
{
	static const struct stmt_col cols[] = {
		STMT_COL(struct login_who, user_id), STMT_END };
	struct login_who who;

	return stmt_find(db, pool, PASSWORD, STMT_ARGS(STMT_TEXT(c->address),
	    STMT_TEXT(c->answer), STMT_TEXT(c->hash),
	    STMT_U64(SESSION_EMAIL_TRIES)), cols, &who, err);
}

int store_session_change_zone(struct db *db, struct pool *pool,
    const char *zone, struct err *err)
{
	static const struct stmt_col cols[] = {
		STMT_COL(struct login_who, user_id), STMT_END };
	struct login_who who;

	return stmt_find(db, pool, TIME_ZONE, STMT_ARGS(STMT_TEXT(zone)), cols,
	    &who, err);
}

bool store_session_list_orgs(struct db *db, struct pool *pool,
    struct session_org **out, size_t *count_out, struct err *err)
{
	return stmt_list(db, pool, ORGS, STMT_NO_ARGS, ORG_COLS, sizeof(**out),
	    out, count_out, err);
}

int store_session_move(struct db *db, struct pool *pool,
    const struct session_move *m, struct login_who *out, struct err *err)
{
	return stmt_find(db, pool, MOVE, STMT_ARGS(
	    STMT_BLOB(m->old_token, m->old_token_len), STMT_U64(m->org_id),
	    STMT_DIGEST(&m->token_hash), STMT_DIGEST(&m->csrf)), WHO_COLS, out,
	    err);
}

bool store_session_probe_begin(struct db *db, struct pool *pool,
    int *wait_secs_out, struct err *err)
{
	static const struct stmt_col cols[] = {
		STMT_COL(struct login_begin, wait_secs), STMT_END };
	struct login_begin row;
	int got = stmt_find(db, pool, PROBE_BEGIN, STMT_ARGS(
	    STMT_U64(SESSION_PROBE_TRIES), STMT_U64(SESSION_PROBE_SECS)), cols,
	    &row, err);

	if (got < 0)
		return false;
	if (got == 0)
		return err_set(err, ERR_AUTH, "Sign in first.");
	*wait_secs_out = row.wait_secs;
	return true;
}
