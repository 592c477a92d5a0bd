/*
 * Several processes on one connection: only one works at a time, one that was
 * stopped past its lease is refused, nothing is doubled; and what is wanted
 * while the work goes on is not lost.
 */
#include <signal.h>
#include <sys/wait.h>
#include "store/store_job.h"
#include "sync/owner.h"
#include "t/sync/rig.h"
#include "util/log.h"
#include "util/banned.h"

static uint64_t org, user;

static struct rig open_filled(int count)
{
	struct rig r = rig_open(org, user, BINDING_BOTH, POLICY_REMOTE_WINS);

	for (int i = 0; i < count; i++)
		fake_put(r.fake, pool_printf(r.pool, "e%04d", i),
		    pool_printf(r.pool, "title %d", i), "x");
	if (rig_run(&r) != ENGINE_DONE || rig_alive(&r) != (uint64_t)count)
		die("the set-up failed");
	return r;
}

#define WORKERS 8
#define LOST 7		/* exit status: the lease was taken over */

static void work_rounds(struct rig *r, int seed, int rounds)
{
	struct err err = { 0 };

	r->engine.owner = NULL;
	if (!db_open(r->pool, config, DB_SYNC, &r->engine.db, &err))
		_exit(2);
	for (int i = 0; i < rounds; i++) {
		struct engine_opts opts = { .org_id = org, .connection_id =
		    r->connection, .cause = RUN_BY_COMMAND };

		fake_use(r->fake);
		if (!engine_run(&r->engine, &opts, &r->result, &err)) {
			fprintf(stderr, "# %s (%s)\n", err.msg, err.detail);
			_exit(3);
		}
	}
	(void)seed;
	_exit(rounds == 1 && r->result.end == ENGINE_LOST ? LOST : 0);
}

static bool wait_all(pid_t *pids, int n)
{
	bool fine = true;

	for (int i = 0; i < n; i++) {
		int status;

		waitpid(pids[i], &status, 0);
		fine &= WIFEXITED(status) && WEXITSTATUS(status) == 0;
	}
	return fine;
}

static void eight_workers(int rounds)
{
	struct rig r = open_filled(20);
	pid_t pids[WORKERS];
	int made = 0;

	fflush(stdout);
	for (int w = 0; w < WORKERS; w++) {
		pids[w] = fork();
		if (pids[w] == 0)
			work_rounds(&r, w, rounds);
	}
	for (int i = 0; i < 40; i++, made++) {
		rig_put(&r, pool_printf(r.pool, "local%d", i), "local", "x");
		usleep(20000);
	}
	ok(wait_all(pids, WORKERS), "%d workers, %d rounds each", WORKERS, rounds);
	is_int(rig_run(&r), ENGINE_DONE, "one more");
	is_int((intmax_t)fake_alive(r.fake), 20 + made, "nothing is doubled");
	is_int(r.fake->creates, made, "each was made once");
	is_int((intmax_t)rig_alive(&r), 20 + made, "nor here");
	rig_again(&r, "eight workers");
	rig_close(&r);
}

static void stop_myself(void *arg, const char *name)
{
	static bool stopped;

	if (strcmp(name, (const char *)arg) == 0 && !stopped) {
		stopped = true;
		raise(SIGSTOP);
	}
}

static const char EXPIRE[] = "UPDATE lease SET until = now(6) - INTERVAL 1 SECOND "
    "WHERE org_id = ? AND connection_id = ?";

/* Stopped past its lease at a step, while another finishes; then continued. */
static void stopped_worker(const char *step)
{
	struct rig r = open_filled(5);
	int status;
	pid_t pid;

	rig_put(&r, "e0001", "mine", "x");
	rig_put(&r, "fresh", "fresh", "x");
	fake_put(r.fake, "e0002", "theirs", "x");
	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		r.engine.step = stop_myself;
		r.engine.step_arg = (void *)(uintptr_t)step;
		work_rounds(&r, 0, 1);
	}
	waitpid(pid, &status, WUNTRACED);
	ok(WIFSTOPPED(status), "stopped at \"%s\"", step);
	is_int(rig_run(&r), ENGINE_BUSY, "its lease is respected");
	must(stmt_exec(db, EXPIRE, STMT_ARGS(STMT_U64(org),
	    STMT_U64(r.connection)), NULL, &world_err));
	is_int(rig_run(&r), ENGINE_DONE, "past it, another takes over");
	rig_put(&r, "e0001", "mine again", "x");
	rig_run(&r);
	kill(pid, SIGCONT);
	waitpid(pid, &status, 0);
	ok(WIFEXITED(status) && WEXITSTATUS(status) == LOST,
	    "it is refused and ends");
	rig_run(&r);
	is_text(fake_words(r.pool, r.fake, "e0001"), "mine again/x",
	    "it overwrote nothing");
	is_int((intmax_t)fake_alive(r.fake), 6, "and doubled nothing");
	is_int((intmax_t)rig_alive(&r), 6, "nor here");
	rig_again(&r, step);
	rig_close(&r);
}

static void owners(void)
{
	struct pool *p = pool_new(NULL);
	const char *self = owner_self(p);

	ok(!owner_is_dead(self), "this process lives: %s", self);
	ok(!owner_is_dead("another-host:1:2"), "of another host nothing is known");
	ok(!owner_is_dead(""), "nobody is not dead");
	ok(owner_is_dead(pool_printf(p, "%s9", self)),
	    "the same pid at another time is another process");
	pool_free(p);
}

/* ---- the request during a run ---- */

static void wanted_meanwhile(void)
{
	struct rig r = open_filled(1);
	struct job_row job;

	must(store_job_want(db, org, r.connection, JOB_SYNC, 0, 0, &world_err));
	must(store_job_find(db, r.pool, org, r.connection, JOB_SYNC, &job,
	    &world_err) > 0);
	is_int(store_job_claim(db, &job, 90, &world_err), 1, "claimed");
	is_int(store_job_claim(db, &job, 90, &world_err), 0, "once");
	must(store_job_want(db, org, r.connection, JOB_SYNC, user, 0,
	    &world_err));
	must(store_job_finish(db, &job, 300, 0, &world_err));
	must(store_job_find(db, r.pool, org, r.connection, JOB_SYNC, &job,
	    &world_err) > 0);
	ok(job.asked_by == user && job.due <= job.wanted_at + WHEN_SEC,
	    "what was wanted during the run is due at once");
	must(store_job_finish(db, &job, 300, 0, &world_err));
	must(store_job_find(db, r.pool, org, r.connection, JOB_SYNC, &job,
	    &world_err) > 0);
	ok(job.due > job.wanted_at + 200 * WHEN_SEC, "else at the next poll");
	rig_close(&r);
}

int main(void)
{
	log_open("t", "/dev/null", LOG_LEVEL_ERROR);
	world_open();
	org = world_org("Workers");
	user = world_user(org, "w@example.org", ROLE_OWNER);
	owners();
	wanted_meanwhile();
	stopped_worker("page");
	stopped_worker("sent");
	stopped_worker("call");
	stopped_worker("called");
	stopped_worker("results");
	eight_workers(200);
	return world_close();
}
