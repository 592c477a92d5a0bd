/*
 * What goes wrong and must not: interrupted listings, lost cursors, emptied
 * collections, bad items, moving targets, lost answers, limits.
 */
#include "store/store_run.h"
#include "t/sync/rig.h"
#include "util/log.h"
#include "util/banned.h"

static uint64_t org, user;

static const char *uid_of(struct rig *r, int i)
{
	return pool_printf(r->pool, "e%04d", i);
}

static void fill(struct rig *r, int count)
{
	for (int i = 0; i < count; i++)
		fake_put(r->fake, uid_of(r, i), pool_printf(r->pool, "title %d",
		    i), "x");
}

static struct rig open_both(void)
{
	return rig_open(org, user, BINDING_BOTH, POLICY_REMOTE_WINS);
}

static struct rig open_filled(int count)
{
	struct rig r = open_both();

	fill(&r, count);
	if (rig_run(&r) != ENGINE_DONE || rig_alive(&r) != (uint64_t)count)
		die("the set-up failed");
	return r;
}

/* ---- listings ---- */

static int stop_at;
static volatile bool stop;

static void stop_here(void *arg, const char *name)
{
	(void)arg;
	if (strcmp(name, "batch") == 0 && --stop_at == 0)
		stop = true;
}

static void interrupted(void)
{
	struct rig r = open_both();

	fill(&r, 230);
	r.fake->page_size = 40;
	r.fake->fail_lists = 9;
	r.fake->fail_after = 3;
	r.fake->fail_kind = ERR_LIMIT;
	r.fake->retry_after_secs = 600;
	is_int(rig_run(&r), ENGINE_PARKED, "the fourth page fails: parked");
	is_int(r.fake->lists, 4, "three pages came");
	is_int((intmax_t)rig_alive(&r), 0, "nothing is done before the list ends");
	r.fake->fail_lists = 0;
	r.fake->lists = 0;
	is_int(rig_run(&r), ENGINE_PARKED, "asked for before that: parked");
	is_int(r.fake->lists, 0, "and the server is not asked");
	must(store_connection_set_wait(db, org, r.connection,
	    &(struct connection_wait){ WHEN_NONE, 0, false, "" }, &world_err));
	is_int(rig_run(&r), ENGINE_DONE, "taken up again");
	is_int(r.fake->lists, 3 + 6, "only the pages that were missing are asked "
	    "for, then what came since");
	is_int((intmax_t)rig_alive(&r), 230, "all are here");

	fill(&r, 1100);
	stop_at = 4;	/* before and after a commit: after the second batch */
	r.engine.step = stop_here;
	r.engine.stop = &stop;
	r.fake->fetched = 0;
	is_int(rig_run(&r), ENGINE_STOPPED, "told to stop after two batches");
	is_int(r.fake->fetched, 300, "two batches were read");
	stop = false;
	r.engine.step = NULL;
	is_int(rig_run(&r), ENGINE_DONE, "the next one goes on");
	is_int(r.fake->fetched, 1100, "and reads nothing twice");
	rig_again(&r, "interrupted");
	rig_close(&r);
}

static int slow_steps;

static void slow_batch(void *arg, const char *name)
{
	(void)arg;
	if ((strcmp(name, "batch") == 0 || strcmp(name, "page") == 0) &&
	    slow_steps-- > 0)
		usleep(700000);
}

/* A run that takes too long ends between two pages, or between two batches. */
static void too_long(void)
{
	const struct engine_opts limit = { .limit_secs = 1 };
	struct rig r = open_both();
	int rounds = 1;

	fill(&r, 1100);
	r.fake->page_size = 600;
	slow_steps = 10;	/* before and after two pages and three batches */
	r.engine.step = slow_batch;
	is_int(rig_run_with(&r, &limit), ENGINE_STOPPED, "too long: it ends");
	is_int(r.fake->lists, 1, "after the page it was at");
	while (rig_run_with(&r, &limit) == ENGINE_STOPPED && rounds < 20)
		rounds++;
	is_int(r.result.end, ENGINE_DONE, "the next ones go on to the end");
	ok(rounds > 2, "in several turns: %d", rounds);
	is_int((intmax_t)rig_alive(&r), 1100, "all are here");
	is_int(r.fake->fetched, 1100, "and none was read twice");
	r.engine.step = NULL;
	rig_again(&r, "too long");
	rig_close(&r);
}

