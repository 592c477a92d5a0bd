#ifndef HAWSER_SANDBOX_SANDBOX_GRANT_H
#define HAWSER_SANDBOX_SANDBOX_GRANT_H
/*
 * What people have allowed: codes, access and refresh tokens, of all providers.
 * The tree holds hashes of them alone.
 *
 *	grants/PROVIDER CLIENT ACCOUNT	{ scopes, since }
 *	codes/HASH			what was asked, "until", "used"
 *	tokens/HASH			{ kind, grant, account, client, scopes,
 *					  code, refresh, until (0 = no end), n }
 *
 * Times are the sandbox's clock, in seconds.
 */
#include "sandbox/sandbox.h"

#define SANDBOX_CODE_SECS 600
#define SANDBOX_ACCESS_SECS 3599
#define SANDBOX_TESTING_SECS 604800

struct sandbox_grant_ask {
	const char *provider, *client, *account, *redirect;
	const char *challenge, *challenge_method, *nonce;	/* NULL = none */
	json_t *scopes;			/* what was allowed, borrowed */
	bool offline;			/* a refresh token is wanted */
	bool anew;			/* also when there was one before */
	bool merge;			/* with what was allowed before */
};

struct sandbox_grant_spelling {		/* how tokens of a provider begin */
	const char *code, *access, *refresh;
	int refresh_most;		/* living ones; 0 = no limit */
	const char *sign_in;		/* scopes that are of no consequence */
};

struct sandbox_grant_tokens {
	const char *access, *refresh;	/* refresh NULL = none */
	const char *account, *client, *nonce;
	json_t *scopes;			/* borrowed */
	json_int_t refresh_secs;	/* 0 = without end */
};

/* Has this account allowed it all before? */
bool sandbox_grant_covers(const struct sandbox *sb,
    const struct sandbox_grant_ask *ask);
/* A code for what has been allowed. */
char *sandbox_grant_code(struct sandbox *sb, struct pool *pool,
    const struct sandbox_grant_ask *ask, const struct sandbox_grant_spelling *as);

/* What a program shows at the token endpoint. */
struct sandbox_grant_shown {
	const char *provider, *client, *redirect, *verifier;
	const char *code;		/* or the refresh token */
};
/* False: invalid_grant, and why. A code used twice ends its tokens. */
bool sandbox_grant_redeem(struct sandbox *sb, struct pool *pool,
    const struct sandbox_grant_shown *shown,
    const struct sandbox_grant_spelling *as,
    struct sandbox_grant_tokens *out, const char **why_out);
bool sandbox_grant_refresh(struct sandbox *sb, struct pool *pool,
    const struct sandbox_grant_shown *shown,
    const struct sandbox_grant_spelling *as,
    struct sandbox_grant_tokens *out, const char **why_out);
/* Tokens without a page, for tests. */
void sandbox_grant_give(struct sandbox *sb, struct pool *pool,
    const struct sandbox_grant_ask *ask, const struct sandbox_grant_spelling *as,
    struct sandbox_grant_tokens *out);

/* The living access token's entry; NULL = none of ours, ended or expired. */
json_t *sandbox_grant_find(const struct sandbox *sb, const char *access);
/* Ends the grant of a token with all its tokens; false = it was none. */
bool sandbox_grant_revoke(struct sandbox *sb, const char *token);
/* All of an account, or (scopes) these scopes alone. */
void sandbox_grant_withdraw(struct sandbox *sb, const char *account,
    const json_t *scopes);
/* Without any value of a token; the caller's. */
json_t *sandbox_grant_list(const struct sandbox *sb);

bool sandbox_grant_has(const json_t *scopes, const char *scope);
#endif
