/*
 * Many writes, so that the next batch is prepared while one is on its way:
 * killed at every step, refused in the middle, told to stop between two calls.
 * Each object is written once, whatever happens.
 */
#include <string.h>
#include <sys/wait.h>
#include "t/sync/rig.h"
#include "util/log.h"
#include "util/banned.h"

#define MANY 35		/* 10, 20 and the rest */

static uint64_t org, user;

static struct rig set_up(void)
{
	struct rig r = rig_open(org, user, BINDING_BOTH, POLICY_REMOTE_WINS);

	if (rig_run(&r) != ENGINE_DONE)
		die("the set-up failed");
	for (int i = 0; i < MANY; i++)
		rig_put(&r, pool_printf(r.pool, "n%02d", i), "new", "x");
	return r;
}

/* How many were not written exactly once. */
static int not_once(struct rig *r)
{
	int bad = 0;

	for (int i = 0; i < MANY; i++) {
		struct fake_object *o = fake_find(r->fake,
		    pool_printf(r->pool, "n%02d", i));

		bad += !o || o->gone || o->writes != 1;
	}
	return bad + (fake_alive(r->fake) != MANY);
}

static uint64_t rows_sent(struct rig *r)
{
	static const char sql[] = "SELECT COUNT(*) FROM sync_action "
	    "WHERE org_id = ? AND binding_id = ? AND phase = 2";

	return world_number(sql, STMT_ARGS(STMT_U64(org),
	    STMT_U64(r->binding)));
}

static void all_well(struct rig *r, const char *name)
{
	int writes;

	ok(not_once(r) == 0, "%s: each was written once", name);
	ok(rig_pending(r) == 0, "%s: nothing waits", name);
	ok(rows_sent(r) == 0, "%s: no row in doubt", name);
	ok(r->fake->refused_late == 0, "%s: none over another", name);
	writes = fake_writes(r->fake);
	rig_run(r);
	ok(fake_writes(r->fake) == writes, "%s: no more to write", name);
}

/* ---- killed ---- */

static int steps_left;

static void die_here(void *arg, const char *name)
{
	(void)arg;
	(void)name;
	if (--steps_left == 0)
		_exit(86);
}