static void lost_cursor(void)
{
	struct rig r = open_filled(30);

	fake_put(r.fake, "e0003", NULL, NULL);
	fake_put(r.fake, "e0004", "changed", "x");
	fake_put(r.fake, "new", "new", "x");
	r.fake->cursor_lost = true;
	r.fake->page_size = 7;
	r.fake->fetched = 0;
	is_int(rig_run(&r), ENGINE_DONE, "a lost cursor lists everything");
	is_int((intmax_t)rig_alive(&r), 30, "one went, one came");
	ok(!rig_words(&r, "e0003"), "what the listing did not name is gone");
	is_text(rig_words(&r, "e0004"), "changed/x", "the change is here");
	is_int(r.fake->fetched, 2, "only what differs was read");
	rig_again(&r, "lost cursor");
	rig_close(&r);
}

static void half_a_listing(void)
{
	struct rig r = open_filled(30);

	r.fake->cursor_lost = true;
	r.fake->page_size = 10;
	r.fake->fail_lists = 99;
	r.fake->fail_after = 2;
	r.fake->fail_kind = ERR_RECONNECT;
	is_int(rig_run(&r), ENGINE_RECONNECT, "refused in the middle of a list");
	is_int((intmax_t)rig_alive(&r), 30, "half a listing deletes nothing");
	is_int(rig_run(&r), ENGINE_IDLE, "and waits for a person");
	r.fake->fail_lists = 0;
	must(store_connection_set_state(db, org, r.connection,
	    CONNECTION_ACTIVE, "", &world_err));
	is_int(rig_run(&r), ENGINE_DONE, "connected again");
	is_int((intmax_t)rig_alive(&r), 30, "all are still here");
	rig_close(&r);
}

static void missing(void)
{
	struct rig r = open_filled(12);

	r.fake->missing = true;
	is_int(rig_run(&r), ENGINE_DONE, "the calendar is gone there");
	ok(r.result.refused, "so the run does not end as done");
	ok(strstr(r.result.message, "not there any more"), "%s",
	    r.result.message);
	rig_run(&r);
	is_int((intmax_t)rig_alive(&r), 12, "nothing here is removed for it");
	r.fake->missing = false;
	rig_close(&r);
}

static void vanish(void *arg, const char *name)
{
	if (strcmp(name, "call") == 0)
		((struct fake *)arg)->missing = true;
}

/* The calendar goes away between the list and the write. */
static void missing_later(void)
{
	struct rig r = open_filled(12);

	rig_put(&r, "e0001", "mine", "x");
	rig_put(&r, "fresh", "fresh", "x");
	r.engine.step = vanish;
	r.engine.step_arg = r.fake;
	is_int(rig_run(&r), ENGINE_DONE, "the calendar goes during the run");
	ok(r.result.refused, "so the run does not end as done");
	ok(strstr(r.result.message, "not there any more"), "%s",
	    r.result.message);
	is_int((intmax_t)rig_alive(&r), 13, "nothing here is removed for it");
	is_int((intmax_t)rig_pending(&r), 2, "what was to be sent still waits");
	r.engine.step = NULL;
	r.fake->missing = false;
	is_int(rig_run(&r), ENGINE_DONE, "it is there again");
	is_text(fake_words(r.pool, r.fake, "e0001"), "mine/x", "and gets it");
	is_int((intmax_t)fake_alive(r.fake), 13, "once");
	rig_again(&r, "missing later");
	rig_close(&r);
}

static void full(void)
{
	struct rig r = open_filled(3);

	r.fake->full = true;
	rig_put(&r, "e0001", "mine", "x");
	rig_put(&r, "fresh", "fresh", "x");
	rig_slept_ms = 0;
	is_int(rig_run(&r), ENGINE_DONE, "no room for a new event there");
	ok(rig_slept_ms == 0 && r.result.set_aside == 1, "it alone is set aside");
	is_text(fake_words(r.pool, r.fake, "e0001"), "mine/x",
	    "the change of another one arrives");
	rig_close(&r);
}

