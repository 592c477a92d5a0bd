#ifndef HAWSER_MODEL_RECUR_H
#define HAWSER_MODEL_RECUR_H
/*
 * Recurrence: validates rules, expands occurrences. libical is met in recur.c
 * and recur_walk.c only, through recur_lib.c, which loads it when first needed.
 * libical 3.0.16 has no limit on the search inside one step (an impossible
 * HOURLY rule runs for seconds, SECONDLY for ever), so a rule is validated
 * before libical sees it and a series is expanded in a forked child with
 * RLIMIT_CPU, an instance cap and a pipe.
 */
#include "model/event.h"

struct recur_instance {
	const char *recurrence_id;	/* instance key; master start's for singles */
	when_t starts, ends;		/* UTC */
	struct wall start, end;		/* wall time in the part's zone */
	bool all_day;
	int override_index;		/* -1 = as the master says */
};

struct recur_window { when_t from, until; };	/* [from, until) by overlap */
#define RECUR_MAX_INSTANCES 1000
/* All that a column of the store can hold: for single events. */
extern const struct recur_window recur_always;

/* Well-formed, FREQ and parts known, values in range, not SECONDLY, possible at
 * all (a day that exists), UNTIL readable. ERR_INPUT says what to change. */
ERR_CHECKED bool recur_check_rule(const char *rrule, struct err *err);

/* Has it a rule or a zone that only libical can work out? Then a child does
 * it; what needs none is worked out at once. */
bool recur_needs_child(struct pool *pool, const struct event *e);

/* In a child, at most 250 ms of CPU; a bomb or a crash is ERR_INPUT scope ITEM
 * and leaves only the caller's fallback. A single event needs no child. More
 * than RECUR_MAX_INSTANCES in the window: the first so many. */
ERR_CHECKED bool recur_expand(struct pool *pool, const struct event *e,
    const struct recur_window *window, struct recur_instance **out,
    size_t *count_out, struct err *err);

/* The same with somebody waiting: after so many ms by the clock it is given up.
 * Never in a transaction. */
#define RECUR_WAIT_MS 250
ERR_CHECKED bool recur_expand_within(struct pool *pool, const struct event *e,
    const struct recur_window *window, int wait_ms,
    struct recur_instance **out, size_t *count_out, struct err *err);

/* The one date a master names, no rule and no zone of its own worked out: what
 * can be shown of a bomb. */
struct recur_instance *recur_as_written(struct pool *pool,
    const struct event *e);

/* Many series in one child: reason NULL = expanded. A bomb takes only its own
 * result with it. */
struct recur_result {
	struct recur_instance *instances;
	size_t count;
	const char *reason;	/* a sentence; NULL = fine */
};
void recur_expand_batch(struct pool *pool, const struct event *const *events,
    size_t count, const struct recur_window *window,
    struct recur_result *results_out);

/* "Every week on Monday and Wednesday, 30 times"; NULL: no series. */
char *recur_words(struct pool *pool, const struct event *e);
/* Of the libical that this was built for, for hawser doctor; NULL: it cannot be
 * loaded. */
ERR_CHECKED const char *recur_library_version(struct err *err);
#endif
