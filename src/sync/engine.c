/*
 * One run of one connection, from the lease to its end; and the one place that
 * consumes errors, by scope and kind. Must not know any provider by name.
 */
#include "sync/engine_p.h"
#include <stdio.h>
#include "util/log.h"
#include "util/str.h"
#include "util/banned.h"

#define MOST_ROUNDS 20		/* list and apply again after waits in place */

/* ---- list, apply, finish ---- */

static bool found_again(struct run *r, void *arg, struct err *err)
{
	const struct cursor_row *b = arg;

	return store_cursor_put_missing(r->db, r->org, b->collection_id, false,
	    err);
}

static bool list_all(struct run *r, bool *skip, struct err *err)
{
	for (size_t i = 0; i < r->binding_count; i++) {
		struct cursor_row *b = &r->bindings[i];
		struct err why = { 0 };

		if (journal_is_stopped(r))
			return true;
		if (b->planned_run_id == r->row.id)
			continue;
		r->last_listing = i + 1 == r->binding_count;
		if (!plan_binding(r, b, &why)) {
			if (!plan_refused(r, b, &why, &skip[i], err))
				return false;
		} else if (b->missing_since != WHEN_NONE && !journal_tx(r,
		    "found", found_again, b, err)) {
			return false;
		}
	}
	return true;
}

static bool set_applying(struct run *r, void *arg, struct err *err)
{
	(void)arg;
	r->row.state = RUN_APPLYING;
	return store_run_put(r->db, r->org, &r->row, err);
}

static bool recover(struct run *r, void *arg, struct err *err)
{
	const struct cursor_row *b = arg;

	return store_action_recover(r->db, r->org, r->row.id, b->binding_id,
	    err);
}

/* Until nothing is planned any more: a push whose precondition failed comes
 * back as something to read, and that may become a push again. */
static bool apply_binding(struct run *r, struct cursor_row *b,
    struct err *err)
{
	bool there = true;
	uint64_t sent = 0;

	if (!db_quiet(r->db, b->binding_id, err) || (r->resumed &&
	    !store_action_count(r->db, r->org, r->row.id, PHASE_SENT, &sent, err)))
		return false;
	if (sent > 0 && !journal_tx(r, "recover", recover, b, err))
		return false;
	while (there && !journal_is_stopped(r))
		if (!apply_pull(r, b, err) || !apply_push(r, b, &there, err))
			return false;
	return true;
}

/* One collection that fails does not stop the others: the first error is told
 * at the end, and the run stays open for what is left. A collection that is no
 * more is noted as when it is listed. */
static bool apply_all(struct run *r, bool *skip, struct err *err)
{
	struct err first = { 0 };

	for (size_t i = 0; i < r->binding_count; i++) {
		struct cursor_row *b = &r->bindings[i];
		struct err why = { 0 };

		if (skip[i] || apply_binding(r, b, &why))
			continue;
		if (why.kind == ERR_NOT_FOUND && why.scope == ERR_COLLECTION) {
			if (!journal_tx(r, "recover", recover, b, err) ||
			    !plan_refused(r, b, &why, &skip[i], err))
				return false;
			continue;
		}
		if (first.kind == ERR_NONE)
			first = why;
		if (why.scope > ERR_COLLECTION || !db_is_up(r->db))
			break;
	}
	if (first.kind == ERR_NONE)
		return true;
	*err = first;
	return false;
}

/* For the cards; a run that planned nothing has changed no link, and one that
 * was not interrupted knows how many. */
static bool recount(struct run *r, bool interrupted, struct err *err)
{
	if (r->row.planned == 0)
		return true;
	if (interrupted || r->resumed || r->refused || r->recount)
		return store_connection_recount(r->db, r->org,
		    r->connection_id, err);
	return r->links_added == 0 || store_connection_add_count(r->db, r->org,
	    r->connection_id, r->links_added, err);
}

static bool finish(struct run *r, void *arg, struct err *err)
{
	const struct connection_wait none = { WHEN_NONE, 0, false, "" };

	(void)arg;
	r->row.state = r->refused ? RUN_FAILED : RUN_DONE;
	if (!store_run_put(r->db, r->org, &r->row, err) || !recount(r, false, err))
		return false;
	return r->refused ? store_connection_set_wait(r->db, r->org,
	    r->connection_id, &none, err) :
	    store_connection_set_ok(r->db, r->org, r->connection_id, err);
}

