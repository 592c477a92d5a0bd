/* Connections in rows: who sees which, what a card counts, which change meets
 * which state, and a removal that is stopped at every step. */
#include "jobs/disconnect.h"
#include "store/store_credential.h"
#include "store/store_disconnect.h"
#include "store/store_job.h"
#include "store/store_lease.h"
#include "store/store_run.h"
#include "sync/keyring.h"
#include "world.h"
#include "util/banned.h"

static uint64_t org, other_org, ann, bob;

static size_t
seen_by(uint64_t of, uint64_t viewer)
{
	struct connection_row *rows;
	size_t count = 0;

	must(store_connection_list(db, pool, of, viewer, &rows, &count,
	    &world_err));
	return count;
}

static int
finds(uint64_t of, uint64_t viewer, uint64_t id)
{
	struct connection_row row;
	struct err err = { 0 };

	return store_connection_find(db, pool, of, viewer, id, &row, &err);
}

static struct connection_row
row_of(uint64_t id)
{
	struct connection_row row = { 0 };

	must(store_connection_find(db, pool, org, 0, id, &row, &world_err) == 1);
	return row;
}

static void
test_seen(uint64_t hers, uint64_t his, uint64_t far)
{
	struct connection_new again = { ann, "caldav", "x", "x", "login",
	    "https://hers.example/", "" };
	uint64_t same = 0;
	struct err err = { 0 };

	is_int(seen_by(org, 0), 2, "all of the organisation");
	is_int(seen_by(org, ann), 1, "her own");
	is_int(finds(org, ann, hers), 1, "found by its owner");
	is_int(finds(org, ann, his), 0, "not by another member");
	is_int(finds(org, 0, far), 0, "not from another organisation");
	is_int(finds(org, 0, 99999), 0, "as an unknown one");
	is_text(row_of(hers).owner_email, "ann@example.org", "with its owner");
	is_int(store_connection_find_same(db, org, &again, &same, &err), 1,
	    "the same again");
	is_int(same, hers, "is this one");
	again.base_url = "https://other.example/";
	is_int(store_connection_find_same(db, org, &again, &same, &err), 0,
	    "another address is another");
	must(store_connection_set_home(db, org, hers, "https://home/",
	    &world_err));
	again.home_url = "https://home/";
	is_int(store_connection_find_same(db, org, &again, &same, &err), 1,
	    "unless it leads to the same home");
	again.login = "LOGIN";
	is_int(store_connection_find_same(db, org, &again, &same, &err), 0,
	    "another login is another");
	again.login = "login";
	again.user_id = bob;
	is_int(store_connection_find_same(db, org, &again, &same, &err), 0,
	    "so is somebody else's");
}

