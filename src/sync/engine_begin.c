/*
 * How a run begins: the lease, what there is to know, the way in, and its row or
 * that of the run it takes over.
 */
#include "sync/engine_p.h"
#include "sync/access.h"
#include "sync/owner.h"
#include "util/log.h"
#include "util/str.h"
#include "util/banned.h"

struct taking { struct run *r; const struct lease_row *dead; int got; };

static bool take_body(struct db *db, void *arg, struct err *err)
{
	struct taking *t = arg;

	t->got = store_lease_take(db, &t->r->lease, t->dead, err);
	return t->got >= 0;
}

static int take(struct run *r, const struct lease_row *dead, struct err *err)
{
	struct taking t = { r, dead, 0 };

	return db_once(r->db, take_body, &t, err) ? t.got : -1;
}

int engine_take_lease(struct run *r, struct err *err)
{
	struct lease_row row;
	int got;

	r->lease = (struct lease){
		.org_id = r->org, .connection_id = r->connection_id,
		.owner = r->engine->owner ? r->engine->owner :
		    owner_self(r->pool),
		.secs = r->engine->config->lease_secs,
	};
	r->renewed_ms = when_mono_ms();
	got = take(r, NULL, err);
	if (got != 0)
		return got;
	got = store_lease_find(r->db, r->pool, r->org, r->connection_id, &row,
	    err);
	if (got <= 0 || !owner_is_dead(row.owner))
		return got < 0 ? -1 : 0;
	log_info("lease of a dead process taken", LOG_STR("owner", row.owner));
	return take(r, &row, err);
}

/* Under the lease: whoever removes the connection or switches its provider off
 * raises the fence, so a run that saw it otherwise can commit nothing after. */
static bool look_again(struct run *r, struct err *err)
{
	int found = store_look_find_run(r->db, r->pool, r->org, r->connection_id,
	    &r->look, err);

	if (found < 0)
		return false;
	r->now = r->look.connection.now;
	return (found && r->look.connection.state != CONNECTION_REMOVING) ||
	    err_set_scope(err, ERR_CONFLICT, ERR_RUN,
	    "This connection is being removed, or is no longer there.");
}

static bool load_bindings(struct run *r, struct err *err)
{
	struct cursor_row *all;
	size_t n;

	if (!store_cursor_list(r->db, r->pool, r->org, r->connection_id, &all,
	    &n, err))
		return false;
	r->bindings = all;
	r->binding_count = 0;
	for (size_t i = 0; i < n; i++)
		if (!all[i].paused)
			r->bindings[r->binding_count++] = all[i];
	return true;
}

/* What a person still has to hear of, or has answered. */
static bool load_left(struct run *r, struct err *err)
{
	r->dead_count = r->held_count = 0;
	if (r->look.has_dead && !store_dead_list(r->db, r->pool, r->org,
	    r->connection_id, &r->dead, &r->dead_count, err))
		return false;
	if (r->look.has_held && !store_action_list_held(r->db, r->pool, r->org,
	    r->connection_id, &r->held, &r->held_count, err))
		return false;
	journal_sort_dead(r);
	r->dead_planned = pool_array(r->pool, r->dead_count + 1, sizeof(bool));
	return true;
}

static bool open_session(struct run *r, struct err *err)
{
	struct engine *e = r->engine;

	if (r->session)
		return true;
	journal_bound_call(r);
	r->session_pool = pool_new(r->pool);
	if (e->open_session)
		return e->open_session(e, r->session_pool, r->org,
		    r->connection_id, &r->session, err);
	return access_open_seen(r->db, r->session_pool, e->keyring, e->http,
	    r->org, r->connection_id, &r->look, &r->session, err);
}

static bool add_run(struct run *r, void *arg, struct err *err)
{
	(void)arg;
	r->row = (struct run_row){
		.connection_id = r->connection_id, .message = "",
		.asked_by = r->opts->asked_by, .cause = r->cause,
		.state = RUN_LISTING,
	};
	r->next_seq = 1;
	r->links_added = 0;
	r->recount = false;
	return store_run_add(r->db, r->org, &r->row, &r->row.id, err);
}

bool engine_find_run(struct run *r, struct err *err)
{
	int found = !r->look.has_open ? 0 : store_run_find_open(r->db, r->pool,
	    r->org, r->connection_id, &r->row, err);

	r->resumed = found > 0;
	if (found < 0)
		return false;
	if (!found)
		return journal_tx(r, "start", add_run, NULL, err);
	if (*r->row.message && r->row.guard != GUARD_HELD &&
	    !str_starts(r->row.message, RUN_WAS_INTERRUPTED))
		r->row.message = journal_clip(r->pool, pool_printf(r->pool,
		    RUN_WAS_INTERRUPTED "%s", r->row.message));
	log_info("run taken over", LOG_INT("run", r->row.id));
	return true;
}

bool engine_begin(struct run *r, struct err *err)
{
	if (!look_again(r, err) || !load_bindings(r, err) ||
	    !load_left(r, err) || !open_session(r, err))
		return false;
	r->session->looks_only = r->dry;
	r->result->watchable = r->session->provider->flags & PROVIDER_WATCH;
	return true;
}
