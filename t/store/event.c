/* Events in rows: every field of every real event there and back, versions,
 * what a change sets going, and the agenda. */
#include <dirent.h>

#include "providers/ical_map.h"
#include "store/store_event.h"
#include "util/str.h"
#include "world.h"
#include "util/banned.h"

static uint64_t org, ana, ben, calendar, private_calendar;
static struct err err;

static struct event *single(const char *uid)
{
	struct event *e = POOL_NEW(pool, struct event);

	e->uid = uid;
	e->kind = "event";
	e->zones = "";
	e->has_master = true;
	e->master = (struct event_part){ .summary = "Dentist",
	    .start = { 2026, 11, 24, 9, 30, 0 },
	    .end = { 2026, 11, 24, 10, 0, 0 },
	    .zone_kind = EVENT_ZONE_NAMED, .tzid = "Europe/Berlin",
	    .extra = "" };
	return e;
}

static struct stored_event find(uint64_t user, uint64_t id, int want)
{
	struct stored_event got = { 0 };
	struct err why = { 0 };

	is_int(store_event_find(db, pool, org, user, id, &got, &why), want,
	    want ? "found" : "not found");
	return got;
}

struct write { const struct event *e; uint64_t id, rev, rev_out; };

static bool add_body(struct db *d, void *arg, struct err *e)
{
	struct write *w = arg;

	return store_event_add(d, org, calendar, w->e, &w->id, &w->rev_out, e);
}

static uint64_t add(const struct event *e)
{
	struct write w = { .e = e };

	must(db_tx(db, add_body, &w, NULL, &world_err));
	return w.id;
}

static bool put_body(struct db *d, void *arg, struct err *e)
{
	struct write *w = arg;

	return w->rev ? store_event_put_if(d, org, w->id, w->rev, w->e,
	    &w->rev_out, e) : store_event_put(d, org, w->id, w->e, &w->rev_out,
	    e);
}

static bool remove_body(struct db *d, void *arg, struct err *e)
{
	struct write *w = arg;

	return store_event_remove(d, org, w->id, &w->rev_out, e);
}

static bool restore_body(struct db *d, void *arg, struct err *e)
{
	struct write *w = arg;

	return store_event_restore(d, org, w->id, &w->rev_out, e);
}

/* ---- every field ---- */

static char *slurp(const char *path, size_t *len)
{
	FILE *f = fopen(path, "rb");
	char *text = pool_alloc(pool, 1 << 21);

	if (!f)
		die("%s cannot be read", path);
	*len = fread(text, 1, (1 << 21) - 1, f);
	fclose(f);
	return text;
}

static void same_event(const struct event *want, const struct event *got,
    const char *what)
{
	struct digest a = event_hash(pool, want), b = event_hash(pool, got);

	ok(digest_eq(&a, &b), "%s: the same hash", what);
	is_text(event_format(pool, got), event_format(pool, want), what);
}

static size_t round_file(const char *path)
{
	struct ical_item *items;
	size_t count, len, i, n = 0;
	char *text = slurp(path, &len);
	struct err why;

	if (!ical_split(pool, text, len, &items, &count, &why))
		return 0;
	for (i = 0; i < count; i++) {
		struct stored_event got;

		if (!items[i].event ||
		    !event_check(pool, items[i].event, &why))
			continue;
		got = find(0, add(items[i].event), 1);
		same_event(items[i].event, got.event, strrchr(path, '/') + 1);
		n++;
	}
	return n;
}

static void every_file(void)
{
	const char *top = getenv("HAWSER_TOP");
	const char *dir = pool_printf(pool, "%s/t/data/ics", top ? top : ".");
	size_t n = 0;
	struct dirent *d;
	DIR *files;

	files = opendir(dir);
	if (!files)
		die("%s: no calendar files", dir);
	while ((d = readdir(files)))
		if (str_ends(d->d_name, ".ics"))
			n += round_file(pool_printf(pool, "%s/%s", dir,
			    d->d_name));
	closedir(files);
	ok(n >= 40, "%zu events of real files came back whole", n);
}

static struct event *series(void)
{
	struct event *e = single("series@x");

