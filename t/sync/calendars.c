/*
 * Where an event lies decides who hears of it: moved to another calendar, in a
 * calendar with two servers, in one that is only read.
 */
#include "t/sync/rig.h"
#include "util/log.h"
#include "util/banned.h"

static uint64_t org, user;

static struct rig open_with(enum binding_direction direction,
    enum binding_policy policy)
{
	struct rig r = rig_open(org, user, BINDING_BOTH, policy);

	fake_put(r.fake, "u1", "a", "x");
	fake_put(r.fake, "other", "other", "z");
	if (rig_run(&r) != ENGINE_DONE || rig_alive(&r) != 2)
		die("the set-up failed");
	must(store_binding_put(db, r.pool, org, r.binding, direction, policy,
	    &world_err));
	return r;
}

static void exec(const char *sql, uint64_t a, uint64_t b)
{
	must(db_quiet(db, 0, &world_err));
	must(stmt_exec(db, sql, STMT_ARGS(STMT_U64(a), STMT_U64(org),
	    STMT_U64(b)), NULL, &world_err));
}

static void move(struct rig *from, uint64_t calendar, const char *uid)
{
	static const char sql[] = "UPDATE event SET calendar_id = ? "
	    "WHERE org_id = ? AND id = ?";

	exec(sql, calendar, rig_find(from, uid));
}

static void set_read_only(struct rig *r)
{
	static const char sql[] = "UPDATE collection SET read_only = ? "
	    "WHERE org_id = ? AND connection_id = ?";

	exec(sql, 1, r->connection);
}

static int badge(struct rig *r, const char *uid)
{
	struct event_state s = { 0 };

	must(store_event_find_state(db, r->pool, org, rig_find(r, uid), &s,
	    &world_err) > 0);
	return s.sync_state;
}

/* Moved here to the calendar of another server, and changed there meanwhile. */
static void moved(const char *here, const char *there, const char *want,
    int conflicts)
{
	struct rig a = open_with(BINDING_BOTH, POLICY_REMOTE_WINS);
	struct rig b = open_with(BINDING_BOTH, POLICY_REMOTE_WINS);
	struct event_state s;
	uint64_t id;

	fake_put(a.fake, "m", "a", "x");
	rig_run(&a);
	if (here)
		rig_put(&a, "m", here, "x");
	id = rig_find(&a, "m");
	move(&a, b.calendar, "m");
	if (there)
		fake_put(a.fake, "m", "a", there);
	is_int(rig_run(&a), ENGINE_DONE, "moved: the old server");
	is_int(rig_run(&b), ENGINE_DONE, "moved: the new server");
	is_int((intmax_t)rig_find(&b, "m"), (intmax_t)id, "it is the same event");
	is_text(rig_words(&b, "m"), want, "with what was changed there");
	is_text(fake_words(b.pool, b.fake, "m"), want, "it is at the new server");
	is_text(fake_words(a.pool, a.fake, "m"), NULL, "and no more at the old");
	is_text(rig_words(&a, "m"), NULL, "nor in the old calendar");
	is_int((intmax_t)(rig_conflicts(&a) + rig_conflicts(&b)), conflicts,
	    "conflicts");
	must(store_event_find_state(db, a.pool, org, id, &s, &world_err) > 0);
	is_int(s.sync_state, EVENT_SYNC_AGREED, "both sides agree");
	rig_again(&a, "the old server");
	rig_again(&b, "the new server");
	rig_close(&a);
	rig_close(&b);
}

/* From where it may only be read it cannot be taken away. */
static void moved_from_read_only(enum binding_direction direction)
{
	struct rig a = open_with(direction, POLICY_REMOTE_WINS);
	struct rig b = open_with(BINDING_BOTH, POLICY_REMOTE_WINS);

	if (direction == BINDING_BOTH)
		set_read_only(&a);
	fake_put(a.fake, "m", "a", "x");
	rig_run(&a);
	move(&a, b.calendar, "m");
	rig_put(&b, "m", "mine", "x");
	fake_put(a.fake, "m", "a", "theirs");
	rig_run(&a);
	rig_run(&b);
	is_text(rig_words(&a, "m"), "a/theirs", "it comes again where it was");
	is_text(rig_words(&b, "m"), "mine/x", "the moved one is as it was");
	is_text(fake_words(a.pool, a.fake, "m"), "a/theirs", "there is as there");
	is_text(fake_words(b.pool, b.fake, "m"), "mine/x", "the other has it");
	is_int(fake_writes(a.fake), 0, "nothing was written");
	rig_again(&a, "read only there");
	rig_again(&b, "the other");
	rig_close(&a);
	rig_close(&b);
}

