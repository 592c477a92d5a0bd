/* Acts through the web account: what may not be seen answers as what does not
 * exist, and changes nothing. */
#include "acts/acts_calendar.h"
#include "acts/acts_collection.h"
#include "acts/acts_connection.h"
#include "acts/acts_run.h"
#include "jobs/disconnect.h"
#include "store/store_audit.h"
#include "store/store_job.h"
#include "world.h"
#include "util/banned.h"

static uint64_t org, other_org, ann, bob, boss, far;
static struct db *web;

/* Somebody signs in: from here on web is theirs. */
static struct act
as(uint64_t of, uint64_t user, enum role role)
{
	static const char session[] =
	    "INSERT IGNORE INTO session (token_hash, org_id, user_id, csrf, "
	    "created_at, seen_at, expires_at) VALUES (?, ?, ?, ?, now(6), "
	    "now(6), now(6) + INTERVAL 1 HOUR)";
	char *token = pool_printf(pool, "token-%llu-%llu",
	    (unsigned long long)of, (unsigned long long)user);
	struct digest hash = digest_sha256(token, strlen(token));

	must(stmt_exec(admin, session, STMT_ARGS(STMT_DIGEST(&hash),
	    STMT_U64(of), STMT_U64(user), STMT_DIGEST(&hash)), NULL,
	    &world_err));
	db_tenant_leave(web);
	must(db_tenant_enter(web, token, strlen(token), &world_err));
	return (struct act){ .db = web, .pool = pool, .config = config,
	    .org_id = of, .user_id = user, .role = role, .via = "page",
	    .request_id = "r1" };
}

struct target { uint64_t connection, collection, calendar, run; };

typedef bool (*tried)(const struct act *act, const struct target *t,
    struct err *err);

static bool
try_show(const struct act *act, const struct target *t, struct err *err)
{
	struct connection_card card;

	return acts_connection_get(act, t->connection, &card, err);
}

static bool
try_pause(const struct act *act, const struct target *t, struct err *err)
{
	return acts_connection_pause(act, t->connection, err);
}

static bool
try_resume(const struct act *act, const struct target *t, struct err *err)
{
	return acts_connection_resume(act, t->connection, err);
}

static bool
try_sync(const struct act *act, const struct target *t, struct err *err)
{
	return acts_connection_sync(act, t->connection, err);
}

static bool
try_remove(const struct act *act, const struct target *t, struct err *err)
{
	return acts_connection_remove(act, t->connection, REMOVAL_DELETE, err);
}

static bool
try_reconnect(const struct act *act, const struct target *t, struct err *err)
{
	return acts_connection_reconnect(act, t->connection,
	    &(struct connection_access){ .password = secret_new(pool, "x", 1) },
	    err);
}

static bool
try_rescan(const struct act *act, const struct target *t, struct err *err)
{
	return acts_connection_rescan(act, t->connection, err);
}

static bool
try_collections(const struct act *act, const struct target *t, struct err *err)
{
	struct collection_row *rows;
	size_t count;

	return acts_collection_list(act, t->connection, &rows, &count, err);
}

static bool
try_select(const struct act *act, const struct target *t, struct err *err)
{
	struct collection_choice choice = { 0 };
	uint64_t id;

	return acts_collection_select(act, t->collection, &choice, &id, err);
}

static bool
try_unselect(const struct act *act, const struct target *t, struct err *err)
{
	return acts_collection_unselect(act, t->collection, REMOVAL_DELETE, err);
}

static bool
try_calendar(const struct act *act, const struct target *t, struct err *err)
{
	struct calendar_row row;

	return acts_calendar_get(act, t->calendar, &row, err);
}

static bool
try_edit(const struct act *act, const struct target *t, struct err *err)
{
	struct calendar_form form = { .name = "Mine now", .shared = 1 };

	return acts_calendar_edit(act, t->calendar, &form, err);
}

static bool
try_calendar_remove(const struct act *act, const struct target *t,
    struct err *err)
{
	return acts_calendar_remove(act, t->calendar, err);
}