	e->master.summary = "Team";
	e->master.recurrence = "RRULE:FREQ=DAILY;COUNT=3";
	e->overrides = pool_array(pool, 2, sizeof(*e->overrides));
	e->override_count = 2;
	e->overrides[0] = e->overrides[1] = e->master;
	e->overrides[0].recurrence = e->overrides[1].recurrence = NULL;
	e->overrides[0].recurrence_id = "20261125T093000";
	e->overrides[0].summary = "Team, \xf0\x9f\x8e\x89 \"quoted\"";
	e->overrides[0].extra = "CLASS:PRIVATE";
	e->overrides[1].recurrence_id = "20261126T093000";
	e->overrides[1].start.hour = 14;
	e->overrides[1].end.hour = 15;
	return e;
}

static void overrides(void)
{
	struct event *e = series();
	struct write w = { .e = e };
	struct stored_event got;
	uint64_t before;

	w.id = add(e);
	got = find(0, w.id, 1);
	same_event(e, got.event, "a series with two dates of their own");
	before = got.rev;
	must(db_tx(db, put_body, &w, NULL, &world_err));
	is_int(w.rev_out, before, "the same again is no change");
	e->override_count = 1;
	e->overrides[0].location = "Room 4";
	must(db_tx(db, put_body, &w, NULL, &world_err));
	got = find(0, w.id, 1);
	same_event(e, got.event, "one date changed, one as the series again");
	ok(w.rev_out > before && got.rev == w.rev_out,
	    "a change of a date alone is a new version");
	e->override_count = 0;
	e->master.recurrence = NULL;
	must(db_tx(db, put_body, &w, NULL, &world_err));
	same_event(e, find(0, w.id, 1).event, "no series any more");
}

/* ---- versions, deleting ---- */

static void versions(void)
{
	struct event *e = single("v@x");
	struct write w = { .e = e }, old;

	w.id = add(e);
	w.rev = 1;
	old = w;
	e->master.summary = "First tab";
	must(db_tx(db, put_body, &w, NULL, &world_err));
	is_int(w.rev_out, 2, "a new version");
	e->master.summary = "Second tab";
	err = (struct err){ 0 };
	ok(!db_tx(db, put_body, &old, NULL, &err) && err.kind == ERR_CONFLICT,
	    "the other tab is told: %s", err.msg);
	is_text(find(0, w.id, 1).event->master.summary, "First tab",
	    "and has overwritten nothing");
	old.id = 999999;
	err = (struct err){ 0 };
	ok(!db_tx(db, put_body, &old, NULL, &err) && err.kind == ERR_NOT_FOUND,
	    "an unknown event is not there");
}

static const char INSTANCES[] = "SELECT COUNT(*) FROM event_instance "
    "WHERE org_id = ? AND event_id = ?";
static const char PENDING[] = "SELECT COUNT(*) FROM pending WHERE org_id = ? "
    "AND event_id = ?";
static const char BEHIND[] = "SELECT COUNT(*) FROM event WHERE org_id = ? "
    "AND id = ? AND behind = 1";
static const char PENDING_OF[] = "SELECT COALESCE(MAX(rev), 0) FROM pending "
    "WHERE org_id = ? AND event_id = ? AND binding_id = ?";

static uint64_t instances(uint64_t id)
{
	return world_number(INSTANCES, STMT_ARGS(STMT_U64(org), STMT_U64(id)));
}

static void removed(void)
{
	struct event *e = single("gone@x");
	struct write w = { .e = e };
	struct stored_event got;

	w.id = add(e);
	is_int(instances(w.id), 1, "its occurrence is there at once");
	must(db_tx(db, remove_body, &w, NULL, &world_err));
	got = find(0, w.id, 1);
	ok(got.deleted_at != WHEN_NONE && got.rev == 2, "deleted softly");
	is_int(instances(w.id), 0, "gone from the agenda");
	is_int(store_event_find_uid(db, pool, org, calendar, "gone@x", &got,
	    &err), 0, "its UID is free");
	err = (struct err){ 0 };
	ok(!db_tx(db, put_body, &w, NULL, &err) && err.kind == ERR_CONFLICT,
	    "what is deleted cannot be edited: %s", err.msg);
	must(db_tx(db, restore_body, &w, NULL, &world_err));
	got = find(0, w.id, 1);
	ok(got.deleted_at == WHEN_NONE, "restored");
	is_int(instances(w.id), 1, "with its occurrence");
	is_int(store_event_find_uid(db, pool, org, calendar, "gone@x", &got,
	    &err), 1, "found by UID");
}

