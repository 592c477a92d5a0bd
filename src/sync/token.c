/*
 * OAuth tokens of a connection: kept, claimed, refreshed. Must not know any
 * provider by name, nor what the token is good for.
 */
#include "sync/token.h"
#include <time.h>
#include "store/store_grant.h"
#include "sync/owner.h"
#include "util/log.h"
#include "util/str.h"
#include "util/banned.h"

#define AHEAD_SECS 120		/* refreshed so long before its end */
#define CLAIM_SECS 90		/* longer than OAUTH_CALL_SECS and what follows */
_Static_assert(CLAIM_SECS > OAUTH_CALL_SECS + 30, "a claim outlives its call");
#define WAIT_SECS 40		/* for another's refresh */
#define WAIT_STEP_MS 50
#define UNSAID_SECS 3600	/* where the provider does not say */

bool token_client_open(struct pool *pool, const struct config *config,
    const struct provider *provider, struct http *http,
    struct token_client *out, struct err *err)
{
	struct secret *secret;

	if (!provider->app(pool, config, &out->app, err))
		return false;
	if (!secret_read_file(pool, out->app.secret_file, &secret, err)) {
		err->kind = ERR_INTERNAL;
		return err_add(err, "the client secret of %s",
		    provider->label);
	}
	out->client = (struct oauth_client){ out->app.client_id, secret };
	out->caller = (struct oauth_caller){ http, &out->app.server,
	    &out->client };
	return true;
}

const char *token_missing(struct pool *pool, const struct provider_app *app,
    const struct oauth_tokens *tokens)
{
	return tokens->scopes ? oauth_missing_scopes(pool, &app->server,
	    app->scopes, tokens->scopes) : "";
}

static bool seal(struct token *t, enum credential_field field,
    const struct secret *plain, struct err *err)
{
	return keyring_seal(t->keyring, t->db, t->pool, t->org,
	    t->connection_id, field, plain, err);
}

static bool unseal(struct token *t, enum credential_field field,
    struct secret **out, struct err *err)
{
	return keyring_unseal(t->keyring, t->db, t->pool, t->org,
	    t->connection_id, field, out, err);
}

static struct grant_put put_of(const struct oauth_tokens *tokens)
{
	return (struct grant_put){
		.access_secs = tokens->access_secs > 0 ? tokens->access_secs :
		    UNSAID_SECS,
		.ends_secs = tokens->refresh_secs,
	};
}

/* In a transaction; what is stored of a refresh token stays when none came. */
static bool seal_all(struct token *t, const struct oauth_tokens *tokens,
    struct err *err)
{
	return seal(t, CREDENTIAL_ACCESS, tokens->access, err) &&
	    (!tokens->refresh || seal(t, CREDENTIAL_REFRESH, tokens->refresh,
	    err));
}

bool token_put(struct token *t, const struct provider_app *app,
    const struct oauth_tokens *tokens, struct err *err)
{
	struct grant_put put = put_of(tokens);
	struct credential_sealed kept;
	int has = tokens->refresh ? 1 : store_credential_find(t->db, t->pool,
	    t->org, t->connection_id, CREDENTIAL_REFRESH, &kept, err);

	if (has < 0)
		return false;
	if (has == 0)
		return err_set_scope(err, ERR_UPSTREAM, ERR_CONNECTION,
		    "%s gave access for a short time only. Take this service's "
		    "access away in your account there, then connect again.",
		    app->server.who);
	put.scopes = tokens->scopes ? tokens->scopes : app->scopes;
	put.missing = token_missing(t->pool, app, tokens);
	return seal_all(t, tokens, err) && store_grant_put(t->db, t->org,
	    t->connection_id, &put, err);
}

/* ---- refreshing ---- */

struct refreshing {
	struct token *t;
	struct grant_claim claim;
	const struct provider_app *app;
	const struct oauth_tokens *tokens;
	bool done;			/* false: the claim was lost */
};

static bool store_body(struct db *db, void *arg, struct err *err)
{
	struct refreshing *r = arg;
	struct grant_put put = put_of(r->tokens);

	if (r->tokens->scopes) {
		put.scopes = r->tokens->scopes;
		put.missing = token_missing(r->t->pool, r->app, r->tokens);
	}
	return store_grant_renew(db, &r->claim, &put, &r->done, err) &&
	    (!r->done || seal_all(r->t, r->tokens, err));
}

static void give_up(struct refreshing *r)
{
	struct err ignored = { 0 };

	if (!store_grant_free(r->t->db, &r->claim, &ignored))
		log_err("a claimed refresh was not given back", &ignored);
}

