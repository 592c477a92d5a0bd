/*
 * What is done with connections that exist; nothing here waits for a provider.
 */
#include "acts/acts_connection_p.h"
#include "acts/acts_provider.h"
#include "jobs/wake.h"
#include "util/banned.h"

struct connection_change {
	const struct act *act;
	uint64_t id;
	enum removal_choice choice;
};

static uint64_t
connection_viewer(const struct act *act)
{
	return act_is_admin(act) ? 0 : act->user_id;
}

static bool
connection_find(const struct act *act, uint64_t id, struct connection_row *out,
    struct err *err)
{
	int n = store_connection_find(act->db, act->pool, act->org_id,
	    connection_viewer(act), id, out, err);

	if (n == 0)
		return err_set(err, ERR_NOT_FOUND,
		    "There is no such connection.");
	return n > 0;
}

static bool
connection_is_own(const struct act *act, const struct connection_row *row,
    struct err *err)
{
	return act->user_id == 0 || row->user_id == act->user_id ||
	    err_set(err, ERR_FORBIDDEN,
	    "Only the owner of this connection may do this.");
}

bool
acts_connection_reach(const struct act *act, uint64_t id, bool own_only,
    struct connection_row *out, struct err *err)
{
	if (!connection_find(act, id, out, err))
		return false;
	if (own_only && !connection_is_own(act, out, err))
		return false;
	if (out->state == CONNECTION_REMOVING)
		return err_set(err, ERR_CONFLICT,
		    "This connection is being removed.");
	return true;
}

bool
acts_connection_list(const struct act *act, struct connection_card **out,
    size_t *count_out, struct err *err)
{
	return store_connection_list_counted(act->db, act->pool, act->org_id,
	    connection_viewer(act), out, count_out, err) &&
	    acts_provider_mark(act, *out, *count_out, err);
}

/* Whoever is not the owner reads no message of a run: it may name calendars. */
static void
connection_hide(const struct act *act, struct connection_card *card)
{
	if (act->user_id != 0 && act->user_id != card->row.user_id)
		card->open_run.message = card->held_run.message = "";
}

bool
acts_connection_cards(const struct act *act, struct connection_card **out,
    size_t *count_out, struct err *err)
{
	const struct connection_cards_of of = { act->org_id,
	    connection_viewer(act), act->no_waiting, act->cards };

	if (!store_connection_cards(act->db, act->pool, &of, out, count_out, err))
		return false;
	for (size_t i = 0; i < *count_out; i++)
		connection_hide(act, &(*out)[i]);
	return acts_provider_mark(act, *out, *count_out, err);
}

bool
acts_connection_get(const struct act *act, uint64_t id,
    struct connection_card *out, struct err *err)
{
	*out = (struct connection_card){ 0 };
	if (!connection_find(act, id, &out->row, err) ||
	    !store_connection_count(act->db, act->pool, act->org_id, id,
	    &out->counts, err) || !store_connection_card_runs(act->db, act->pool,
	    act->org_id, out, err))
		return false;
	connection_hide(act, out);
	return acts_provider_mark(act, out, 1, err);
}

bool
acts_connection_get_own(const struct act *act, uint64_t id,
    struct connection_card *out, struct err *err)
{
	return acts_connection_get(act, id, out, err) &&
	    connection_is_own(act, &out->row, err);
}

static bool
pause_body(struct db *db, void *arg, struct err *err)
{
	const struct connection_change *c = arg;
	const struct act *act = c->act;
	struct connection_row row;

	if (!acts_connection_reach(act, c->id, false, &row, err))
		return false;
	if (row.state == CONNECTION_PAUSED)
		return true;
	return store_connection_set_state(db, act->org_id, c->id,
	    CONNECTION_PAUSED, "", err) &&
	    act_audit(act, "connection.pause", "connection", c->id, NULL, err);
}

bool
acts_connection_pause(const struct act *act, uint64_t id, struct err *err)
{
	struct connection_change c = { .act = act, .id = id };

	return db_tx(act->db, pause_body, &c, NULL, err);
}

bool
acts_connection_pause_left(const struct act *act,
    const struct connection_row *row, int *secs_out, struct err *err)
{
	when_t now;

	*secs_out = 0;
	if (!row->wait_asked || row->wait_until == WHEN_NONE)
		return true;
	if (!db_now(act->db, &now, err))
		return false;
	if (row->wait_until > now)
		*secs_out = (int)((row->wait_until - now) / WHEN_SEC) + 1;
	return true;
}