/* ---- what a change sets going ---- */

static uint64_t bind(const char *name, enum binding_direction direction)
{
	struct binding_new b = { .calendar_id = calendar,
	    .direction = direction, .policy = POLICY_REMOTE_WINS };
	uint64_t id = 0;

	b.connection_id = world_connection(org, ana, name);
	b.collection_id = world_collection(org, b.connection_id);
	must(store_binding_add(db, org, &b, &id, &world_err));
	return id;
}

static uint64_t pending_rev(uint64_t event, uint64_t binding)
{
	return world_number(PENDING_OF, STMT_ARGS(STMT_U64(org),
	    STMT_U64(event), STMT_U64(binding)));
}

static void triggers(void)
{
	uint64_t one = bind("one", BINDING_BOTH), two = bind("two", BINDING_BOTH);
	struct event *e = single("loud@x");
	struct write w = { .e = e };

	w.id = add(e);
	is_int(world_number(PENDING, STMT_ARGS(STMT_U64(org), STMT_U64(w.id))),
	    2, "a person's event waits for every binding");
	must(db_quiet(db, one, &world_err));
	e->master.summary = "Pulled";
	must(db_tx(db, put_body, &w, NULL, &world_err));
	must(db_quiet(db, 0, &world_err));
	is_int(pending_rev(w.id, one), 1, "the worker's own binding: not anew");
	is_int(pending_rev(w.id, two), 2, "the other one: the new version");
	must(db_quiet(db, one, &world_err));
	e->uid = "quiet@x";
	w.id = add(e);
	must(db_quiet(db, 0, &world_err));
	is_int(pending_rev(w.id, one), 0, "pulled: nothing waits to go back");
	is_int(pending_rev(w.id, two), 1, "but it goes on to the other");
	must(db_tx(db, remove_body, &w, NULL, &world_err));
	is_int(pending_rev(w.id, one), 2, "a delete waits too");
}

/* ---- many changed together ---- */

struct together {
	struct store_event_change *all;
	size_t count;
	bool remove;
};

static bool together_body(struct db *d, void *arg, struct err *e)
{
	struct together *t = arg;

	return (t->remove ? store_event_remove_many : store_event_put_many)(d,
	    pool, org, calendar, t->all, t->count, e);
}

static struct together together_new(size_t count)
{
	struct together t = { .count = count, .all = pool_array(pool, count,
	    sizeof(*t.all)) };

	for (size_t i = 0; i < count; i++) {
		struct event *e = single(pool_printf(pool, "together%zu@x", i));

		if (i == 7)
			e->master.recurrence = "RRULE:FREQ=DAILY;COUNT=3";
		t.all[i] = (struct store_event_change){ .id = add(e), .rev = 1,
		    .event = e };
		e->master.summary = "Changed together";
		e->master.start.hour = e->master.end.hour = 23;
		e->master.start.minute = 0;
	}
	return t;
}

static size_t count_wrong(const struct together *t, uint64_t binding,
    uint64_t rev)
{
	size_t wrong = 0;

	for (size_t i = 0; i < t->count; i++)
		wrong += pending_rev(t->all[i].id, binding) != rev;
	return wrong;
}