/* ---- the guard ---- */

static const char OPEN_GUARD[] = "SELECT COALESCE(MAX(id), 0) FROM sync_run "
    "WHERE org_id = ? AND connection_id = ? AND guard = 1";

static uint64_t held_run(struct rig *r)
{
	return world_number(OPEN_GUARD, STMT_ARGS(STMT_U64(org),
	    STMT_U64(r->connection)));
}

static void guard(bool approve)
{
	struct rig r = open_filled(40);
	uint64_t run;

	for (int i = 0; i < 8; i++)
		fake_put(r.fake, uid_of(&r, i), NULL, NULL);
	for (int i = 8; i < 14; i++)
		rig_put(&r, uid_of(&r, i), NULL, NULL);
	fake_put(r.fake, "new", "new", "x");
	is_int(rig_run(&r), ENGINE_DONE, "fourteen deletes of forty");
	is_int(r.result.held, 14, "are held, both directions together");
	ok(rig_words(&r, "new") && rig_words(&r, "e0000") &&
	    fake_words(r.pool, r.fake, "e0008"),
	    "what is new comes, nothing is deleted");
	run = held_run(&r);
	is_int(rig_run(&r), ENGINE_DONE, "the next run");
	ok(held_run(&r) == run && rig_words(&r, "e0000"), "still waits");
	rig_put(&r, "e0020", "edited", "x");
	rig_run(&r);
	is_text(fake_words(r.pool, r.fake, "e0020"), "edited/x",
	    "nothing else waits for the answer");
	must(store_run_answer(db, org, run, approve, &world_err));
	is_int(rig_run(&r), ENGINE_DONE, approve ? "approved" : "refused");
	if (approve) {
		is_int((intmax_t)rig_alive(&r), 27, "deleted here");
		is_int((intmax_t)fake_alive(r.fake), 27, "and there");
	} else {
		is_int((intmax_t)rig_alive(&r), 41, "all are here again");
		is_int((intmax_t)fake_alive(r.fake), 41, "and there");
		is_text(fake_words(r.pool, r.fake, "e0001"), "title 1/x",
		    "what was gone there is there again");
	}
	rig_again(&r, approve ? "approved" : "refused");
	ok(!store_run_answer(db, org, run, approve, &world_err),
	    "there is nothing to answer any more");
	rig_close(&r);
}

static void emptied(void)
{
	struct rig r = open_filled(6);
	const struct engine_opts full = { .full_listing = true };

	r.fake->empty = true;
	rig_run_with(&r, &full);
	is_int(r.result.held, 6, "an emptied calendar is held");
	is_int((intmax_t)rig_alive(&r), 6, "and nothing is deleted");
	r.fake->empty = false;
	rig_run_with(&r, &full);
	is_int((intmax_t)world_number("SELECT COUNT(*) FROM sync_action "
	    "WHERE org_id = ? AND binding_id = ? AND phase = 5",
	    STMT_ARGS(STMT_U64(org), STMT_U64(r.binding))), 0,
	    "what is there again needs no answer");
	rig_close(&r);
}

/* ---- bad items ---- */

static const char DEAD[] = "SELECT COUNT(*) FROM dead_letter "
    "WHERE org_id = ? AND binding_id = ?";
static const char DEAD_TRIES[] = "SELECT tries FROM dead_letter "
    "WHERE org_id = ? AND binding_id = ?";
static const char DEAD_DUE[] = "UPDATE dead_letter SET "
    "next_try_at = now(6) - INTERVAL 1 SECOND "
    "WHERE org_id = ? AND binding_id = ? AND next_try_at IS NOT NULL";

static uint64_t dead(struct rig *r, const char *sql)
{
	return world_number(sql, STMT_ARGS(STMT_U64(org), STMT_U64(r->binding)));
}

