/*
 * One item: what both sides hold, as states for the decision table. Pure but
 * for the memory of hashes; must not know how a decision is carried out.
 */
#include "sync/engine_p.h"
#include "util/banned.h"

/* An event that moved to another calendar is gone from this one. */
enum delta_state decide_local(struct pool *pool, const struct cursor_row *b,
    const struct link_row *link, const struct stored_event *here,
    struct digest *hash_out)
{
	if (!here || here->id == 0 || here->deleted_at != WHEN_NONE ||
	    here->calendar_id != b->calendar_id)
		return DELTA_GONE;
	if (!link)
		return DELTA_CHANGED;
	if (here->rev == link->synced_rev) {
		*hash_out = link->local_hash;
		return DELTA_SAME;
	}
	*hash_out = event_hash(pool, here->event);
	return digest_eq(hash_out, &link->local_hash) ? DELTA_SAME :
	    DELTA_CHANGED;
}

static enum delta_state decide_remote(struct pool *pool,
    struct item_state *s, bool there_gone)
{
	if (there_gone || (s->there && s->there->gone))
		return DELTA_GONE;
	if (!s->there)
		return s->link ? DELTA_SAME : DELTA_GONE;
	s->there_hash = event_hash(pool, s->there->event);
	return s->link && digest_eq(&s->there_hash, &s->link->remote_hash) ?
	    DELTA_SAME : DELTA_CHANGED;
}

void decide_states(struct pool *pool, const struct cursor_row *b,
    struct item_state *s, bool there_gone)
{
	s->local = decide_local(pool, b, s->link, s->here, &s->here_hash);
	s->remote = decide_remote(pool, s, there_gone);
	/* Compared with what is there, if that was read. */
	if (s->there && s->local != DELTA_GONE &&
	    digest_is_zero(&s->here_hash))
		s->here_hash = event_hash(pool, s->here->event);
}

static struct delta_in decide_input(const struct cursor_row *b)
{
	return (struct delta_in){
		.read_only = b->read_only,
		.direction = (enum binding_direction)b->direction,
		.policy = (enum binding_policy)b->policy,
	};
}

struct delta_out decide_item(const struct cursor_row *b,
    const struct item_state *s)
{
	struct delta_in in = decide_input(b);

	in.linked = s->link != NULL;
	in.local = s->local;
	in.remote = s->remote;
	in.equal = s->there && !s->there->gone && s->local != DELTA_GONE &&
	    digest_eq(&s->here_hash, &s->there_hash);
	return delta_decide(&in);
}