static void together(void)
{
	static const char notes[] = "SET @hawser_notes = 1";
	static const char at_23[] = "SELECT COUNT(*) FROM event_instance "
	    "WHERE org_id = ? AND HOUR(start_wall) = 23 "
	    "AND summary = 'Changed together'";
	uint64_t one = bind("together one", BINDING_BOTH);
	uint64_t two = bind("together two", BINDING_BOTH);
	struct together t = together_new(130);
	struct write w = { .e = single("old program@x") };
	struct stored_event got;

	must(db_quiet(db, one, &world_err));
	must(db_tx(db, together_body, &t, NULL, &world_err));
	ok(t.all[0].rev == 2 && t.all[129].rev == 2, "each has its new version");
	got = find(0, t.all[129].id, 1);
	same_event(t.all[129].event, got.event, "the last one is as it was put");
	is_int((intmax_t)got.rev, 2, "and says so");
	is_int((intmax_t)count_wrong(&t, one, 1), 0, "nothing goes back");
	is_int((intmax_t)count_wrong(&t, two, 2), 0, "all go on to the other");
	is_int((intmax_t)world_number(at_23, STMT_ARGS(STMT_U64(org))), 129,
	    "the agenda shows the single ones at once");
	is_int((intmax_t)world_number(BEHIND, STMT_ARGS(STMT_U64(org),
	    STMT_U64(t.all[7].id))), 1, "the series is left to the job");
	t.remove = true;
	must(db_tx(db, together_body, &t, NULL, &world_err));
	got = find(0, t.all[129].id, 1);
	ok(got.deleted_at != WHEN_NONE && got.rev == 3, "deleted together");
	is_int((intmax_t)count_wrong(&t, two, 3), 0, "for the other too");
	is_int(instances(t.all[7].id), 0, "gone from the agenda");
	/* A program of before says it notes what it inserts, no more. */
	must(stmt_exec(db, notes, STMT_NO_ARGS, NULL, &world_err));
	w.id = add(w.e);
	must(stmt_exec(db, "UPDATE event SET summary = 'x' WHERE org_id = ? "
	    "AND id = ?", STMT_ARGS(STMT_U64(org), STMT_U64(w.id)), NULL,
	    &world_err));
	is_int(pending_rev(w.id, two), 2, "an older program's changes are noted");
	must(db_quiet(db, 0, &world_err));
}

/* ---- many ---- */

struct many { const struct event **events; uint64_t ids[600]; size_t count; };

static bool many_body(struct db *d, void *arg, struct err *e)
{
	struct many *m = arg;

	return store_event_add_many(d, pool, org, calendar, m->events, m->count,
	    m->ids, e);
}

static void many(void)
{
	struct many m = { .count = 600 };
	struct stored_event got[2];
	uint64_t some[2];
	size_t i;

	m.events = pool_array(pool, m.count, sizeof(*m.events));
	for (i = 0; i < m.count; i++) {
		struct event *e = i == 300 ? series() :
		    single(pool_printf(pool, "many%zu@x", i));

		e->master.summary = pool_printf(pool, "Number %zu", i);
		m.events[i] = e;
	}
	must(db_tx(db, many_body, &m, NULL, &world_err));
	some[0] = m.ids[300];
	some[1] = m.ids[599];
	must(store_event_get_many(db, pool, org, some, 2, got, &world_err));
	same_event(m.events[300], got[0].event, "a series among many");
	is_text(got[1].event->master.summary, "Number 599",
	    "ids come in the order of events");
	is_int(instances(m.ids[0]), 1, "occurrences of single ones are there");
	some[0] = 999999;
	must(store_event_get_many(db, pool, org, some, 2, got, &world_err));
	ok(got[0].id == 0 && got[1].id == m.ids[599], "absent ids are absent");
	some[0] = some[1] = m.ids[300];
	must(store_event_get_many(db, pool, org, some, 2, got, &world_err));
	same_event(m.events[300], got[0].event, "asked for twice");
	same_event(m.events[300], got[1].event, "it has its dates once");
}

/* ---- agenda and visibility ---- */

static when_t instant(const char *text)
{
	when_t t = WHEN_NONE;

	if (!when_parse(text, &t))
		die("%s", text);
	return t;
}

static char *agenda(uint64_t user, const char *from, const char *until)
{
	struct agenda_row *rows;
	struct str out;
	size_t n, i;

	str_init(&out, pool, 100000);
	must(store_event_agenda(db, pool, org, user, instant(from),
	    instant(until), &rows, &n, &world_err));
	for (i = 0; i < n; i++)
		str_addf(&out, "%s%s@%02d-%02d", i ? " " : "", rows[i].summary,
		    rows[i].start_wall.month, rows[i].start_wall.day);
	return out.data;
}

static bool expand_body(struct db *d, void *arg, struct err *e)
{
	return store_event_put_instances(d, pool, org, arg, 1, e);
}

static void expand(uint64_t id)
{
	struct recur_window window = { instant("2027-01-01T00:00:00Z"),
	    instant("2028-01-01T00:00:00Z") };
	struct stored_event got = find(0, id, 1);
	struct event_expanded x = { id, got.rev, got.event, NULL, 0,
	    WHEN_NONE, NULL };
	struct recur_instance *at;

	must(recur_expand(pool, got.event, &window, &at, &x.count, &world_err));
	x.instances = at;
	must(db_tx(db, expand_body, &x, NULL, &world_err));
}