static void
test_states(uint64_t id)
{
	struct err err = { 0 };
	when_t until = when_now() / WHEN_SEC * WHEN_SEC + 60 * WHEN_SEC;

	must(store_connection_set_wait(db, org, id, &(struct connection_wait){
	    until, 3, false, "Later." }, &world_err));
	ok(row_of(id).wait_until == until && row_of(id).wait_tries == 3,
	    "parked");
	is_text(row_of(id).state_reason, "Later.", "with its reason");
	must(store_connection_set_state(db, org, id, CONNECTION_PAUSED, "",
	    &world_err));
	ok(row_of(id).wait_until == WHEN_NONE && row_of(id).wait_tries == 0,
	    "a pause of our own goes when a person pauses");
	must(store_connection_set_state(db, org, id, CONNECTION_ACTIVE, "",
	    &world_err));
	must(store_connection_set_wait(db, org, id, &(struct connection_wait){
	    until, 3, true, "Busy." }, &world_err));
	must(store_connection_set_state(db, org, id, CONNECTION_PAUSED, "",
	    &world_err));
	must(store_connection_set_state(db, org, id, CONNECTION_ACTIVE, "",
	    &world_err));
	ok(row_of(id).wait_until == until && row_of(id).wait_tries == 3,
	    "one that the server asked for stays");
	is_text(row_of(id).state_reason, "Busy.", "with its reason");
	must(store_connection_set_ok(db, org, id, &world_err));
	ok(row_of(id).wait_until == WHEN_NONE && row_of(id).wait_tries == 0 &&
	    row_of(id).last_ok_at != WHEN_NONE, "a good run lets it go");
	is_text(row_of(id).state_reason, "", "and forgets the reason");
	must(store_connection_set_reconnect(db, org, id, "No.", &world_err));
	is_int(row_of(id).state, CONNECTION_RECONNECT, "refused");
	must(store_connection_set_wait(db, org, id, &(struct connection_wait){
	    until, 1, true, "x" }, &world_err));
	is_text(row_of(id).state_reason, "No.", "stays refused while not active");
	must(store_connection_set_account(db, org, id, "new", "acc",
	    "https://home/", &world_err));
	ok(row_of(id).state == CONNECTION_ACTIVE, "a new password: active");
	is_text(row_of(id).login, "new", "with the new login");
	must(store_connection_set_state(db, org, id, CONNECTION_PAUSED, "",
	    &world_err));
	must(store_connection_set_reconnect(db, org, id, "No.", &world_err));
	is_int(row_of(id).state, CONNECTION_PAUSED,
	    "a paused one stays what a person made it");
	must(store_connection_set_state(db, org, id, CONNECTION_ACTIVE, "",
	    &world_err));
	ok(!store_connection_set_state(db, other_org, id, CONNECTION_PAUSED, "",
	    &err) && err.kind == ERR_CONFLICT, "not from another organisation");
}

/* ---- removal ---- */

struct scene { uint64_t id, collection, calendar, binding, run; };

static const char EVENTS_ALIVE[] = "SELECT COUNT(*) FROM event "
    "WHERE org_id = ? AND calendar_id = ? AND deleted_at IS NULL";

static uint64_t
alive(const struct scene *s)
{
	return world_number(EVENTS_ALIVE, STMT_ARGS(STMT_U64(org),
	    STMT_U64(s->calendar)));
}

static bool
add_action(struct db *in, void *arg, struct err *err)
{
	return store_action_add_many(in, pool, org, arg, 1, err);
}

static void
scene_run(struct scene *s)
{
	struct run_row run = { .connection_id = s->id, .cause = RUN_BY_PERSON,
	    .state = RUN_DONE, .message = "" };
	struct action_row action = { .binding_id = s->binding, .seq = 1,
	    .kind = SYNC_PULL_CREATE, .phase = PHASE_DONE, .title = "",
	    .reason = "", .message = "" };

	must(store_run_add(db, org, &run, &s->run, &world_err));
	action.run_id = s->run;
	must(db_tx(db, add_action, &action, NULL, &world_err));
}

/* events linked ones, one of its own, one changed here and not yet sent. */
static struct scene
scene_make(const char *name, size_t events)
{
	struct scene s = { .id = world_connection(org, ann, name) };
	struct binding_new b = { .connection_id = s.id,
	    .direction = BINDING_BOTH, .policy = POLICY_REMOTE_WINS };
	struct lease lease = { org, s.id, 0, "somebody", 90 };
	struct keyring *keyring;
	size_t i;

	must(keyring_open(pool, config, &keyring, &world_err));
	must(keyring_seal(keyring, db, pool, org, s.id, CREDENTIAL_PASSWORD,
	    secret_new(pool, "pw", 2), &world_err));
	s.collection = b.collection_id = world_collection(org, s.id);
	must(store_calendar_add(db, org, ann, name, "#112233", false,
	    &s.calendar, &world_err));
	b.calendar_id = s.calendar;
	must(store_binding_add(db, org, &b, &s.binding, &world_err));
	must(db_quiet(db, s.binding, &world_err));
	for (i = 0; i < events; i++)
		world_link(org, s.binding, world_event(org, s.calendar,
		    pool_printf(pool, "%s-%zu", name, i)));
	must(db_quiet(db, 0, &world_err));
	world_event(org, s.calendar, pool_printf(pool, "%s-own", name));
	world_link(org, s.binding, world_event(org, s.calendar,
	    pool_printf(pool, "%s-changed", name)));
	must(store_lease_take(db, &lease, NULL, &world_err) == 1);
	must(store_job_want(db, org, s.id, JOB_SYNC, ann, 0, &world_err));
	scene_run(&s);
	return s;
}

