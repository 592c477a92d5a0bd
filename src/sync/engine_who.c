/*
 * Another account behind the address that was connected looks like a calendar
 * that lost most of its events and has others instead. Where that is planned,
 * the server is asked who answers, before anything is carried out. Must not know
 * any provider by name.
 */
#include "sync/access.h"
#include "sync/engine_p.h"
#include "util/banned.h"

/* Is half of what is known of a calendar, or more, gone there? */
static bool is_odd(struct run *r, bool *odd_out, struct err *err)
{
	*odd_out = false;
	for (size_t i = 0; i < r->binding_count && !*odd_out; i++) {
		uint64_t id = r->bindings[i].binding_id, known, gone;

		if (!store_action_count_gone(r->db, r->org, r->row.id, id, &gone,
		    err))
			return false;
		if (gone == 0)
			continue;
		if (!store_link_count_up_to(r->db, r->org, id, gone * 2 + 1,
		    &known, err))
			return false;
		*odd_out = gone * 2 >= known;
	}
	return true;
}

static bool drop_plan(struct run *r, void *arg, struct err *err)
{
	const char *words = arg;

	r->row.state = RUN_FAILED;
	r->row.guard = GUARD_NONE;
	r->row.guard_count = 0;
	r->row.message = journal_clip(r->pool, words);
	return store_action_skip_all(r->db, r->org, r->row.id,
	    "Another account answered.", err) &&
	    store_run_put(r->db, r->org, &r->row, err) &&
	    store_connection_set_reconnect(r->db, r->org, r->connection_id,
	    r->row.message, err);
}

static bool refuse(struct run *r, const struct provider_account *is,
    const struct connection_row *was, struct err *err)
{
	char *words = pool_printf(r->pool, "%s Nothing was changed. Enter the "
	    "right login again, or connect the other account on its own.",
	    access_words(r->pool, is, was));

	return journal_tx(r, "another account", drop_plan, words, err) &&
	    err_set_scope(err, ERR_RECONNECT, ERR_CONNECTION, "%s",
	    r->row.message);
}

bool engine_same_account(struct run *r, struct err *err)
{
	struct provider_account is = { 0 };
	struct connection_row was;
	struct err why = { 0 };
	bool odd;
	int found;

	if (r->row.planned == 0 || journal_is_stopped(r))
		return true;
	if (!is_odd(r, &odd, err))
		return false;
	if (!odd)
		return true;
	found = store_connection_find(r->db, r->pool, r->org, 0,
	    r->connection_id, &was, err);
	if (found < 0 || !journal_may_call(r, err))
		return false;
	if (!r->session->provider->discover(r->session, r->pool, &is, &why)) {
		if (why.kind == ERR_UNSUPPORTED)
			return true;
		*err = why;
		return false;
	}
	if (found == 0 || access_compare(&is, &was) == 0)
		return true;
	return refuse(r, &is, &was, err);
}
