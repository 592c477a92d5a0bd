/*
 * What people ask of runs and answer them. It decides nothing about events; the
 * engine carries out what was answered.
 */
#include "acts/acts_connection_p.h"
#include "acts/acts_run.h"
#include "jobs/wake.h"
#include "store/store_binding.h"
#include "util/banned.h"

struct run_change {
	const struct act *act;
	uint64_t id;
	bool approve;
};

static bool
run_none(struct err *err)
{
	return err_set(err, ERR_NOT_FOUND, "There is no such run.");
}

/* The connection is the asker's (or the operator asks); else as if unknown. */
static bool
run_is_own(const struct act *act, uint64_t connection_id,
    bool (*none)(struct err *err), struct err *err)
{
	struct connection_row row;
	int n = store_connection_find(act->db, act->pool, act->org_id,
	    act->user_id, connection_id, &row, err);

	return n > 0 || (n == 0 && none(err));
}

static bool
run_operator_only(const struct act *act, struct err *err)
{
	return act->user_id == 0 || err_set(err, ERR_NOT_FOUND,
	    "There is no such connection.");
}

/* For whoever is not the owner: messages name calendars. */
static void
run_hide(const struct act *act, const struct connection_row *connection,
    struct run_row *runs, size_t count)
{
	size_t i;

	if (act->user_id == 0 || act->user_id == connection->user_id)
		return;
	for (i = 0; i < count; i++)
		runs[i].message = runs[i].guard == GUARD_HELD ?
		    "Its owner is asked before anything is deleted." : "";
}

bool
acts_run_list(const struct act *act, uint64_t connection_id, size_t most,
    struct run_row **out, size_t *count_out, struct err *err)
{
	struct connection_card card;

	if (connection_id == 0 ? !run_operator_only(act, err) :
	    !acts_connection_get(act, connection_id, &card, err))
		return false;
	if (!store_run_list(act->db, act->pool, act->org_id, connection_id,
	    most, out, count_out, err))
		return false;
	if (connection_id != 0)
		run_hide(act, &card.row, *out, *count_out);
	return true;
}

bool
acts_run_get(const struct act *act, uint64_t id, struct run_row *out,
    struct err *err)
{
	struct connection_row row;
	int n = store_run_find(act->db, act->pool, act->org_id, id, out, err);

	if (n > 0)
		n = store_connection_find(act->db, act->pool, act->org_id,
		    act_is_admin(act) ? 0 : act->user_id, out->connection_id,
		    &row, err);
	if (n > 0)
		run_hide(act, &row, out, 1);
	return n > 0 || (n == 0 && run_none(err));
}

/* The run, for its owner. */
static bool
run_own(const struct act *act, uint64_t id, struct run_row *out,
    struct err *err)
{
	return acts_run_get(act, id, out, err) &&
	    run_is_own(act, out->connection_id, run_none, err);
}

bool
acts_run_actions(const struct act *act, const struct action_filter *filter,
    struct action_row **out, size_t *count_out, struct err *err)
{
	struct run_row run;

	return run_own(act, filter->run_id, &run, err) &&
	    store_action_list(act->db, act->pool, act->org_id, filter, out,
	    count_out, err);
}

bool
acts_run_offers(const struct act *act, const struct action_filter *filter,
    struct offer_row **out, size_t *count_out, struct err *err)
{
	struct offer_filter of = { .viewer = act->user_id,
	    .run_id = filter->run_id, .after_seq = filter->after_seq,
	    .most = filter->most };
	struct run_row run;

	return run_own(act, filter->run_id, &run, err) &&
	    store_offer_list(act->db, act->pool, act->org_id, &of, out,
	    count_out, err);
}

static bool
answer_body(struct db *db, void *arg, struct err *err)
{
	const struct run_change *c = arg;
	const struct act *act = c->act;
	struct run_row run;
	struct connection_row row;

	return run_own(act, c->id, &run, err) &&
	    acts_connection_reach(act, run.connection_id, true, &row, err) &&
	    store_run_answer(db, act->org_id, c->id, c->approve, err) &&
	    act_want(act, run.connection_id, JOB_SYNC, err) &&
	    act_audit(act, c->approve ? "run.approve" : "run.refuse", "run",
	    c->id, NULL, err);
}

static bool
run_answer(const struct act *act, uint64_t id, bool approve, struct err *err)
{
	struct run_change c = { act, id, approve };

	if (!db_tx(act->db, answer_body, &c, NULL, err))
		return false;
	wake_send(act->config);
	return true;
}

bool
acts_run_approve(const struct act *act, uint64_t id, struct err *err)
{
	return run_answer(act, id, true, err);
}

bool
acts_run_refuse(const struct act *act, uint64_t id, struct err *err)
{
	return run_answer(act, id, false, err);
}

/* ---- conflicts ---- */

static bool
conflict_none(struct err *err)
{
	return err_set(err, ERR_NOT_FOUND, "There is no such conflict.");
}

bool
acts_run_conflicts(const struct act *act, uint64_t connection_id,
    bool open_only, size_t most, struct conflict_row **out, size_t *count_out,
    struct err *err)
{
	struct connection_card card;

	if (connection_id == 0 ? !run_operator_only(act, err) :
	    !acts_connection_get(act, connection_id, &card, err) ||
	    !run_is_own(act, connection_id, conflict_none, err))
		return false;
	return store_conflict_list(act->db, act->pool, act->org_id,
	    connection_id, open_only, most, out, count_out, err);
}

bool
acts_run_conflict(const struct act *act, uint64_t id,
    struct conflict_row *out, struct err *err)
{
	struct binding_row binding;
	int n = store_conflict_find(act->db, act->pool, act->org_id, id, out,
	    err);

	if (n > 0 && act->user_id == 0)
		return true;
	if (n > 0)
		n = store_binding_find(act->db, act->pool, act->org_id,
		    out->binding_id, &binding, err);
	if (n > 0)
		return run_is_own(act, binding.connection_id, conflict_none,
		    err);
	return n == 0 && conflict_none(err);
}

/* ---- items set aside ---- */

static bool
item_none(struct err *err)
{
	return err_set(err, ERR_NOT_FOUND, "There is no such item.");
}

bool
acts_run_set_aside(const struct act *act, uint64_t connection_id,
    struct dead_row **out, size_t *count_out, struct err *err)
{
	struct connection_card card;

	return acts_connection_get(act, connection_id, &card, err) &&
	    run_is_own(act, connection_id, item_none, err) &&
	    store_dead_list(act->db, act->pool, act->org_id, connection_id,
	    out, count_out, err);
}

static bool
retry_body(struct db *db, void *arg, struct err *err)
{
	const struct run_change *c = arg;
	const struct act *act = c->act;
	struct dead_row row;
	struct binding_row binding;
	int n = store_dead_find(db, act->pool, act->org_id, c->id, &row, err);

	if (n > 0)
		n = store_binding_find(db, act->pool, act->org_id,
		    row.binding_id, &binding, err);
	if (n <= 0)
		return n == 0 && item_none(err);
	return run_is_own(act, binding.connection_id, item_none, err) &&
	    store_dead_retry(db, act->org_id, c->id, err) &&
	    act_want(act, binding.connection_id, JOB_SYNC, err) &&
	    act_audit(act, "item.retry", "item", c->id, NULL, err);
}

bool
acts_run_retry(const struct act *act, uint64_t dead_id, struct err *err)
{
	struct run_change c = { act, dead_id, false };

	if (!db_tx(act->db, retry_body, &c, NULL, err))
		return false;
	wake_send(act->config);
	return true;
}
