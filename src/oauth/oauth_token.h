#ifndef HAWSER_OAUTH_OAUTH_TOKEN_H
#define HAWSER_OAUTH_OAUTH_TOKEN_H
/*
 * Requests to the token endpoint (RFC 6749 4.1.3, 6) and to the revocation
 * endpoint (RFC 7009), and what their answers mean. It keeps nothing: whoever
 * calls seals and stores, a rotated refresh token before the next use.
 *
 * Errors, all of the CONNECTION:
 *	ERR_RECONNECT	invalid_grant, however it is spelt, and nothing else: ask
 *			the person
 *	ERR_FORBIDDEN	the client's own id or secret is refused: the operator's
 *	ERR_INTERNAL	the request is refused as such
 *	ERR_LIMIT, ERR_TIMEOUT, ERR_UPSTREAM	trouble that says nothing about
 *			the tokens
 */
#include "net/http.h"
#include "oauth/oauth.h"

#define OAUTH_CALL_SECS 30		/* an answer that takes longer is none */
#define OAUTH_TOKEN_BYTES 8192		/* longer ones are as good as none */

struct oauth_tokens {
	struct secret *access;
	struct secret *refresh;		/* NULL: none came, the old one stays */
	int access_secs;		/* it is good for so long; 0 = not said */
	int refresh_secs;		/* 0 = not said: no end is known */
	const char *scopes;		/* granted; NULL = as asked (RFC 6749 5.1) */
};

/* Who asks whom. */
struct oauth_caller {
	struct http *http;
	const struct oauth_server *server;
	const struct oauth_client *client;
};

struct oauth_code {
	const struct secret *code, *verifier;
	const char *redirect_uri;	/* the same as in the question */
};

/* A code can be used once: when this fails, the person starts again. */
ERR_CHECKED bool oauth_exchange(const struct oauth_caller *caller,
    struct pool *pool, const struct oauth_code *code,
    struct oauth_tokens *out, struct err *err);
/* One at a time for each grant: a second use of a rotated token may end it. */
ERR_CHECKED bool oauth_refresh(const struct oauth_caller *caller,
    struct pool *pool, const struct secret *refresh,
    struct oauth_tokens *out, struct err *err);
/* True also for a token that was dead already. ERR_UNSUPPORTED: the server has
 * no such endpoint. */
ERR_CHECKED bool oauth_revoke(const struct oauth_caller *caller,
    const struct secret *token, struct err *err);

/* An answer of the token endpoint; pure. */
ERR_CHECKED bool oauth_read_tokens(struct pool *pool,
    const struct oauth_server *server, const struct http_response *response,
    struct oauth_tokens *out, struct err *err);
#endif