/* One calendar, two servers: each hears what the other said, and no echo. */
static void two_servers(void)
{
	static const char sql[] = "UPDATE binding SET calendar_id = ? "
	    "WHERE org_id = ? AND id = ?";
	struct rig a = rig_open(org, user, BINDING_BOTH, POLICY_REMOTE_WINS);
	struct rig b = rig_open(org, user, BINDING_BOTH, POLICY_REMOTE_WINS);

	exec(sql, a.calendar, b.binding);
	b.calendar = a.calendar;
	rig_run(&b);
	fake_put(a.fake, "u1", "a", "x");
	rig_run(&a);
	rig_run(&b);
	is_text(fake_words(b.pool, b.fake, "u1"), "a/x", "what one said, the other has");
	rig_again(&a, "two servers: one");
	rig_again(&b, "two servers: the other");
	fake_put(b.fake, "u1", "b", "x");
	rig_run(&b);
	rig_run(&a);
	is_text(fake_words(a.pool, a.fake, "u1"), "b/x", "and back");
	rig_again(&b, "two servers: the other again");
	rig_again(&a, "two servers: one again");
	fake_put(a.fake, "u1", "b", "one");
	fake_put(b.fake, "u1", "other", "x");
	rig_run(&a);
	rig_run(&b);
	rig_run(&a);
	is_text(fake_words(a.pool, a.fake, "u1"), "other/one", "both changes here");
	is_text(fake_words(b.pool, b.fake, "u1"), "other/one", "and there");
	is_int((intmax_t)rig_alive(&a), 1, "one event");
	is_int(a.fake->creates + b.fake->creates, 1, "made once");
	fake_put(a.fake, "u1", NULL, NULL);
	rig_run(&a);
	rig_run(&b);
	is_text(fake_words(b.pool, b.fake, "u1"), NULL, "deleted by one, gone at all");
	is_int((intmax_t)rig_alive(&a), 0, "and here");
	rig_again(&a, "two servers: one at the end");
	rig_again(&b, "two servers: the other at the end");
	rig_close(&a);
	rig_close(&b);
}

static void only_read(void)
{
	struct rig r = open_with(BINDING_PULL, POLICY_REMOTE_WINS);

	is_int(badge(&r, "u1"), EVENT_SYNC_AGREED, "as there");
	rig_put(&r, "u1", "mine", "x");
	is_int(badge(&r, "u1"), EVENT_SYNC_STAYS, "a change here stays here");
	rig_run(&r);
	is_int(badge(&r, "u1"), EVENT_SYNC_STAYS, "also after a run");
	is_int((intmax_t)rig_pending(&r), 1, "it waits");
	is_int(fake_writes(r.fake), 0, "and is not sent");
	rig_put(&r, "u1", "a", "x");
	rig_run(&r);
	is_int(badge(&r, "u1"), EVENT_SYNC_AGREED, "taken back, both agree");
	rig_put(&r, "u1", "mine", "x");
	must(store_binding_put(db, r.pool, org, r.binding, BINDING_BOTH,
	    POLICY_REMOTE_WINS, &world_err));
	is_int(badge(&r, "u1"), EVENT_SYNC_WAITING, "both ways again: it waits");
	rig_run(&r);
	is_text(fake_words(r.pool, r.fake, "u1"), "mine/x", "and is sent");
	rig_close(&r);
}

/* A collection that became read-only: as there again, and both versions kept. */
static void read_only(void)
{
	struct rig r = open_with(BINDING_BOTH, POLICY_REMOTE_WINS);

	set_read_only(&r);
	rig_put(&r, "u1", "mine", "x");
	rig_put(&r, "other", NULL, NULL);
	rig_put(&r, "new", "new", "x");
	is_int(badge(&r, "u1"), EVENT_SYNC_STAYS, "nothing is sent there");
	rig_run(&r);
	is_text(rig_words(&r, "u1"), "a/x", "as there again");
	is_int((intmax_t)rig_conflicts(&r), 1, "the conflict keeps what was here");
	is_int((intmax_t)rig_images(&r), 1, "and the image before");
	is_text(rig_words(&r, "other"), "other/z", "what was deleted comes back");
	is_text(rig_words(&r, "new"), "new/x", "what is new here stays");
	is_int(badge(&r, "new"), EVENT_SYNC_STAYS, "and says so");
	is_int(fake_writes(r.fake), 0, "nothing was written there");
	rig_run(&r);
	rig_again(&r, "read only");
	rig_close(&r);
}

int main(void)
{
	log_open("t", "/dev/null", LOG_LEVEL_ERROR);
	world_open();
	org = world_org("Calendars");
	user = world_user(org, "c@example.org", ROLE_OWNER);
	moved(NULL, NULL, "a/x", 0);
	moved(NULL, "there", "a/there", 0);
	moved("mine", "there", "mine/there", 0);
	moved_from_read_only(BINDING_PULL);
	moved_from_read_only(BINDING_BOTH);
	two_servers();
	only_read();
	read_only();
	return world_close();
}