static void poison(int at, int of)
{
	struct rig r = open_both();
	int fetches;

	fill(&r, of);
	fake_find(r.fake, uid_of(&r, at))->poison = true;
	is_int(rig_run(&r), ENGINE_DONE, "a bad item does not stop the run");
	is_int((intmax_t)rig_alive(&r), of - 1, "all others are here");
	is_int((intmax_t)dead(&r, DEAD), 1, "one is set aside");
	ok(r.result.next_try != WHEN_NONE, "and will be tried again");
	rig_again(&r, "poison, not yet due");
	for (int i = 0; i < 6; i++) {
		must(stmt_exec(db, DEAD_DUE, STMT_ARGS(STMT_U64(org),
		    STMT_U64(r.binding)), NULL, &world_err));
		rig_run(&r);
	}
	is_int((intmax_t)dead(&r, DEAD_TRIES), 4, "given up after four tries");
	fetches = r.fake->fetches;
	rig_run(&r);
	is_int(r.fake->fetches, fetches, "and not asked for any more");
	fake_find(r.fake, uid_of(&r, at))->poison = false;
	fake_put(r.fake, uid_of(&r, at), "cured", "x");
	rig_run(&r);
	is_text(rig_words(&r, uid_of(&r, at)), "cured/x", "changed: tried again");
	is_int((intmax_t)dead(&r, DEAD), 0, "and no longer set aside");
	rig_close(&r);
}

/* What no run can try brings none about: it would be due for ever. */
static void poison_missing(void)
{
	struct rig r = open_both();

	fill(&r, 3);
	fake_find(r.fake, uid_of(&r, 1))->poison = true;
	rig_run(&r);
	is_int((intmax_t)dead(&r, DEAD), 1, "set aside");
	must(stmt_exec(db, DEAD_DUE, STMT_ARGS(STMT_U64(org),
	    STMT_U64(r.binding)), NULL, &world_err));
	r.fake->missing = true;
	for (int i = 0; i < 3; i++) {
		rig_run(&r);
		ok(r.result.next_try == WHEN_NONE,
		    "its calendar is gone: not due, run %d", i);
	}
	r.fake->missing = false;
	rig_close(&r);
}

static void refused_write(void)
{
	struct rig r = open_filled(3);

	rig_put(&r, "bad", "poison", "x");
	rig_put(&r, "good", "good", "x");
	is_int(rig_run(&r), ENGINE_DONE, "a write that is refused");
	is_text(fake_words(r.pool, r.fake, "good"), "good/x", "the other arrives");
	is_int((intmax_t)dead(&r, DEAD), 1, "the refused one is set aside");
	is_int((intmax_t)rig_pending(&r), 1, "and still waits");
	rig_again(&r, "refused write");
	rig_put(&r, "bad", "cured", "x");
	rig_run(&r);
	is_text(fake_words(r.pool, r.fake, "bad"), "cured/x",
	    "an edit is tried at once");
	is_int((intmax_t)dead(&r, DEAD), 0, "no longer set aside");
	rig_close(&r);
}

/* ---- writes ---- */

static void moving_target(void)
{
	struct rig r = rig_open(org, user, BINDING_BOTH, POLICY_LOCAL_WINS);

	fill(&r, 2);
	rig_run(&r);
	rig_put(&r, "e0001", "mine", "x");
	r.fake->move_on_write = true;
	is_int(rig_run(&r), ENGINE_DONE, "it changes there before each write");
	ok(r.fake->refused_late <= 3, "%d tries", r.fake->refused_late);
	is_int((intmax_t)dead(&r, DEAD), 1, "set aside, not overwritten");
	is_int(r.fake->updates, 0, "no write went over somebody's change");
	rig_close(&r);
}

static void lost_answer(void)
{
	struct rig r = open_filled(4);

	rig_put(&r, "e0001", "mine", "x");
	rig_put(&r, "e0002", NULL, NULL);
	rig_put(&r, "fresh", "fresh", "x");
	r.fake->fail_pushes = 1;
	r.fake->fail_late = true;
	is_int(rig_run(&r), ENGINE_DONE, "the answer to a write is lost");
	is_int((intmax_t)fake_alive(r.fake), 4, "nothing is there twice");
	is_text(fake_words(r.pool, r.fake, "e0001"), "mine/x", "it is written");
	is_int(fake_writes(r.fake), 3, "and written once");
	is_int((intmax_t)rig_pending(&r), 0, "nothing waits");
	rig_again(&r, "lost answer");
	rig_close(&r);
}

