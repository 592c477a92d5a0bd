/* What is kept for a while goes after its time, and nothing else does. */
#include "jobs/retention.h"
#include "store/store_conflict.h"
#include "store/store_job.h"
#include "store/store_retention.h"
#include "store/store_run.h"
#include "world.h"
#include "util/banned.h"

static uint64_t org, user, connection;

static bool add_action(struct db *on, void *arg, struct err *err)
{
	return store_action_add_many(on, pool, org, arg, 1, err);
}

static uint64_t run_of_age(int days)
{
	static const char age[] = "UPDATE sync_run SET state = 3, "
	    "finished_at = now(6) - INTERVAL ? DAY WHERE org_id = ? AND id = ?";
	struct run_row r = { .connection_id = connection,
	    .cause = RUN_BY_SCHEDULE, .state = RUN_LISTING };
	struct action_row a = { .seq = 1, .binding_id = 1, .kind = SYNC_FETCH,
	    .phase = PHASE_DONE };
	uint64_t id;

	must(store_run_add(db, org, &r, &id, &world_err));
	a.run_id = id;
	must(db_tx(db, add_action, &a, NULL, &world_err));
	must(stmt_exec(db, age, STMT_ARGS(STMT_I64(days), STMT_U64(org),
	    STMT_U64(id)), NULL, &world_err));
	return id;
}

static void image_of_age(uint64_t run, int seq, int days)
{
	static const char age[] = "UPDATE before_image SET "
	    "created_at = now(6) - INTERVAL ? DAY "
	    "WHERE org_id = ? AND run_id = ? AND seq = ?";
	struct image_row i = { .run_id = run, .seq = seq, .side = IMAGE_LOCAL,
	    .body = { "x", 1 } };

	must(store_image_add(db, org, &i, &world_err));
	must(stmt_exec(db, age, STMT_ARGS(STMT_I64(days), STMT_U64(org),
	    STMT_U64(run), STMT_I64(seq)), NULL, &world_err));
}

static bool is_there(const char *sql, uint64_t id)
{
	return world_number(sql, STMT_ARGS(STMT_U64(org), STMT_U64(id))) > 0;
}

static const char RUN[] = "SELECT id FROM sync_run WHERE org_id = ? AND id = ?";
static const char ACTIONS[] = "SELECT COUNT(*) FROM sync_action "
    "WHERE org_id = ? AND run_id = ?";
static const char EVENT[] = "SELECT id FROM event WHERE org_id = ? AND id = ?";
static const char IMAGES[] = "SELECT COUNT(*) FROM before_image "
    "WHERE org_id = ? AND run_id = ?";

static uint64_t event_deleted(uint64_t calendar, const char *uid, int days)
{
	static const char age[] = "UPDATE event SET "
	    "deleted_at = now(6) - INTERVAL ? DAY WHERE org_id = ? AND id = ?";
	uint64_t id = world_event(org, calendar, uid);

	must(stmt_exec(db, age, STMT_ARGS(STMT_I64(days), STMT_U64(org),
	    STMT_U64(id)), NULL, &world_err));
	return id;
}

static void runs(void)
{
	static const char hold[] = "UPDATE sync_run SET guard = 1 "
	    "WHERE org_id = ? AND id = ?";
	uint64_t old = run_of_age(40), fresh = run_of_age(20);
	uint64_t held = run_of_age(40), last = run_of_age(40);

	must(stmt_exec(db, hold, STMT_ARGS(STMT_U64(org), STMT_U64(held)), NULL,
	    &world_err));
	image_of_age(fresh, 1, 40);
	image_of_age(fresh, 2, 20);
	must(retention_run(db, org, 30, &world_err));
	ok(!is_there(RUN, old) && !is_there(ACTIONS, old),
	    "an old run goes with its rows");
	ok(is_there(RUN, fresh) && is_there(ACTIONS, fresh), "a fresh one stays");
	ok(is_there(RUN, held), "one that waits for an answer stays");
	ok(is_there(RUN, last), "a connection's last one stays");
	is_int((intmax_t)world_number(IMAGES, STMT_ARGS(STMT_U64(org),
	    STMT_U64(fresh))), 1, "before-images go by their own age");
}

static void events(void)
{
	uint64_t calendar, old, fresh, alive;

	must(store_calendar_add(db, org, user, "Work", "#336699", false,
	    &calendar, &world_err));
	old = event_deleted(calendar, "old", 40);
	fresh = event_deleted(calendar, "fresh", 20);
	alive = world_event(org, calendar, "alive");
	must(retention_run(db, org, 30, &world_err));
	ok(!is_there(EVENT, old), "what was deleted long ago is gone for good");
	ok(is_there(EVENT, fresh) && is_there(EVENT, alive), "nothing else is");
}

static void seeds(void)
{
	struct job_row job;

	must(store_job_remove_connection(db, org, connection, &world_err));
	must(store_retention_seed(db, &world_err));
	is_int(store_job_find(db, pool, org, connection, JOB_SYNC, &job,
	    &world_err), 1, "an active connection has its job again");
	must(store_job_finish(db, &job, 300, 0, &world_err));
	must(store_retention_seed(db, &world_err));
	must(store_job_find(db, pool, org, connection, JOB_SYNC, &job,
	    &world_err) > 0);
	ok(job.due > job.wanted_at + 200 * WHEN_SEC, "a present one stays");
	is_int(store_job_find(db, pool, org, 0, JOB_RETENTION, &job, &world_err),
	    1, "and the organisation its clean-up");
}

int main(void)
{
	world_open();
	org = world_org("Retention");
	user = world_user(org, "r@example.org", ROLE_OWNER);
	connection = world_connection(org, user, "one");
	runs();
	events();
	seeds();
	return world_close();
}
