/*
 * Tables in the manner of isync: what both sides agreed on, what each did then,
 * what both hold after a run. Every scenario runs once more (nothing to do),
 * and then again with the worker killed at every step of its journal.
 */
#include <sys/wait.h>
#include "t/sync/rig.h"
#include "util/log.h"
#include "util/banned.h"

#define KEEP "-"		/* leave it as it is */
#define NONE NULL		/* there is none, or it is deleted */

struct scenario {
	const char *name;
	enum binding_direction direction;
	enum binding_policy policy;
	const char *base;		/* "title/place"; NONE = not linked */
	const char *here, *there;	/* then */
	const char *want_here, *want_there;
	int conflicts, images, pending;
};

#define B BINDING_BOTH
#define RW POLICY_REMOTE_WINS
#define LW POLICY_LOCAL_WINS
#define NW POLICY_NEWEST_WINS

static const struct scenario SCENARIOS[] = {
	{ "nothing changed", B, RW, "a/x", KEEP, KEEP, "a/x", "a/x", 0, 0, 0 },
	{ "new there", B, RW, NONE, NONE, "a/x", "a/x", "a/x", 0, 0, 0 },
	{ "new here", B, RW, NONE, "a/x", NONE, "a/x", "a/x", 0, 0, 0 },
	{ "changed there", B, RW, "a/x", KEEP, "b/x", "b/x", "b/x", 0, 1, 0 },
	{ "changed here", B, RW, "a/x", "b/x", KEEP, "b/x", "b/x", 0, 1, 0 },
	{ "deleted there", B, RW, "a/x", KEEP, NONE, NONE, NONE, 0, 1, 0 },
	{ "deleted here", B, RW, "a/x", NONE, KEEP, NONE, NONE, 0, 1, 0 },
	{ "deleted on both", B, RW, "a/x", NONE, NONE, NONE, NONE, 0, 0, 0 },
	{ "the same change on both", B, RW, "a/x", "b/x", "b/x", "b/x", "b/x",
	    0, 0, 0 },
	{ "different fields", B, RW, "a/x", "b/x", "a/y", "b/y", "b/y", 0, 2, 0 },
	{ "clash, there wins", B, RW, "a/x", "b/x", "c/x", "c/x", "c/x",
	    1, 1, 0 },
	{ "clash, here wins", B, LW, "a/x", "b/x", "c/x", "b/x", "b/x", 1, 1, 0 },
	{ "clash, the newest wins", B, NW, "a/x", "b/x", "c/x", "b/x", "b/x",
	    1, 1, 0 },
	{ "changed here, deleted there, there wins", B, RW, "a/x", "b/x", NONE,
	    NONE, NONE, 1, 1, 0 },
	{ "changed here, deleted there, edit wins", B, LW, "a/x", "b/x", NONE,
	    "b/x", "b/x", 1, 0, 0 },
	{ "deleted here, changed there", B, RW, "a/x", NONE, "b/x", "b/x", "b/x",
	    1, 0, 0 },
	{ "deleted here, changed there, here wins", B, LW, "a/x", NONE, "b/x",
	    "b/x", "b/x", 1, 0, 0 },
	{ "the same event on both, no link", B, RW, NONE, "a/x", "a/x", "a/x",
	    "a/x", 0, 0, 0 },
	{ "both have it, differently, no link", B, RW, NONE, "a/x", "b/x",
	    "b/x", "b/x", 1, 1, 0 },
	{ "both have it, here wins, no link", B, LW, NONE, "a/x", "b/x",
	    "a/x", "a/x", 1, 1, 0 },
	{ "pull: changed here", BINDING_PULL, RW, "a/x", "b/x", KEEP, "b/x",
	    "a/x", 0, 0, 1 },
	{ "pull: new here", BINDING_PULL, RW, NONE, "a/x", NONE, "a/x", NONE,
	    0, 0, 1 },
	{ "pull: deleted here", BINDING_PULL, RW, "a/x", NONE, KEEP, NONE, "a/x",
	    0, 0, 1 },
	{ "pull: changed there", BINDING_PULL, RW, "a/x", KEEP, "b/x", "b/x",
	    "b/x", 0, 1, 0 },
	{ "pull: different fields", BINDING_PULL, RW, "a/x", "b/x", "a/y",
	    "b/y", "a/y", 0, 1, 1 },
	{ "push: changed there", BINDING_PUSH, RW, "a/x", KEEP, "b/x", "a/x",
	    "b/x", 0, 0, 0 },
	{ "push: changed here", BINDING_PUSH, RW, "a/x", "b/x", KEEP, "b/x",
	    "b/x", 0, 1, 0 },
	{ "push: clash", BINDING_PUSH, RW, "a/x", "b/x", "c/x", "b/x", "b/x",
	    1, 1, 0 },
};

static uint64_t org, user;

static void split(struct pool *p, const char *text, const char **title,
    const char **place)
{
	const char *slash = text ? strchr(text, '/') : NULL;

	*title = text ? pool_strndup(p, text, (size_t)(slash - text)) : NULL;
	*place = text ? slash + 1 : NULL;
}

/* Both sides as the scenario wants them before the run under test. */
static struct rig set_up(const struct scenario *s)
{
	struct rig r = rig_open(org, user, B, s->policy);
	const char *title, *place;

