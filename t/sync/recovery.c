/*
 * What was under way when the worker died is settled by the plan of its own
 * run: whoever takes it over is stopped here as that run ends, so that the
 * fresh run which follows cannot mend what was left out.
 */
#include <sys/wait.h>
#include "t/sync/rig.h"
#include "util/log.h"
#include "util/banned.h"

static uint64_t org, user;

static const char *last_step;
static int last_count;		/* ends with the so-manieth of it */

static void end_at(void *arg, const char *name)
{
	(void)arg;
	if (strcmp(name, last_step) == 0 && --last_count == 0)
		_exit(86);
}

/* A worker that ends at a step, as SIGKILL would end it. */
static void work_until(struct rig *r, const char *step, int count)
{
	struct err err = { 0 };
	pid_t pid;
	int status;

	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		last_step = step;
		last_count = count;
		r->engine.step = end_at;
		r->engine.owner = NULL;
		if (!db_open(r->pool, config, DB_SYNC, &r->engine.db, &err))
			_exit(2);
		rig_run(r);
		_exit(0);
	}
	waitpid(pid, &status, 0);
	ok(WIFEXITED(status) && WEXITSTATUS(status) == 86,
	    "the worker ends at \"%s\"", step);
}

static uint64_t rows_in(struct rig *r, enum sync_phase phase)
{
	static const char sql[] = "SELECT COUNT(*) FROM sync_action a "
	    "JOIN sync_run s ON s.org_id = a.org_id AND s.id = a.run_id "
	    "WHERE a.org_id = ? AND a.binding_id = ? AND a.phase = ? "
	    "AND s.id = (SELECT MIN(o.id) FROM sync_run o WHERE o.org_id = ? "
	    "AND o.connection_id = ? AND o.planned > 0 AND o.id > ?)";

	return world_number(sql, STMT_ARGS(STMT_U64(org), STMT_U64(r->binding),
	    STMT_U64(phase), STMT_U64(org), STMT_U64(r->connection),
	    STMT_U64(r->result.run_id)));
}

static uint64_t runs(struct rig *r)
{
	static const char sql[] = "SELECT COUNT(*) FROM sync_run "
	    "WHERE org_id = ? AND connection_id = ?";

	return world_number(sql, STMT_ARGS(STMT_U64(org),
	    STMT_U64(r->connection)));
}

struct crash {
	const char *name;
	const char *title;		/* what u1 becomes here; NULL = deleted */
	bool linked;
	const char *step;		/* "call": it never arrived there */
	int pushes, fetched;		/* of the one that took over, at most */
};

static const struct crash CRASHES[] = {
	{ "created, no answer", "new", false, "called", 1, 0 },
	{ "about to create", "new", false, "call", 1, 0 },
	{ "changed, no answer", "new", true, "called", 0, 1 },
	{ "about to change", "new", true, "call", 1, 1 },
	{ "deleted, no answer", NULL, true, "called", 0, 1 },
	{ "about to delete", NULL, true, "call", 1, 1 },
};

static struct rig set_up(const struct crash *c)
{
	struct rig r = rig_open(org, user, BINDING_BOTH, POLICY_REMOTE_WINS);

	fake_put(r.fake, "other", "other", "z");
	if (c->linked)
		fake_put(r.fake, "u1", "old", "x");
	if (rig_run(&r) != ENGINE_DONE)
		die("%s: the set-up failed", c->name);
	rig_put(&r, "u1", c->title, "x");
	return r;
}

static void crash(const struct crash *c)
{
	struct rig r = set_up(c);
	const char *want = c->title ? "new/x" : NULL;
	int pushes, fetched;
	uint64_t before;

	note("%s", c->name);
	work_until(&r, c->step, 1);
	is_int((intmax_t)rows_in(&r, PHASE_SENT), 1, "the row says: sent");
	is_int(fake_writes(r.fake), strcmp(c->step, "called") == 0,
	    "and the provider has it, or not");
	before = runs(&r);
	pushes = r.fake->pushes;
	fetched = r.fake->fetched;
	work_until(&r, "finish", 2);
	is_int((intmax_t)rows_in(&r, PHASE_SENT), 0,
	    "the one who takes the run over leaves no row in doubt");
	is_int((intmax_t)rows_in(&r, PHASE_DONE), 1, "it is done");
	is_int((intmax_t)runs(&r), (intmax_t)before, "in the run it was sent by");
	is_int((intmax_t)rig_pending(&r), 0, "and nothing waits any more");
	is_int(fake_writes(r.fake), 1, "it was written once");
	is_int(r.fake->refused_late, 0, "never over what stood there");
	is_int(r.fake->pushes - pushes, c->pushes, "calls that write");
	is_int(r.fake->fetched - fetched, c->fetched, "objects read back");
	is_text(fake_words(r.pool, r.fake, "u1"), want, "as wanted there");
	is_text(rig_words(&r, "u1"), want, "and here");
	rig_run(&r);
	rig_again(&r, c->name);
	rig_close(&r);
}

int main(void)
{
	log_open("t", "/dev/null", LOG_LEVEL_ERROR);
	world_open();
	org = world_org("Recovery");
	user = world_user(org, "r@example.org", ROLE_OWNER);
	for (size_t i = 0; i < sizeof(CRASHES) / sizeof(*CRASHES); i++)
		crash(&CRASHES[i]);
	return world_close();
}