static struct event *named(const char *summary, struct wall start,
    struct wall end)
{
	struct event *e = single(pool_printf(pool, "%s@x", summary));

	e->master.summary = summary;
	e->master.start = start;
	e->master.end = end;
	return e;
}

static void ranges(void)
{
	struct event *e;
	uint64_t id;

	add(named("night", (struct wall){ 2027, 3, 1, 23, 30, 0 },
	    (struct wall){ 2027, 3, 2, 0, 30, 0 }));
	add(named("zero", (struct wall){ 2027, 3, 2, 12, 0, 0 },
	    (struct wall){ 0 }));
	e = named("fair", (struct wall){ 2027, 3, 4, 0, 0, 0 },
	    (struct wall){ 2027, 3, 7, 0, 0, 0 });
	e->master.all_day = true;
	e->master.zone_kind = EVENT_ZONE_FLOATING;
	e->master.tzid = NULL;
	add(e);
	is_text(agenda(ana, "2027-03-01T23:00:00Z", "2027-03-02T23:00:00Z"),
	    "night@03-01 zero@03-02", "what began the day before, by its end");
	is_text(agenda(ana, "2027-03-01T23:30:00Z", "2027-03-02T11:00:00Z"),
	    "", "ends and ranges are open");
	is_text(agenda(ana, "2027-03-02T11:00:00Z", "2027-03-02T11:00:01Z"),
	    "zero@03-02", "an event without length is seen at its moment");
	is_text(agenda(ana, "2027-03-05T08:00:00Z", "2027-03-05T09:00:00Z"),
	    "fair@03-04", "the middle of some days");
	is_text(agenda(ana, "2027-03-07T10:00:00Z", "2027-03-07T11:00:00Z"),
	    "fair@03-04", "days have a margin for far zones");
	e = named("weekly", (struct wall){ 2027, 3, 22, 9, 0, 0 },
	    (struct wall){ 2027, 3, 22, 10, 0, 0 });
	e->master.recurrence = "RRULE:FREQ=WEEKLY;COUNT=3";
	e->overrides = pool_memdup(pool, &e->master, sizeof(e->master));
	e->override_count = 1;
	e->overrides[0].recurrence = NULL;
	e->overrides[0].recurrence_id = "20270329T090000";
	e->overrides[0].summary = "moved";
	e->overrides[0].start = (struct wall){ 2027, 3, 30, 9, 0, 0 };
	e->overrides[0].end = (struct wall){ 2027, 3, 30, 10, 0, 0 };
	id = add(e);
	is_text(agenda(ana, "2027-03-20T00:00:00Z", "2027-04-20T00:00:00Z"),
	    "weekly@03-22", "of a series the first date at once");
	expand(id);
	is_text(agenda(ana, "2027-03-20T00:00:00Z", "2027-04-20T00:00:00Z"),
	    "weekly@03-22 moved@03-30 weekly@04-05", "then all of them");
	/* The clocks go forward on 28 March: 9:00 is 8:00, then 7:00 UTC. */
	is_text(agenda(ana, "2027-03-22T08:00:00Z", "2027-03-22T08:00:01Z"),
	    "weekly@03-22", "winter time");
	is_text(agenda(ana, "2027-04-05T07:00:00Z", "2027-04-05T07:00:01Z"),
	    "weekly@04-05", "summer time");
}

static void behind(void)
{
	struct event *e = named("behind", (struct wall){ 2027, 5, 3, 9, 0, 0 },
	    (struct wall){ 2027, 5, 3, 10, 0, 0 });
	struct event_behind *rows;
	struct write w = { .e = e };
	struct event_expanded x;
	size_t n, i, seen = 0;

	e->master.recurrence = "RRULE:FREQ=WEEKLY;COUNT=3";
	w.id = add(e);
	expand(w.id);
	must(store_event_list_behind(db, pool, org, 5000, &rows, &n,
	    &world_err));
	for (i = 0; i < n; i++)
		seen += rows[i].id == w.id;
	is_int(seen, 0, "expanded is not behind");
	e->master.summary = "behind again";
	must(db_tx(db, put_body, &w, NULL, &world_err));
	must(store_event_list_behind(db, pool, org, 5000, &rows, &n,
	    &world_err));
	for (i = 0; i < n; i++)
		seen += rows[i].id == w.id && rows[i].rev == w.rev_out;
	is_int(seen, 1, "changed is");
	x = (struct event_expanded){ w.id, w.rev_out - 1, e, NULL, 0,
	    WHEN_NONE };
	must(db_tx(db, expand_body, &x, NULL, &world_err));
	is_int(instances(w.id), 3, "an older version's dates are not written");
}

