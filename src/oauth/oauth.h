#ifndef HAWSER_OAUTH_OAUTH_H
#define HAWSER_OAUTH_OAUTH_H
/*
 * Hawser as the client of an authorization server: the code flow (RFC 6749 4.1)
 * with PKCE (RFC 7636, S256) and the issuer's name (RFC 9207).
 *
 *	oauth_begin		state and verifier of one try
 *	oauth_ask_url		where the browser is sent
 *	oauth_check_redirect	what it comes back with
 *	oauth_token.h		code -> tokens, refresh, revoke
 *
 * Pure: it knows no provider by name, keeps nothing and sends nothing.
 */
#include <stdbool.h>
#include "util/digest.h"
#include "util/err.h"
#include "util/pool.h"
#include "util/secret.h"

/* What a provider is to its clients; addresses may come from configuration. */
struct oauth_server {
	const char *who;		/* in sentences: "Google" */
	const char *authorize_url;	/* without a fragment */
	const char *token_url;
	const char *revoke_url;		/* RFC 7009; NULL = there is none */
	const char *issuer;		/* that its redirects name; NULL = not known */
	bool needs_issuer;		/* a redirect that names none is refused */
	bool basic;			/* client_secret_basic, not _post */
	const char *extra_query;	/* "access_type=offline"; NULL = nothing */
	/* Scopes that its answers spell another way: asked, answered, ..., NULL.
	 * NULL = all come back as they were asked for. */
	const char *const *scope_spellings;
};

struct oauth_client {
	const char *id;
	const struct secret *secret;	/* NULL: a public client */
};

/* One try. The browser alone has the state, its hash is kept; the verifier is
 * kept sealed until the code comes. */
struct oauth_try {
	char *state;			/* 256 bits, OAUTH_STATE_CHARS long */
	struct digest state_hash;
	struct secret *verifier;
	char *challenge;		/* of the verifier, S256 */
};
#define OAUTH_STATE_CHARS 43

void oauth_begin(struct pool *pool, struct oauth_try *out);
/* Hash of a state as it came back; false: this never was one. */
bool oauth_state_hash(const char *state, struct digest *out);
char *oauth_challenge(struct pool *pool, const struct secret *verifier);

struct oauth_ask {
	const struct oauth_server *server;
	const char *client_id;
	const char *redirect_uri;	/* as it is registered, to the letter */
	const char *scopes;		/* separated by blanks */
	const char *login_hint;		/* NULL = any account */
	const char *prompt;		/* "consent"; NULL = as the server likes */
	const struct oauth_try *try;
};
char *oauth_ask_url(struct pool *pool, const struct oauth_ask *ask);

/* Parameters of a redirect, decoded; NULL = absent. */
struct oauth_redirect { const char *code, *error, *iss; };

#define OAUTH_CODE_BYTES 2048

/*
 * True: there is a code to exchange. To be asked only when the state has been
 * consumed. ERR_FORBIDDEN: the person said no. ERR_UPSTREAM: the server could
 * not. ERR_INTERNAL: it refuses what the operator set up. ERR_INPUT: this is no
 * redirect of this server.
 */
ERR_CHECKED bool oauth_check_redirect(const struct oauth_server *server,
    const struct oauth_redirect *redirect, struct err *err);

/* Those of wanted that granted does not hold, separated by blanks; "" = none. */
char *oauth_missing_scopes(struct pool *pool, const struct oauth_server *server,
    const char *wanted, const char *granted);
#endif
