/* Opens, renews and stops push channels. Must not know any provider by name. */
#include "jobs/watch.h"
#include <string.h>
#include "jobs/outbox.h"
#include "store/store_connection.h"
#include "store/store_job.h"
#include "store/store_watch.h"
#include "sync/access.h"
#include "util/log.h"
#include "util/str.h"
#include "util/banned.h"

#define RUN_MS 40000		/* then it goes on a moment later */
#define CALL_SECS 20
#define LOST_SECS 180		/* nobody waits for an answer any more */
#define REFUSED_SECS (7 * 86400)
#define DAY_SECS 86400
#define SLACK_SECS 3600		/* the provider's clock is another */

struct watching {
	struct engine *engine;
	struct pool *pool;
	uint64_t org, connection_id;
	struct provider_session *session;	/* NULL: not asked for yet */
	struct err why;			/* kind != NONE: nothing goes at present */
	int64_t until;
	bool cut_off;			/* there was not time for all */
};

char *watch_address(struct pool *pool, const struct config *config,
    const char *provider)
{
	return pool_printf(pool, "%s%s/hooks/%s", config->base_url,
	    config->path_prefix, provider);
}

static bool has_time(struct watching *w)
{
	if (when_mono_ms() >= w->until ||
	    (w->engine->stop && *w->engine->stop))
		w->cut_off = true;
	return !w->cut_off;
}

static bool is_of_all(const struct err *why)
{
	return why->scope == ERR_CONNECTION || why->scope == ERR_RUN ||
	    why->kind == ERR_LIMIT || why->kind == ERR_TIMEOUT ||
	    why->kind == ERR_RECONNECT;
}

/* What keeps one call from its answer keeps the others, too. */
static bool ready(struct watching *w, struct err *why)
{
	struct engine *e = w->engine;

	if (w->why.kind != ERR_NONE) {
		*why = w->why;
		return false;
	}
	http_set_deadline(e->http, CALL_SECS);
	if (w->session)
		return true;
	if (e->open_session ? !e->open_session(e, w->pool, w->org,
	    w->connection_id, &w->session, why) : !access_open(e->db, w->pool,
	    e->keyring, e->http, w->org, w->connection_id, &w->session, why)) {
		w->session = NULL;
		w->why = *why;
		return false;
	}
	return true;
}

static void note(struct watching *w, const char *what, const struct err *why)
{
	log_err(what, why);
	if (is_of_all(why))
		w->why = *why;
}

/* ---- one new channel ---- */

struct opening {
	struct watching *w;
	const struct watch_need *need;
	struct watch_new row;
	struct secret *token;
	uint64_t id;			/* 0 = not asked for */
	struct provider_channel channel;
	const struct err *why;		/* of a failure */
	int draw;			/* where in its life it is renewed */
	bool first;
};

static void prepare(struct opening *o)
{
	struct pool *pool = o->w->pool;
	uint8_t bytes[32];
	char *text;

	digest_random(bytes, sizeof(bytes));
	text = digest_base64url(pool, bytes, sizeof(bytes));
	o->token = secret_new(pool, text, strlen(text));
	o->row.token_hash = digest_sha256(text, strlen(text));
	digest_random(bytes, sizeof(bytes));
	o->row.channel_id = pool_printf(pool, "h%llu-%s",
	    (unsigned long long)o->w->org, digest_hex(pool, bytes, 16));
	o->row.connection_id = o->w->connection_id;
	o->row.collection_id = o->need->collection_id;
	o->row.secs = WATCH_LIFE_SECS + SLACK_SECS;
	o->draw = 500 + bytes[16];	/* 500 to 755 thousandths */
}

static bool add_body(struct db *db, void *arg, struct err *err)
{
	struct opening *o = arg;

	return store_watch_add(db, o->w->org, &o->row, &o->id, err);
}

