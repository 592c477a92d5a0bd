#ifndef HAWSER_MODEL_RECUR_WALK_H
#define HAWSER_MODEL_RECUR_WALK_H
/* The dates of one rule, in order; between recur.c and libical. */
#include <libical/ical.h>
#include "model/event.h"

struct recur_walk {
	const struct event *event;	/* its master's start begins the rule */
	const char *rule;		/* the value of RRULE or EXRULE */
	bool counts_start;		/* the start is a date of its own, and
					 * the first that COUNT counts */
	when_t from, until;		/* wanted starts, walls read as UTC */
	bool (*take)(void *arg, const struct wall *at);	/* false: enough */
	void *arg;
};

ERR_CHECKED bool recur_walk_rule(struct pool *pool,
    const struct recur_walk *walk, struct err *err);
icaltimetype recur_walk_time(const struct wall *w, bool is_date);
#endif
