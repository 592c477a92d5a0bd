#ifndef HAWSER_ACTS_ACTS_ACCOUNT_H
#define HAWSER_ACTS_ACTS_ACCOUNT_H
/*
 * Organisations, users, passwords; signing in and out. Adding and changing is
 * the operator's (act->user_id 0, DB_ADMIN); signing in is anybody's (DB_WEB).
 */
#include "acts/act.h"
#include "store/store_session.h"
#include "util/secret.h"

/* act->org_id is not looked at. ERR_CONFLICT: the name is taken. */
ERR_CHECKED bool acts_account_add_org(const struct act *act, const char *name,
    uint64_t *id_out, struct err *err);

struct account_form {
	const char *email;
	const char *name;		/* NULL or "" = the e-mail's first part */
	const char *time_zone;		/* NULL or "" = UTC */
	enum role role;
	const struct secret *password;	/* NULL = somebody we know already */
};
/* Makes the user, or adds somebody known to act's organisation. ERR_INPUT says
 * what is wrong; ERR_CONFLICT: is a member, or a password for a known user. */
ERR_CHECKED bool acts_account_add_user(const struct act *act,
    const struct account_form *form, uint64_t *id_out, struct err *err);
/* All sessions of the user end. */
ERR_CHECKED bool acts_account_set_password(const struct act *act,
    uint64_t user_id, const struct secret *password, struct err *err);
/* From the next request on. ERR_CONFLICT: it is the last owner. */
ERR_CHECKED bool acts_account_set_role(const struct act *act,
    uint64_t user_id, enum role role, struct err *err);
/* The membership and its sessions end. ERR_CONFLICT: something is still the
 * user's (a connection, a calendar), or it is the last owner. */
ERR_CHECKED bool acts_account_remove_member(const struct act *act,
    uint64_t user_id, struct err *err);

enum { ACCOUNT_TOKEN_BYTES = 32 };

struct account_sign_in {
	const char *email;
	const struct secret *password;
	const char *address;		/* of the browser, as nginx saw it */
	const uint8_t *token;		/* ACCOUNT_TOKEN_BYTES, fresh random bytes */
	const char *request_id;
};
/*
 * Opens the session of the token; no tenant is entered afterwards. ERR_AUTH:
 * e-mail or password wrong, which of them is not told and takes the same time.
 * ERR_LIMIT with retry_after_secs: too many tries.
 */
ERR_CHECKED bool acts_account_sign_in(struct db *db, struct pool *pool,
    const struct config *config, const struct account_sign_in *form,
    struct err *err);
struct account_password {
	const char *email;		/* of whoever is signed in */
	const char *address;
	const struct secret *old, *fresh;
};
/* A person's own; all their sessions end, this one too. ERR_AUTH: the old one is
 * not right; ERR_INPUT: the new one will not do; ERR_LIMIT: too many tries. */
ERR_CHECKED bool acts_account_change_password(const struct act *act,
    const struct account_password *form, struct err *err);

/* A person's own; in all their organisations. ERR_INPUT: there is no such zone. */
ERR_CHECKED bool acts_account_change_zone(const struct act *act,
    const char *zone, struct err *err);

struct account_choice {
	uint64_t org_id;
	const uint8_t *old_token, *token;	/* ACCOUNT_TOKEN_BYTES each */
};
/* The session goes on in another organisation under the new token; no tenant is
 * entered afterwards. ERR_NOT_FOUND: no member there. */
ERR_CHECKED bool acts_account_choose_org(const struct act *act,
    const struct account_choice *choice, struct err *err);
/* With the tenant entered: ends the session. */
ERR_CHECKED bool acts_account_sign_out(const struct act *act, struct err *err);
#endif
