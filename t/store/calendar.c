/* Calendars, remote ones and the ties between them: who sees which, what is
 * sent when a tie is made, what a new listing changes. */
#include "store/store_cursor.h"
#include "world.h"
#include "util/banned.h"

static uint64_t org, other_org, ann, bob;

static uint64_t
calendar_of(uint64_t of, uint64_t user, const char *name, bool shared)
{
	uint64_t id = 0;

	must(store_calendar_add(db, of, user, name, "#112233", shared, &id,
	    &world_err));
	return id;
}

static int
finds(uint64_t of, uint64_t viewer, uint64_t id)
{
	struct calendar_row row;
	struct err err = { 0 };

	return store_calendar_find(db, pool, of, viewer, id, &row, &err);
}

static bool
remove_body(struct db *in, void *arg, struct err *err)
{
	return store_calendar_remove(in, org, *(uint64_t *)arg, err);
}

static void
test_seen(void)
{
	uint64_t hers = calendar_of(org, ann, "Hers", false);
	uint64_t shared = calendar_of(org, bob, "Everybody's", true);
	uint64_t his = calendar_of(org, bob, "His", false);
	struct calendar_row *rows, row;
	struct err err = { 0 };
	size_t count;

	must(store_calendar_list(db, pool, org, ann, &rows, &count, &world_err));
	is_int(count, 2, "one's own and the shared ones");
	is_text(rows[0].name, "Hers", "one's own first");
	ok(rows[0].mine && !rows[1].mine, "told apart");
	must(store_calendar_list(db, pool, org, 0, &rows, &count, &world_err));
	is_int(count, 3, "the operator sees all");
	must(store_calendar_list(db, pool, other_org, 0, &rows, &count,
	    &world_err));
	is_int(count, 0, "another organisation none");
	is_int(finds(org, ann, his), 0, "a private one is not found");
	is_int(finds(org, ann, 99999), 0, "as an unknown one");
	is_int(finds(other_org, 0, hers), 0, "nor from elsewhere");
	is_int(finds(org, ann, shared), 1, "a shared one is");
	must(store_calendar_put(db, org, his, "Ours", "#445566", true,
	    &world_err));
	must(store_calendar_find(db, pool, org, ann, his, &row, &world_err) == 1);
	ok(row.shared && strcmp(row.name, "Ours") == 0 &&
	    strcmp(row.color, "#445566") == 0, "shared, renamed, coloured");
	ok(!store_calendar_put(db, other_org, his, "x", "#000000", false,
	    &err), "not from another organisation");
	world_event(org, his, "u1");
	must(db_tx(db, remove_body, &his, NULL, &world_err));
	is_int(finds(org, bob, his), 0, "removed");
	is_int(world_number("SELECT COUNT(*) FROM event WHERE org_id = ? "
	    "AND calendar_id = ? AND deleted_at IS NULL",
	    STMT_ARGS(STMT_U64(org), STMT_U64(his))), 0, "with its events");
	ok(!db_tx(db, remove_body, &his, NULL, &err), "once");
}

static struct collection_row
collection_row(uint64_t viewer, uint64_t id)
{
	struct collection_row row = { 0 };

	must(store_collection_find(db, pool, org, viewer, id, &row,
	    &world_err) >= 0);
	return row;
}