/* Before the call: the first message may be faster than the answer. */
static bool ask(struct opening *o, struct err *why)
{
	struct watching *w = o->w;
	const struct provider_watch ask = {
		.collection_id = o->need->remote_id,
		.channel_id = o->row.channel_id, .token = o->token,
		.address = watch_address(w->pool, w->engine->config,
		    w->session->provider->name), .secs = WATCH_LIFE_SECS,
	};

	return w->session->provider->watch(w->session, w->pool, &ask,
	    &o->channel, why);
}

static bool live_body(struct db *db, void *arg, struct err *err)
{
	struct opening *o = arg;
	struct watching *w = o->w;
	struct watch_live live = { .id = o->id,
	    .collection_id = o->need->collection_id,
	    .resource_id = o->channel.resource_id,
	    .expires_at = o->channel.expires_at };
	when_t now;

	if (!db_now(db, &now, err))
		return false;
	if (live.expires_at == WHEN_NONE)
		live.expires_at = now + WATCH_LIFE_SECS * WHEN_SEC;
	live.renew_at = live.expires_at <= now ? now :
	    now + (live.expires_at - now) / 1000 * o->draw;
	/* What changed while nobody was told of it. */
	return store_watch_put_live(db, w->org, &live, &o->first, err) &&
	    (!o->first || store_job_want(db, w->org, w->connection_id,
	    JOB_SYNC, 0, 0, err));
}

static bool may_be_there(enum err_kind kind)
{
	return kind == ERR_TIMEOUT || kind == ERR_UPSTREAM ||
	    kind == ERR_UNCERTAIN || kind == ERR_INTERNAL;
}

static bool failed_body(struct db *db, void *arg, struct err *err)
{
	struct opening *o = arg;
	struct watch_failed f = { .id = o->id,
	    .connection_id = o->w->connection_id,
	    .collection_id = o->need->collection_id,
	    .lost = may_be_there(o->why->kind), .reason = WATCH_TROUBLE,
	    .tries = o->need->tries + 1,
	    .secs = outbox_backoff_secs(o->need->tries) };

	if (o->why->kind == ERR_UNSUPPORTED) {
		f.reason = o->why->scope == ERR_COLLECTION ?
		    WATCH_NOT_OFFERED : WATCH_NO_ADDRESS;
		f.secs = REFUSED_SECS;
	} else if (o->why->retry_after_secs > f.secs) {
		f.secs = o->why->retry_after_secs < OUTBOX_MOST_SECS ?
		    o->why->retry_after_secs : OUTBOX_MOST_SECS;
	}
	return store_watch_put_failed(db, o->w->org, &f, err);
}

static bool open_channel(struct watching *w, const struct watch_need *need,
    struct err *err)
{
	struct opening o = { .w = w, .need = need };
	struct db *db = w->engine->db;
	struct err why = { 0 };

	o.why = &why;
	if (!ready(w, &why))
		return db_tx(db, failed_body, &o, NULL, err);
	prepare(&o);
	if (!db_tx(db, add_body, &o, NULL, err))
		return false;
	if (ask(&o, &why))
		return db_tx(db, live_body, &o, NULL, err);
	note(w, "a collection is not watched", &why);
	return db_tx(db, failed_body, &o, NULL, err);
}

static bool open_all(struct watching *w, struct err *err)
{
	struct watch_need *needs;
	size_t count;

	if (!store_watch_list_needs(w->engine->db, w->pool, w->org,
	    w->connection_id, &needs, &count, err))
		return false;
	for (size_t i = 0; i < count && has_time(w); i++)
		if (!open_channel(w, &needs[i], err))
			return false;
	return true;
}

/* ---- those that nobody needs any more ---- */

static bool stop_channel(struct watching *w, const struct watch_channel *row,
    struct err *err)
{
	const struct provider_channel channel = { row->channel_id,
	    row->resource_id, WHEN_NONE };
	struct db *db = w->engine->db;
	struct err why = { 0 };

	if (ready(w, &why) && w->session->provider->unwatch(w->session,
	    w->pool, &channel, &why))
		return store_watch_end(db, w->org, row->id, err);
	note(w, "a channel is not stopped yet", &why);
	return store_watch_put_off(db, w->org, row->id, err);
}