/* Refused, but a sign-in may have come between: that one counts. */
static bool is_newer(struct token *t, uint64_t generation)
{
	struct grant_row now;
	struct err ignored = { 0 };

	return store_grant_find(t->db, t->pool, t->org, t->connection_id, &now,
	    &ignored) > 0 && now.generation != generation;
}

/* With the claim: asks the provider and stores what came, before it is used. */
static bool refresh(struct refreshing *r, struct err *err)
{
	struct token *t = r->t;
	struct token_client c;
	struct secret *old;
	struct oauth_tokens tokens;

	if (!unseal(t, CREDENTIAL_REFRESH, &old, err) ||
	    !token_client_open(t->pool, t->config, t->provider, t->http, &c,
	    err) || !oauth_refresh(&c.caller, t->pool, old, &tokens, err))
		return false;
	r->app = &c.app;
	r->tokens = &tokens;
	if (!db_tx(t->db, store_body, r, NULL, err))
		return false;
	if (r->done) {
		t->access = tokens.access;
		t->generation = r->claim.generation + 1;
	}
	return true;
}

static void wait_a_step(void)
{
	nanosleep(&(struct timespec){ .tv_nsec = WAIT_STEP_MS * 1000000L },
	    NULL);
}

static bool find(struct token *t, struct grant_row *out, struct err *err)
{
	int n = store_grant_find(t->db, t->pool, t->org, t->connection_id, out,
	    err);

	return n > 0 || (n == 0 && err_set_scope(err, ERR_RECONNECT,
	    ERR_CONNECTION, "No access is saved for this connection. Reconnect "
	    "to renew it."));
}

/* The stored token will do: it lasts a while, or it was made as we waited. */
static bool will_do(const struct grant_row *g, uint64_t first_generation)
{
	when_t ahead = g->generation == first_generation ?
	    (when_t)AHEAD_SECS * WHEN_SEC : 0;

	return g->expires_at > g->now + ahead;
}

static bool is_claimed(struct token *t, const struct grant_row *g,
    struct err *err)
{
	struct grant_claim dead = { t->org, t->connection_id, g->generation,
	    g->claimed_by, 0 };

	if (g->claimed_until == WHEN_NONE || g->claimed_until <= g->now)
		return false;
	return !owner_is_dead(g->claimed_by) ||
	    !store_grant_free(t->db, &dead, err);
}

/* 1 = access is there, 0 = look again, -1 = error. */
static int try_once(struct token *t, const char *owner, uint64_t first,
    struct err *err)
{
	struct refreshing r = { .t = t };
	struct grant_row g;
	bool won;

	if (!find(t, &g, err))
		return -1;
	if (will_do(&g, first)) {
		t->generation = g.generation;
		return unseal(t, CREDENTIAL_ACCESS, &t->access, err) ? 1 : -1;
	}
	if (is_claimed(t, &g, err)) {
		wait_a_step();
		return 0;
	}
	r.claim = (struct grant_claim){ t->org, t->connection_id, g.generation,
	    owner, CLAIM_SECS };
	if (!store_grant_claim(t->db, &r.claim, &won, err))
		return -1;
	if (!won)
		return 0;
	if (refresh(&r, err))
		return r.done ? 1 : 0;
	give_up(&r);
	return err->kind == ERR_RECONNECT && is_newer(t, g.generation) ? 0 : -1;
}

/* Names this process; a worker that may not look into /proc has no name of its
 * own there. */
static const char *self(struct pool *pool)
{
	const char *owner = owner_self(pool);
	uint8_t random[16];

	if (*owner != ':')
		return owner;
	digest_random(random, sizeof(random));
	return digest_hex(pool, random, sizeof(random));
}

bool token_get(struct token *t, struct err *err)
{
	int64_t until = when_mono_ms() + WAIT_SECS * 1000;
	const char *owner = self(t->pool);
	struct grant_row g;
	int n = 0;

	if (!find(t, &g, err))
		return false;
	while (n == 0 && when_mono_ms() < until)
		n = try_once(t, owner, g.generation, err);
	return n > 0 || (n == 0 && err_set_scope(err, ERR_TIMEOUT,
	    ERR_CONNECTION, "Another process has been renewing the access to "
	    "%s for too long. It is tried again.", t->provider->label));
}


bool token_renew(struct token *t, struct err *err)
{
	return store_grant_expire(t->db, t->org, t->connection_id,
	    t->generation, err) && token_get(t, err);
}