static void
test_listing(uint64_t connection)
{
	char *big = pool_alloc(pool, 1001);
	struct collection_found first[] = {
	    { "/a/", "Work", "#336699", false }, { "/A/", "Capital", NULL, true } };
	struct collection_found then[] = {
	    { "/A/", "Renamed", "#111111", false }, { "/b/", big, NULL, false },
	    { "/c/", "", NULL, false } };
	struct collection_row *rows;
	size_t count, i;
	uint64_t id_of_a = 0;

	for (i = 0; i < 500; i++) {
		big[2 * i] = (char)0xc3;
		big[2 * i + 1] = (char)0xa4;
	}
	must(store_collection_take(db, pool, org, connection, first, 2,
	    &world_err));
	must(store_collection_list(db, pool, org, ann, connection, &rows, &count,
	    &world_err));
	is_int(count, 2, "ids that differ in case are two");
	for (i = 0; i < count; i++)
		if (strcmp(rows[i].remote_id, "/A/") == 0)
			id_of_a = rows[i].id;
	ok(collection_row(ann, id_of_a).read_only, "read-only");
	is_int(collection_row(bob, id_of_a).id, 0, "another member sees none");
	must(store_collection_take(db, pool, org, connection, then, 3,
	    &world_err));
	must(store_collection_list(db, pool, org, ann, connection, &rows, &count,
	    &world_err));
	is_int(count, 4, "nothing is lost by a new listing");
	is_text(rows[3].remote_id, "/a/", "the absent one comes last");
	ok(rows[3].missing_since != WHEN_NONE, "and is marked");
	is_text(collection_row(ann, id_of_a).name, "Renamed",
	    "the same id, renamed");
	for (i = 0; i < count; i++) {
		if (strcmp(rows[i].remote_id, "/b/") == 0)
			is_int(strlen(rows[i].name), 480,
			    "a long name is cut at a character");
		if (strcmp(rows[i].remote_id, "/c/") == 0)
			is_text(rows[i].name, "Calendar", "an empty one is named");
	}
	must(store_collection_take(db, pool, org, connection, first, 2,
	    &world_err));
	must(store_collection_list(db, pool, org, ann, connection, &rows, &count,
	    &world_err));
	for (i = 0; i < count; i++)
		if (strcmp(rows[i].remote_id, "/a/") == 0)
			ok(rows[i].missing_since == WHEN_NONE,
			    "it came back: no longer marked");
}

static uint64_t
pending_of(uint64_t binding)
{
	return world_number("SELECT COUNT(*) FROM pending WHERE org_id = ? "
	    "AND binding_id = ?", STMT_ARGS(STMT_U64(org), STMT_U64(binding)));
}

static void
test_binding(uint64_t connection)
{
	uint64_t calendar = calendar_of(org, ann, "Tied", false);
	uint64_t collection = world_collection(org, connection), id, linked;
	struct binding_new b = { calendar, collection, connection,
	    BINDING_PULL, POLICY_REMOTE_WINS };
	struct binding_row row;
	struct err err = { 0 };

	world_event(org, calendar, "own-1");
	linked = world_event(org, calendar, "own-2");
	must(store_binding_add(db, org, &b, &id, &world_err));
	is_int(pending_of(id), 0, "pull only: nothing is to be sent");
	world_link(org, id, linked);
	must(store_cursor_pause(db, org, id, &world_err));
	must(store_binding_put(db, pool, org, id, BINDING_BOTH,
	    POLICY_NEWEST_WINS, &world_err));
	is_int(pending_of(id), 1, "both ways: what was never sent is");
	must(store_binding_find(db, pool, org, id, &row, &world_err) == 1);
	ok(row.direction == BINDING_BOTH && row.policy == POLICY_NEWEST_WINS &&
	    row.calendar_id == calendar, "as chosen");
	ok(!row.paused, "chosen again, it is read again");
	is_int(collection_row(ann, collection).binding_id, id,
	    "the collection says so");
	ok(!store_binding_add(db, org, &b, &id, &err) &&
	    err.kind == ERR_CONFLICT, "once a collection: %s", err.msg);
	ok(!db_tx(db, remove_body, &calendar, NULL, &err) &&
	    err.kind == ERR_CONFLICT, "a tied calendar is not removed: %s",
	    err.msg);
	is_int(finds(org, ann, calendar), 1, "and is still there");
	is_int(store_binding_find(db, pool, other_org, row.id, &row, &err), 0,
	    "not found from another organisation");
	must(store_binding_set_removing(db, org, connection, id,
	    REMOVAL_KEEP, &world_err));
	is_int(store_binding_find(db, pool, org, row.id, &row, &err), 0,
	    "one that is being removed is out of sight");
	is_int(collection_row(ann, collection).removing, REMOVAL_KEEP,
	    "but the collection tells");
	ok(!store_binding_set_removing(db, org, connection, id,
	    REMOVAL_DELETE, &err), "removed once");
}

int
main(void)
{
	uint64_t connection;

	world_open();
	org = world_org("One");
	other_org = world_org("Two");
	ann = world_user(org, "ann@example.org", ROLE_OWNER);
	bob = world_user(org, "bob@example.org", ROLE_MEMBER);
	connection = world_connection(org, ann, "hers");
	test_seen();
	test_listing(connection);
	test_binding(world_connection(org, ann, "second"));
	return world_close();
}
