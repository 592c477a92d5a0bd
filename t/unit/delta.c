/* Every cell of the decision table, by direction, state and policy. */
#include "sync/delta.h"
#include "t/tap.h"
#include "util/banned.h"

enum mode { BOTH, PULL, PUSH, READ_ONLY, MUTE };
enum { CONFLICT = 1, WAITS = 2, REMOTE = 4, HERE = 8, THERE = 16 };
#define S DELTA_SAME
#define C DELTA_CHANGED
#define G DELTA_GONE

struct row {
	enum mode mode;
	enum delta_state local, remote;
	enum sync_kind remote_wins;	/* under that policy */
	unsigned flags;
	enum sync_kind others;		/* under the two others */
	unsigned other_flags;
};

#define SAME_FOR_ALL(m, l, r, k, f) { m, l, r, k, f, k, f }

static const struct row LINKED[] = {
	SAME_FOR_ALL(BOTH, S, S, SYNC_NOTHING, 0),
	SAME_FOR_ALL(BOTH, S, C, SYNC_PULL_UPDATE, 0),
	SAME_FOR_ALL(BOTH, S, G, SYNC_PULL_DELETE, 0),
	SAME_FOR_ALL(BOTH, C, S, SYNC_PUSH_UPDATE, 0),
	SAME_FOR_ALL(BOTH, C, C, SYNC_MERGE, HERE | THERE),
	{ BOTH, C, G, SYNC_PULL_DELETE, CONFLICT | REMOTE,
	    SYNC_RESTORE_REMOTE, CONFLICT },
	SAME_FOR_ALL(BOTH, G, S, SYNC_PUSH_DELETE, 0),
	SAME_FOR_ALL(BOTH, G, C, SYNC_RESTORE_LOCAL, CONFLICT | REMOTE),
	SAME_FOR_ALL(BOTH, G, G, SYNC_DROP_LINK, 0),

	SAME_FOR_ALL(PULL, S, S, SYNC_NOTHING, 0),
	SAME_FOR_ALL(PULL, S, C, SYNC_PULL_UPDATE, 0),
	SAME_FOR_ALL(PULL, S, G, SYNC_PULL_DELETE, 0),
	SAME_FOR_ALL(PULL, C, S, SYNC_NOTHING, WAITS),
	SAME_FOR_ALL(PULL, C, C, SYNC_MERGE, HERE | WAITS),
	{ PULL, C, G, SYNC_PULL_DELETE, CONFLICT | REMOTE,
	    SYNC_DROP_LINK, CONFLICT },
	SAME_FOR_ALL(PULL, G, S, SYNC_NOTHING, WAITS),
	SAME_FOR_ALL(PULL, G, C, SYNC_RESTORE_LOCAL, CONFLICT | REMOTE),
	SAME_FOR_ALL(PULL, G, G, SYNC_DROP_LINK, 0),

	SAME_FOR_ALL(PUSH, S, S, SYNC_NOTHING, 0),
	SAME_FOR_ALL(PUSH, S, C, SYNC_NOTHING, 0),
	SAME_FOR_ALL(PUSH, S, G, SYNC_DROP_LINK, 0),
	SAME_FOR_ALL(PUSH, C, S, SYNC_PUSH_UPDATE, 0),
	SAME_FOR_ALL(PUSH, C, C, SYNC_MERGE, THERE),
	SAME_FOR_ALL(PUSH, C, G, SYNC_RESTORE_REMOTE, CONFLICT),
	SAME_FOR_ALL(PUSH, G, S, SYNC_PUSH_DELETE, 0),
	SAME_FOR_ALL(PUSH, G, C, SYNC_DROP_LINK, CONFLICT | REMOTE),
	SAME_FOR_ALL(PUSH, G, G, SYNC_DROP_LINK, 0),

	SAME_FOR_ALL(READ_ONLY, S, S, SYNC_NOTHING, 0),
	SAME_FOR_ALL(READ_ONLY, S, C, SYNC_PULL_UPDATE, 0),
	SAME_FOR_ALL(READ_ONLY, S, G, SYNC_PULL_DELETE, 0),
	SAME_FOR_ALL(READ_ONLY, C, S, SYNC_PULL_UPDATE, CONFLICT | REMOTE),
	SAME_FOR_ALL(READ_ONLY, C, C, SYNC_PULL_UPDATE, CONFLICT | REMOTE),
	SAME_FOR_ALL(READ_ONLY, C, G, SYNC_PULL_DELETE, CONFLICT | REMOTE),
	SAME_FOR_ALL(READ_ONLY, G, S, SYNC_RESTORE_LOCAL, 0),
	SAME_FOR_ALL(READ_ONLY, G, C, SYNC_RESTORE_LOCAL, CONFLICT | REMOTE),
	SAME_FOR_ALL(READ_ONLY, G, G, SYNC_DROP_LINK, 0),

	SAME_FOR_ALL(MUTE, S, C, SYNC_NOTHING, WAITS),
	SAME_FOR_ALL(MUTE, C, S, SYNC_NOTHING, WAITS),
	SAME_FOR_ALL(MUTE, G, G, SYNC_NOTHING, WAITS),
};