static uint64_t
left_of(const struct scene *s)
{
	static const char *const questions[] = {
	    "SELECT COUNT(*) FROM connection WHERE org_id = ? AND id = ?",
	    "SELECT COUNT(*) FROM credential WHERE org_id = ? "
	    "AND connection_id = ?",
	    "SELECT COUNT(*) FROM lease WHERE org_id = ? AND connection_id = ?",
	    "SELECT COUNT(*) FROM job WHERE org_id = ? AND connection_id = ?",
	    "SELECT COUNT(*) FROM collection WHERE org_id = ? "
	    "AND connection_id = ?",
	    "SELECT COUNT(*) FROM binding WHERE org_id = ? "
	    "AND connection_id = ?",
	    "SELECT COUNT(*) FROM sync_run WHERE org_id = ? "
	    "AND connection_id = ?" };
	static const char links[] =
	    "SELECT COUNT(*) FROM link WHERE org_id = ? AND binding_id = ?";
	static const char pending[] =
	    "SELECT COUNT(*) FROM pending WHERE org_id = ? AND binding_id = ?";
	static const char actions[] =
	    "SELECT COUNT(*) FROM sync_action WHERE org_id = ? AND run_id = ?";
	uint64_t n = 0;
	size_t i;

	for (i = 0; i < sizeof(questions) / sizeof(questions[0]); i++)
		n += world_number(questions[i], STMT_ARGS(STMT_U64(org),
		    STMT_U64(s->id)));
	return n + world_number(links, STMT_ARGS(STMT_U64(org),
	    STMT_U64(s->binding))) + world_number(pending,
	    STMT_ARGS(STMT_U64(org), STMT_U64(s->binding))) +
	    world_number(actions, STMT_ARGS(STMT_U64(org), STMT_U64(s->run)));
}

struct step { uint64_t id; bool done, fail; };

static bool
step_body(struct db *in, void *arg, struct err *err)
{
	struct step *s = arg;

	if (!store_disconnect_step(in, pool, org, s->id, &s->done, err))
		return false;
	return !s->fail || err_set(err, ERR_INPUT, "stopped");
}

/* Each step is undone once before it is done. */
static int
remove_in_steps(uint64_t id)
{
	struct step s = { .id = id };
	struct err err = { 0 };
	int steps = 0;

	while (!s.done && steps < 1000) {
		s.fail = true;
		if (db_tx(db, step_body, &s, NULL, &err))
			die("a step was not undone");
		s.fail = false;
		must(db_tx(db, step_body, &s, NULL, &world_err));
		steps++;
	}
	return steps;
}

static bool
begin_removal(struct db *in, void *arg, struct err *err)
{
	const uint64_t *v = arg;

	return store_connection_set_removing(in, org, v[0],
	    (enum removal_choice)v[1], err) &&
	    store_job_want(in, org, v[0], JOB_DISCONNECT, ann, 0, err);
}

static bool
recount_body(struct db *in, void *arg, struct err *err)
{
	return store_connection_recount(in, org, *(const uint64_t *)arg, err);
}

