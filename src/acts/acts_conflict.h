#ifndef HAWSER_ACTS_ACTS_CONFLICT_H
#define HAWSER_ACTS_ACTS_CONFLICT_H
/*
 * What was changed on both sides. The run has already decided (the winner
 * stands in both places); the versions are kept so that a person can look and
 * choose otherwise. Seen by whoever sees the event, answered by whoever may
 * change it.
 */
#include "acts/act.h"
#include "model/event_words.h"
#include "store/store_conflict.h"

struct acts_conflict {
	uint64_t id, event_id, event_rev;
	const char *title, *calendar_name;
	const char *fields;		/* the clashing ones, in words */
	int winner;			/* 1 here 2 there */
	const char *there;		/* the connection's name */
	bool event_deleted;
	when_t created_at, resolved_at;	/* WHEN_NONE = open */
};
/* Newest first, at most 200. */
ERR_CHECKED bool acts_conflict_list(const struct act *act, bool open_only,
    struct acts_conflict **out, size_t *count_out, struct err *err);

struct acts_conflict_view {
	struct acts_conflict head;
	/* The three versions; NULL = none, or deleted on that side. */
	const struct event *base, *here, *there;
	const struct event_words_field *fields;
	size_t field_count;
	bool editable;
	const char *locked_reason;
};
/* zone: what times are said in; NULL = the event's own. */
ERR_CHECKED bool acts_conflict_show(const struct act *act, uint64_t id,
    const struct zone *zone, struct acts_conflict_view *out, struct err *err);

/* Fine as it is. */
ERR_CHECKED bool acts_conflict_resolve(const struct act *act, uint64_t id,
    struct err *err);
/* That version instead, whole: written as a new edit made here, so it is sent.
 * A version that was deleted deletes the event. rev: of the event the person
 * saw (ERR_CONFLICT), 0 = whatever is. */
enum acts_conflict_side { ACTS_CONFLICT_HERE = 1, ACTS_CONFLICT_THERE = 2 };
ERR_CHECKED bool acts_conflict_choose(const struct act *act, uint64_t id,
    enum acts_conflict_side side, uint64_t rev, struct err *err);
#endif