static bool
try_run(const struct act *act, const struct target *t, struct err *err)
{
	struct run_row row;

	return acts_run_get(act, t->run, &row, err);
}

static bool
try_actions(const struct act *act, const struct target *t, struct err *err)
{
	struct action_filter filter = { .run_id = t->run, .most = 10 };
	struct action_row *rows;
	size_t count;

	return acts_run_actions(act, &filter, &rows, &count, err);
}

static bool
try_approve(const struct act *act, const struct target *t, struct err *err)
{
	return acts_run_approve(act, t->run, err);
}

static bool
try_runs(const struct act *act, const struct target *t, struct err *err)
{
	struct run_row *rows;
	size_t count;

	return acts_run_list(act, t->connection, 10, &rows, &count, err);
}

static bool
try_conflicts(const struct act *act, const struct target *t, struct err *err)
{
	struct conflict_row *rows;
	size_t count;

	return acts_run_conflicts(act, t->connection, false, 10, &rows, &count,
	    err);
}

static bool
try_set_aside(const struct act *act, const struct target *t, struct err *err)
{
	struct dead_row *rows;
	size_t count;

	return acts_run_set_aside(act, t->connection, &rows, &count, err);
}

/* admin: what an admin of the organisation meets instead of "not found". */
static const struct {
	const char *name;
	tried call;
	enum err_kind admin;
} ACTS[] = {
	{ "show", try_show, ERR_NONE },
	{ "pause", try_pause, ERR_NONE },
	{ "resume", try_resume, ERR_NONE },
	{ "sync", try_sync, ERR_NONE },
	{ "runs", try_runs, ERR_NONE },
	{ "run", try_run, ERR_NONE },
	{ "reconnect", try_reconnect, ERR_FORBIDDEN },
	{ "rescan", try_rescan, ERR_FORBIDDEN },
	{ "collections", try_collections, ERR_NOT_FOUND },
	{ "select", try_select, ERR_NOT_FOUND },
	{ "unselect", try_unselect, ERR_NOT_FOUND },
	{ "calendar", try_calendar, ERR_NOT_FOUND },
	{ "calendar edit", try_edit, ERR_NOT_FOUND },
	{ "calendar remove", try_calendar_remove, ERR_NOT_FOUND },
	{ "rows of a run", try_actions, ERR_NOT_FOUND },
	{ "approve", try_approve, ERR_NOT_FOUND },
	{ "conflicts", try_conflicts, ERR_NOT_FOUND },
	{ "set aside", try_set_aside, ERR_NOT_FOUND },
	{ "remove", try_remove, ERR_NOT_FOUND },	/* not tried as admin */
};
#define ACT_COUNT (sizeof(ACTS) / sizeof(ACTS[0]))

/* Everything a refused act might have left. */
static uint64_t
traces(void)
{
	static const char sum[] = "SELECT CAST((SELECT COUNT(*) FROM audit) "
	    "* 1000000 + (SELECT COUNT(*) FROM job) * 10000 "
	    "+ (SELECT COUNT(*) FROM binding) * 1000 "
	    "+ (SELECT COUNT(*) FROM calendar WHERE deleted_at IS NULL) * 100 "
	    "+ (SELECT SUM(state) FROM connection) AS UNSIGNED)";

	return world_number(sum, STMT_NO_ARGS);
}

static struct target
target_of(uint64_t of, uint64_t user, const char *name)
{
	struct target t = { .connection = world_connection(of, user, name) };
	struct run_row run = { .connection_id = t.connection,
	    .cause = RUN_BY_PERSON, .state = RUN_APPLYING, .guard = GUARD_HELD,
	    .guard_count = 20, .guard_known = 30,
	    .message = "20 of 30 events of \"Therapy\" would be deleted." };

	t.collection = world_collection(of, t.connection);
	must(store_calendar_add(db, of, user, name, "#112233", false,
	    &t.calendar, &world_err));
	must(store_run_add(db, of, &run, &t.run, &world_err));
	must(store_run_put(db, of, (run.id = t.run, &run), &world_err));
	return t;
}