static bool stop_all(struct watching *w, struct err *err)
{
	struct watch_channel *rows;
	size_t count;

	if (!store_watch_list_stopping(w->engine->db, w->pool, w->org,
	    w->connection_id, false, &rows, &count, err))
		return false;
	for (size_t i = 0; i < count && has_time(w); i++)
		if (!stop_channel(w, &rows[i], err))
			return false;
	return true;
}

/* ---- the job ---- */

static bool settle_body(struct db *db, void *arg, struct err *err)
{
	const struct watching *w = arg;

	return store_watch_settle(db, w->org, w->connection_id, LOST_SECS,
	    err);
}

/* What has no channel, or one that could not be renewed, is polled as if there
 * were none. wait_secs: nothing was tried, for so long. */
static bool finish(struct watching *w, int wait_secs, int *next_secs_out,
    struct err *err)
{
	struct engine *e = w->engine;
	struct watch_summary s;

	if (!store_watch_summary(e->db, w->pool, w->org, w->connection_id, &s,
	    err) || (s.live < s.wanted && !store_watch_pull_sync(e->db, w->org,
	    w->connection_id, e->config->poll_secs, err)))
		return false;
	if (!store_watch_next_secs(e->db, w->org, w->connection_id, LOST_SECS,
	    next_secs_out, err))
		return false;
	if (w->cut_off)
		*next_secs_out = 1;
	else if (*next_secs_out >= 0 && *next_secs_out < wait_secs)
		*next_secs_out = wait_secs;
	return true;
}

/* The provider asked us to wait, or its person has to come first: then whoever
 * changes that pulls the job forward. */
static int wait_secs_of(const struct connection_row *row, when_t now)
{
	if (row->state == CONNECTION_RECONNECT)
		return DAY_SECS;
	if (row->wait_until == WHEN_NONE || row->wait_until <= now)
		return 0;
	return row->wait_until - now < DAY_SECS * WHEN_SEC ?
	    (int)((row->wait_until - now) / WHEN_SEC) + 1 : DAY_SECS;
}

static bool work(struct watching *w, int *next_secs_out, struct err *err)
{
	struct connection_row row;
	int wait_secs, found = store_connection_find(w->engine->db, w->pool,
	    w->org, 0, w->connection_id, &row, err);
	when_t now;

	*next_secs_out = -1;
	if (found <= 0 || row.state == CONNECTION_REMOVING)
		return found >= 0;
	if (!db_now(w->engine->db, &now, err) ||
	    !db_tx(w->engine->db, settle_body, w, NULL, err))
		return false;
	wait_secs = wait_secs_of(&row, now);
	return (wait_secs > 0 || (open_all(w, err) && stop_all(w, err))) &&
	    finish(w, wait_secs, next_secs_out, err);
}

bool watch_run(struct engine *engine, uint64_t org, uint64_t connection_id,
    int *next_secs_out, struct err *err)
{
	struct watching w = { .engine = engine, .pool = pool_new(NULL),
	    .org = org, .connection_id = connection_id,
	    .until = when_mono_ms() + RUN_MS };
	bool fine;

	pool_clean(w.pool);		/* tokens */
	fine = work(&w, next_secs_out, err);
	pool_free(w.pool);
	return fine;
}

bool watch_after_sync(struct engine *engine, uint64_t org,
    uint64_t connection_id, int *poll_secs_out, struct err *err)
{
	struct pool *pool = pool_new(NULL);
	struct watch_summary s = { 0 };
	bool fine = store_watch_summary(engine->db, pool, org, connection_id,
	    &s, err) && (s.bare == 0 || store_job_want(engine->db, org,
	    connection_id, JOB_WATCH, 0, 0, err));

	pool_free(pool);
	*poll_secs_out = s.wanted > 0 && s.live == s.wanted ?
	    engine->config->watched_poll_secs : engine->config->poll_secs;
	return fine;
}
