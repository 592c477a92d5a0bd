/* Policies over the three-way merge: who wins which field. */
#include "sync/conflict.h"
#include "t/tap.h"
#include "util/str.h"
#include "util/banned.h"

static struct event *make(struct pool *pool, const char *summary,
    const char *location)
{
	struct event *e = POOL_NEW(pool, struct event);

	e->uid = "conflict-1";
	e->kind = "event";
	e->zones = "";
	e->has_master = true;
	e->master = (struct event_part){
		.summary = summary, .location = location, .extra = "",
		.start = { 2026, 11, 20, 9, 0, 0 },
		.end = { 2026, 11, 20, 10, 0, 0 },
		.zone_kind = EVENT_ZONE_UTC,
	};
	return e;
}

struct row {
	const char *name;
	enum binding_policy policy;
	when_t local_at, remote_at;
	const char *base, *local, *remote;	/* title/place; base NULL = none */
	const char *merged;
	bool clash, here, there;
	enum event_side winner;
};

static const struct row ROWS[] = {
	{ "different fields", POLICY_REMOTE_WINS, 1, 1, "a/x", "b/x", "a/y",
	    "b/y", false, true, true, EVENT_REMOTE },
	{ "the same on both", POLICY_REMOTE_WINS, 1, 1, "a/x", "b/x", "b/x",
	    "b/x", false, false, false, EVENT_REMOTE },
	{ "clash, remote wins", POLICY_REMOTE_WINS, 9, 1, "a/x", "b/x", "c/x",
	    "c/x", true, true, false, EVENT_REMOTE },
	{ "clash, local wins", POLICY_LOCAL_WINS, 1, 9, "a/x", "b/x", "c/x",
	    "b/x", true, false, true, EVENT_LOCAL },
	{ "clash, local is newer", POLICY_NEWEST_WINS, 9, 1, "a/x", "b/x", "c/x",
	    "b/x", true, false, true, EVENT_LOCAL },
	{ "clash, remote is newer", POLICY_NEWEST_WINS, 1, 9, "a/x", "b/x", "c/x",
	    "c/x", true, true, false, EVENT_REMOTE },
	{ "clash at the same time", POLICY_NEWEST_WINS, 5, 5, "a/x", "b/x", "c/x",
	    "c/x", true, true, false, EVENT_REMOTE },
	{ "remote does not say when", POLICY_NEWEST_WINS, 9, 0, "a/x", "b/x",
	    "c/x", "c/x", true, true, false, EVENT_REMOTE },
	{ "one field clashes, one does not", POLICY_LOCAL_WINS, 1, 1, "a/x",
	    "b/x", "c/y", "b/y", true, true, true, EVENT_LOCAL },
	{ "no base, remote takes all", POLICY_REMOTE_WINS, 1, 1, NULL, "b/x",
	    "c/y", "c/y", true, true, false, EVENT_REMOTE },
	{ "no base, local takes all", POLICY_LOCAL_WINS, 1, 1, NULL, "b/x",
	    "c/y", "b/x", true, false, true, EVENT_LOCAL },
	{ "no base, both alike", POLICY_REMOTE_WINS, 1, 1, NULL, "b/x", "b/x",
	    "b/x", false, false, false, EVENT_REMOTE },
};

static struct event *read_row(struct pool *pool, const char *text)
{
	const char *slash = strchr(text, '/');

	return make(pool, pool_strndup(pool, text, (size_t)(slash - text)),
	    slash + 1);
}

static void check(struct pool *pool, const struct row *r)
{
	struct conflict_in in = {
		.policy = r->policy,
		.base = r->base ? read_row(pool, r->base) : NULL,
		.local = read_row(pool, r->local),
		.remote = read_row(pool, r->remote),
		.local_at = r->local_at, .remote_at = r->remote_at,
	};
	struct conflict_out out;
	const struct event_part *p;

	conflict_settle(pool, &in, &out);
	p = &out.merged->master;
	is_text(pool_printf(pool, "%s/%s", p->summary, p->location), r->merged,
	    r->name);
	ok(out.clash == r->clash && out.here == r->here &&
	    out.there == r->there, "%s: clash %d, differs here %d, there %d",
	    r->name, out.clash, out.here, out.there);
	is_int(out.winner, r->winner, r->name);
	ok((*out.fields != '\0') == r->clash && *out.reason,
	    "%s: \"%s\" %s", r->name, out.fields, out.reason);
}

/* More clashing fields than the column holds are cut with a word about it. */
static void check_long_list(struct pool *pool)
{
	struct event *l = make(pool, "a", "x"), *r = make(pool, "a", "x");
	struct event *b = make(pool, "a", "x");
	struct conflict_in in = { .policy = POLICY_REMOTE_WINS, .base = b,
	    .local = l, .remote = r };
	struct conflict_out out;
	struct str ls, rs;

	str_init(&ls, pool, 1 << 16);
	str_init(&rs, pool, 1 << 16);
	for (int i = 0; i < 60; i++) {
		str_addf(&ls, "%sX-LONG-PROPERTY-NAME-%02d:l", i ? "\n" : "", i);
		str_addf(&rs, "%sX-LONG-PROPERTY-NAME-%02d:r", i ? "\n" : "", i);
	}
	l->master.extra = ls.data;
	r->master.extra = rs.data;
	conflict_settle(pool, &in, &out);
	ok(strlen(out.fields) < 240 && str_ends(out.fields, "and more"),
	    "a long list is cut: %s", out.fields);
}

int main(void)
{
	struct pool *pool = pool_new(NULL);

	for (size_t i = 0; i < sizeof(ROWS) / sizeof(*ROWS); i++)
		check(pool, &ROWS[i]);
	check_long_list(pool);
	pool_free(pool);
	return done();
}