/* C: there is one, G: there is none. */
static const struct row UNLINKED[] = {
	SAME_FOR_ALL(BOTH, G, G, SYNC_NOTHING, 0),
	SAME_FOR_ALL(BOTH, G, C, SYNC_PULL_CREATE, 0),
	SAME_FOR_ALL(BOTH, C, G, SYNC_PUSH_CREATE, 0),
	SAME_FOR_ALL(BOTH, C, C, SYNC_MERGE, HERE | THERE),
	SAME_FOR_ALL(PULL, G, G, SYNC_NOTHING, 0),
	SAME_FOR_ALL(PULL, G, C, SYNC_PULL_CREATE, 0),
	SAME_FOR_ALL(PULL, C, G, SYNC_NOTHING, WAITS),
	SAME_FOR_ALL(PULL, C, C, SYNC_MERGE, HERE | WAITS),
	SAME_FOR_ALL(PUSH, G, G, SYNC_NOTHING, 0),
	SAME_FOR_ALL(PUSH, G, C, SYNC_NOTHING, 0),
	SAME_FOR_ALL(PUSH, C, G, SYNC_PUSH_CREATE, 0),
	SAME_FOR_ALL(PUSH, C, C, SYNC_MERGE, THERE),
	SAME_FOR_ALL(READ_ONLY, G, G, SYNC_NOTHING, 0),
	SAME_FOR_ALL(READ_ONLY, G, C, SYNC_PULL_CREATE, 0),
	SAME_FOR_ALL(READ_ONLY, C, G, SYNC_NOTHING, WAITS),
	SAME_FOR_ALL(READ_ONLY, C, C, SYNC_MERGE, HERE | WAITS),
};

static struct delta_in input(const struct row *r, bool linked,
    enum binding_policy policy, bool equal)
{
	return (struct delta_in){
		.linked = linked, .local = r->local, .remote = r->remote,
		.equal = equal, .policy = policy,
		.read_only = r->mode == READ_ONLY || r->mode == MUTE,
		.direction = r->mode == PULL ? BINDING_PULL :
		    r->mode == PUSH || r->mode == MUTE ? BINDING_PUSH :
		    BINDING_BOTH,
	};
}

static unsigned flags_of(const struct delta_out *d)
{
	return (d->conflict ? CONFLICT : 0) | (d->waits ? WAITS : 0) |
	    (d->remote_won ? REMOTE : 0) | (d->write_here ? HERE : 0) |
	    (d->write_there ? THERE : 0);
}

static void check(const struct row *r, bool linked)
{
	for (int p = POLICY_REMOTE_WINS; p <= POLICY_LOCAL_WINS; p++) {
		struct delta_in in = input(r, linked, (enum binding_policy)p, false);
		struct delta_out d = delta_decide(&in);
		bool first = p == POLICY_REMOTE_WINS;

		ok(d.kind == (first ? r->remote_wins : r->others) &&
		    flags_of(&d) == (first ? r->flags : r->other_flags) &&
		    d.reason && *d.reason && strlen(d.reason) < 240,
		    "%s mode %d, local %d, remote %d, policy %d: %s",
		    linked ? "linked" : "not linked", r->mode, r->local,
		    r->remote, p, delta_kind_name(d.kind));
	}
}

/* Both hold the same: only the link is written, whoever changed it. */
static void check_equal(const struct row *r, bool linked)
{
	struct delta_in in = input(r, linked, POLICY_REMOTE_WINS, true);
	struct delta_out d = delta_decide(&in);
	bool adopts = r->mode != MUTE &&
	    (!linked || (r->local != G && r->remote == C));

	if (linked || (r->local == C && r->remote == C))
		ok((d.kind == SYNC_ADOPT) == adopts, "equal, mode %d, local %d, "
		    "remote %d: %s", r->mode, r->local, r->remote,
		    delta_kind_name(d.kind));
}

static bool ends_in_a_call(enum sync_kind kind)
{
	return kind == SYNC_PUSH_CREATE || kind == SYNC_PUSH_UPDATE ||
	    kind == SYNC_PUSH_DELETE || kind == SYNC_RESTORE_REMOTE;
}

/* What read-only or pull decides never ends in a call. */
static void check_never_writes(const struct row *r, bool linked)
{
	if (r->mode != PULL && r->mode != READ_ONLY && r->mode != MUTE)
		return;
	for (int p = POLICY_REMOTE_WINS; p <= POLICY_LOCAL_WINS; p++) {
		struct delta_in in = input(r, linked, (enum binding_policy)p, false);
		struct delta_out d = delta_decide(&in);

		ok(!ends_in_a_call(d.kind) && !d.write_there,
		    "mode %d writes nothing there", r->mode);
	}
}

int main(void)
{
	for (size_t i = 0; i < sizeof(LINKED) / sizeof(*LINKED); i++) {
		check(&LINKED[i], true);
		check_equal(&LINKED[i], true);
		check_never_writes(&LINKED[i], true);
	}
	for (size_t i = 0; i < sizeof(UNLINKED) / sizeof(*UNLINKED); i++) {
		check(&UNLINKED[i], false);
		check_equal(&UNLINKED[i], false);
		check_never_writes(&UNLINKED[i], false);
	}
	for (int k = SYNC_NOTHING; k <= SYNC_FETCH; k++)
		ok(*delta_kind_name((enum sync_kind)k), "kind %d has a name", k);
	ok(delta_is_delete(SYNC_PULL_DELETE) && delta_is_delete(SYNC_PUSH_DELETE) &&
	    !delta_is_delete(SYNC_DROP_LINK), "what the guard counts");
	return done();
}