/* What is kept for the cards beside what is counted. */
static int
cards_unlike_counted(void)
{
	struct connection_card *kept, *counted;
	size_t n, m;
	int unlike = 0;

	must(store_connection_cards(db, pool, &(struct connection_cards_of){ org },
	    &kept, &n, &world_err));
	must(store_connection_list_counted(db, pool, org, 0, &counted, &m,
	    &world_err));
	ok(n == m && n > 0, "as many cards as connections");
	for (size_t i = 0; i < n; i++) {
		const struct connection_counts *k = &kept[i].counts,
		    *c = &counted[i].counts;

		unlike += kept[i].row.id != counted[i].row.id ||
		    k->bindings != c->bindings || k->waiting != c->waiting ||
		    k->set_aside != c->set_aside ||
		    k->held_run_id != c->held_run_id ||
		    (k->events && k->events != c->events) ||
		    kept[i].row.next_due != counted[i].row.next_due;
	}
	return unlike;
}

/* The run that a card tells of: from its start to its good end, and when it
 * fails; the one that asks, until it is answered. */
static void
test_runs_of_cards(void)
{
	struct scene s = scene_make("runs", 1);
	struct run_row run = { .connection_id = s.id, .cause = RUN_BY_PERSON,
	    .state = RUN_LISTING, .message = "" };
	struct connection_row row;

	must(store_run_add(db, org, &run, &run.id, &world_err));
	must(store_connection_find(db, pool, org, 0, s.id, &row, &world_err) > 0);
	ok(row.open_run_id == run.id, "a run that begins is the card's");
	run.state = RUN_DONE;
	run.guard = GUARD_HELD;
	must(store_run_put(db, org, &run, &world_err));
	must(store_connection_find(db, pool, org, 0, s.id, &row, &world_err) > 0);
	ok(row.open_run_id == 0, "no more when it has ended well");
	is_int(cards_unlike_counted(), 0, "it asks, and its card says so");
	must(store_run_answer(db, org, run.id, true, &world_err));
	is_int(cards_unlike_counted(), 0, "until it is answered");
	run.state = RUN_LISTING;
	must(store_run_add(db, org, &run, &run.id, &world_err));
	run.state = RUN_FAILED;
	run.guard = GUARD_NONE;
	must(store_run_put(db, org, &run, &world_err));
	must(store_connection_find(db, pool, org, 0, s.id, &row, &world_err) > 0);
	ok(row.open_run_id == run.id, "one that failed stays");
}

static void
test_counts(const struct scene *s, uint64_t events)
{
	struct connection_counts n = { 0 };
	uint64_t id = s->id;

	must(store_connection_count(db, pool, org, s->id, &n, &world_err));
	ok(n.collections == 1 && n.bindings == 1, "one calendar, chosen");
	is_int(n.events, events, "its linked events");
	is_int(n.waiting, 2, "two wait to be sent");
	ok(n.held_run_id == 0 && n.conflicts == 0 && n.set_aside == 0, "no more");
	must(db_tx(db, recount_body, &id, NULL, &world_err));
	is_int(cards_unlike_counted(), 0, "every card has what is counted");
}

static void
test_removal(void)
{
	struct scene keep = scene_make("keep", 130);
	struct scene gone = scene_make("gone", 130);
	struct scene stays = scene_make("stays", 3);
	struct lease lease = { org, gone.id, 1, "somebody", 90 };
	uint64_t asked[2] = { gone.id, REMOVAL_DELETE };
	struct err err = { 0 };

	test_counts(&keep, 131);
	must(db_tx(db, begin_removal, asked, NULL, &world_err));
	ok(!store_lease_renew(db, &lease, &err),
	    "who worked on it can commit nothing more");
	ok(!store_connection_set_state(db, org, gone.id, CONNECTION_ACTIVE, "",
	    &err), "nothing brings it back");
	ok(remove_in_steps(gone.id) > 3, "a removal has many steps");
	is_int(left_of(&gone), 0, "nothing is left of it");
	is_int(alive(&gone), 2,
	    "the imported events went, one's own and an unsent change stay");

	asked[0] = keep.id;
	asked[1] = REMOVAL_KEEP;
	must(db_tx(db, begin_removal, asked, NULL, &world_err));
	must(disconnect_finish(db, pool, org, keep.id, &world_err));
	is_int(left_of(&keep), 0, "nothing is left of the other one");
	is_int(alive(&keep), 132, "its events stay");
	must(disconnect_finish(db, pool, org, keep.id, &world_err));
	is_int(world_number("SELECT COUNT(*) FROM audit WHERE org_id = ? "
	    "AND body LIKE '%connection.removed%'", STMT_ARGS(STMT_U64(org))),
	    1, "once in the audit, also when finished twice");

	is_int(alive(&stays), 5, "a third one is untouched");
	ok(left_of(&stays) > 8, "with all its rows");
	must(disconnect_finish(db, pool, org, stays.id, &world_err));
	ok(left_of(&stays) > 8, "also when asked to finish what nobody began");
}