	fake_put(r.fake, "other", "other", "z");
	if (s->base) {
		split(r.pool, s->base, &title, &place);
		fake_put(r.fake, "u1", title, place);
	}
	if (rig_run(&r) != ENGINE_DONE)
		die("%s: the set-up failed", s->name);
	must(store_binding_put(db, r.pool, r.org, r.binding, s->direction,
	    s->policy, &world_err));
	if (!rig_same(s->there, KEEP) && (s->there || s->base)) {
		split(r.pool, s->there, &title, &place);
		fake_put(r.fake, "u1", title, place);
	}
	if (!rig_same(s->here, KEEP) && (s->here || s->base)) {
		split(r.pool, s->here, &title, &place);
		rig_put(&r, "u1", title, place);
	}
	return r;
}

static bool is_as_wanted(struct rig *r, const struct scenario *s)
{
	const char *here = rig_words(r, "u1");
	const char *there = fake_words(r->pool, r->fake, "u1");
	size_t want = 1 + (s->want_there != NONE);

	return rig_same(here, s->want_here) && rig_same(there, s->want_there) &&
	    fake_alive(r->fake) == want &&
	    rig_alive(r) == 1u + (s->want_here != NONE);
}

static void complain(struct rig *r, const struct scenario *s)
{
	note("%s: here %s, there %s, %zu objects there, %llu events here",
	    s->name, rig_words(r, "u1"), fake_words(r->pool, r->fake, "u1"),
	    fake_alive(r->fake), (unsigned long long)rig_alive(r));
}

static void run_scenario(const struct scenario *s)
{
	struct rig r = set_up(s);

	if (!ok(rig_run(&r) == ENGINE_DONE && is_as_wanted(&r, s),
	    "%s", s->name))
		complain(&r, s);
	ok(rig_settled(&r), "%s: the cursor has moved in the same run", s->name);
	ok((int)rig_conflicts(&r) == s->conflicts &&
	    (int)rig_images(&r) == s->images &&
	    (int)rig_pending(&r) == s->pending,
	    "%s: %d conflicts (%d), %d before-images (%d), %d pending (%d)",
	    s->name, (int)rig_conflicts(&r), s->conflicts, (int)rig_images(&r),
	    s->images, (int)rig_pending(&r), s->pending);
	/* Why something waits is noted once. */
	if (s->pending)
		rig_run(&r);
	rig_again(&r, s->name);
	rig_close(&r);
}

/* A first run with nothing to read has a cursor all the same. */
static void first_push(void)
{
	struct rig r = rig_open(org, user, B, RW);
	int lists;

	fake_use(r.fake);
	rig_put(&r, "u1", "a", "x");
	is_int(rig_run(&r), ENGINE_DONE, "a first run that only sends");
	ok(rig_settled(&r), "its cursor has moved");
	rig_put(&r, "u1", "b", "x");
	lists = r.fake->lists;
	is_int(rig_run(&r), ENGINE_DONE, "the next one");
	ok(rig_settled(&r) && r.fake->lists > lists, "reads from there");
	rig_again(&r, "first push");
	rig_close(&r);
}

/* ---- killed at every step ---- */

static int steps_left;

static void die_here(void *arg, const char *name)
{
	(void)arg;
	(void)name;
	if (--steps_left == 0)
		_exit(86);
}

/* In a child that ends at the k-th step: its exit status. */
static int run_killed(struct rig *r, int k)
{
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		struct err err = { 0 };

		steps_left = k;
		r->engine.step = die_here;
		if (!db_open(r->pool, config, DB_SYNC, &r->engine.db, &err))
			_exit(2);
		_exit(rig_run(r) == ENGINE_DONE ? 0 : 1);
	}
	waitpid(pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void sweep(const struct scenario *s)
{
	int status = 86, bad = 0, k;

	for (k = 1; status == 86 && k < 100; k++) {
		struct rig r = set_up(s);

		status = run_killed(&r, k);
		if (rig_run(&r) != ENGINE_DONE || !is_as_wanted(&r, s) ||
		    !rig_settled(&r) ||
		    (int)rig_conflicts(&r) != s->conflicts ||
		    (int)rig_pending(&r) != s->pending) {
			bad++;
			note("killed at step %d:", k);
			complain(&r, s);
			note("%d conflicts, %d pending",
			    (int)rig_conflicts(&r), (int)rig_pending(&r));
		} else {
			int writes = fake_writes(r.fake);

			if (rig_run(&r) != ENGINE_DONE ||
			    fake_writes(r.fake) != writes) {
				bad++;
				note("killed at step %d: the next run writes", k);
			}
		}
		rig_close(&r);
	}
	ok(bad == 0 && status == 0 && k > 3,
	    "%s: killed at each of %d steps, the same end", s->name, k - 2);
}

int main(void)
{
	log_open("t", NULL, LOG_LEVEL_ERROR);
	world_open();
	org = world_org("Scenarios");
	user = world_user(org, "s@example.org", ROLE_OWNER);
	for (size_t i = 0; i < sizeof(SCENARIOS) / sizeof(*SCENARIOS); i++)
		run_scenario(&SCENARIOS[i]);
	first_push();
	for (size_t i = 0; i < sizeof(SCENARIOS) / sizeof(*SCENARIOS); i++)
		sweep(&SCENARIOS[i]);
	return world_close();
}
