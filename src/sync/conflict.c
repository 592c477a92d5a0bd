/*
 * Both sides changed: who wins what. Pure: must not know about stores,
 * providers or runs.
 */
#include "sync/conflict.h"
#include <string.h>
#include "util/str.h"
#include "util/banned.h"

enum event_side conflict_winner(enum binding_policy policy, when_t local_at,
    when_t remote_at)
{
	if (policy == POLICY_LOCAL_WINS)
		return EVENT_LOCAL;
	if (policy == POLICY_NEWEST_WINS && remote_at > 0 && local_at > remote_at)
		return EVENT_LOCAL;
	return EVENT_REMOTE;
}

/* As many names as fit into the column, then "and more". */
static const char *list_fields(struct pool *pool, const struct event_fields *f)
{
	struct str s;

	str_init(&s, pool, 239);
	for (size_t i = 0; i < f->count; i++) {
		if (s.len + strlen(f->names[i]) > 220) {
			str_add(&s, ", and more");
			break;
		}
		str_addf(&s, "%s%s", i ? ", " : "", f->names[i]);
	}
	return s.data;
}

static const char *explain(const struct conflict_out *out, bool based)
{
	if (!out->clash)
		return "Each side changed something else: both changes are kept.";
	if (!based)
		return out->winner == EVENT_LOCAL ?
		    "They differ and this side wins." :
		    "They differ and the other side wins.";
	return out->winner == EVENT_LOCAL ?
	    "The same fields were changed: ours are kept." :
	    "The same fields were changed: the other side’s are kept.";
}

void conflict_settle(struct pool *pool, const struct conflict_in *in,
    struct conflict_out *out)
{
	struct event_merge m;
	struct event_fields differ;
	struct digest merged, local, remote;

	*out = (struct conflict_out){ .winner = conflict_winner(in->policy,
	    in->local_at, in->remote_at) };
	m = event_merge(pool, in->base, in->local, in->remote, out->winner);
	differ = in->base ? m.clashes : event_diff(pool, in->local, in->remote);
	merged = event_hash(pool, m.merged);
	local = event_hash(pool, in->local);
	remote = event_hash(pool, in->remote);
	out->merged = m.merged;
	out->here = !digest_eq(&merged, &local);
	out->there = !digest_eq(&merged, &remote);
	out->clash = differ.count > 0;
	out->fields = list_fields(pool, &differ);
	out->reason = explain(out, in->base != NULL);
}