static void
test_foreign(const char *who, const struct act *act, const struct target *t)
{
	struct target none = { 990001, 990002, 990003, 990004 };
	size_t i;

	for (i = 0; i < ACT_COUNT; i++) {
		struct err foreign = { 0 }, unknown = { 0 };
		uint64_t before = traces();

		ok(!ACTS[i].call(act, t, &foreign) &&
		    !ACTS[i].call(act, &none, &unknown) &&
		    foreign.kind == ERR_NOT_FOUND &&
		    unknown.kind == ERR_NOT_FOUND &&
		    strcmp(foreign.msg, unknown.msg) == 0,
		    "%s, %s: as unknown: %s / %s", who, ACTS[i].name,
		    foreign.msg, unknown.msg);
		ok(traces() == before, "%s, %s: no trace", who, ACTS[i].name);
	}
}

static void
test_admin(const struct act *act, const struct target *t)
{
	size_t i;

	for (i = 0; i + 1 < ACT_COUNT; i++) {
		struct err err = { 0 };
		uint64_t before = traces();
		bool done = ACTS[i].call(act, t, &err);

		is_int(done ? ERR_NONE : err.kind, ACTS[i].admin, ACTS[i].name);
		ok(done || traces() == before, "%s as an admin: %s",
		    ACTS[i].name, done ? "done" : err.msg);
	}
}

/* An admin sees that there are runs, not what they are about. */
static void
test_messages(const struct act *act, const struct target *t, bool shown)
{
	struct run_row *rows, row;
	struct err err = { 0 };
	size_t count = 0;

	if (!ok(acts_run_list(act, t->connection, 10, &rows, &count, &err) &&
	    count == 1 && rows[0].guard_count == 20, "runs"))
		return;
	ok((strstr(rows[0].message, "Therapy") != NULL) == shown,
	    "the list says: %s", rows[0].message);
	if (!ok(acts_run_get(act, t->run, &row, &err), "the run: %s", err.msg))
		return;
	ok((strstr(row.message, "Therapy") != NULL) == shown,
	    "the run says: %s", row.message);
}

static void
test_own(const struct act *act, const struct target *t)
{
	struct collection_choice choice = { 0 };
	struct calendar_form form = { .name = "  Ours\t", .shared = -1 };
	struct collection_row *rows;
	struct connection_card card;
	struct calendar_row row;
	struct err err = { 0 };
	uint64_t calendar = 0;
	size_t count;

	ok(acts_collection_select(act, t->collection, &choice, &calendar, &err),
	    "select: %s", err.msg);
	ok(acts_calendar_get(act, calendar, &row, &err) &&
	    strcmp(row.name, "Work") == 0 && strcmp(row.color, "#336699") == 0,
	    "a calendar with the collection's name and colour");
	ok(acts_calendar_edit(act, calendar, &form, &err) &&
	    acts_calendar_get(act, calendar, &row, &err) &&
	    strcmp(row.name, "Ours") == 0 && !row.shared,
	    "renamed, trimmed, still private");
	form.name = "a\nb";
	ok(!acts_calendar_edit(act, calendar, &form, &err) &&
	    err.kind == ERR_INPUT, "control characters: %s", err.msg);
	form.name = "\xff";
	ok(!acts_calendar_edit(act, calendar, &form, &err) &&
	    err.kind == ERR_INPUT, "not UTF-8: %s", err.msg);
	form.name = " ";
	ok(!acts_calendar_edit(act, calendar, &form, &err) &&
	    err.kind == ERR_INPUT, "no name: %s", err.msg);
	ok(!acts_calendar_remove(act, calendar, &err) &&
	    err.kind == ERR_CONFLICT, "tied: %s", err.msg);
	ok(acts_run_refuse(act, t->run, &err), "refuse: %s", err.msg);
	ok(!acts_run_approve(act, t->run, &err) && err.kind == ERR_CONFLICT,
	    "answered once: %s", err.msg);
	ok(acts_collection_unselect(act, t->collection, REMOVAL_KEEP, &err),
	    "unselect: %s", err.msg);
	ok(!acts_collection_select(act, t->collection, &choice, &calendar,
	    &err) && err.kind == ERR_CONFLICT, "not yet again: %s", err.msg);
	must(disconnect_finish(db, pool, org, t->connection, &world_err));
	ok(acts_collection_select(act, t->collection, &choice, &calendar, &err),
	    "now again: %s", err.msg);
	ok(acts_connection_remove(act, t->connection, REMOVAL_DELETE, &err),
	    "remove: %s", err.msg);
	ok(acts_connection_get(act, t->connection, &card, &err) &&
	    card.row.state == CONNECTION_REMOVING, "it is being removed");
	ok(!acts_connection_sync(act, t->connection, &err) &&
	    err.kind == ERR_CONFLICT, "nothing more is done with it: %s",
	    err.msg);
	must(disconnect_finish(db, pool, org, t->connection, &world_err));
	ok(!acts_connection_get(act, t->connection, &card, &err) &&
	    err.kind == ERR_NOT_FOUND, "gone");
	ok(!acts_collection_list(act, t->connection, &rows, &count, &err), "all");
}

