#ifndef HAWSER_SYNC_CONFLICT_H
#define HAWSER_SYNC_CONFLICT_H
/*
 * Both sides changed: who wins what. Pure. Fields changed on one side only are
 * taken from that side; what both changed goes to the policy. Without a base
 * (first link) the winner takes all.
 *
 * newest_wins compares when each side says it was changed; a provider that
 * does not say counts as newest, for its change is what was noticed last.
 */
#include "model/event.h"
#include "store/store_types.h"
#include "util/when.h"

struct conflict_in {
	enum binding_policy policy;
	const struct event *base;	/* NULL = none */
	const struct event *local, *remote;
	when_t local_at;		/* of the last local change */
	when_t remote_at;		/* <= 0 = not said */
};

struct conflict_out {
	struct event *merged;
	enum event_side winner;
	bool clash;			/* something changed on both sides */
	bool here, there;		/* merged differs from local / remote */
	const char *fields;		/* clashing ones, in words; "" = none */
	const char *reason;		/* a sentence */
};

enum event_side conflict_winner(enum binding_policy policy, when_t local_at,
    when_t remote_at);
void conflict_settle(struct pool *pool, const struct conflict_in *in,
    struct conflict_out *out);
#endif
