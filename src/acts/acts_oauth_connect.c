/*
 * A code becomes a connection: exchanged, the account asked, and everything
 * saved in one transaction. It waits for the provider with none open.
 */
#include <string.h>
#include "acts/acts_connection_p.h"
#include "acts/acts_oauth_p.h"
#include "acts/acts_provider.h"
#include "jobs/wake.h"
#include "store/store_connection.h"
#include "sync/token.h"
#include "util/str.h"
#include "util/banned.h"

struct connecting {
	struct oauth_landing *l;
	const struct act *act;
	struct oauth_tokens tokens;
	struct probe probe;
	struct connection_row row;	/* id 0 = a new one */
	uint64_t id;
};

static bool
exchange(struct connecting *c, struct http *http, struct err *err)
{
	const struct act *act = c->act;
	struct oauth_landing *l = c->l;
	struct token_client client;
	struct secret *verifier;
	struct oauth_code code = {
		.code = secret_new(act->pool, l->code, strlen(l->code)),
		.redirect_uri = acts_oauth_redirect_uri(act, l->row.provider,
		    l->row.kind),
	};

	if (!token_client_open(act->pool, act->config, l->provider, http,
	    &client, err) || !keyring_unseal_verifier(l->keyring, act->db,
	    act->pool, act->org_id, l->row.id, &verifier, err))
		return false;
	code.verifier = verifier;
	if (oauth_exchange(&client.caller, act->pool, &code, &c->tokens, err))
		return true;
	/* A code that is refused is no access that was withdrawn. */
	return err->kind != ERR_RECONNECT ? false : err_set(err, ERR_CONFLICT,
	    "%s does not take this sign-in any more. Begin again.",
	    l->app.server.who);
}

/* A fresh token that is refused is not to be renewed. */
static bool
no_renewal(struct provider_session *session, struct err *err)
{
	return err_set_scope(err, ERR_UPSTREAM, ERR_CONNECTION,
	    "%s refuses the access that it has just given.",
	    session->provider->label);
}

static bool
ask_account(struct connecting *c, struct http *http, struct err *err)
{
	const struct act *act = c->act;
	struct provider_session session = {
		.provider = c->l->provider, .pool = act->pool, .http = http,
		.base_url = c->l->app.api_url, .home_url = "", .login = "",
		.bearer = c->tokens.access, .renew = no_renewal,
		.config = act->config, .parallel = 1,
	};

	return acts_connection_ask(act, &session, &c->probe, err);
}

static struct connection_new
new_row(const struct connecting *c)
{
	const struct act *act = c->act;
	const char *account = str_cut(act->pool, c->probe.account.account, 254);

	return (struct connection_new){
		.user_id = act->user_id, .provider = c->l->row.provider,
		.name = str_cut(act->pool, account, 120), .account = account,
		.login = c->probe.account.principal_url,
		.base_url = c->l->app.api_url,
		.home_url = c->probe.account.home_url, .own_id = c->row.id,
	};
}

/* The same account again, without saying so, renews what there is. */
static bool
find_row(struct connecting *c, struct err *err)
{
	const struct act *act = c->act;
	struct connection_new row = new_row(c);
	uint64_t id = c->l->row.connection_id;
	int n;

	c->row.id = row.own_id = 0;
	n = id != 0 ? 1 : store_connection_find_same(act->db, act->org_id,
	    &row, &id, err);

	if (n <= 0)
		return n == 0;
	if (!acts_connection_reach(act, id, true, &c->row, err))
		return false;
	return str_eq(c->row.login, row.login) || err_set(err, ERR_INPUT,
	    "You signed in there as %s, but this connection is of %s. Nothing "
	    "was changed. Sign in as %s, or connect the other account by "
	    "itself.", str_cut(act->pool, row.account, 50), str_cut(act->pool,
	    c->row.account, 50), str_cut(act->pool, c->row.account, 50));
}

/* What has to be granted still, where without it nothing goes. */
static bool
lacks_needed(const struct connecting *c)
{
	const struct provider_app *app = &c->l->app;

	return c->tokens.scopes != NULL && *oauth_missing_scopes(c->act->pool,
	    &app->server, app->needed, c->tokens.scopes) != '\0';
}

static bool
save_row(struct connecting *c, struct db *db, struct err *err)
{
	uint64_t org = c->act->org_id;
	struct connection_new row = new_row(c);

	if (c->row.id == 0)
		return store_connection_add(db, org, &row, &c->id, err);
	c->id = c->row.id;
	return store_connection_set_account(db, org, c->id, row.login,
	    row.account, row.home_url, err) &&
	    act_want(c->act, c->id, JOB_SYNC, err);
}

static bool
save_state(struct connecting *c, struct db *db, struct err *err)
{
	return !lacks_needed(c) || store_connection_set_reconnect(db,
	    c->act->org_id, c->id, pool_printf(c->act->pool, "%s did not give "
	    "the access that a sync needs. Grant the rest: leave all boxes "
	    "ticked.", c->l->app.server.who), err);
}

static bool
save_body(struct db *db, void *arg, struct err *err)
{
	struct connecting *c = arg;
	const struct act *act = c->act;
	struct token token = { .db = db, .pool = act->pool,
	    .keyring = c->l->keyring, .config = act->config,
	    .provider = c->l->provider, .org = act->org_id };
	struct oauth_end end = { .outcome = OAUTH_DONE, .message = "" };

	if (!acts_provider_check_on(act, c->l->row.provider, err) ||
	    !find_row(c, err) || !save_row(c, db, err))
		return false;
	token.connection_id = end.connection_id = c->id;
	return token_put(&token, &c->l->app, &c->tokens, err) &&
	    save_state(c, db, err) && store_collection_take(db, act->pool,
	    act->org_id, c->id, c->probe.found, c->probe.found_count, err) &&
	    store_oauth_end(db, act->org_id, c->l->row.id, &end, err) &&
	    act_audit(act, c->row.id ? "connection.reconnect" :
	    "connection.add", "connection", c->id, c->l->row.provider, err);
}

bool
acts_oauth_connect(struct oauth_landing *l, uint64_t *connection_out,
    struct err *err)
{
	struct connecting c = { .l = l, .act = l->act };
	struct http *http;

	if (!acts_connection_http(l->act, &http, err) ||
	    !exchange(&c, http, err) || !ask_account(&c, http, err) ||
	    !find_row(&c, err))
		return false;
	if (!db_tx(l->act->db, save_body, &c, NULL, err))
		return false;
	*connection_out = c.id;
	wake_send(l->act->config);
	return true;
}
