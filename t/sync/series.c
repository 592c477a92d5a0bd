/*
 * A series cut in two here is two objects there, whenever the worker dies: at
 * each step of its journal, the next one ends with the same two, and every date
 * once.
 */
#include <sys/wait.h>
#include "jobs/occurrences.h"
#include "acts/acts_event.h"
#include "model/event_series.h"
#include "t/sync/rig.h"
#include "util/log.h"
#include "util/str.h"
#include "util/banned.h"

static uint64_t org, user;
static int steps_left;

static void count_down(void *arg, const char *name)
{
	(void)arg;
	(void)name;
	if (--steps_left == 0)
		_exit(86);
}

/* True: it died at the so-manieth step, as SIGKILL would end it. */
static bool dies_at(struct rig *r, int step)
{
	struct err err = { 0 };
	pid_t pid;
	int status;

	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		steps_left = step;
		r->engine.step = count_down;
		r->engine.owner = NULL;
		if (!db_open(r->pool, config, DB_SYNC, &r->engine.db, &err))
			_exit(2);
		rig_run(r);
		_exit(0);
	}
	waitpid(pid, &status, 0);
	return WIFEXITED(status) && WEXITSTATUS(status) == 86;
}

struct add { struct rig *r; const struct event *e; uint64_t id; };

static bool add_body(struct db *on, void *arg, struct err *err)
{
	struct add *a = arg;

	return store_event_add(on, org, a->r->calendar, a->e, &a->id, NULL, err);
}

static struct event *series(struct rig *r)
{
	struct event_input in = { .summary = "Team", .zone = "Europe/Berlin",
	    .start = { 2026, 10, 5, 11, 0, 0 }, .end = { 2026, 10, 5, 12, 0, 0 },
	    .repeat = EVENT_REPEAT_WEEKLY, .interval = 1, .count = 6 };
	struct event_part *part;
	struct event *e;

	must(event_input_make(r->pool, &in, &e, &world_err));
	must(event_series_exclude(r->pool, e,
		    &(struct event_series_date){ .key = "20261012T110000" }, &world_err));
	must(event_series_occurrence(r->pool, e,
		    &(struct event_series_date){ .key = "20261102T110000" }, &part,
	    &world_err));
	part->summary = "Guests";
	return e;
}

/* All starts of what is alive there, in order of time. */
static int by_time(const void *a, const void *b)
{
	when_t x = *(const when_t *)a, y = *(const when_t *)b;

	return x < y ? -1 : x > y;
}

static char *dates_there(struct rig *r)
{
	when_t at[100];
	size_t n = 0, i, k, count;
	struct str out;

	for (i = 0; i < r->fake->count; i++) {
		const struct fake_object *o = &r->fake->objects[i];
		struct recur_instance *found;
		struct event *e;

		if (o->gone)
			continue;
		must(event_parse(r->pool, o->text, strlen(o->text), &e,
		    &world_err));
		must(recur_expand(r->pool, e, &recur_always, &found, &count,
		    &world_err));
		for (k = 0; k < count; k++)
			at[n++] = found[k].starts;
	}
	qsort(at, n, sizeof(*at), by_time);
	str_init(&out, r->pool, 2000);
	for (i = 0; i < n; i++) {
		struct wall w = wall_from_utc(at[i]);

		str_addf(&out, "%s%02d-%02dT%02d", i ? " " : "", w.month, w.day,
		    w.hour);
	}
	return out.data;
}

static struct act an_act(struct rig *r)
{
	return (struct act){ .db = db, .pool = r->pool, .config = config,
	    .org_id = org, .user_id = user, .role = ROLE_OWNER, .via = "page" };
}

/* From the third date on an hour later, and called otherwise. */
static void cut(struct rig *r, uint64_t id, bool remove)
{
	struct acts_event_target target = { .id = id,
	    .recurrence_id = "20261026T110000" };
	struct event_input in = { .summary = "Team, later",
	    .zone = "Europe/Berlin", .start = { 2026, 10, 26, 12, 0, 0 },
	    .end = { 2026, 10, 26, 13, 0, 0 }, .repeat = EVENT_REPEAT_WEEKLY,
	    .interval = 1, .count = 3 };
	struct act act = an_act(r);
	uint64_t other;

	if (remove)
		must(acts_event_remove_following(&act, &target, &world_err));
	else
		must(acts_event_edit_following(&act, &target, &in, &other,
		    &world_err));
}

static struct rig set_up(uint64_t *id_out)
{
	struct rig r = rig_open(org, user, BINDING_BOTH, POLICY_REMOTE_WINS);
	struct add a = { .r = &r };
	bool more;

	a.e = series(&r);
	must(db_tx(db, add_body, &a, NULL, &world_err));
	if (rig_run(&r) != ENGINE_DONE)
		die("the set-up failed");
	must(occurrences_run(db, org, NULL, &more, &world_err));
	*id_out = a.id;
	return r;
}

#define BEFORE "10-05T09 10-19T09"
#define AFTER BEFORE " 10-26T11 11-02T11 11-09T11"

static void deaths(bool remove)
{
	const char *want = remove ? BEFORE : AFTER;
	bool died = true;
	int step;

	for (step = 1; died && step < 60; step++) {
		uint64_t id;
		struct rig r = set_up(&id);

		if (step == 1)
			is_text(dates_there(&r), BEFORE
			    " 10-26T10 11-02T10 11-09T10", "before the cut");
		note("step %d", step);
		cut(&r, id, remove);
		died = dies_at(&r, step);
		is_int(rig_run(&r), ENGINE_DONE, "the next run");
		rig_run(&r);
		is_text(dates_there(&r), want,
		    "every date there once");
		is_int((intmax_t)fake_alive(r.fake), remove ? 1 : 2,
		    "in so many objects");
		is_int((intmax_t)rig_pending(&r), 0, "nothing waits");
		is_int((intmax_t)rig_conflicts(&r), 0, "nor clashes");
		rig_again(&r, "cut");
		rig_close(&r);
	}
	ok(step > 10 && !died, "it was killed at each of %d steps", step - 2);
}

/* What is done with the second part there comes here, and the other way. */
static void both_ways(void)
{
	uint64_t id;
	struct rig r = set_up(&id);
	struct fake_object *second = NULL;
	struct event *e;

	cut(&r, id, false);
	rig_run(&r);
	for (size_t i = 0; i < r.fake->count; i++)
		if (strstr(r.fake->objects[i].text, "Team, later"))
			second = &r.fake->objects[i];
	if (!ok(second != NULL, "the second part is there"))
		return;
	must(event_parse(r.pool, second->text, strlen(second->text), &e,
	    &world_err));
	is_int((intmax_t)e->override_count, 1, "with the changed date of its own");
	is_text(e->overrides[0].summary, "Guests", "in its own words");
	is_text(e->overrides[0].recurrence_id, "20261102T120000",
	    "moved along");
	fake_put(r.fake, second->uid, "Renamed there", "x");
	rig_run(&r);
	is_text(rig_words(&r, second->uid), "Renamed there/x",
	    "a change there comes here");
	fake_put(r.fake, second->uid, NULL, NULL);
	rig_run(&r);
	is_text(rig_words(&r, second->uid), NULL, "a removal too");
	is_int((intmax_t)rig_alive(&r), 1, "and the first part stays");
	rig_close(&r);
}

int main(void)
{
	log_open("t", "/dev/null", LOG_LEVEL_ERROR);
	world_open();
	org = world_org("Series");
	user = world_user(org, "s@example.org", ROLE_OWNER);
	deaths(false);
	deaths(true);
	both_ways();
	return world_close();
}