static void privacy(void)
{
	struct event *e = named("secret", (struct wall){ 2027, 6, 1, 9, 0, 0 },
	    (struct wall){ 2027, 6, 1, 10, 0, 0 });
	struct event_rights_of of = { .viewer = ben };
	struct event_rights rights;
	uint64_t shared = calendar, id, open_id;

	calendar = private_calendar;
	id = add(e);
	calendar = shared;
	open_id = add(named("open", (struct wall){ 2027, 6, 2, 9, 0, 0 },
	    (struct wall){ 2027, 6, 2, 10, 0, 0 }));
	find(ana, id, 1);
	find(ben, id, 0);
	find(ben, open_id, 1);
	find(0, id, 1);
	is_text(agenda(ana, "2027-06-01T00:00:00Z", "2027-06-03T00:00:00Z"),
	    "secret@06-01 open@06-02", "the owner sees both");
	is_text(agenda(ben, "2027-06-01T00:00:00Z", "2027-06-03T00:00:00Z"),
	    "open@06-02", "another member sees the shared one alone");
	of.calendar_id = private_calendar;
	is_int(store_event_find_rights(db, pool, org, &of, &rights, &err), 0,
	    "a private calendar is not there for others");
	of.calendar_id = shared;
	is_int(store_event_find_rights(db, pool, org, &of, &rights, &err), 1,
	    "a shared one is");
	ok(rights.bindings == 2 && rights.locked_bindings == 0,
	    "with what it is bound to");
}

static void badges(void)
{
	static const char set_aside[] = "INSERT INTO dead_letter (org_id, "
	    "binding_id, item_key, event_id, reason, created_at) SELECT ?, "
	    "MIN(id), UNHEX(SHA2('x', 256)), ?, 'Too long.', now(6) "
	    "FROM binding WHERE org_id = ?";
	static const char settle[] =
	    "DELETE FROM pending WHERE org_id = ? AND event_id = ?";
	struct event_state state = { 0 };
	uint64_t id = add(single("badge@x"));

	must(store_event_find_state(db, pool, org, id, &state, &world_err) == 1);
	is_int(state.sync_state, EVENT_SYNC_WAITING, "a new event waits");
	must(stmt_exec(db, settle, STMT_ARGS(STMT_U64(org), STMT_U64(id)), NULL,
	    &world_err));
	must(store_event_find_state(db, pool, org, id, &state, &world_err) == 1);
	is_int(state.sync_state, EVENT_SYNC_LOCAL, "tied to nothing: only here");
	world_link(org, world_number("SELECT MIN(id) FROM binding "
	    "WHERE org_id = ?", STMT_ARGS(STMT_U64(org))), id);
	must(store_event_find_state(db, pool, org, id, &state, &world_err) == 1);
	is_int(state.sync_state, EVENT_SYNC_AGREED, "linked: both agree");
	must(stmt_exec(db, set_aside, STMT_ARGS(STMT_U64(org), STMT_U64(id),
	    STMT_U64(org)), NULL, &world_err));
	must(store_event_find_state(db, pool, org, id, &state, &world_err) == 1);
	is_int(state.sync_state, EVENT_SYNC_SET_ASIDE, "set aside");
	is_text(state.set_aside_reason, "Too long.", "with its reason");
}

int main(void)
{
	world_open();
	org = world_org("Acme");
	ana = world_user(org, "ana@example.com", ROLE_OWNER);
	ben = world_user(org, "ben@example.com", ROLE_MEMBER);
	must(store_calendar_add(db, org, ana, "Team", "#336699", true,
	    &calendar, &world_err));
	must(store_calendar_add(db, org, ana, "Mine", "#336699", false,
	    &private_calendar, &world_err));
	every_file();
	overrides();
	versions();
	removed();
	triggers();
	many();
	ranges();
	behind();
	privacy();
	badges();
	together();
	return world_close();
}