/* The server keeps texts its own way: that is no change of anybody's. */
static void rewriting_server(void)
{
	struct rig r = open_filled(2);

	r.fake->rewrites = true;
	rig_put(&r, "e0001", "mine", "x");
	rig_put(&r, "fresh", "fresh", "x");
	rig_run(&r);
	is_int(fake_writes(r.fake), 2, "two writes");
	rig_again(&r, "rewriting server");
	fake_put(r.fake, "fresh", "theirs", "x");
	rig_run(&r);
	is_text(rig_words(&r, "fresh"), "theirs/x", "a real change is one");
	rig_close(&r);
}

static void waits(void)
{
	struct rig r = open_filled(2);
	struct connection_row c;

	r.fake->fail_lists = 1;
	r.fake->fail_kind = ERR_LIMIT;
	r.fake->retry_after_secs = 7;
	rig_slept_ms = 0;
	is_int(rig_run(&r), ENGINE_DONE, "a short limit is waited for in place");
	is_int(rig_slept_ms, 7000, "as long as was said");
	r.fake->fail_lists = 99;
	r.fake->fail_kind = ERR_UPSTREAM;
	r.fake->retry_after_secs = 0;
	rig_slept_ms = 0;
	r.fake->lists = 0;
	is_int(rig_run(&r), ENGINE_PARKED, "a broken server parks the connection");
	is_int(r.fake->lists, 3, "after the first two waits in place");
	is_int(rig_slept_ms, 5000, "0 and 5 seconds");
	must(store_connection_find(db, r.pool, org, 0, r.connection, &c,
	    &world_err) > 0);
	ok(c.wait_until != WHEN_NONE && c.wait_tries == 3 && *c.state_reason,
	    "parked with a reason: %s", c.state_reason);
	r.fake->fail_lists = 0;
	rig_run(&r);
	must(store_connection_find(db, r.pool, org, 0, r.connection, &c,
	    &world_err) > 0);
	ok(c.wait_until == WHEN_NONE && c.wait_tries == 0, "and let go again");
	rig_close(&r);
}

/* ---- dry run ---- */

static void dry(void)
{
	struct rig r = open_filled(3);
	const struct engine_opts opts = { .dry_run = true };
	struct action_filter f = { .most = 100 };
	struct action_row *rows;
	size_t n;

	fake_put(r.fake, "e0000", "theirs", "x");
	fake_put(r.fake, "e0001", NULL, NULL);
	rig_put(&r, "e0002", "mine", "x");
	is_int(rig_run_with(&r, &opts), ENGINE_DONE, "a dry run");
	f.run_id = r.result.run_id;
	must(store_action_list(db, r.pool, org, &f, &rows, &n, &world_err));
	is_int((intmax_t)n, 3, "three rows");
	for (size_t i = 0; i < n; i++)
		ok(*rows[i].reason && (rows[i].kind == SYNC_PULL_UPDATE ||
		    rows[i].kind == SYNC_PULL_DELETE ||
		    rows[i].kind == SYNC_PUSH_UPDATE), "%s: %s", rows[i].title,
		    rows[i].reason);
	ok(fake_writes(r.fake) == 0 && rig_alive(&r) == 3 &&
	    rig_pending(&r) == 1, "and nothing was done");
	rig_run(&r);
	is_text(rig_words(&r, "e0000"), "theirs/x", "the real run does it");
	is_text(fake_words(r.pool, r.fake, "e0002"), "mine/x", "both ways");
	rig_close(&r);
}

int main(void)
{
	log_open("t", "/dev/null", LOG_LEVEL_ERROR);
	world_open();
	org = world_org("Trouble");
	user = world_user(org, "t@example.org", ROLE_OWNER);
	interrupted();
	too_long();
	lost_cursor();
	half_a_listing();
	missing();
	missing_later();
	full();
	guard(true);
	guard(false);
	emptied();
	poison(0, 120);
	poison(60, 120);
	poison(119, 120);
	poison_missing();
	refused_write();
	moving_target();
	lost_answer();
	rewriting_server();
	waits();
	dry();
	return world_close();
}