static int run_killed(struct rig *r, int k)
{
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		struct err err = { 0 };

		steps_left = k;
		r->engine.step = die_here;
		r->engine.owner = NULL;
		if (!db_open(r->pool, config, DB_SYNC, &r->engine.db, &err))
			_exit(2);
		_exit(rig_run(r) == ENGINE_DONE ? 0 : 1);
	}
	waitpid(pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void killed(void)
{
	int status = 86, bad = 0, k;

	for (k = 1; status == 86 && k < 100; k++) {
		struct rig r = set_up();

		status = run_killed(&r, k);
		if (rig_run(&r) != ENGINE_DONE || not_once(&r) ||
		    rig_pending(&r) || rows_sent(&r)) {
			bad++;
			note("killed at step %d: %d not once, %d wait, %d in "
			    "doubt", k, not_once(&r), (int)rig_pending(&r),
			    (int)rows_sent(&r));
		}
		rig_close(&r);
	}
	ok(bad == 0 && status == 0 && k > 15,
	    "killed at each of %d steps, each was written once", k - 2);
}

/* ---- as many as a batch of what comes here takes ---- */

#define LOTS 2600		/* 100, 200, 400, 800, 1,000 and the rest */

static void put_lots(struct rig *r, const char *title)
{
	for (int i = 0; i < LOTS; i++)
		fake_put(r->fake, pool_printf(r->pool, "e%04d", i), title, "x");
}

static uint64_t called(struct rig *r, const char *title)
{
	static const char sql[] = "SELECT COUNT(*) FROM event WHERE org_id = ? "
	    "AND calendar_id = ? AND deleted_at IS NULL AND summary = ?";

	return world_number(sql, STMT_ARGS(STMT_U64(org),
	    STMT_U64(r->calendar), STMT_TEXT(title)));
}

/* All of them come, change, and go: known ones in every row of a batch. */
static void lots(void)
{
	struct rig r = rig_open(org, user, BINDING_BOTH, POLICY_REMOTE_WINS);

	put_lots(&r, "first");
	is_int(rig_run(&r), ENGINE_DONE, "lots come");
	is_int(called(&r, "first"), LOTS, "all of them");
	put_lots(&r, "second");
	is_int(rig_run(&r), ENGINE_DONE, "all of them changed there");
	is_int(called(&r, "second"), LOTS, "all are changed here");
	is_int(rig_alive(&r), LOTS, "none came twice");
	rig_again(&r, "lots changed");
	put_lots(&r, NULL);
	is_int(rig_run(&r), ENGINE_DONE, "all of them gone there");
	is_int(rig_alive(&r), LOTS, "that is asked first");
	must(store_run_answer(db, org, world_number("SELECT MAX(run_id) FROM "
	    "sync_action WHERE org_id = ? AND phase = 5", STMT_ARGS(
	    STMT_U64(org))), true, &world_err));
	is_int(rig_run(&r), ENGINE_DONE, "approved");
	is_int(rig_alive(&r), 0, "all are gone");
	rig_again(&r, "lots deleted");
	rig_close(&r);
}

/* ---- refused, told to stop ---- */

static void refused(enum err_kind kind, const char *name)
{
	struct rig r = set_up();

	r.fake->fail_pushes = 1;
	r.fake->fail_after = 1;		/* the second has the third behind it */
	r.fake->fail_kind = kind;
	r.fake->retry_after_secs = kind == ERR_LIMIT ? 600 : 0;
	rig_run(&r);
	if (kind == ERR_LIMIT) {
		ok(r.result.end == ENGINE_PARKED, "%s: parked", name);
		ok(fake_writes(r.fake) == 10, "%s: after one batch", name);
		ok(rows_sent(&r) == 20, "%s: only what was called for is in doubt", name);
		/* Ten minutes later. */
		must(store_connection_set_wait(db, org, r.connection,
		    &(struct connection_wait){ WHEN_NONE, 0, false, "" },
		    &world_err));
	}
	ok(rig_run(&r) == ENGINE_DONE, "%s: taken up again", name);
	all_well(&r, name);
	rig_close(&r);
}

static volatile bool stop;
static const char *stop_step;
static int steps_to_stop;

static void stop_here(void *arg, const char *name)
{
	(void)arg;
	if (strcmp(name, stop_step) == 0 && --steps_to_stop == 0)
		stop = true;
}

/* A transaction's step comes before and after it. */
static void stopped(const char *step, int count, int pushes)
{
	struct rig r = set_up();

	stop = false;
	stop_step = step;
	steps_to_stop = count;
	r.engine.step = stop_here;
	r.engine.stop = &stop;
	ok(rig_run(&r) == ENGINE_STOPPED, "told to stop at \"%s\" %d", step,
	    count);
	is_int(r.fake->pushes, pushes, "calls made");
	is_int((intmax_t)rows_sent(&r), 0,
	    "what came of them is written, what was not called for is put back");
	stop = false;
	r.engine.step = NULL;
	is_int(rig_run(&r), ENGINE_DONE, "the next run goes on");
	is_int(not_once(&r), 0, "and writes the others once");
	rig_close(&r);
}

int main(void)
{
	log_open("t", NULL, LOG_LEVEL_ERROR);
	world_open();
	org = world_org("Batches");
	user = world_user(org, "b@example.org", ROLE_OWNER);
	lots();
	killed();
	refused(ERR_LIMIT, "limit");
	refused(ERR_UPSTREAM, "upstream");
	stopped("called", 1, 1);
	stopped("called", 2, 2);
	stopped("called", 3, 3);
	stopped("sent", 4, 1);		/* the second batch is said to be sent */
	stopped("results", 2, 2);	/* and the third */
	return world_close();
}
