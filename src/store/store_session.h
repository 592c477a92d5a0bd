#ifndef HAWSER_STORE_STORE_SESSION_H
#define HAWSER_STORE_STORE_SESSION_H
/*
 * Sessions and signing in, which happen before a tenant is known: definer
 * procedures of the web account. A session's token lives in the browser; only
 * its SHA-256 is stored. Removing a membership or changing a password ends the
 * sessions (store_user).
 *
 *	login_begin	counts the try, says how to hash
 *	login_finish	compares, opens the session
 *	enter		the token into the database session, and who that is
 */
#include "store/stmt.h"
#include "store/store_types.h"

/* Tries counted in SESSION_WINDOW_SECS, per e-mail and per address. */
enum {
	SESSION_EMAIL_TRIES = 10, SESSION_ADDRESS_TRIES = 50,
	SESSION_WINDOW_SECS = 15 * 60,
};

struct session_row {
	uint64_t user_id, org_id;
	int role;			/* enum role */
	struct digest csrf;		/* the session's own secret */
	const char *email, *name, *time_zone, *org_name;
	uint64_t open_conflicts;	/* of the whole organisation */
	const char *providers_off;	/* of the organisation, commas between */
	bool may_wait;			/* something of it waits to be sent */
	bool stale;			/* seen_at has been moved */
	when_t created_at, expires_at;
};

/* Enters the tenant of the raw token: 1, until db_tenant_leave; 0 (unknown,
 * expired, idle for too long, no member any more), -1: nothing is entered. Every
 * request asks anew; that somebody was here is noted once a minute. cards, NULL
 * = not wanted: the cards this person may see, in the same round trip. */
struct connection_cards;
ERR_CHECKED int store_session_enter(struct db *db, struct pool *pool,
    const void *token, size_t len, int idle_mins, struct session_row *out,
    struct connection_cards *cards, struct err *err);
ERR_CHECKED bool store_session_end(struct db *db, struct err *err);

struct login_begin {
	int wait_secs;			/* over 0: too many tries, come back then */
	const char *setting;		/* for password_answer; NULL = nobody */
};
ERR_CHECKED bool store_session_login_begin(struct db *db, struct pool *pool,
    const char *email, const char *address, struct login_begin *out,
    struct err *err);

struct login_finish {
	const char *email, *address;
	const char *answer;		/* of password_answer */
	struct digest token_hash, csrf;
	int hours;			/* the longest life of the session */
};
struct login_who { uint64_t user_id, org_id; };
/* 1, 0 (wrong), -1 */
ERR_CHECKED int store_session_login_finish(struct db *db, struct pool *pool,
    const struct login_finish *f, struct login_who *out, struct err *err);

struct password_change {
	const char *address;
	const char *answer;		/* of the password as it is */
	const char *hash;		/* of the new one */
};
/* Of whoever is signed in, after login_begin; all their sessions end, the tenant
 * with them: 1, 0 (wrong), -1. */
ERR_CHECKED int store_session_change_password(struct db *db, struct pool *pool,
    const struct password_change *c, struct err *err);

/* The time zone of whoever is signed in, wherever they are: 1, 0 (signed out
 * meanwhile), -1. */
ERR_CHECKED int store_session_change_zone(struct db *db, struct pool *pool,
    const char *zone, struct err *err);

struct session_org { uint64_t id; const char *name; };
/* The organisations of whoever is signed in. */
ERR_CHECKED bool store_session_list_orgs(struct db *db, struct pool *pool,
    struct session_org **out, size_t *count_out, struct err *err);
struct session_move {
	const void *old_token;		/* as the browser has it */
	size_t old_token_len;
	uint64_t org_id;
	struct digest token_hash, csrf;
};
/* The session goes on in another organisation, under a new token: 1, 0 (no
 * member there), -1. */
ERR_CHECKED int store_session_move(struct db *db, struct pool *pool,
    const struct session_move *m, struct login_who *out, struct err *err);

/* Tries of an account at a provider, per user and organisation. */
enum { SESSION_PROBE_TRIES = 10, SESSION_PROBE_SECS = 10 * 60 };
/* Counts one more of whoever is signed in; the account hooks. Over 0: too many,
 * come back in so many seconds. */
ERR_CHECKED bool store_session_probe_begin(struct db *db, struct pool *pool,
    int *wait_secs_out, struct err *err);
#endif