static bool work(struct run *r, struct err *err)
{
	bool *skip;

	r->refused = false;
	if (!engine_begin(r, err))
		return false;
	if (r->dry)
		return dry_run(r, err);
	if (!engine_find_run(r, err))
		return false;
	skip = pool_array(r->pool, r->binding_count + 1, sizeof(*skip));
	if (!list_all(r, skip, err) || !engine_same_account(r, err))
		return false;
	if (r->row.planned > 0 && r->row.state == RUN_LISTING &&
	    !journal_is_stopped(r) &&
	    !journal_tx(r, "applying", set_applying, NULL, err))
		return false;
	if (r->row.planned > 0 && !apply_all(r, skip, err))
		return false;
	if (journal_is_stopped(r))
		return true;
	/* What came meanwhile is for another round. */
	return r->resumed ? journal_tx(r, "finish", finish, NULL, err) :
	    journal_end(r, "finish", finish, err);
}

/* ---- errors ---- */

static int network_wait_ms(int tries)
{
	/* the last so that it is back within 5 minutes of being well again */
	static const int LADDER_SECS[] = { 0, 5, 30, 120, 240 };
	int last = (int)(sizeof(LADDER_SECS) / sizeof(*LADDER_SECS)) - 1;

	return LADDER_SECS[tries < last ? tries : last] * 1000;
}

static int limit_wait_ms(const struct err *e, int tries)
{
	uint32_t draw;
	int most = 1000 << (tries < 4 ? tries : 4);

	if (e->retry_after_secs > 0)
		return e->retry_after_secs < 86400 ?
		    e->retry_after_secs * 1000 : 86400000;
	digest_random(&draw, sizeof(draw));
	return (int)(draw % (uint32_t)most) + 1;
}

struct park { struct connection_wait wait; bool reconnect; };

static bool write_park(struct run *r, void *arg, struct err *err)
{
	const struct park *p = arg;

	if (r->row.id) {
		r->row.message = p->wait.reason;
		if (!store_run_put(r->db, r->org, &r->row, err) ||
		    !recount(r, true, err))
			return false;
	}
	if (p->reconnect)
		return store_connection_set_reconnect(r->db, r->org,
		    r->connection_id, p->wait.reason, err);
	return store_connection_set_wait(r->db, r->org, r->connection_id,
	    &p->wait, err);
}

static bool park(struct run *r, const struct err *why, int wait_ms, int tries,
    struct err *err)
{
	when_t now;
	struct park p = { .wait = { .tries = tries + 1,
	    .asked = why->kind == ERR_LIMIT && why->retry_after_secs > 0,
	    .reason = journal_clip(r->pool, why->msg) },
	    .reconnect = why->kind == ERR_RECONNECT || why->kind == ERR_AUTH };

	if (!db_now(r->db, &now, err))
		return false;
	p.wait.until = now + (when_t)wait_ms * 1000;
	r->result->end = p.reconnect ? ENGINE_RECONNECT : ENGINE_PARKED;
	r->result->next_try = p.reconnect ? WHEN_NEVER : p.wait.until;
	r->message = p.wait.reason;
	return journal_tx(r, "park", write_park, &p, err);
}

/* 1 = try again now, 0 = the run ends here for now, -1 = database. */
static int handle(struct run *r, const struct err *why, int *tries,
    struct err *err)
{
	int wait_ms;

	log_err("run interrupted", why);
	if (why->kind == ERR_CONFLICT && why->scope == ERR_RUN) {
		r->result->end = ENGINE_LOST;
		r->message = why->msg;
		return 0;
	}
	if (why->scope == ERR_RUN || !db_is_up(r->db)) {
		*err = *why;
		return -1;
	}
	wait_ms = why->kind == ERR_LIMIT ? limit_wait_ms(why, *tries) :
	    network_wait_ms(*tries);
	if (why->kind != ERR_LIMIT && why->kind != ERR_TIMEOUT &&
	    why->kind != ERR_UPSTREAM && why->kind != ERR_UNCERTAIN)
		wait_ms = 600000;
	if (!r->dry && wait_ms <= RUN_WAIT_IN_PLACE_MS &&
	    why->kind != ERR_RECONNECT) {
		++*tries;
		return journal_sleep(r, wait_ms, err) ? 1 : -1;
	}
	if (r->dry) {
		*err = *why;
		return -1;
	}
	return park(r, why, wait_ms, *tries, err) ? 0 : -1;
}