static void
test_binding_removal(void)
{
	struct scene s = scene_make("one", 60), twin = scene_make("twin", 0);
	struct binding_new b = { s.calendar, twin.collection, twin.id,
	    BINDING_BOTH, POLICY_REMOTE_WINS };
	static const char first[] = "SELECT MIN(event_id) FROM link "
	    "WHERE org_id = ? AND binding_id = ?";
	static const char ends[] = "DELETE FROM binding "
	    "WHERE org_id = ? AND id = ?";
	static const char links[] = "DELETE FROM link "
	    "WHERE org_id = ? AND binding_id = ?";
	static const char pend[] = "DELETE FROM pending "
	    "WHERE org_id = ? AND binding_id = ?";
	uint64_t second, held;
	struct job_row job;

	must(stmt_exec(db, links, STMT_ARGS(STMT_U64(org),
	    STMT_U64(twin.binding)), NULL, &world_err));
	must(stmt_exec(db, pend, STMT_ARGS(STMT_U64(org),
	    STMT_U64(twin.binding)), NULL, &world_err));
	must(stmt_exec(db, ends, STMT_ARGS(STMT_U64(org),
	    STMT_U64(twin.binding)), NULL, &world_err));
	must(store_binding_add(db, org, &b, &second, &world_err));
	held = world_number(first, STMT_ARGS(STMT_U64(org), STMT_U64(s.binding)));
	world_link(org, second, held);

	must(store_binding_set_removing(db, org, s.id, s.binding,
	    REMOVAL_DELETE, &world_err));
	must(store_job_want(db, org, s.id, JOB_DISCONNECT, 0, 0, &world_err));
	must(disconnect_finish(db, pool, org, s.id, &world_err));
	is_int(world_number("SELECT COUNT(*) FROM binding WHERE org_id = ? "
	    "AND id = ?", STMT_ARGS(STMT_U64(org), STMT_U64(s.binding))), 0,
	    "the binding is gone");
	is_int(alive(&s), 3, "what another connection keeps in step stays");
	is_int(row_of(s.id).state, CONNECTION_ACTIVE, "the connection stays");
	is_int(store_job_find(db, pool, org, s.id, JOB_DISCONNECT, &job,
	    &world_err), 0, "the job is done");
	is_int(store_job_find(db, pool, org, s.id, JOB_SYNC, &job, &world_err),
	    1, "its sync job is not");
}

int
main(void)
{
	uint64_t hers, his, far;

	world_open();
	org = world_org("One");
	other_org = world_org("Two");
	ann = world_user(org, "ann@example.org", ROLE_OWNER);
	bob = world_user(org, "bob@example.org", ROLE_MEMBER);
	hers = world_connection(org, ann, "hers");
	his = world_connection(org, bob, "his");
	far = world_connection(other_org, world_user(other_org,
	    "far@example.org", ROLE_OWNER), "far");
	test_seen(hers, his, far);
	test_states(hers);
	test_runs_of_cards();
	test_removal();
	test_binding_removal();
	return world_close();
}
