/* Revokes what was given. It knows no provider by name. */
#include "jobs/outbox.h"
#include "oauth/oauth_token.h"
#include "store/store_audit.h"
#include "store/store_outbox.h"
#include "store/store_watch.h"
#include "sync/token.h"
#include "util/log.h"
#include "util/str.h"
#include "util/banned.h"

#define FIRST_SECS 60
#define STOP_TRIES 3

struct owed {
	struct engine *engine;
	struct pool *pool;
	uint64_t org;
	const struct outbox_row *row;
	const char *detail;
	bool done;
};

static bool end_body(struct db *db, void *arg, struct err *err)
{
	const struct owed *o = arg;
	struct audit_entry entry = {
		.action = o->done ? "connection.revoked" :
		    "connection.not_revoked",
		.object = pool_printf(o->pool, "connection:%llu",
		    (unsigned long long)o->row->connection_id),
		.via = "worker", .outcome = o->done ? "done" : "failed",
		.detail = o->detail,
	};

	return store_outbox_remove(db, o->org, o->row->id, err) &&
	    store_audit_add(db, o->org, &entry, err);
}

static bool end(struct owed *o, bool done, const char *detail, struct err *err)
{
	o->done = done;
	o->detail = detail;
	return db_tx(o->engine->db, end_body, o, NULL, err);
}

static bool revoke(const struct owed *o, struct err *err)
{
	struct engine *e = o->engine;
	const struct provider *p = provider_find(o->row->provider);
	struct token_client client;
	struct secret *token;

	if (!p)
		return err_set(err, ERR_UNSUPPORTED, "This version does not "
		    "know the provider any more.");
	return keyring_unseal_seen(e->keyring, e->db, o->pool, o->org,
	    &o->row->token, &token, err) && token_client_open(o->pool,
	    e->config, p, e->http, &client, err) &&
	    oauth_revoke(&client.caller, token, err);
}

/* ---- its channels ---- */

/* Access for a moment, by what is kept. */
static bool open_access(const struct owed *o, struct provider_session *s,
    struct err *err)
{
	struct engine *e = o->engine;
	struct token_client client;
	struct oauth_tokens tokens;
	struct secret *token;

	if (!keyring_unseal_seen(e->keyring, e->db, o->pool, o->org,
	    &o->row->token, &token, err))
		return false;
	s->bearer = token;
	if (o->row->token.row.field == CREDENTIAL_ACCESS)
		return true;
	if (!token_client_open(o->pool, e->config, s->provider, e->http,
	    &client, err) ||
	    !oauth_refresh(&client.caller, o->pool, token, &tokens, err))
		return false;
	s->bearer = tokens.access;
	return true;
}

static bool no_other_token(struct provider_session *s, struct err *err)
{
	return err_set_scope(err, ERR_RECONNECT, ERR_CONNECTION,
	    "%s no longer accepts our access.", s->provider->label);
}

static bool stop_channels(const struct owed *o, struct err *err)
{
	struct engine *e = o->engine;
	struct provider_session s = {
		.provider = provider_find(o->row->provider), .pool = o->pool,
		.http = e->http, .base_url = "", .home_url = "",
		.login = o->row->login, .renew = no_other_token,
		.config = e->config, .parallel = 1 };
	struct watch_channel *rows;
	size_t count;

	if (!store_watch_list_stopping(e->db, o->pool, o->org,
	    o->row->connection_id, true, &rows, &count, err))
		return false;
	if (count == 0 || !s.provider)
		return true;
	if (!open_access(o, &s, err))
		return false;
	for (size_t i = 0; i < count; i++) {
		const struct provider_channel channel = { rows[i].channel_id,
		    rows[i].resource_id, WHEN_NONE };

		http_set_deadline(e->http, 2 * OAUTH_CALL_SECS);
		if (!s.provider->unwatch(&s, o->pool, &channel, err) ||
		    !store_watch_end(e->db, o->org, rows[i].id, err))
			return false;
	}
	return true;
}

/* It is worth waiting for; access goes, whatever becomes of its channels. */
static bool is_passing(const struct err *why)
{
	return why->kind == ERR_TIMEOUT || why->kind == ERR_UPSTREAM ||
	    why->kind == ERR_LIMIT || why->kind == ERR_UNCERTAIN;
}

int outbox_backoff_secs(int tries)
{
	int secs = FIRST_SECS << (tries < 10 ? tries : 10);

	return secs < OUTBOX_MOST_SECS ? secs : OUTBOX_MOST_SECS;
}

static bool do_row(struct owed *o, struct err *err)
{
	struct engine *e = o->engine;
	struct err why = { 0 };
	uint64_t others;
	bool stopped;
	when_t now;

	if (!store_outbox_count_others(e->db, o->row, &others, err) ||
	    !db_now(e->db, &now, err))
		return false;
	stopped = stop_channels(o, &why) || !is_passing(&why) ||
	    o->row->tries >= STOP_TRIES;
	if (stopped && others > 0)
		return end(o, true, "Another connection uses the same access; "
		    "it was left.", err);
	if (stopped && revoke(o, &why))
		return end(o, true, "The provider confirmed it.", err);
	log_err("access is not revoked yet", &why);
	if (why.kind == ERR_RECONNECT || why.kind == ERR_UNSUPPORTED ||
	    o->row->created_at < now - (when_t)OUTBOX_DAYS * 86400 * WHEN_SEC)
		return end(o, false, str_cut(o->pool, why.msg, 200), err);
	return store_outbox_put_off(e->db, o->org, o->row->id,
	    outbox_backoff_secs(o->row->tries), err);
}

bool outbox_run(struct engine *engine, uint64_t org, int *next_secs_out,
    struct err *err)
{
	struct pool *pool = pool_new(NULL);
	struct outbox_row *rows;
	size_t count;
	bool fine;

	pool_clean(pool);
	fine = store_outbox_list_due(engine->db, pool, org, &rows, &count, err);
	for (size_t i = 0; fine && i < count && !(engine->stop &&
	    *engine->stop); i++) {
		struct owed o = { .engine = engine, .pool = pool, .org = org,
		    .row = &rows[i] };

		http_set_deadline(engine->http, 2 * OAUTH_CALL_SECS);
		fine = do_row(&o, err);
	}
	pool_free(pool);
	return fine && store_outbox_next_secs(engine->db, org, next_secs_out,
	    err);
}
