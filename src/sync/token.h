#ifndef HAWSER_SYNC_TOKEN_H
#define HAWSER_SYNC_TOKEN_H
/*
 * A connection's OAuth tokens: who may refresh them, and where they are kept
 * (RFC 6749 6; the seals are sync/keyring's). However many processes find the
 * access token at its end, one refreshes; the others wait for what it stored.
 *
 *	oauth_grant.generation	g -- claim --> refresh at the provider --> g + 1
 *
 * New tokens are stored before anybody uses them. Errors have the reach of a
 * CONNECTION: ERR_RECONNECT (the person must sign in again) only when the
 * provider says so of the newest token there is.
 */
#include "net/http.h"
#include "oauth/oauth_token.h"
#include "providers/provider.h"
#include "store/db.h"
#include "sync/keyring.h"

struct token {
	struct db *db;
	struct pool *pool;		/* where the plaintext lives */
	struct keyring *keyring;
	struct http *http;
	const struct config *config;
	const struct provider *provider;
	uint64_t org, connection_id;
	/* filled here */
	struct secret *access;
	uint64_t generation;		/* of access; 0 = none yet */
};

/* Who asks a provider's token endpoint, with the secret from its file. */
struct token_client {
	struct provider_app app;
	struct oauth_client client;
	struct oauth_caller caller;
};
ERR_CHECKED bool token_client_open(struct pool *pool,
    const struct config *config, const struct provider *provider,
    struct http *http, struct token_client *out, struct err *err);

/* The access token, good for a while; refreshed when it is not. Outside a
 * transaction. */
ERR_CHECKED bool token_get(struct token *t, struct err *err);
/* The provider refused t->access: another one, refreshed unless somebody has
 * done so meanwhile. */
ERR_CHECKED bool token_renew(struct token *t, struct err *err);

/* What a sign-in gave, in the caller's transaction. Without a refresh token the
 * stored one stays; ERR_UPSTREAM when there is none. */
ERR_CHECKED bool token_put(struct token *t, const struct provider_app *app,
    const struct oauth_tokens *tokens, struct err *err);
/* Those of the scopes asked for that were not granted; "" = none. */
const char *token_missing(struct pool *pool, const struct provider_app *app,
    const struct oauth_tokens *tokens);
#endif