static void tell(struct run *r)
{
	struct engine_result *out = r->result;

	const struct run_row *e = &r->earlier;

	out->run_id = r->row.id;
	out->refused = r->refused;
	out->planned = (uint32_t)(r->row.planned + e->planned);
	out->done = (uint32_t)(r->row.done + e->done);
	out->in = (uint32_t)(r->row.count_in + e->count_in);
	out->out = (uint32_t)(r->row.count_out + e->count_out);
	out->conflicts = (uint32_t)(r->row.count_conflicts + e->count_conflicts);
	out->set_aside = (uint32_t)(r->row.count_set_aside + e->count_set_aside);
	out->held = (uint32_t)(r->row.guard_count + e->guard_count);
	snprintf(out->message, sizeof(out->message), "%s", r->message ?
	    r->message : r->row.message ? r->row.message : "");
}

/* When is the next item due that was set aside? */
/* Those of a calendar that is paused or gone are tried by no run. */
static bool is_tried(const struct run *r, const struct dead_row *dead)
{
	for (size_t i = 0; i < r->binding_count; i++)
		if (r->bindings[i].binding_id == dead->binding_id)
			return true;
	return false;
}

static bool look_ahead(struct run *r, struct err *err)
{
	struct dead_row *dead;
	size_t n;

	/* What could not be listed had its items not tried either. */
	if (r->result->end != ENGINE_DONE || r->refused ||
	    (r->dead_count == 0 && r->row.count_set_aside == 0))
		return true;
	if (!store_dead_list(r->db, r->pool, r->org, r->connection_id, &dead, &n,
	    err))
		return false;
	for (size_t i = 0; i < n; i++)
		if (dead[i].next_try_at != WHEN_NONE && is_tried(r, &dead[i]) &&
		    (r->result->next_try == WHEN_NONE ||
		    dead[i].next_try_at < r->result->next_try))
			r->result->next_try = dead[i].next_try_at;
	return true;
}

/* A run that was taken over did what was planned then; what came since, and
 * perhaps brought this run about, is for another one, at once. */
static bool is_stale(struct run *r)
{
	if (!r->resumed || r->dry || journal_is_stopped(r))
		return false;
	r->earlier = r->row;
	r->resumed = false;
	r->row = (struct run_row){ .message = "" };
	r->next_seq = 0;
	r->has_parts = false;
	return true;
}

static bool go(struct run *r, int tries, struct err *err)
{
	for (int round = 0; round < MOST_ROUNDS; round++) {
		struct err why = { 0 };
		int again;

		if (work(r, &why)) {
			if (is_stale(r))
				continue;
			r->result->end = journal_is_stopped(r) && !r->dry ?
			    ENGINE_STOPPED : ENGINE_DONE;
			return look_ahead(r, err);
		}
		again = handle(r, &why, &tries, err);
		if (again <= 0)
			return again == 0;
		if (journal_is_stopped(r))
			break;
	}
	r->result->end = ENGINE_STOPPED;
	return true;
}

static bool release_body(struct db *db, void *arg, struct err *err)
{
	const struct run *r = arg;

	return store_lease_release(db, &r->lease, err);
}

static bool run_under_lease(struct run *r, int tries, struct err *err)
{
	struct err ignored = { 0 };
	bool fine;
	int got;

	if (r->dry)
		return go(r, 0, err);
	got = engine_take_lease(r, err);
	if (got < 0)
		return false;
	if (got == 0) {
		r->result->end = ENGINE_BUSY;
		return true;
	}
	fine = go(r, tries, err);
	/* Not given back = it ends by itself, or with this process. */
	if (!r->released && db_is_up(r->db) && (!db_quiet(r->db, 0, &ignored) ||
	    !db_once(r->db, release_body, r, &ignored)))
		log_err("lease not given back", &ignored);
	journal_step(r, "released");
	return fine;
}

bool engine_run(struct engine *engine, const struct engine_opts *opts,
    struct engine_result *out, struct err *err)
{
	struct run r = {
		.engine = engine, .db = engine->db, .opts = opts,
		.pool = pool_new(NULL), .org = opts->org_id,
		.connection_id = opts->connection_id, .dry = opts->dry_run,
		.result = out, .until_ms = opts->limit_secs > 0 ?
		when_mono_ms() + (int64_t)opts->limit_secs * 1000 : 0,
	};
	struct log_context ctx = { .org_id = r.org,
	    .connection_id = r.connection_id };
	int tries = 0, found;
	bool fine;

	*out = (struct engine_result){ .next_try = WHEN_NONE };
	log_set_context(&ctx);
	r.row.cause = r.cause = opts->cause;
	r.row.connection_id = r.connection_id;
	r.row.asked_by = opts->asked_by;
	r.row.message = "";
	found = engine_look(&r, &tries, err);
	fine = found > 0 ? run_under_lease(&r, tries, err) : found == 0;
	tell(&r);
	log_set_context(NULL);
	pool_free(r.pool);
	return fine;
}
