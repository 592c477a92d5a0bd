/*
 * A first import: how many statements it costs, and a listing that comes in
 * parts and ends in the middle of them.
 */
#include "t/sync/rig.h"
#include "util/log.h"
#include "util/banned.h"

static uint64_t org, user;

static struct rig open_filled(int count)
{
	struct rig r = rig_open(org, user, BINDING_BOTH, POLICY_REMOTE_WINS);

	for (int i = 0; i < count; i++)
		fake_put(r.fake, pool_printf(r.pool, "e%04d", i), "title", "x");
	return r;
}

static uint64_t planned_rows(struct rig *r)
{
	static const char sql[] = "SELECT COUNT(*) FROM sync_action a "
	    "JOIN sync_run s ON s.org_id = a.org_id AND s.id = a.run_id "
	    "WHERE a.org_id = ? AND s.connection_id = ?";
	uint64_t n = 0;

	must(stmt_count(db, sql, STMT_ARGS(STMT_U64(org),
	    STMT_U64(r->connection)), &n, &world_err));
	return n;
}

static uint64_t cost(int count)
{
	struct rig r = open_filled(count);
	uint64_t before = db_statement_count(db), n;

	is_int(rig_run(&r), ENGINE_DONE, "imported");
	n = db_statement_count(db) - before;
	is_int((intmax_t)rig_alive(&r), count, "all are here");
	rig_close(&r);
	return n;
}

static void statements(void)
{
	uint64_t none = cost(0), some = cost(500), more = cost(1000);

	ok(more - some <= 14, "five hundred more are fourteen statements more, "
	    "transactions included");
	ok(some - none <= 55, "the first five hundred, in three batches that grow, "
	    "are fifty-five more than none");
	ok(none <= 44, "a run of nothing is forty-four at most");
	printf("# %d %d %d\n", (int)none, (int)some, (int)more);
}

static void parts(void)
{
	struct rig r = open_filled(230);

	r.fake->part_size = 40;
	r.fake->fail_part = 4;
	is_int(rig_run(&r), ENGINE_PARKED, "the listing ends in the middle");
	is_int((intmax_t)planned_rows(&r), 120, "three parts were noted");
	is_int((intmax_t)rig_alive(&r), 0, "and nothing of them was done");
	r.fake->fail_part = 0;
	is_int(rig_run(&r), ENGINE_DONE, "listed again");
	is_int((intmax_t)rig_alive(&r), 230, "all are here");
	is_int((intmax_t)planned_rows(&r), 230, "planned once each");
	rig_again(&r, "parts");
	rig_close(&r);
}

int main(void)
{
	log_open("t", "/dev/null", LOG_LEVEL_ERROR);
	world_open();
	org = world_org("Import");
	user = world_user(org, "i@example.org", ROLE_OWNER);
	statements();
	parts();
	return world_close();
}