/* Bob's calendar cannot be filled from Ann's account, whoever asks. */
static void
test_other_calendar(const struct target *hers, const struct target *his)
{
	struct act operator = { .db = db, .pool = pool, .config = config,
	    .org_id = org, .role = ROLE_OWNER, .via = "command" };
	struct collection_choice choice = { .calendar_id = his->calendar };
	struct act act = as(org, ann, ROLE_MEMBER);
	struct err err = { 0 };
	uint64_t id;

	ok(!acts_collection_select(&act, hers->collection, &choice, &id, &err) &&
	    err.kind == ERR_NOT_FOUND, "her collection, his calendar: %s",
	    err.msg);
	ok(!acts_collection_select(&operator, hers->collection, &choice, &id,
	    &err) && err.kind == ERR_FORBIDDEN, "nor by the operator: %s",
	    err.msg);
	must(store_calendar_put(db, org, his->calendar, "his", "#112233", true,
	    &world_err));
	ok(!acts_collection_select(&act, hers->collection, &choice, &id, &err) &&
	    err.kind == ERR_FORBIDDEN, "nor when it is shared: %s", err.msg);
	ok(!try_edit(&act, his, &err) && err.kind == ERR_FORBIDDEN,
	    "a shared one is seen, not changed: %s", err.msg);
}

int
main(void)
{
	struct target hers, second, his, strange;
	struct audit_verdict verdict;
	struct act act;

	world_open();
	must(db_open(pool, config, DB_WEB, &web, &world_err));
	org = world_org("One");
	other_org = world_org("Two");
	ann = world_user(org, "ann@example.org", ROLE_MEMBER);
	bob = world_user(org, "bob@example.org", ROLE_MEMBER);
	boss = world_user(org, "boss@example.org", ROLE_ADMIN);
	far = world_user(other_org, "far@example.org", ROLE_OWNER);
	hers = target_of(org, ann, "hers");
	second = target_of(org, ann, "second");
	his = target_of(org, bob, "his");
	strange = target_of(other_org, far, "strange");
	act = as(org, bob, ROLE_MEMBER);
	test_foreign("another member", &act, &hers);
	act = as(other_org, far, ROLE_OWNER);
	test_foreign("another organisation", &act, &hers);
	act = as(org, boss, ROLE_ADMIN);
	test_foreign("an admin, elsewhere", &act, &strange);
	test_admin(&act, &hers);
	test_messages(&act, &hers, false);
	act = as(org, ann, ROLE_MEMBER);
	test_messages(&act, &hers, true);
	test_own(&act, &hers);
	test_other_calendar(&second, &his);
	must(store_audit_verify(db, pool, org, &verdict, &world_err));
	ok(verdict.ok && verdict.rows > 10, "the audit verifies");
	db_tenant_leave(web);
	db_close(web);
	return world_close();
}