/* As one says it: never less than it is; a day is 24 hours. */
static const char *
pause_words(struct pool *pool, int secs)
{
	if (secs < 100)
		return pool_printf(pool, "%d second%s", secs,
		    secs == 1 ? "" : "s");
	if (secs <= 90 * 60)
		return pool_printf(pool, "%d minutes", (secs + 59) / 60);
	return pool_printf(pool, "%d hours", (secs - 1 + 3599) / 3600);
}

bool
acts_connection_may_ask(const struct act *act, const struct connection_row *row,
    struct err *err)
{
	int secs;

	if (!acts_connection_pause_left(act, row, &secs, err))
		return false;
	return secs == 0 || err_set(err, ERR_LIMIT, "The server asked for a "
	    "pause and is not asked anything before that is over. Try again in "
	    "%s.", pause_words(act->pool, secs));
}

static bool
resume_body(struct db *db, void *arg, struct err *err)
{
	const struct connection_change *c = arg;
	const struct act *act = c->act;
	struct connection_row row;

	if (!acts_connection_reach(act, c->id, false, &row, err))
		return false;
	if (row.state == CONNECTION_ACTIVE)
		return true;
	if (row.state == CONNECTION_RECONNECT)
		return err_set(err, ERR_CONFLICT, "The provider refuses the "
		    "saved password; enter it again to go on.");
	return store_connection_set_state(db, act->org_id, c->id,
	    CONNECTION_ACTIVE, "", err) &&
	    act_want(act, c->id, JOB_SYNC, err) &&
	    act_audit(act, "connection.resume", "connection", c->id, NULL, err);
}

/* Done, and the worker told of it. */
static bool
connection_waking(const struct act *act, db_tx_body body,
    struct connection_change *c, struct err *err)
{
	if (!db_tx(act->db, body, c, NULL, err))
		return false;
	wake_send(act->config);
	return true;
}

bool
acts_connection_resume(const struct act *act, uint64_t id, struct err *err)
{
	struct connection_change c = { .act = act, .id = id };

	return connection_waking(act, resume_body, &c, err);
}

/* A wait of our own ends here, one that the server asked for does not: the sync
 * is queued for its end. */
static bool
want_sync(const struct act *act, const struct connection_row *row,
    struct err *err)
{
	const struct connection_wait none = { WHEN_NONE, 0, false, "" };
	int secs = 0;

	if (!acts_connection_pause_left(act, row, &secs, err))
		return false;
	return secs > 0 ? act_want_in(act, row->id, JOB_SYNC, secs, err) :
	    store_connection_set_wait(act->db, act->org_id, row->id, &none,
	    err) && act_want(act, row->id, JOB_SYNC, err);
}

static bool
sync_body(struct db *db, void *arg, struct err *err)
{
	const struct connection_change *c = arg;
	const struct act *act = c->act;
	struct connection_row row;

	(void)db;
	if (!acts_connection_reach(act, c->id, false, &row, err))
		return false;
	if (!acts_provider_check_on(act, row.provider, err))
		return false;
	if (row.state == CONNECTION_PAUSED)
		return err_set(err, ERR_CONFLICT,
		    "This connection is paused; resume it first.");
	if (row.state == CONNECTION_RECONNECT)
		return err_set(err, ERR_CONFLICT, "The provider refuses the "
		    "saved password; enter it again first.");
	return want_sync(act, &row, err) &&
	    act_audit(act, "connection.sync", "connection", c->id, NULL, err);
}

bool
acts_connection_sync(const struct act *act, uint64_t id, struct err *err)
{
	struct connection_change c = { .act = act, .id = id };

	return connection_waking(act, sync_body, &c, err);
}

static bool
remove_body(struct db *db, void *arg, struct err *err)
{
	const struct connection_change *c = arg;
	const struct act *act = c->act;
	struct connection_row row;

	return acts_connection_reach(act, c->id, false, &row, err) &&
	    store_connection_set_removing(db, act->org_id, c->id, c->choice,
	    err) &&
	    act_want(act, c->id, JOB_DISCONNECT, err) &&
	    act_audit(act, "connection.remove", "connection", c->id,
	    c->choice == REMOVAL_DELETE ? "The imported events go too." :
	    "The imported events stay.", err);
}

bool
acts_connection_remove(const struct act *act, uint64_t id,
    enum removal_choice choice, struct err *err)
{
	struct connection_change c = { .act = act, .id = id, .choice = choice };

	if (choice != REMOVAL_KEEP && choice != REMOVAL_DELETE)
		return err_set(err, ERR_INPUT,
		    "Say whether the imported events stay or go.");
	return connection_waking(act, remove_body, &c, err);
}
